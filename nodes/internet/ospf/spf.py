"""The shortest-path tree of an area (RFC 2328 section 16.1, stage 1, and 16.1.1): Dijkstra's algorithm over the graph.

"Strictly speaking, because of equal-cost multipath, the algorithm does not create a tree" (footnote 22): a vertex may
have several parents, and has the next hops of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ospf.graph import COST, ROUTER, VERTEX, Graph
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


class _Way(NamedTuple):
    """A link from `parent` on with next hops of its own."""

    parent: int
    hops: Hops


class Tree:
    """What was reached from a router: of each vertex, by its number, the next `hops`; the nearest first.

    `transit`: the area's TransitCapability.
    """

    def __init__(self, start: int, ways: Sequence[_Way]) -> None:
        self.hops: dict[int, Hops] = {}
        self.transit = False
        self.best = {start: start}
        self.parents = {start: ~0}
        self.ties: dict[int, list[int]] = {}
        self._ways = ways

    def cost(self, vertex: int) -> int:
        """The distance of a vertex that was reached."""
        return self.best[vertex] >> COST

    def inherited(self, vertex: int) -> Hops:
        """The next hops of all of a vertex's parents."""
        found: Hops = ()
        for parent in self._parents_of(vertex):
            each = self.hops[parent] if parent >= 0 else self._ways[~parent].hops
            found = merge(found, each) if found else each
        return found

    @property
    def vertices(self) -> dict[VertexKey, Vertex]:
        """All of it, for people."""
        found = {}
        for each, hops in self.hops.items():
            parents = [it if it >= 0 else self._ways[~it].parent for it in self._parents_of(each)]
            keys = tuple(dict.fromkeys(_key(parent) for parent in parents if parent != each))
            found[_key(each)] = Vertex(_key(each), self.cost(each), hops, keys)
        return found

    def _parents_of(self, vertex: int) -> list[int]:
        return [self.parents[vertex], *self.ties.get(self.best[vertex], ())]


def merge(a: Hops, b: Hops) -> Hops:
    """The next hops of both, each once."""
    return a if a is b or a == b else tuple(sorted({*a, *b}))


def spf(root: Address, graph: Graph, links: Sequence[Link]) -> Tree:
    """The tree of shortest paths from a router. `links`: its own, in this area."""
    start = ROUTER | root
    first = _FirstHops(start, graph, links)
    tree = Tree(start, first.ways)
    hops, best, parents, ties, arcs = tree.hops, tree.best, tree.parents, tree.ties, graph.arcs
    candidates = [start] if start in arcs else []
    while candidates:
        nearest = heappop(candidates)
        vertex = nearest & VERTEX
        if vertex in hops:
            continue  # a shorter path has led to it
        parent = parents[vertex]
        hops[vertex] = tree.inherited(vertex) if parent < 0 or nearest in ties else hops[parent]
        distance = nearest - vertex
        leaving = first.leaving(vertex, hops[vertex]) if vertex in first.near else ((vertex, arcs[vertex]),)
        for parent, ways in leaving:
            for arc in ways:
                reached = distance + arc
                end = reached & VERTEX
                known = best.get(end, _FAR)
                if reached < known:
                    best[end] = reached
                    parents[end] = parent
                    heappush(candidates, reached)
                elif reached == known and end not in hops:
                    ties.setdefault(reached, []).append(parent)
    tree.transit = any(flags & VIRTUAL_END and router in hops for router, flags in graph.flags.items())
    return tree


class _FirstHops:
    """The next hop calculation (section 16.1.1).

    Where there is a router between, "the destination simply inherits the set of next hops from the parent". The links
    that leave the root, and those of a network that it is on, have next hops of their own: these stand in `ways`, and
    among the parents in place of the vertex its index, inverted. `near`: the vertices that have such links.
    """

    def __init__(self, start: int, graph: Graph, links: Sequence[Link]) -> None:
        self._start = start
        self._graph = graph
        self._by_address = {link.address: link for link in links}
        self._prefixes = {link.interface: link.prefix for link in links}
        self.ways = [_Way(start, ())]
        self.near = {start}

    def leaving(self, vertex: int, hops: Hops) -> list[tuple[int, list[int]]]:
        """The links of a near vertex, each with its way."""
        found = []
        for beyond, arc in self._from_root() if vertex == self._start else self._across(vertex, hops):
            found.append((~len(self.ways), [arc]))
            self.ways.append(_Way(vertex, beyond))
        return found

    def _from_root(self) -> Iterator[tuple[Hops, int]]:
        """ "The outgoing interface in this case is simply the OSPF interface connecting to the destination"; and to a
        neighbour on a point-to-point link its address, which Ethernet needs."""
        for link in self._graph.links(self._start):
            out = self._by_address.get(Address(link.data))
            end = _end(link)
            if out is None or end is None or not self._graph.joined(self._start, end):
                continue
            via = out.neighbours.get(link.id) if end & ROUTER else ANY
            if via is not None:
                if via == ANY:
                    self.near.add(end)
                yield (NextHop(via, out.interface),), link.metric << COST | end

    def _across(self, vertex: int, hops: Hops) -> Iterator[tuple[Hops, int]]:
        """ "For each link in the router-LSA that points back to the parent network, the link's Link Data field provides
        the IP address of a next hop router." Beyond that router, and by other ways to the network, they inherit."""
        ours = [hop.interface for hop in hops if hop.via == ANY]
        inherited = {hop for hop in hops if hop.via != ANY}
        for arc in self._graph.arcs[vertex]:
            beyond = {
                NextHop(Address(link.data), interface)
                for link in self._graph.links(arc & VERTEX)
                if ours and link.type == LinkType.TRANSIT and link.id == vertex
                for interface in ours
                if self._prefixes[interface].holds_host(Address(link.data))
            }
            if beyond or inherited:
                yield tuple(sorted(beyond | inherited)), arc


def _end(link: RouterLink) -> int | None:
    if link.type == LinkType.TRANSIT:
        return int(link.id)
    return ROUTER | link.id if link.type == LinkType.POINT_TO_POINT else None


def _key(vertex: int) -> VertexKey:
    return VertexKey("router" if vertex & ROUTER else "network", Address(vertex & ~ROUTER))
