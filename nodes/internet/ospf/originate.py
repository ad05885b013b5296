"""What a router says of itself (RFC 2328 section 12.4): the bodies of its LSAs, as they should be now.

When each is said is own.py's concern; here they are only made, from the interfaces, the routing table, and the routes
of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix, mask
from catenet.nodes.internet.ospf.area import Area
from catenet.nodes.internet.ospf.config import BACKBONE
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.interface_states import InterfaceState
from catenet.nodes.internet.ospf.lsa import (
    BORDER,
    BOUNDARY,
    INFINITY,
    Body,
    ExternalLsa,
    LinkType,
    LsaKey,
    LsaType,
    NetworkLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.internet.ospf.table import Kind, Route, Table
from catenet.nodes.machine import NextHop, OtherRoute

__all__ = ["Wanted", "externals", "links", "summaries"]

Wanted = dict[LsaKey, Body]
"""The LSAs that are to be there, by their keys."""
_STUB_DEFAULT_COST = 1
"""StubDefaultCost (section C.2)."""


# Links: router-LSAs and network-LSAs


def links(router: Router, area: Area, *, boundary: bool) -> Wanted:
    """What is said into an area of its own links. `boundary`: this router is an AS boundary router."""
    circuits = [circuit for circuit in router.up if circuit.area is area]
    if not circuits:
        return {}
    # "Bit E should never be set in a router-LSA for a stub area" (12.4.1)
    flags = (BORDER if router.border else 0) | (BOUNDARY if boundary and not area.stub else 0)
    said = tuple(link for circuit in circuits for link in _router_links(circuit))
    wanted: Wanted = {LsaKey(LsaType.ROUTER, router.me, router.me): RouterLsa(flags, said)}
    for circuit in circuits:
        if circuit.state == InterfaceState.DR and circuit.transit:
            # "The network-LSA lists those routers that are fully adjacent to the Designated Router […]. The Designated
            # Router includes itself in this list." (12.4.2)
            full = sorted(neighbour.router for neighbour in circuit.in_state(NeighbourState.FULL))
            key = LsaKey(LsaType.NETWORK, circuit.address, router.me)
            wanted[key] = NetworkLsa(circuit.mask, (router.me, *full))
    return wanted


def _router_links(circuit: Circuit) -> Iterator[RouterLink]:
    """Sections 12.4.1.1 and 12.4.1.2."""
    prefix, cost = circuit.interface.prefix, circuit.cost
    if circuit.transit:
        yield RouterLink(LinkType.TRANSIT, circuit.designated, circuit.address, cost)
        return
    if circuit.point_to_point:
        for neighbour in circuit.in_state(NeighbourState.FULL):
            yield RouterLink(LinkType.POINT_TO_POINT, neighbour.router, circuit.address, cost)
    # "If a subnet has been assigned to the point-to-point link, set the Link ID of the Type 3 link to the subnet's IP
    # address, the Link Data to the subnet's mask" (12.4.1.1, option 2)
    yield RouterLink(LinkType.STUB, prefix.network, circuit.mask, cost)


# Summaries of other areas


def summaries(router: Router, area: Area, table: Table) -> Wanted:
    """What an area border router says into an area of the others (section 12.4.3); nothing where it is none."""
    if not router.border or area not in router.attached:
        return {}
    costs: dict[Prefix, int] = {}
    wanted: Wanted = {}
    if area.kind != "totally-stub":
        costs = {route.prefix: route.cost for route in table.routes.values() if _is_told(route, router, area)}
    if area.stub:
        # "each area border router originates a 'default summary-LSA' into the area" (12.4.3.1)
        costs[DEFAULT] = _STUB_DEFAULT_COST
    else:
        wanted = _boundary_routers(router, area, table)
    for prefix, link_state_id in _named(costs).items():
        key = LsaKey(LsaType.SUMMARY, link_state_id, router.me)
        wanted[key] = SummaryLsa(mask(prefix.length), costs[prefix])
    return wanted


def _is_told(route: Route, router: Router, area: Area) -> bool:
    """The rules of section 12.4.3 for networks, in their order."""
    if route.kind > Kind.INTER or route.area == area.id or route.cost >= INFINITY:
        return False
    if _leads_into(route.hops, router, area):
        return False
    # "only intra-area routes are advertised into the backbone"
    return route.kind == Kind.INTRA or area.id != BACKBONE


def _leads_into(hops: Iterable[NextHop], router: Router, area: Area) -> bool:
    """ "The next hops associated with this set of paths belong to Area A itself": split horizon."""
    circuits = (router.circuits.get(hop.interface) for hop in hops)
    return any(circuit is not None and circuit.area is area for circuit in circuits)


def _boundary_routers(router: Router, area: Area, table: Table) -> Wanted:
    """Type 4: "if and only if the routing table entry describes the preferred path to the AS boundary router"."""
    wanted: Wanted = {}
    for boundary in sorted({id_ for (id_, _), way in table.routers.items() if way.flags & BOUNDARY}):
        way = table.boundary_router(boundary)
        if way is None or boundary == router.me or way.area == area.id or way.cost >= INFINITY:
            continue
        if _leads_into(way.hops, router, area) or (way.kind != Kind.INTRA and area.id == BACKBONE):
            continue
        wanted[LsaKey(LsaType.SUMMARY_ASBR, boundary, router.me)] = SummaryLsa(0, way.cost)
    return wanted


# Routes of others


def externals(router: Router, redistributed: Mapping[Prefix, OtherRoute]) -> Wanted:
    """What an AS boundary router says of the routes of others (section 12.4.4); into stub areas it is not flooded."""
    options = router.options
    if not any(not area.stub for area in router.attached):
        return {}
    wanted: Wanted = {}
    for prefix, link_state_id in _named(redistributed).items():
        route = redistributed[prefix]
        body = ExternalLsa(
            mask(prefix.length),
            options.metric_type == 2,
            options.metric,
            _forwarding(router, route.next_hops),
            options.tag or route.tag,
        )
        wanted[LsaKey(LsaType.EXTERNAL, link_state_id, router.me)] = body
    return wanted


def _forwarding(router: Router, hops: tuple[NextHop, ...]) -> Address:
    """The next hop itself, where the others reach it over a network that they know of, so that they need not "take an
    extra hop" by this router."""
    for hop in hops[:1]:
        circuit = router.circuits.get(hop.interface)
        usable = circuit is not None and circuit.up and not circuit.point_to_point and not circuit.area.stub
        if usable and circuit is not None and hop.via and circuit.interface.prefix.holds_host(hop.via):
            return hop.via
    return ANY


def _named(prefixes: Iterable[Prefix]) -> dict[Prefix, Address]:
    """A Link State ID for each: its address; of several with one address the longer ones' "host bits" are set
    (appendix E), so that no two are the same."""
    named: dict[Prefix, Address] = {}
    taken: set[Address] = set()
    for prefix in sorted(prefixes):
        link_state_id = prefix.network if prefix.network not in taken else prefix.broadcast
        if link_state_id not in taken:  # else there is no name for it: "the LSA cannot be originated"
            taken.add(link_state_id)
            named[prefix] = link_state_id
    return named
