"""The vertices of a hypergraph put into parts so that few of its edges span several. Pure, and the same at every run.

The parts are halved (bisection.py), and each half once more, until one is left; at last single vertices change to any
other part. To find the least number of edges is NP-hard; this finds it mostly where it can be checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from catenet.orchestrator.plan.bisection import Hypergraph, edges_of, halved

__all__ = ["SLACK", "Hypergraph", "partition", "shares", "spanning"]

SLACK = 0.2
"""By what share of it a part may be heavier than its share, where single vertices allow no better."""
_SPANS, _TOUCHES = 16, 1
"""What an edge counts that begins to span several parts, and one that does already and reaches one more."""
_Two = tuple[float, float]


def spanning(graph: Hypergraph, part: Sequence[int]) -> list[int]:
    """The edges with vertices in several parts."""
    return [number for number, edge in enumerate(graph.edges) if len({part[each] for each in edge}) > 1]


def partition(graph: Hypergraph, capacities: Sequence[int], fixed: Mapping[int, int]) -> list[int]:
    """The part of each vertex, counted from 0. `capacities`: the weights of the parts are to be as these are to each
    other; from 1 on. `fixed`: vertex → the part in which it stays, whatever the parts then weigh.
    """
    depth = max(1, (len(capacities) - 1).bit_length())
    slack = (1 + SLACK) ** (1 / depth) - 1  # it adds up
    division = _Division(graph, fixed)
    division.divide(range(len(graph.weights)), shares(graph, capacities, fixed, slack), [_SPANS] * len(graph.edges))
    _Parts(graph, division.part, shares(graph, capacities, fixed), fixed).improve()
    return division.part


class Share(NamedTuple):
    """A part, what it should weigh, and between what it may. The least is what is aimed at, the most is kept."""

    part: int
    target: float
    least: float
    most: float


def shares(graph: Hypergraph, capacities: Sequence[int], fixed: Mapping[int, int], slack: float = SLACK) -> list[Share]:
    """The share of each part: what is fixed there or, if that is more, its share of the rest. The most is that and a
    slack, which is `slack` or, if that is more, all but an n-th of the heaviest vertex, with n parts: so there is a way
    to put them all, since some part lacks an n-th of the last one's weight at least.
    """
    held = [0] * len(capacities)
    for vertex, part in fixed.items():
        held[part] += graph.weights[vertex]
    largest = max((weight for vertex, weight in enumerate(graph.weights) if vertex not in fixed), default=0)
    rest, over = graph.total, set[int]()
    while True:
        room = sum(capacity for part, capacity in enumerate(capacities) if part not in over)
        full = {
            part for part, capacity in enumerate(capacities) if part not in over and held[part] * room > rest * capacity
        }
        if not full:
            break
        over |= full
        rest -= sum(held[part] for part in full)
    targets = [float(held[p]) if p in over else rest * capacity / room for p, capacity in enumerate(capacities)]
    coarse = largest - largest / (len(capacities) - len(over))
    spare = [0.0 if part in over else max(target * slack, coarse) for part, target in enumerate(targets)]
    return [Share(part, target, target - spare[part], target + spare[part]) for part, target in enumerate(targets)]


class _Division:
    """Vertices put into parts by halves."""

    def __init__(self, graph: Hypergraph, fixed: Mapping[int, int]) -> None:
        self._graph = graph
        self._fixed = fixed
        self.part = [0] * len(graph.weights)

    def divide(self, vertices: Sequence[int], shares: Sequence[Share], costs: Sequence[int]) -> None:
        """Put these vertices into these parts, halving the parts until one is left."""
        if len(shares) == 1:
            for vertex in vertices:
                self.part[vertex] = shares[0].part
            return
        halves = shares[: len(shares) // 2], shares[len(shares) // 2 :]
        own = {vertex: number for number, vertex in enumerate(vertices)}
        edges = self._graph.edges
        kept = [number for number, edge in enumerate(edges) if sum(vertex in own for vertex in edge) > 1]
        inner = Hypergraph(
            [self._graph.weights[vertex] for vertex in vertices],
            [[own[vertex] for vertex in edges[number] if vertex in own] for number in kept],
        )
        left = {share.part for share in halves[0]}
        fixed = {own[vertex]: int(self._fixed[vertex] not in left) for vertex in vertices if vertex in self._fixed}
        side = halved(inner, [costs[number] for number in kept], *_limits(halves, inner.total), fixed)
        cut = {kept[edge] for edge in spanning(inner, side)}
        lower = [_TOUCHES if number in cut else cost for number, cost in enumerate(costs)]
        for number, half in enumerate(halves):
            self.divide([vertex for vertex in vertices if side[own[vertex]] == number], half, lower)


def _limits(halves: Sequence[Sequence[Share]], total: int) -> tuple[_Two, _Two]:
    """What two halves should weigh, and what they may, where all that there is for them weighs `total`."""
    targets = [sum(share.target for share in half) for half in halves]
    scale = total / sum(targets) if sum(targets) else 1.0
    lows = [sum(share.least for share in half) * min(1.0, scale) for half in halves]
    highs = [sum(share.most for share in half) * max(1.0, scale) for half in halves]
    return (targets[0] * scale, targets[1] * scale), (min(highs[0], total - lows[1]), min(highs[1], total - lows[0]))


class _Change(NamedTuple):
    """A vertex goes to another part, and what is saved by it."""

    gain: int
    vertex: int
    other: int


def _gain(change: _Change) -> int:
    return change.gain


class _Parts:
    """Any number of parts, improved by moves of single vertices."""

    def __init__(self, graph: Hypergraph, part: list[int], shares: Sequence[Share], fixed: Collection[int]) -> None:
        self._graph = graph
        self._part = part
        self._shares = shares
        self._free = [vertex for vertex in range(len(part)) if vertex not in fixed]
        self._edges_of = edges_of(graph)
        self._load = [0] * len(shares)
        self._count = [[0] * len(shares) for _ in graph.edges]
        for vertex, own in enumerate(part):
            self._load[own] += graph.weights[vertex]
            for edge in self._edges_of[vertex]:
                self._count[edge][own] += 1

    def improve(self) -> None:
        """First what is too heavy is made lighter, at the least cost; then whatever helps is done."""
        for own, share in enumerate(self._shares):
            while self._load[own] > share.most:
                there = [vertex for vertex in self._free if self._part[vertex] == own]
                self._do(max((move for vertex in there for move in self._moves(vertex)), key=_gain))
        helped = 1
        while helped:
            helped = sum(map(self._helped, self._free))

    def _helped(self, vertex: int) -> bool:
        """Whether the vertex was better elsewhere, and its part is heavy enough without it."""
        own = self._part[vertex]
        if self._load[own] - self._graph.weights[vertex] < self._shares[own].least:
            return False
        best = max(self._moves(vertex), key=_gain, default=None)
        if best is None or best.gain <= 0:
            return False
        self._do(best)
        return True

    def _moves(self, vertex: int) -> Iterator[_Change]:
        """To each other part that has room."""
        own, weight = self._part[vertex], self._graph.weights[vertex]
        for share, load in zip(self._shares, self._load, strict=True):
            if share.part != own and load + weight <= share.most:
                gain = sum(self._gained(edge, own, share.part) for edge in self._edges_of[vertex])
                yield _Change(gain, vertex, share.part)

    def _gained(self, edge: int, own: int, other: int) -> int:
        count = self._count[edge]
        before = sum(each > 0 for each in count)
        after = before - (count[own] == 1) + (count[other] == 0)
        return _SPANS * ((before > 1) - (after > 1)) + _TOUCHES * (before - after)

    def _do(self, change: _Change) -> None:
        _, vertex, other = change
        own, weight = self._part[vertex], self._graph.weights[vertex]
        self._part[vertex] = other
        self._load[own] -= weight
        self._load[other] += weight
        for edge in self._edges_of[vertex]:
            self._count[edge][own] -= 1
            self._count[edge][other] += 1
