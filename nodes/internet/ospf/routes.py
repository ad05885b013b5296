"""The calculation of the routing table, whole (RFC 2328 section 16).

"The routing table is built again from scratch", but for the shortest-path trees: those of an area whose router-LSAs and
network-LSAs say the same as before are kept. So a summary-LSA or AS-external-LSA that changes costs no Dijkstra
(sections 16.5 and 16.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.externals import add_externals
from catenet.nodes.internet.ospf.graph import Graph
from catenet.nodes.internet.ospf.inter_area import add_inter_area, add_transit
from catenet.nodes.internet.ospf.intra_area import routers_of, routes_of
from catenet.nodes.internet.ospf.lsa import BOUNDARY
from catenet.nodes.internet.ospf.lsdb import Lsdb
from catenet.nodes.internet.ospf.spf import Link, Tree, spf
from catenet.nodes.internet.ospf.table import BACKBONE, Route, RouterRoute, Table

__all__ = ["Area", "calculate"]


class Area:
    """An area that this router is attached to, for its calculations. `stub`: it has no AS-external-LSAs (section 3.6).
    It keeps its shortest-path tree until that changes."""

    def __init__(self, lsdb: Lsdb, *, stub: bool = False) -> None:
        self.lsdb = lsdb
        self.stub = stub
        self.graph = Graph()
        self._calculated_for: object = None
        self._tree: Tree
        self._routes: dict[Prefix, Route] = {}
        self._routers: dict[tuple[Address, Address], RouterRoute] = {}

    def calculate(self, me: Address, area: Address, links: Sequence[Link], table: Table, now: float) -> None:
        """Put its tree, and the routes within it, into the table (section 16.1)."""
        self.graph.update(self.lsdb, now)
        this = me, area, self.graph.version, [(*link[:5], dict(link.neighbours)) for link in links]
        if this != self._calculated_for:
            self._calculated_for = this
            self._tree = spf(me, self.graph, links)
            self._routes = routes_of(area, self._tree, self.graph, links)
            self._routers = routers_of(me, area, self._tree, self.graph)
            if self.stub:
                # "AS boundary routers cannot be placed internal to stub areas" (3.6)
                self._routers = {key: way._replace(flags=way.flags & ~BOUNDARY) for key, way in self._routers.items()}
        table.trees[area] = self._tree
        table.routers |= self._routers
        for prefix, route in self._routes.items():
            known = table.routes.get(prefix)
            if known is None or (route.cost, -route.area) < (known.cost, -known.area):
                table.routes[prefix] = route


def calculate(
    me: Address, areas: Mapping[Address, Area], external: Lsdb, links: Sequence[Link], now: float, *, ecmp: int
) -> Table:
    """The routing table of a router. `links`: its interfaces that are not down; `ecmp`: so many next hops are kept of a
    route (section 16.8), those with the lowest addresses. The databases' LSAs are taken as they are at `now`."""
    attached = {link.area for link in links}
    table = Table(border=len(attached) > 1)
    for area, it in areas.items():
        it.calculate(me, area, [link for link in links if link.area == area], table, now)
    # "If the router has active attachments to multiple areas, only backbone summary-LSAs are examined." (16.2)
    for area in (BACKBONE,) if table.border else attached:
        if area in areas:
            add_inter_area(table, me, area, areas[area].lsdb, now)
    for area, it in areas.items():
        if area != BACKBONE and table.trees[area].transit:
            add_transit(table, area, it.lsdb, now)
    add_externals(table, external, links, now)
    for prefix, route in table.routes.items():
        if len(route.hops) > ecmp:
            table.routes[prefix] = route._replace(hops=route.hops[:ecmp])
    return table
