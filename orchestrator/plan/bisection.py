"""A hypergraph cut in two, so that few of its edges are cut. Pure, and the same at every run.

A side is grown from a vertex, always by the one that leaves the fewest edges cut; then single vertices change sides,
the best first, even where that is a loss at first, and what was best on the way is kept, over and over (C. M. Fiduccia,
R. M. Mattheyses: A Linear-Time Heuristic for Improving Network Partitions, 1982). That is tried from several vertices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

__all__ = ["Hypergraph", "edges_of", "halved"]

_WORK = 16_000
"""Ends of edges that are looked at while starts are tried: so many starts, but these at the least and at the most."""
_FEWEST, _STARTS = 2, 24


@dataclass(frozen=True, slots=True)
class Hypergraph:
    """`weights`: of each vertex, from 1 on. `edges`: the vertices that each joins, each once."""

    weights: Sequence[int]
    edges: Sequence[Sequence[int]]

    @property
    def total(self) -> int:
        """The weight of all."""
        return sum(self.weights)


def edges_of(graph: Hypergraph) -> list[list[int]]:
    """Of each vertex its edges."""
    found: list[list[int]] = [[] for _ in graph.weights]
    for number, edge in enumerate(graph.edges):
        for vertex in edge:
            found[vertex].append(number)
    return found


def halved(
    graph: Hypergraph,
    costs: Sequence[int],
    targets: tuple[float, float],
    limits: tuple[float, float],
    fixed: Mapping[int, int],
) -> list[int]:
    """The side of each vertex, 0 or 1: of several tries the one that costs least, and of these the one that is balanced
    best. `costs`: of each edge, if it is cut; `targets`: what the sides should weigh, `limits`: what they may, where
    what is `fixed` (vertex → side) allows it.
    """
    free = [vertex for vertex in range(len(graph.weights)) if vertex not in fixed]
    ends = sum(map(len, graph.edges)) + 1
    tries = min(_STARTS, max(_FEWEST, _WORK // ends), max(1, len(free)))
    starts = [free[number * len(free) // tries] for number in range(tries)] if free else [-1]
    best: tuple[tuple[bool, int, float], list[int]] | None = None
    for start in starts:
        sides = _Sides(graph, costs, limits, fixed)
        if start >= 0:
            sides.grow(start, targets[0])
        sides.refine()
        rank = (sides.too_heavy, sides.cost, abs(sides.load[0] - targets[0]))
        if best is None or rank < best[0]:
            best = rank, [*sides.side]
    assert best is not None
    return best[1]


class _Sides:
    """Two sides. What is not fixed begins on side 1."""

    def __init__(
        self, graph: Hypergraph, costs: Sequence[int], limits: tuple[float, float], fixed: Mapping[int, int]
    ) -> None:
        self._graph = graph
        self._costs = costs
        self._limits = limits
        self._free = [vertex not in fixed for vertex in range(len(graph.weights))]
        self._heaviest = max(graph.weights, default=0)
        self._edges_of = edges_of(graph)
        self.side = [fixed.get(vertex, 1) for vertex in range(len(graph.weights))]
        self.load = [0, 0]
        for vertex, side in enumerate(self.side):
            self.load[side] += graph.weights[vertex]
        self._count = [[sum(self.side[each] == side for each in edge) for side in (0, 1)] for edge in graph.edges]
        self.cost = sum(cost for cost, (one, other) in zip(costs, self._count, strict=True) if one and other)
        self._gain = [0] * len(graph.weights)
        self._movable: list[bool] = []
        self._queues: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
        self._clock = 0

    @property
    def too_heavy(self) -> bool:
        return any(load > limit for load, limit in zip(self.load, self._limits, strict=True))

    def grow(self, start: int, target: float) -> None:
        """Move vertices to side 0 until it weighs that much: `start`, and from there on whatever costs least."""
        self._begin(queued=False)
        others = iter(sorted(range(len(self.side)), key=lambda vertex: (vertex < start, vertex)))
        for edge, count in enumerate(self._count):  # next to what is fixed there
            if count[0]:
                self._touch(edge)
        while self.load[0] < target:
            vertex = self._best(1)
            if vertex is None:
                vertex = next((each for each in others if self._movable[each] and self.side[each] == 1), None)
            if vertex is None or self.load[0] + self._graph.weights[vertex] > self._limits[0]:
                return
            self._move(vertex)
            for edge in self._edges_of[vertex]:
                if self._count[edge][0] == 1:  # the others are touched already
                    self._touch(edge)

    def refine(self) -> None:
        """Change sides of single vertices as long as a round of that helps."""
        while self._round():
            pass

    def _round(self) -> bool:
        """Each free vertex changes sides once at the most; then all is as it was at the best moment."""
        self._begin(queued=True)
        before = best = (self.too_heavy, self.cost)
        moved: list[int] = []
        kept = 0
        patience = 50 + len(self.side) // 8
        while len(moved) - kept < patience and (vertex := self._next()) is not None:
            self._move(vertex)
            moved.append(vertex)
            if (now := (self.too_heavy, self.cost)) < best:
                best, kept = now, len(moved)
        for vertex in reversed(moved[kept:]):
            self._put_back(vertex)
        return best < before

    def _begin(self, *, queued: bool) -> None:
        self._movable = [*self._free]
        self._queues = ([], [])
        for vertex, edges in enumerate(self._edges_of):
            own = self.side[vertex]
            self._gain[vertex] = sum(self._gained(edge, own) for edge in edges)
            if queued and self._free[vertex]:
                self._queue(vertex)

    def _gained(self, edge: int, own: int) -> int:
        """What is saved at an edge by one that leaves that side."""
        count = self._count[edge]
        return (self._costs[edge] if count[own] == 1 else 0) - (self._costs[edge] if count[1 - own] == 0 else 0)

    def _queue(self, vertex: int) -> None:
        """The latest goes first among equals: so a region moves as one."""
        self._clock += 1
        heappush(self._queues[self.side[vertex]], (-self._gain[vertex], -self._clock, vertex))

    def _touch(self, edge: int) -> None:
        for vertex in self._graph.edges[edge]:
            if self.side[vertex] == 1 and self._movable[vertex]:
                self._queue(vertex)

    def _best(self, side: int) -> int | None:
        """Who gains most by leaving that side; what its queue says of others is out of date."""
        queue = self._queues[side]
        while queue:
            gain, _, vertex = queue[0]
            if self._movable[vertex] and self.side[vertex] == side and -gain == self._gain[vertex]:
                return vertex
            heappop(queue)
        return None

    def _next(self) -> int | None:
        """Of the best of each side the better one, where there is room for it; first of all from a side that is too
        heavy."""
        found = [(side, vertex) for side in (0, 1) if (vertex := self._best(side)) is not None and self._fits(vertex)]
        if not found:
            return None
        return max(found, key=lambda each: (self.load[each[0]] > self._limits[each[0]], self._gain[each[1]]))[1]

    def _fits(self, vertex: int) -> bool:
        """On the way to something better a side may be too heavy by one vertex: so two change places."""
        other, weight = 1 - self.side[vertex], self._graph.weights[vertex]
        return self.load[other] + weight <= self._limits[other] + self._heaviest

    def _move(self, vertex: int) -> None:
        """It changes sides and stays for this round; what its neighbours would gain changes with it."""
        own, weight = self.side[vertex], self._graph.weights[vertex]
        self._movable[vertex] = False
        self.cost -= self._gain[vertex]
        for edge in self._edges_of[vertex]:
            count, cost = self._count[edge], self._costs[edge]
            if count[1 - own] == 0:
                self._change(edge, cost)
            elif count[1 - own] == 1:
                self._change(edge, -cost, 1 - own)
            count[own] -= 1
            count[1 - own] += 1
            if count[own] == 0:
                self._change(edge, -cost)
            elif count[own] == 1:
                self._change(edge, cost, own, but=vertex)
        self.side[vertex] = 1 - own
        self.load[own] -= weight
        self.load[1 - own] += weight

    def _change(self, edge: int, by: int, side: int | None = None, but: int = -1) -> None:
        """What those of an edge's vertices gain that may still move, or the only one of them on that side."""
        for vertex in self._graph.edges[edge]:
            if self._movable[vertex] and vertex != but and (side is None or self.side[vertex] == side):
                self._gain[vertex] += by
                self._queue(vertex)

    def _put_back(self, vertex: int) -> None:
        own, weight = self.side[vertex], self._graph.weights[vertex]
        for edge in self._edges_of[vertex]:
            count = self._count[edge]
            spanned = bool(count[0] and count[1])
            count[own] -= 1
            count[1 - own] += 1
            self.cost += self._costs[edge] * (bool(count[0] and count[1]) - spanned)
        self.side[vertex] = 1 - own
        self.load[own] -= weight
        self.load[1 - own] += weight
