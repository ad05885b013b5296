"""Which routes OSPF should find in a lab, with the options that its routers have: costs, areas, externals, keys.

It follows RFC 2328 section 16 from the other end: from the lab, of which no router has the whole, in place of a link
state database. So it can be held against what the routers say.

A cost that is measured is somewhere between the least and the greatest there is. What a route costs at the least and at
the greatest costs of all of these, it costs at any others, if these two are the same; else it is not known, nor is the
next hop: then all are expected by which the LAN can be reached without coming back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from heapq import heappop, heappush
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.topology import ExpectedRoute, Hop, Router
from catenet.nodes.internet.ospf.agreement import Member, are_neighbours, members
from catenet.nodes.internet.ospf.config import BACKBONE
from catenet.nodes.internet.ospf.round_trips import LEAST_COST, MOST_COST

__all__ = ["expected"]

_NETWORK_COST = 1
"""What the network at a route's end adds, at the default cost (the declaration's `network_cost`)."""


class _Way(NamedTuple):
    """The cheapest ways to something. `hops`: none where it is the router itself, or a LAN of its own. `tag`: of an
    external route; `certain`: whether that can have no other cost, and no fewer next hops."""

    cost: int
    hops: frozenset[Hop]
    tag: int = 0
    certain: bool = True

    def further(self, cost: int) -> _Way:
        return _Way(self.cost + cost, self.hops)


_Ways = Mapping[str, _Way]


def expected(routers: Sequence[Router]) -> dict[str, dict[str, ExpectedRoute]]:
    """Router → LAN that is not its own → the routes that it should learn, at costs in links between routers.

    OSPF's own cost is one more, where the LAN at the end has the default cost.
    """
    lab = _Lab(routers)
    found = {router.name: dict(lab.expected(router)) for router in routers}
    if not any(member.on.measured for on_it in members(routers).values() for member in on_it):
        return found
    dearest = _Lab(routers, measured=MOST_COST)
    for router in routers:
        others = _Lab([other for other in routers if other is not router])
        for lan in found[router.name]:
            if not lab.is_certain(router.name, lan, dearest):
                hops = (hop for hop in lab.neighbours(router.name) if others.reaches(hop[1], lan))
                found[router.name][lan] = found[router.name][lan]._replace(cost=None, next_hops=frozenset(hops))
    return found


class _Lab:
    """All routers, by area. An area's graph has an edge for each neighbour on each LAN. `measured`: the cost of every
    LAN whose cost is measured."""

    def __init__(self, routers: Sequence[Router], measured: int = LEAST_COST) -> None:
        self._routers = {router.name: router for router in routers}
        self._costs: dict[Address, dict[str, dict[str, int]]] = {}  # area → router → LAN in it → its cost
        self._edges: dict[Address, dict[str, list[Hop]]] = {}  # area → router → (LAN, neighbour)
        self._kinds: dict[tuple[Address, str], str] = {}
        for lan, on_it in members(routers).items():
            for member in on_it:
                area = self._costs.setdefault(member.on.area, {})
                area.setdefault(member.name, {})[lan] = measured if member.on.measured else member.on.cost
                self._kinds[member.on.area, member.name] = member.on.kind
            for one, other in _neighbours(lan, on_it):
                edges = self._edges.setdefault(one.on.area, {})
                edges.setdefault(one.name, []).append((lan, other.name))
        self.routes = cache(self._routes)
        self._within = cache(self._shortest)
        self._intra = cache(self._found_intra)
        self._inter = cache(self._found_inter)
        self._boundaries = [name for name in self._routers if self._outside_areas(name)]

    def expected(self, router: Router) -> Iterator[tuple[str, ExpectedRoute]]:
        """LAN that is not its own → the route that it should learn."""
        for lan, way in self.routes(router.name).items():
            if lan not in router.lans and way.hops:
                cost = max(0, way.cost - _NETWORK_COST) if way.certain else None
                yield lan, ExpectedRoute(cost, way.hops, way.tag, way.tag in router.options.last_resort)

    def neighbours(self, router: str) -> Iterator[Hop]:
        """By which LAN, and whom, it may send anything on."""
        return (hop for edges in self._edges.values() for hop in edges.get(router, ()))

    def reaches(self, router: str, lan: str) -> bool:
        """Whether it has a route to it, or it is its own."""
        return lan in self._routers[router].lans or lan in self.routes(router)

    def is_certain(self, router: str, lan: str, dearest: _Lab) -> bool:
        """Whether a route costs the same with the greatest costs. Then its ways are those that were found: another
        one cannot be cheaper. Of an external route of type 2 that is not so: the nearer of two routers is measured."""
        within = lan in self._intra(router) or lan in self._inter(router)
        return within and self.routes(router)[lan].cost == dearest.routes(router)[lan].cost

    def _routes(self, router: str) -> _Ways:
        """All its routes: intra-area before inter-area before external ones (section 11)."""
        return {
            **self._external(router),
            **self._inter(router),
            **{lan: way for lan, (way, _) in self._intra(router).items()},
        }

    def _areas(self, router: str) -> list[Address]:
        return [area for area, on_it in self._costs.items() if router in on_it]

    def _is_border(self, router: str) -> bool:
        return len(self._areas(router)) > 1

    # Section 16.1: within an area

    def _shortest(self, router: str, area: Address) -> _Ways:
        """Router of the area → the way to it (Dijkstra)."""
        costs, edges = self._costs[area], self._edges.get(area, {})
        found: dict[str, _Way] = {}
        queue: list[tuple[int, str]] = [(0, router)]
        open_ways = {router: _Way(0, frozenset())}
        while queue:
            cost, name = heappop(queue)
            if name in found or cost > open_ways[name].cost:
                continue
            found[name] = open_ways[name]
            for lan, other in edges.get(name, ()):
                hops = open_ways[name].hops or frozenset({(lan, other)})
                way = _Way(cost + costs[name][lan], hops)
                best = _best((open_ways[other], way)) if other in open_ways else way
                if best != open_ways.get(other):
                    open_ways[other] = best
                    heappush(queue, (best.cost, other))
        return found

    def _found_intra(self, router: str) -> Mapping[str, tuple[_Way, Address]]:
        """LAN → the way to it, and the area through which it goes."""
        found: dict[str, tuple[_Way, Address]] = {}
        for area in self._areas(router):
            for lan, way in self._lans(router, area).items():
                if lan not in found or way.cost < found[lan][0].cost:
                    found[lan] = way, area
        return found

    def _lans(self, router: str, area: Address) -> _Ways:
        return _merged(
            (lan, way.further(cost))
            for other, way in self._within(router, area).items()
            for lan, cost in self._costs[area][other].items()
        )

    # Sections 16.2 and 12.4.3: by way of area border routers

    def _found_inter(self, router: str) -> _Ways:
        """Those of the backbone alone, where it is an area border router itself."""
        intra = self._intra(router)
        areas = self._areas(router)
        if self._is_border(router):
            areas = [area for area in areas if area == BACKBONE]
        return _merged(
            (lan, way.further(told.cost))
            for area in areas
            for border, way in self._reached_borders(router, area)
            for lan, told in self._summaries(border, area).items()
            if lan not in intra
        )

    def _reached_borders(self, router: str, area: Address) -> Iterator[tuple[str, _Way]]:
        for other, way in self._within(router, area).items():
            if other != router and self._is_border(other):
                yield other, way

    def _summaries(self, border: str, area: Address) -> _Ways:
        """What an area border router tells an area of LANs: its intra-area routes of others, and into those that are
        not the backbone its inter-area routes, too; into a totally stub one nothing but a default route.
        """
        if self._kinds[area, border] == "totally-stub":
            return {}
        told = {lan: way for lan, (way, of) in self._intra(border).items() if of != area}
        return told if area == BACKBONE else {**self._inter(border), **told}

    # Section 16.4: LANs that are off, and announced all the same, and the routes of other protocols

    def _external(self, router: str) -> _Ways:
        """Type 1 before type 2; of type 2 the lower metric, then the nearer router."""
        found: dict[str, list[_External]] = {}
        for boundary in self._boundaries:
            direct = self._to_boundary(router, boundary) if boundary != router else None
            for lan, (tag, ends) in self._announced(boundary).items() if direct is not None else ():
                to = [direct if end is None else self._to_neighbour(router, *end) for end in ends]
                ways = [(self._ranked(boundary, way), way) for way in to if way is not None]
                if ways:
                    found.setdefault(lan, []).append(_External(tag, [(*ranked, way.hops) for ranked, way in ways]))
        return {lan: _preferred(each) for lan, each in found.items()}

    def _to_neighbour(self, router: str, lan: str, neighbour: str) -> _Way | None:
        """The way to the forwarding address: that of a router on a LAN of OSPF's (step 3 of section 16.4)."""
        within = self._intra(router).get(lan)
        way = self._inter(router).get(lan) if within is None else within[0]
        if way is None or way.hops:
            return way
        return None if neighbour == router else way._replace(hops=frozenset({(lan, neighbour)}))

    def _ranked(self, boundary: str, way: _Way) -> tuple[tuple[int, int, int], int]:
        options = self._routers[boundary].options
        if options.metric_type == 1:
            return (1, way.cost + options.metric, 0), way.cost + options.metric
        return (2, options.metric, way.cost), options.metric

    def _to_boundary(self, router: str, boundary: str) -> _Way | None:
        """The way to an AS boundary router; never through a stub area."""
        return self._boundary_within(router, boundary) or self._boundary_across(router, boundary)

    def _boundary_within(self, router: str, boundary: str) -> _Way | None:
        """Through an area that is not the backbone before it, whatever that costs (section 16.4.1)."""
        outside = self._outside_areas(boundary)
        within = {area: self._within(router, area).get(boundary) for area in self._areas(router) if area in outside}
        for group in ([way for area, way in within.items() if area != BACKBONE], within.values()):
            ways = [way for way in group if way is not None]
            if ways:
                return _best(ways)
        return None

    def _boundary_across(self, router: str, boundary: str) -> _Way | None:
        areas = [area for area in self._areas(router) if self._kinds[area, router] == "normal"]
        if self._is_border(router):
            areas = [area for area in areas if area == BACKBONE]
        ways = [
            way.further(beyond.cost)
            for area in areas
            for border, way in self._reached_borders(router, area)
            if (beyond := self._told_boundary(border, boundary, area)) is not None
        ]
        return _best(ways) if ways else None

    def _told_boundary(self, border: str, boundary: str, area: Address) -> _Way | None:
        """What an area border router tells an area of that AS boundary router, in its ASBR-summary-LSA."""
        if border == boundary or boundary in self._within(border, area):
            return None
        within = self._boundary_within(border, boundary)
        return within if within is not None or area == BACKBONE else self._boundary_across(border, boundary)

    def _outside_areas(self, router: str) -> list[Address]:
        """Where it tells of what is outside: its areas that are no stubs; nowhere, if there is nothing."""
        if not self._announced(router):
            return []
        return [area for area in self._areas(router) if self._kinds[area, router] == "normal"]

    def _announced(self, router: str) -> Mapping[str, tuple[int, frozenset[Hop | None]]]:
        """LAN → its tag, and where packets for it are to go; None: to the router itself (section 12.4.4). Of several
        ways that another protocol has there, it may have any.
        """
        each = self._routers[router]
        found = {
            lan: (each.options.tag or route.tag, frozenset(self._forwarding(each, hop) for hop in route.next_hops))
            for lan, route in each.imports.items()
        }
        if "connected" in each.options.redistribute:
            itself: frozenset[Hop | None] = frozenset({None})
            found |= {lan: (each.options.tag, itself) for lan in each.lans if each.options.at(lan) is None}
        return found

    @staticmethod
    def _forwarding(router: Router, hop: Hop) -> Hop | None:
        """The next hop, where it is on a LAN of OSPF's on which others may reach it."""
        on = router.options.at(hop[0])
        return hop if on is not None and on.network == "broadcast" and on.kind == "normal" else None


