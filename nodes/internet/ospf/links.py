"""An area as its database has it, for people: each router's links, and which of them are on the shortest-path tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.graph import ROUTER, Graph
from catenet.nodes.internet.ospf.lsa import LinkType, RouterLink
from catenet.nodes.internet.ospf.spf import Tree, VertexKey

if TYPE_CHECKING:
    from catenet.nodes.control.answers import KnownLink

__all__ = ["known_links"]


class _End(NamedTuple):
    """A router's link. `prefix`: its network; None where the database does not tell. `to`: the vertex at its end; None:
    a stub network, to which the router itself is the last on the way."""

    router: VertexKey
    to: VertexKey | None
    prefix: Prefix | None
    address: Address | None
    cost: int


def known_links(area: Address, tree: Tree, graph: Graph) -> Iterator[KnownLink]:
    """The links of all routers, reached or not; a virtual one is none of these, as it is a path of others."""
    from catenet.nodes.control.answers import KnownLink

    ends = [end for vertex in sorted(graph.arcs) if vertex & ROUTER for end in _ends(vertex, graph)]
    ways = _Ways(tree, list(_paired(ends)))
    for end in ways.ends:
        yield KnownLink(
            str(end.router.id),
            str(end.router.id),
            str(area),
            "stub" if end.to is None else "transit" if end.to.kind == "network" else "point-to-point",
            None if end.to is None else str(end.to.id),
            None if end.prefix is None else str(end.prefix),
            None if end.address is None else str(end.address),
            end.cost,
            ways.costs.get(end.router),
            ways.direction(end),
        )


def _ends(vertex: int, graph: Graph) -> Iterator[_End]:
    """Those of a router. Beside a point-to-point link it has "a Type 3 link (stub network)", which may be that of the
    link's own subnet (section 12.4.1.1, option 2): then the two are one here."""
    me = VertexKey("router", Address(vertex & ~ROUTER))
    joined: set[Prefix | None] = set()
    for link in graph.links(vertex):
        if link.type == LinkType.POINT_TO_POINT:
            prefix = _subnet(link, graph.stubs.get(vertex, ()))
            yield _End(me, VertexKey("router", link.id), prefix, Address(link.data), link.metric)
            joined.add(prefix)
        elif link.type == LinkType.TRANSIT:
            its = graph.networks.get(int(link.id))
            yield _End(me, VertexKey("network", link.id), its, Address(link.data), link.metric)
    for stub, cost in graph.stubs.get(vertex, ()):
        if stub not in joined:
            yield _End(me, None, stub, None, cost)


def _subnet(link: RouterLink, stubs: Iterable[tuple[Prefix, int]]) -> Prefix | None:
    """The stub network of a point-to-point link. That of one host alone is a loopback's, or the neighbour's address."""
    held = (prefix for prefix, _ in stubs if prefix.length < 32 and prefix.holds(Address(link.data)))
    return max(held, key=lambda prefix: prefix.length, default=None)


def _paired(ends: Sequence[_End]) -> Iterator[_End]:
    """Where one end alone of a point-to-point link tells its subnet, it is the other's, too."""
    told: dict[tuple[VertexKey | None, VertexKey], list[Prefix]] = {}
    for end in ends:
        if end.prefix is not None:
            told.setdefault((end.to, end.router), []).append(end.prefix)
    for end in ends:
        if end.prefix is None and end.to is not None and end.address is not None:
            address = end.address
            held = (prefix for prefix in told.get((end.router, end.to), ()) if prefix.holds(address))
            yield end._replace(prefix=next(held, None))
        else:
            yield end


class _Ways:
    """Which links are on the tree. Of a stub network that is the nearest router's (section 16.1, stage 2)."""

    def __init__(self, tree: Tree, ends: list[_End]) -> None:
        self.ends = ends
        vertices = tree.vertices
        self.costs = {key: vertex.cost for key, vertex in vertices.items()}
        self._parents = {key: vertex.parents for key, vertex in vertices.items()}
        self._back: dict[tuple[VertexKey, VertexKey, Prefix | None], int] = {}
        self._nearest: dict[Prefix, int] = {}
        for end in ends:
            if end.to is not None and end.to.kind == "router":
                way = end.router, end.to, end.prefix
                self._back[way] = min(end.cost, self._back.get(way, end.cost))
            if end.prefix is not None and end.router in self.costs:
                cost = self.costs[end.router] + end.cost
                self._nearest[end.prefix] = min(cost, self._nearest.get(end.prefix, cost))

    def direction(self, end: _End) -> str | None:
        """`into`: the tree goes from the router into the network; `out of`: it comes from there; None: neither."""
        here = self.costs.get(end.router)
        if here is None:
            return None
        there = None if end.to is None else self.costs.get(end.to)
        if end.to is not None and there is not None:
            if end.router in self._parents[end.to] and here + end.cost == there:
                return "into"
            back = 0 if end.to.kind == "network" else self._back.get((end.to, end.router, end.prefix))
            if end.to in self._parents[end.router] and back is not None and there + back == here:
                return "out of"
        if end.to is not None or end.prefix is None:
            return None  # a point-to-point link that no path takes; its subnet is no leaf, or all links would be paths
        return "into" if self._nearest[end.prefix] == here + end.cost else None
