"""The routing table and the receive rule (RFC 2453 sections 3.5, 3.8 and 3.9.2). The rule is `select_route`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.internet.rip.received import ReceivedMessage
from catenet.nodes.machine import Interface, NextHop, SetRoute

__all__ = [
    "MAX_REPEATS",
    "MAX_ROUTES",
    "NETWORK_COST",
    "Candidate",
    "Change",
    "Decision",
    "Route",
    "Table",
    "select_route",
]

MAX_ROUTES = 4096
MAX_REPEATS = 1024
NETWORK_COST = 1
"""What crossing a network adds to the metric, unless told otherwise (section 3.5: "a value of 1 is usually used")."""


@dataclass(slots=True, eq=False)
class Route:
    """The way to one prefix. `router` told us of it, `via` is its next hop; both are 0 for a network of our own.

    A route that somebody else wrote into this node, and that we only announce (`static`), has no `router` either; of
    the default route that we announce no `interface` is known.

    `deadline`: when it times out; from then on (`metric` is INFINITY), when it is forgotten.
    `installed`: what was last wanted in the kernel's table.
    """

    prefix: Prefix
    metric: int
    interface: str
    router: Address
    via: Address
    tag: int
    deadline: float
    installed: SetRoute | None = None

    @property
    def connected(self) -> bool:
        """Whether nobody told us of it: one of our own networks (up or not), or a static route."""
        return not self.router

    @property
    def static(self) -> bool:
        """Whether it is announced by us, and found by somebody else."""
        return not self.router and (self.via != ANY or not self.interface)

    @property
    def of_another(self) -> bool:
        """Whether another source of this node has it, and we announce it while it lasts."""
        return not self.router and self.via != ANY and self.usable

    @property
    def next_hop(self) -> NextHop:
        return NextHop(self.via, self.interface)

    @property
    def usable(self) -> bool:
        """Whether packets can be sent this way."""
        return self.metric < INFINITY

    @property
    def state(self) -> str:
        """For people: garbage, static, connected or valid."""
        if not self.usable:
            return "garbage"
        return "static" if self.static else "connected" if self.connected else "valid"


class Change(NamedTuple):
    """A route that has just changed, and the metric that it had before (INFINITY where there was no way).

    `behind`: another source's route is announced in its place; so it is the kernel's business, and no neighbour's.
    """

    route: Route
    was: int
    behind: bool = False

    @property
    def lost(self) -> bool:
        """Whether there was a way, and now there is none."""
        return self.was < INFINITY and not self.route.usable


class Candidate(NamedTuple):
    """An advertised route as this router would have it: its metric with our network, who sent it, the next hop."""

    metric: int
    interface: str
    router: Address
    via: Address
    tag: int


class Decision(Enum):
    """What becomes of a candidate."""

    IGNORE = "ignore"
    REFRESH = "refresh"
    ADOPT = "adopt"


def select_route(
    known: Route | None, metric: int, router: Address, via: Address, tag: int, *, halfway: float
) -> Decision:
    """The receive rule (section 3.9.2; claim D4), for a `Candidate`.

    `halfway`: the deadline of a route that is at this moment halfway to its timeout.
    """
    if known is None:
        # "add this route to the routing table, unless the metric is infinity"
        return Decision.IGNORE if metric == INFINITY else Decision.ADOPT
    if not known.router and known.metric < INFINITY:
        return Decision.IGNORE  # who is on the network itself needs no router to it, whatever the metrics say
    if router == known.router:
        # "If the datagram is from the same router as the existing route, and the new metric is different than the old
        # one; […] Adopt the route from the datagram": worse or better, it knows best. Likewise a new next hop or tag.
        if metric == known.metric and (metric == INFINITY or (via == known.via and tag == known.tag)):
            return Decision.REFRESH
        return Decision.ADOPT
    if metric < known.metric:
        # "or, if the new metric is lower than the old one"
        return Decision.ADOPT
    if metric == known.metric < INFINITY and known.deadline <= halfway:
        # "If it is at least halfway to the expiration point, switch to the new route."
        return Decision.ADOPT
    # "Any entry that fails these tests is ignored, as it is no better than the current route."
    return Decision.IGNORE


class _Repeat(NamedTuple):
    """What a message comes to while the table stays as it is: routes refreshed, and others that it equals."""

    refreshed: tuple[Route, ...]
    rivals: tuple[Route, ...]


class Table:
    """Every route, one for each prefix that is announced.

    `changed` holds those with the "route change flag" (section 3.5). `version` grows with every change. `behind`: what
    the neighbours tell of prefixes for which another source's route is announced. RIP goes on with it, by the receive
    rule and the timers, and has its own again as soon as the other's has gone.
    """

    def __init__(self, timeout: float, garbage: float, costs: Mapping[str, int]) -> None:
        """`costs`: interface → what crossing its network costs, where that is not NETWORK_COST."""
        self._timeout = timeout
        self._garbage = garbage
        self._costs = costs
        self._repeats: dict[tuple[Address, ReceivedMessage], _Repeat] = {}
        self.routes: dict[Prefix, Route] = {}
        self.behind: dict[Prefix, Route] = {}
        self.changed: dict[Prefix, Route] = {}
        self.version = 0
        self.overflow = 0
        """How many new prefixes were not taken because the table was full."""
        self.next_expiry = inf
        """No deadline lies before this time (a refreshed route's may lie later)."""

    def process_response(
        self, received: ReceivedMessage, router: Address, interface: Interface, now: float
    ) -> list[Change]:
        """Apply the receive rule to what a router on that interface advertises; gives the routes that changed.

        Most messages repeat the one before, and change nothing: for those the decisions are remembered.
        """
        deadline, halfway = now + self._timeout, now + self._timeout / 2
        repeat = self._repeats.get((router, received))
        if repeat is not None and not any(route.deadline <= halfway for route in repeat.rivals):
            for route in repeat.refreshed:
                route.deadline = deadline
            return []
        changes: list[Change] = []
        overflow = self.overflow
        refreshed: list[Route] = []
        rivals: list[Route] = []
        cost = self._cost(interface.name)
        for prefix, advertised, tag, next_hop in received.routes:
            # "metric = MIN (metric + cost, infinity)"
            metric = min(advertised + cost, INFINITY)
            via = (_via(next_hop, interface) if next_hop else ANY) or router
            known = self.routes.get(prefix)
            announced = known
            if known is not None and known.of_another:
                known = self.behind.get(prefix)
            decision = select_route(known, metric, router, via, tag, halfway=halfway)
            if decision is Decision.ADOPT:
                candidate = Candidate(metric, interface.name, router, via, tag)
                changes += self._adopt(prefix, candidate, now, behind=announced is not known)
            elif known is not None and known.metric == metric < INFINITY:
                if decision is Decision.REFRESH:
                    # "If this datagram is from the same router as the existing route, reinitialize the timeout."
                    known.deadline = deadline
                    refreshed.append(known)
                else:
                    rivals.append(known)
        if not changes and self.overflow == overflow:
            self._remember(router, received, _Repeat(tuple(refreshed), tuple(rivals)))
        return changes

    def connect(self, interface: Interface, now: float) -> Change:
        """One of our own networks came up: it takes the place of whatever was known about its prefix."""
        self._come_forward(interface.prefix)
        return self._replace_route(
            interface.prefix, Candidate(self._cost(interface.name), interface.name, ANY, ANY, 0), now
        )

    def redistribute(self, prefix: Prefix, next_hop: NextHop, tag: int, now: float) -> Change:
        """A route that somebody else found, from now on announced by us at the least metric."""
        known, was = self.routes.get(prefix), INFINITY
        if known is not None and known.router and known.usable:
            was = known.metric
            self.behind[prefix] = self.routes.pop(prefix)
        change = self._replace_route(prefix, Candidate(NETWORK_COST, next_hop.interface, ANY, next_hop.via, tag), now)
        return change._replace(was=min(was, change.was))

    def withdraw(self, route: Route, now: float) -> Change:
        """Nobody else has it any more: what the neighbours tell of it is the route again; where they tell nothing, it
        is unreachable.
        """
        was = route.metric
        own = self._come_forward(route.prefix)
        if own is None:
            return self._poison(route, now)
        self.changed[own.prefix] = own
        self._touch()
        return Change(own, was)

    def disconnect(self, interface: str, now: float) -> list[Change]:
        """An interface went down: its network, and every route over it, is unreachable."""
        behind = [self._drop(route) for route in tuple(self.behind.values()) if route.interface == interface]
        over = [route for route in self.routes.values() if route.interface == interface and route.usable]
        return behind + [self.withdraw(route, now) if route.of_another else self._poison(route, now) for route in over]

    def expire(self, now: float) -> list[Change]:
        """Time out, and forget, the routes whose deadline has passed; gives those that timed out."""
        changes = [self._drop(route) for route in tuple(self.behind.values()) if route.deadline <= now]
        for route in list(self.routes.values()):
            if route.deadline > now:
                continue
            if route.usable:
                changes.append(self._poison(route, now))
            else:
                del self.routes[route.prefix]
                self.changed.pop(route.prefix, None)
                self._touch()
        deadlines = (route.deadline for routes in (self.routes, self.behind) for route in routes.values())
        self.next_expiry = min(deadlines, default=inf)
        return changes

    def _adopt(self, prefix: Prefix, candidate: Candidate, now: float, *, behind: bool) -> list[Change]:
        if prefix not in self.routes and len(self.routes) >= MAX_ROUTES:
            self.overflow += 1
            return []
        if not behind:
            return [self._replace_route(prefix, candidate, now)]
        if candidate.metric == INFINITY:
            return [self._drop(self.behind[prefix])]
        return [self._change_route(self.behind, prefix, candidate, now)._replace(behind=True)]

    def _come_forward(self, prefix: Prefix) -> Route | None:
        """What the neighbours tell takes the place of another source's route."""
        own = self.behind.pop(prefix, None)
        if own is not None:
            self.routes[prefix] = own
        return own

    def _drop(self, route: Route) -> Change:
        """What stood behind another source's has gone. No neighbour was told of it, so none need hear of its end."""
        was, route.metric = route.metric, INFINITY
        del self.behind[route.prefix]
        self._touch()
        return Change(route, was, behind=True)

    def _replace_route(self, prefix: Prefix, candidate: Candidate, now: float) -> Change:
        change = self._change_route(self.routes, prefix, candidate, now)
        self.changed[prefix] = change.route
        return change

    def _change_route(self, routes: dict[Prefix, Route], prefix: Prefix, candidate: Candidate, now: float) -> Change:
        route = routes.get(prefix)
        if route is None:
            route = routes[prefix] = Route(
                prefix, INFINITY, candidate.interface, candidate.router, candidate.via, candidate.tag, inf
            )
        was = route.metric
        route.interface, route.router, route.via, route.tag = (
            candidate.interface,
            candidate.router,
            candidate.via,
            candidate.tag,
        )
        self._set(route, candidate.metric, now)
        return Change(route, was)

    def _cost(self, interface: str) -> int:
        return self._costs.get(interface, NETWORK_COST)

    def _remember(self, router: Address, received: ReceivedMessage, repeat: _Repeat) -> None:
        if len(self._repeats) >= MAX_REPEATS:
            self._repeats.clear()
        self._repeats[router, received] = repeat

    def _poison(self, route: Route, now: float) -> Change:
        was = route.metric
        self._set(route, INFINITY, now)
        self.changed[route.prefix] = route
        return Change(route, was)

    def _set(self, route: Route, metric: int, now: float) -> None:
        """Give a route its new metric and its timer."""
        if metric == INFINITY:
            # "The garbage-collection timer is set for 120 seconds." (3.8)
            route.deadline = now + self._garbage
        else:
            route.deadline = inf if route.connected else now + self._timeout
        route.metric = metric
        self.next_expiry = min(self.next_expiry, route.deadline)
        self._touch()

    def _touch(self) -> None:
        self.version += 1
        self._repeats.clear()


def _via(next_hop: Address, interface: Interface) -> Address:
    """The next hop that an entry names, where that is somebody else on the network; else 0.

    "If the received Next Hop is not directly reachable, it should be treated as 0.0.0.0" (4.4): as the router itself.
    """
    return next_hop if next_hop != interface.address and interface.prefix.holds_host(next_hop) else ANY
