"""Where a route comes from, for `trace route`: the LSA that says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.destination import network
from catenet.nodes.internet.ospf.lsa import ExternalLsa, LinkType, LsaType, NetworkLsa, RouterLsa, SummaryLsa
from catenet.nodes.internet.ospf.lsdb import Lsdb, Stored
from catenet.nodes.internet.ospf.reports import lsa_name, sequence_text
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.internet.ospf.routing import Routing, metric_of
from catenet.nodes.internet.ospf.spf import VertexKey
from catenet.nodes.internet.ospf.table import Kind, Route

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation

__all__ = ["explain"]

_TYPES = {
    Kind.INTRA: (LsaType.ROUTER, LsaType.NETWORK),
    Kind.INTER: (LsaType.SUMMARY,),
    Kind.TYPE_1: (LsaType.EXTERNAL,),
    Kind.TYPE_2: (LsaType.EXTERNAL,),
}


def explain(router: Router, routing: Routing, prefix: Prefix, epoch: float) -> Explanation | None:
    """What is known of the route to a prefix, or of the one that there was; None: nothing."""
    from catenet.nodes.control.origin import CONNECTED, FORGOTTEN, VALID, Explanation, Learned

    route = routing.table.routes.get(prefix)
    history = routing.history.turns(prefix, epoch, router.reporter.name_of)
    if route is None:
        return _since(Explanation(str(prefix), FORGOTTEN, history=history)) if history else None
    if not route.hops:
        own = next((each.name for each in router.interfaces.values() if each.prefix == prefix), "")
        return Explanation(str(prefix), CONNECTED, metric_of(route), own, tag=route.tag)
    origin, hop = _origin(router, routing, route), route.hops[0]
    learned = None
    if origin is not None:
        header = origin.lsa.header
        of = router.reporter.name_of(header.router)
        message = f"{lsa_name(header.type)} of {of}, {sequence_text(header.sequence)}"
        learned = Learned(message=message, refreshed=round(epoch + origin.received, 6))
    known = Explanation(
        str(prefix),
        VALID,
        metric_of(route),
        hop.interface,
        str(hop.via),
        router.reporter.name_of(hop.via),
        str(hop.via),
        route.tag,
        learned,
        history=history,
    )
    return _since(known)


def _since(known: Explanation) -> Explanation:
    """The last turn made it what it is."""
    if not known.history:
        return known
    last = known.history[-1]
    return known._replace(since=last.at, cause=last.cause, reason=last.reason, of=last.of)


def _origin(router: Router, routing: Routing, route: Route) -> Stored | None:
    """The LSA that a route is made of; of several the one by which it is cheapest."""
    area = router.areas.get(route.area) if route.kind <= Kind.INTER else None
    lsdb = (router.everywhere if area is None else area.scope).lsdb
    found = [(cost, stored.lsa.header.router, stored) for cost, stored in _saying(lsdb, routing, route)]
    return min(found, key=lambda each: each[:2], default=(0, Address(0), None))[2]


def _saying(lsdb: Lsdb, routing: Routing, route: Route) -> Iterator[tuple[int, Stored]]:
    """Every LSA that speaks of the route's network, and at what cost that leads there."""
    tree = routing.table.trees.get(route.area)
    vertices = {} if tree is None else tree.vertices
    for kind in _TYPES[route.kind]:
        for stored in lsdb.of_type(kind):
            cost, header = _cost(stored, route.prefix), stored.lsa.header
            name = "network" if kind == LsaType.NETWORK else "router"
            vertex = vertices.get(VertexKey(name, header.id if kind == LsaType.NETWORK else header.router))
            if cost is not None and (vertex is not None or route.kind > Kind.INTER):
                yield cost + (0 if vertex is None else vertex.cost), stored


def _cost(stored: Stored, prefix: Prefix) -> int | None:
    """What an LSA says that a network costs; None: it says nothing of it."""
    body, header = stored.body, stored.lsa.header
    if isinstance(body, RouterLsa):
        costs = [
            link.metric
            for link in body.links
            if link.type == LinkType.STUB and network(int(link.id), link.data) == prefix
        ]
        return min(costs, default=None)
    if isinstance(body, NetworkLsa | SummaryLsa | ExternalLsa) and network(int(header.id), body.mask) == prefix:
        return 0 if isinstance(body, NetworkLsa) else body.metric
    return None
