"""The shortest-path tree of an area (RFC 2328 section 16.1, stage 1, and 16.1.1): Dijkstra's algorithm over the graph.

"Strictly speaking, because of equal-cost multipath, the algorithm does not create a tree" (footnote 22): a vertex may
have several parents, and has the next hops of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ospf.graph import COST, ROUTER, VERTEX, Arc, Graph
from catenet.nodes.internet.ospf.lsa import VIRTUAL_END, LinkType, RouterLink
from catenet.nodes.units import NextHop

__all__ = ["Hops", "Link", "Tree", "Vertex", "VertexKey", "merge", "spf"]

Hops = tuple[NextHop, ...]
"""Next hops, in order. One `via` ANY leads to a network of our own, on which the destination itself is."""
_FAR = 1 << 128


class Link(NamedTuple):
    """An interface of ours that is not down. `neighbours`: those fully adjacent, by Router ID: the address of each."""

    interface: str
    address: Address
    prefix: Prefix
    area: Address
    cost: int
    neighbours: Mapping[Address, Address]


class VertexKey(NamedTuple):
    """Which vertex: a "router" by its Router ID, or a "network" by the address of its Designated Router."""

    kind: str
    id: Address


class Vertex(NamedTuple):
    """A vertex on the tree, for people. `cost`: its distance from the root."""

    key: VertexKey
    cost: int
    hops: Hops
    parents: tuple[VertexKey, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What was reached from a router: the next hops, the distance and the parents of each vertex, by its number.
    `transit`: the area's TransitCapability."""

    hops: Mapping[int, Hops]
    costs: Mapping[int, int]
    parents: Mapping[int, tuple[int, ...]]
    transit: bool

    @property
    def vertices(self) -> dict[VertexKey, Vertex]:
        """All of it, the nearest first."""
        return {
            _key(each): Vertex(_key(each), self.costs[each], hops, tuple(map(_key, self.parents[each])))
            for each, hops in self.hops.items()
        }


def merge(a: Hops, b: Hops) -> Hops:
    """The next hops of both, each once."""
    return a if a is b or a == b else tuple(sorted({*a, *b}))


def spf(root: Address, graph: Graph, links: Sequence[Link]) -> Tree:
    """The tree of shortest paths from a router. `links`: its own, in this area."""
    start = ROUTER | root
    first = _FirstHops(start, graph, links)
    arcs = graph.arcs
    hops: dict[int, Hops] = {}
    best = {start: start}  # the distance, with the vertex below it as in the arcs
    best_of = best.get
    parents: dict[int, list[int]] = {start: []}
    candidates = [start] if start in arcs else []
    while candidates:
        at = heappop(candidates)
        vertex = at & VERTEX
        if vertex in hops:
            continue  # it was reached by a shorter path, too
        hops[vertex] = first.inherited(parents[vertex], hops)
        distance = at - vertex
        for parent, ways in first.ways(vertex, hops[vertex]) or ((vertex, arcs[vertex]),):
            for end, arc in ways:
                reached = distance + arc
                known = best_of(end, _FAR)
                if reached < known:
                    best[end] = reached
                    parents[end] = [parent]
                    heappush(candidates, reached)
                elif reached == known and end not in hops:
                    parents[end].append(parent)
    return Tree(
        hops,
        {vertex: best[vertex] >> COST for vertex in hops},
        {vertex: tuple(dict.fromkeys(map(first.vertex, parents[vertex]))) for vertex in hops},
        any(flags & VIRTUAL_END and router in hops for router, flags in graph.flags.items()),
    )


class _FirstHops:
    """The next hop calculation (section 16.1.1).

    Where there is a router between, "the destination simply inherits the set of next hops from the parent". The ways
    that leave the root, and those across a network that it is on, have next hops of their own: each such way stands
    among the parents as a number below zero.
    """

    def __init__(self, start: int, graph: Graph, links: Sequence[Link]) -> None:
        self._start = start
        self._graph = graph
        self._by_address = {link.address: link for link in links}
        self._prefixes = {link.interface: link.prefix for link in links}
        self._attached: set[int] = set()
        self._given: list[tuple[int, Hops]] = []

    def vertex(self, parent: int) -> int:
        """The parent that it stands for."""
        return parent if parent >= 0 else self._given[~parent][0]

    def inherited(self, parents: Sequence[int], hops: Mapping[int, Hops]) -> Hops:
        """The next hops of a vertex with these parents."""
        found: Hops = ()
        for parent in parents:
            each = hops[parent] if parent >= 0 else self._given[~parent][1]
            found = merge(found, each) if found else each
        return found

    def ways(self, vertex: int, hops: Hops) -> list[tuple[int, tuple[Arc]]]:
        """The ways on from here that have next hops of their own; none: its arcs, and they inherit."""
        if vertex == self._start:
            return [self._way(vertex, hop, arc) for hop, arc in self._leaving()]
        if vertex in self._attached:
            return [self._way(vertex, beyond, arc) for beyond, arc in self._across(vertex, hops)]
        return []

    def _way(self, parent: int, hops: Hops, arc: Arc) -> tuple[int, tuple[Arc]]:
        self._given.append((parent, hops))
        return ~(len(self._given) - 1), (arc,)

    def _leaving(self) -> Iterable[tuple[Hops, Arc]]:
        """ "The outgoing interface in this case is simply the OSPF interface connecting to the destination"."""
        for link in self._graph.links(self._start):
            out = self._by_address.get(Address(link.data))
            end = _end(link)
            if out is None or end is None or not self._graph.joined(self._start, end):
                continue
            via = ANY if end < ROUTER else out.neighbours.get(link.id)
            if via is not None:
                if end < ROUTER:
                    self._attached.add(end)
                yield (NextHop(via, out.interface),), (end, link.metric << COST | end)

    def _across(self, network: int, hops: Hops) -> Iterable[tuple[Hops, Arc]]:
        """ "For each link in the router-LSA that points back to the parent network, the link's Link Data field provides
        the IP address of a next hop router." """
        ours = [hop.interface for hop in hops if hop.via == ANY]
        inherited = {hop for hop in hops if hop.via != ANY}
        for arc in self._graph.arcs[network]:
            addresses = [
                Address(link.data)
                for link in self._graph.links(arc[0])
                if link.type == LinkType.TRANSIT and link.id == network
            ]
            beyond = {NextHop(via, name) for name in ours for via in addresses if self._prefixes[name].holds_host(via)}
            if beyond or inherited:
                yield tuple(sorted(beyond | inherited)), arc


def _end(link: RouterLink) -> int | None:
    if link.type == LinkType.TRANSIT:
        return int(link.id)
    return ROUTER | link.id if link.type == LinkType.POINT_TO_POINT else None


def _key(vertex: int) -> VertexKey:
    return VertexKey("router" if vertex & ROUTER else "network", Address(vertex & ~ROUTER))
