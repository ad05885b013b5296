"""The routes out of the Autonomous System (RFC 2328 section 16.4), from AS-external-LSAs.

RFC1583Compatibility is disabled, always: which of several paths to an announcing router counts, section 16.4.1 says.
"""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.address import Address, Prefix, mask
from catenet.nodes.internet.ospf.destination import network
from catenet.nodes.internet.ospf.lsa import INFINITY, ExternalLsa, LsaType
from catenet.nodes.internet.ospf.lsdb import Lsdb
from catenet.nodes.internet.ospf.spf import Hops, Link, merge
from catenet.nodes.internet.ospf.table import Kind, Route, RouterRoute, Table, within_area
from catenet.nodes.units import NextHop

__all__ = ["add_externals"]


def add_externals(table: Table, external: Lsdb, links: Sequence[Link], now: float) -> None:
    """Each destination outside to which nothing within leads. What this router announces itself is not among them (step
    2): it has no way to itself."""
    ways = _Ways(table, links)
    found: dict[Prefix, _Found] = {}
    for stored in external.live(LsaType.EXTERNAL, now):
        header, body = stored.lsa.header, stored.body
        if not isinstance(body, ExternalLsa) or body.metric == INFINITY:
            continue
        prefix = network(header.id, body.mask)
        # "Intra-area and inter-area paths are always preferred over AS external paths" (step 6a)
        if prefix is None or prefix in table.routes:
            continue
        way = ways.to(header.router, body.forwarding)
        if way is None:
            continue
        new = _preference(body, way), header.router, _route(prefix, body, way)
        known = found.get(prefix)
        found[prefix] = new if known is None else _better(known, new)
    table.routes.update((prefix, route) for prefix, (_, _, route) in found.items())


_Found = tuple[tuple[int, ...], Address, Route]
"""What is compared, whose LSA it is, and the route."""


def _better(known: _Found, new: _Found) -> _Found:
    """The preferred one; where neither is, both's next hops, with the tag of the smaller Router ID's LSA."""
    if known[0] != new[0]:
        return min(known, new, key=lambda found: found[0])
    first, second = sorted((known, new), key=lambda found: found[1])
    return first[0], first[1], first[2]._replace(hops=merge(first[2].hops, second[2].hops))


def _preference(body: ExternalLsa, way: Route | RouterRoute) -> tuple[int, ...]:
    """The less, the more preferred: by steps 6b, 6c and 6d."""
    cost = way.cost if body.type_2 else way.cost + body.metric
    return body.type_2, body.metric if body.type_2 else 0, not within_area(way), cost


def _route(prefix: Prefix, body: ExternalLsa, way: Route | RouterRoute) -> Route:
    """Step 5: "If the external metric type is 1, then […] the cost is equal to X+Y"; of type 2 "the link state
    component of the route's cost is X, and the type 2 cost is Y"."""
    if body.type_2:
        return Route(prefix, Kind.TYPE_2, way.cost, body.metric, way.hops, way.area, body.tag)
    return Route(prefix, Kind.TYPE_1, way.cost + body.metric, 0, way.hops, way.area, body.tag)


class _Ways:
    """The ways within the Autonomous System to where packets leave it (step 3), each looked up once."""

    def __init__(self, table: Table, links: Sequence[Link]) -> None:
        self._table = table
        self._links = links
        self._masks = [(length, mask(length)) for length in sorted({p.length for p in table.routes}, reverse=True)]
        self._routers: dict[Address, RouterRoute | None] = {}
        self._addresses: dict[Address, Route | None] = {}

    def to(self, router: Address, forwarding: Address) -> Route | RouterRoute | None:
        """To the forwarding address, or where there is none to the AS boundary router itself, which must be reachable
        in either case."""
        if router not in self._routers:
            self._routers[router] = self._table.boundary_router(router)
        if self._routers[router] is None or not forwarding:
            return self._routers[router]
        if forwarding not in self._addresses:
            self._addresses[forwarding] = self._to_address(forwarding)
        return self._addresses[forwarding]

    def _to_address(self, forwarding: Address) -> Route | None:
        route = self._longest_match(forwarding)
        if route is None or route.hops:
            return route
        # It is on a network of ours: a neighbour, but not this router itself.
        on = [link for link in self._links if link.prefix.holds_host(forwarding)]
        if any(link.address == forwarding for link in on):
            return None
        hops: Hops = tuple(NextHop(forwarding, link.interface) for link in on)
        return route._replace(hops=hops) if hops else None

    def _longest_match(self, address: Address) -> Route | None:
        """ "The matching routing table entry must specify an intra-area or inter-area path": no other is there yet."""
        for length, bits in self._masks:
            route = self._table.routes.get(Prefix(Address(address & bits), length))
            if route is not None:
                return route
        return None
