"""The routes to other areas (RFC 2328 sections 16.2 and 16.3), from the summary-LSAs of area border routers."""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.destination import network
from catenet.nodes.internet.ospf.lsa import BOUNDARY, INFINITY, LsaHeader, LsaType, SummaryLsa
from catenet.nodes.internet.ospf.lsdb import Lsdb
from catenet.nodes.internet.ospf.table import BACKBONE, Entry, Kind, Route, RouterRoute, Table, cheaper

__all__ = ["add_inter_area", "add_transit"]


def add_inter_area(table: Table, me: Address, area: Address, lsdb: Lsdb, now: float) -> None:
    """Each network and AS boundary router of which an area's summary-LSAs tell (section 16.2)."""
    for header, summary, border in _summaries(table, area, lsdb, now):
        cost = border.cost + summary.metric
        if header.type == LsaType.SUMMARY_ASBR:
            router = header.id
            way = RouterRoute(router, area, Kind.INTER, cost, border.hops, BOUNDARY)
            if router != me:
                table.routers[router, area] = _chosen(table.routers.get((router, area)), way)
        elif (prefix := network(header.id, summary.mask)) is not None:
            route = Route(prefix, Kind.INTER, cost, 0, border.hops, area)
            table.routes[prefix] = _chosen(table.routes.get(prefix), route)


def add_transit(table: Table, area: Address, lsdb: Lsdb, now: float) -> None:
    """Better ways through a transit area to what the backbone has a way to (section 16.3)."""
    for header, summary, border in _summaries(table, area, lsdb, now):
        cost = border.cost + summary.metric
        if header.type == LsaType.SUMMARY_ASBR:
            way = table.routers.get((header.id, BACKBONE))
            if way is not None:
                table.routers[header.id, BACKBONE] = cheaper(way, way._replace(cost=cost, hops=border.hops))
        elif (prefix := network(header.id, summary.mask)) is not None:
            route = table.routes.get(prefix)
            # "this calculation only updates backbone intra-area routes […] and inter-area routes"
            if route is not None and route.area == BACKBONE and route.hops:
                table.routes[prefix] = cheaper(route, route._replace(cost=cost, hops=border.hops))


def _summaries(
    table: Table, area: Address, lsdb: Lsdb, now: float
) -> Iterator[tuple[LsaHeader, SummaryLsa, RouterRoute]]:
    """The summary-LSAs that count, steps 1, 2 and 4 of section 16.2, each with the way to who has originated it. To
    itself a router has no way, so its own are not among them."""
    for kind in (LsaType.SUMMARY, LsaType.SUMMARY_ASBR):
        for stored in lsdb.live(kind, now):
            header, body = stored.lsa.header, stored.body
            if not isinstance(body, SummaryLsa) or body.metric == INFINITY:
                continue
            border = table.border_router(header.router, area)
            if border is not None:
                yield header, body, border


def _chosen(known: Entry | None, new: Entry) -> Entry:
    """ "Intra-area paths are always preferred" (step 6); of the others the cheapest (step 7)."""
    return known if known is not None and known.kind == Kind.INTRA else cheaper(known, new)
