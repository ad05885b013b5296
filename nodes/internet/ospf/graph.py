"""An area as a directed graph (RFC 2328 section 2.1), made of its router-LSAs and network-LSAs.

A vertex is a number: a network's is its Link State ID, a router's its Router ID with a bit above the 32. A link is one,
too: the vertex at its end, with the cost above that. So Dijkstra's algorithm takes numbers alone, a distance added to a
link gives the vertex at its end and the distance there, and at the same distance networks come before routers, as it
must be (section 16.1, stage 1, step 3).

The graph is kept between two calculations: where an LSA has got other contents, what is worked out again are the links
of its vertex and of those that it joins.
"""

from __future__ import annotations

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.destination import network
from catenet.nodes.internet.ospf.lsa import LinkType, LsaType, NetworkLsa, RouterLink, RouterLsa
from catenet.nodes.internet.ospf.lsdb import Lsdb, Stored

__all__ = ["COST", "ROUTER", "VERTEX", "Graph"]

ROUTER = 1 << 32
"""The bit that tells routers from networks."""
COST = 33
"""A cost stands above so many bits, which are the vertex's."""
VERTEX = (1 << COST) - 1

# A member of an enumeration costs, each time it is named, what the rest of the loop over a router's links does.
_STUB, _TRANSIT = int(LinkType.STUB), int(LinkType.TRANSIT)
_TO_ROUTERS = (int(LinkType.POINT_TO_POINT), int(LinkType.VIRTUAL))


class Graph:
    """The vertices of an area and their links.

    `arcs`: of each vertex the links that may be used: those whose other end "has a link back" (section 16.1, step 2b).
    `stubs`: of routers their stub networks, with costs. `networks`: the prefixes of transit networks. `flags`: of the
    routers that have some (BORDER, BOUNDARY, VIRTUAL_END). `version` grows with each change.
    """

    def __init__(self) -> None:
        self._bodies: dict[int, object] = {}
        self._links: dict[int, list[int]] = {}
        self._ends: dict[int, frozenset[int]] = {}
        self.arcs: dict[int, list[int]] = {}
        self.stubs: dict[int, list[tuple[Prefix, int]]] = {}
        self.networks: dict[int, Prefix] = {}
        self.flags: dict[int, int] = {}
        self.version = 0

    def update(self, lsdb: Lsdb, now: float) -> None:
        """Follow the database."""
        bodies = _bodies(lsdb, now)
        changed = [vertex for vertex, body in bodies.items() if self._bodies.get(vertex) is not body]
        changed += [vertex for vertex in self._bodies if vertex not in bodies]
        if not changed:
            return
        self._bodies = bodies
        self.version += 1
        touched = set(changed)
        for vertex in changed:
            touched |= self._ends.get(vertex, frozenset())
            self._describe(vertex)
            touched |= self._ends.get(vertex, frozenset())
        for vertex in touched & self._links.keys():
            ends = self._ends
            self.arcs[vertex] = [arc for arc in self._links[vertex] if vertex in ends.get(arc & VERTEX, ())]

    def links(self, router: int) -> tuple[RouterLink, ...]:
        """The links of a router, as its LSA has them."""
        body = self._bodies.get(router)
        return body.links if isinstance(body, RouterLsa) else ()

    def joined(self, a: int, b: int) -> bool:
        """Whether each of two vertices has a link to the other: "the presence of any link back to V is sufficient"
        (footnote 23)."""
        return b in self._ends.get(a, ()) and a in self._ends.get(b, ())

    def _describe(self, vertex: int) -> None:
        for table in (self._links, self._ends, self.arcs, self.stubs, self.networks, self.flags):
            table.pop(vertex, None)
        body = self._bodies.get(vertex)
        if isinstance(body, RouterLsa):
            self._describe_router(vertex, body)
        elif isinstance(body, NetworkLsa):
            self._links[vertex] = [ROUTER | router for router in body.routers]
            prefix = network(vertex, body.mask)
            if prefix is not None:
                self.networks[vertex] = prefix
        if body is not None:
            self._ends[vertex] = frozenset([link & VERTEX for link in self._links[vertex]])

    def _describe_router(self, vertex: int, body: RouterLsa) -> None:
        links = self._links[vertex] = []
        stubs = []
        for kind, address, data, cost in body.links:
            if kind == _STUB:
                prefix = network(address, data)
                if prefix is not None:
                    stubs.append((prefix, cost))
            elif kind == _TRANSIT:
                links.append(cost << COST | address)
            elif kind in _TO_ROUTERS:
                links.append(cost << COST | ROUTER | address)
        if stubs:
            self.stubs[vertex] = stubs
        if body.flags:
            self.flags[vertex] = body.flags


def _bodies(lsdb: Lsdb, now: float) -> dict[int, object]:
    """What each vertex says of itself."""
    found: dict[int, object] = {
        ROUTER | stored.key.id: stored.body
        for stored in lsdb.live(LsaType.ROUTER, now)
        if stored.key.id == stored.key.router
    }
    chosen: dict[int, Stored] = {}
    for stored in lsdb.live(LsaType.NETWORK, now):
        vertex = int(stored.key.id)
        other = chosen.get(vertex)
        if other is None or _rank(stored, found) > _rank(other, found):
            chosen[vertex] = stored
    for vertex, stored in chosen.items():
        found[vertex] = stored.body
    return found


def _rank(stored: Stored, routers: dict[int, object]) -> tuple[bool, Address]:
    """Which network-LSA counts, where several have one Link State ID. There is to be one alone (footnote 14), but a
    router that has changed its Router ID may have left another: the one counts whose router has that address."""
    _, address, router = stored.key
    body = routers.get(ROUTER | router)
    links = body.links if isinstance(body, RouterLsa) else ()
    return any(link.type == LinkType.TRANSIT and link.data == address for link in links), router