class _External(NamedTuple):
    """What one router announces of a LAN outside: its tag, and the ways there, of which it is one: rank, cost, hops."""

    tag: int
    ways: list[tuple[tuple[int, int, int], int, frozenset[Hop]]]


def _preferred(found: Sequence[_External]) -> _Way:
    """Those of the best rank, or of one that may be the best."""
    worst = min(max(rank for rank, _, _ in each.ways) for each in found)
    taken = [each for each in found if min(rank for rank, _, _ in each.ways) <= worst]
    ways = [way for each in taken for way in each.ways]
    ranks, costs = {rank for rank, _, _ in ways}, [cost for _, cost, _ in ways]
    hops = frozenset().union(*(hops for _, _, hops in ways))
    return _Way(min(costs), hops, min(each.tag for each in taken), len(ranks) == 1)


def _neighbours(lan: str, on_it: Sequence[Member]) -> Iterator[tuple[Member, Member]]:
    """Both ways. On a broadcast network there must be one that may be the designated router (section 9.4)."""
    pairs = [(one, other) for one in on_it for other in on_it if one is not other and are_neighbours(one, other, lan)]
    for one, other in pairs:
        point_to_point = one.on.network == "point-to-point"
        if point_to_point or any(each.on.priority for pair in pairs if one in pair for each in pair):
            yield one, other


def _best(ways: Iterable[_Way]) -> _Way:
    """The cheapest; of equal ones, all their next hops. A LAN of its own has none."""
    ways = list(ways)
    cost = min(way.cost for way in ways)
    nearest = [way.hops for way in ways if way.cost == cost]
    return _Way(cost, frozenset() if frozenset() in nearest else frozenset().union(*nearest))


def _merged(ways: Iterable[tuple[str, _Way]]) -> _Ways:
    found: dict[str, _Way] = {}
    for name, way in ways:
        found[name] = _best((found[name], way)) if name in found else way
    return found
