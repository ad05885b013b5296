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
_FEW = 8
"""So many links are looked through as fast as a set is asked, and take a fifth of its memory."""


class Graph:
    """The vertices of an area and their links.

    `arcs`: of each vertex the links that may be used: those whose other end "has a link back" (section 16.1, step 2b).
    `stubs`: of routers their stub networks, with costs. `networks`: the prefixes of transit networks. `flags`: of the
    routers that have some (BORDER, BOUNDARY, VIRTUAL_END). `version` grows with each change.
    """

    def __init__(self) -> None:
        self._lsas: set[Stored] = set()
        self._said: dict[int, tuple[Stored, ...]] = {}
        self._transits: dict[int, frozenset[int]] = {}  # router → its addresses on transit networks, while it is asked
        self._rivals: set[int] = set()
        self._counts: dict[int, Stored] = {}  # vertex → the LSA that counts
        self._links: dict[int, list[int]] = {}
        self._many: dict[int, frozenset[int]] = {}  # the ends of the links, of a vertex that has many
        self.arcs: dict[int, list[int]] = {}
        self.stubs: dict[int, tuple[tuple[Prefix, int], ...]] = {}
        self.networks: dict[int, Prefix] = {}
        self.flags: dict[int, int] = {}
        self.version = 0

    def update(self, lsdb: Lsdb, now: float) -> None:
        """Follow the database."""
        changed = self._changed({*lsdb.live(LsaType.ROUTER, now), *lsdb.live(LsaType.NETWORK, now)})
        if not changed:
            return
        self.version += 1
        touched = set(changed)
        for vertex, stored in changed.items():
            touched.update(self._ends(vertex))
            self._forget(vertex)
            if stored is not None:
                self._describe(vertex, stored)
                touched.update(self._ends(vertex))
        for vertex in touched & self._links.keys():
            links = self._links[vertex]
            arcs = [arc for arc in links if self._leads(arc & VERTEX, vertex)]
            self.arcs[vertex] = links if len(arcs) == len(links) else arcs

    def links(self, router: int) -> tuple[RouterLink, ...]:
        """The links of a router, as its LSA has them."""
        stored = self._counts.get(router)
        body = None if stored is None else stored.body
        return body.links if isinstance(body, RouterLsa) else ()

    def joined(self, a: int, b: int) -> bool:
        """Whether each of two vertices has a link to the other: "the presence of any link back to V is sufficient"
        (footnote 23)."""
        return self._leads(a, b) and self._leads(b, a)

    def _leads(self, vertex: int, end: int) -> bool:
        """Whether one of its links leads there."""
        if vertex in self._many:
            return end in self._many[vertex]
        return end in self._ends(vertex)

    def _ends(self, vertex: int) -> list[int]:
        return [link & VERTEX for link in self._links.get(vertex, ())]

    def _changed(self, lsas: set[Stored]) -> dict[int, Stored | None]:
        """The vertices that say something else than before, and the LSA that does; None: nothing any more."""
        turned = lsas ^ self._lsas
        self._lsas = lsas
        vertices = set()
        for stored in turned:
            kind, link_id, router = stored.key
            if kind == LsaType.ROUTER and link_id != router:
                continue  # "The originating router's Router ID." (12.1.4)
            vertex = ROUTER | router if kind == LsaType.ROUTER else int(link_id)
            vertices.add(vertex)
            others = tuple(each for each in self._said.get(vertex, ()) if each is not stored)
            said = self._said[vertex] = (*others, stored) if stored in lsas else others
            (self._rivals.add if len(said) > 1 else self._rivals.discard)(vertex)
        if turned:
            vertices |= self._rivals  # which of them counts, a router's LSA may have changed
        now = {vertex: self._counting(vertex) for vertex in vertices}
        self._transits.clear()
        before = {vertex: self._counts.get(vertex) for vertex in vertices}
        self._counts.update((vertex, stored) for vertex, stored in now.items() if stored is not None)
        return {vertex: stored for vertex, stored in now.items() if not _say_the_same(stored, before[vertex])}

    def _counting(self, vertex: int) -> Stored | None:
        """The LSA that says what a vertex is. There is to be one network-LSA alone with its Link State ID (footnote
        14), but a router that has changed its Router ID may have left another: the one counts whose router has that
        address."""
        said = self._said[vertex]
        if not said:
            del self._said[vertex]
            return None
        return max(said, key=self._rank) if len(said) > 1 else said[0]

    def _rank(self, stored: Stored) -> tuple[bool, Address]:
        _, address, router = stored.key
        if router not in self._transits:
            self._transits[router] = frozenset(
                link.data
                for said in self._said.get(ROUTER | router, ())
                if isinstance(body := said.body, RouterLsa)
                for link in body.links
                if link.type == LinkType.TRANSIT
            )
        return address in self._transits[router], router

    def _forget(self, vertex: int) -> None:
        for table in (self._counts, self._links, self._many, self.arcs, self.stubs, self.networks, self.flags):
            table.pop(vertex, None)

    def _describe(self, vertex: int, stored: Stored) -> None:
        body, self._counts[vertex] = stored.body, stored
        if isinstance(body, RouterLsa):
            self._describe_router(vertex, body)
        elif isinstance(body, NetworkLsa):
            self._links[vertex] = [ROUTER | router for router in body.routers]
            prefix = network(vertex, body.mask)
            if prefix is not None:
                self.networks[vertex] = prefix
        if len(self._links[vertex]) > _FEW:
            self._many[vertex] = frozenset(self._ends(vertex))

    def _describe_router(self, vertex: int, body: RouterLsa) -> None:
        links, stubs = [], []
        for kind, address, data, cost in body.links:
            if kind == _STUB:
                prefix = network(address, data)
                if prefix is not None:
                    stubs.append((prefix, cost))
            elif kind == _TRANSIT:
                links.append(cost << COST | address)
            elif kind in _TO_ROUTERS:
                links.append(cost << COST | ROUTER | address)
        self._links[vertex] = links
        if stubs:
            self.stubs[vertex] = tuple(stubs)
        if body.flags:
            self.flags[vertex] = body.flags


def _say_the_same(a: Stored | None, b: Stored | None) -> bool:
    return a is b or (a is not None and b is not None and a.lsa.says_the_same(b.lsa))
