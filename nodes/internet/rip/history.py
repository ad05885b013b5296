"""Where each route comes from, for `trace route`: which message made it what it is, and who advertised another.

Kept is only what changes: the last states of each prefix, and when its newest was first announced. What the
neighbours said besides is read, when somebody asks, from their last datagrams; RIP itself keeps no second way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.cause import Cause
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.internet.rip.received import AdvertisedRoute, ReceivedMessage
from catenet.nodes.internet.rip.table import MAX_ROUTES, NETWORK_COST, Candidate, Change, Decision, Route, select_route
from catenet.nodes.machine import Interface

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation, Learned, Rival, Turn

__all__ = ["MAX_DATAGRAMS", "MAX_STATES", "RouteHistory"]

MAX_STATES = 8
"""So many changes of a prefix are remembered, of at most MAX_ROUTES prefixes."""
MAX_DATAGRAMS = 256
"""So many different responses of neighbours are remembered, the last ones."""


class _PastState(NamedTuple):
    """What a route became, when, and why."""

    at: float
    metric: int
    interface: str
    router: Address
    cause: Cause


@dataclass(slots=True)
class _PrefixHistory:
    """A prefix: its last states, and when and how the newest was first announced."""

    states: tuple[_PastState, ...] = ()  # a deque, empty, takes ten times the bytes
    announced: tuple[float, str] | None = None


class RouteHistory:
    """What one router remembers of its routes; nothing, unless told to."""

    def __init__(
        self,
        options: RipOptions,
        epoch: float,
        name_of: Callable[[Address], str],
        proof_of: Callable[[str, Address, float], str | None],
        *,
        remember: bool,
    ) -> None:
        """`epoch`: seconds since 1970 when the machine's clock was 0. `proof_of`: how a neighbour on an interface
        proves who it is at that time.
        """
        self._options = options
        self._epoch = epoch
        self._name_of = name_of
        self._proof_of = proof_of
        self._remember = remember
        self._prefixes: dict[Prefix, _PrefixHistory] = {}
        self._datagrams: dict[tuple[Address, str, ReceivedMessage], float] = {}

    def received(self, received: ReceivedMessage, router: Address, interface: str, now: float) -> None:
        if self._remember:
            key = router, interface, received
            self._datagrams.pop(key, None)  # the last one heard stands last
            self._datagrams[key] = now
            if len(self._datagrams) > MAX_DATAGRAMS:
                del self._datagrams[next(iter(self._datagrams))]

    def changed(self, changes: Iterable[Change], cause: Cause, now: float) -> None:
        for route, *_ in changes if self._remember else ():
            kept = self._prefixes.pop(route.prefix, None) or _PrefixHistory()  # the last one changed stands last
            state = _PastState(now, route.metric, route.interface, route.router, cause)
            kept.states = (*kept.states, state)[-MAX_STATES:]
            kept.announced = None
            self._prefixes[route.prefix] = kept
            if len(self._prefixes) > MAX_ROUTES:
                del self._prefixes[next(iter(self._prefixes))]

    def announced(self, prefixes: Iterable[Prefix], how: str, now: float) -> None:
        """Routes that have changed were said to all neighbours, by an `update` or a `triggered` one."""
        for prefix in prefixes if self._remember else ():
            kept = self._prefixes.get(prefix)
            if kept is not None and kept.announced is None:
                kept.announced = now, how

    def explain(
        self, prefix: Prefix, route: Route | None, interfaces: Mapping[str, Interface], now: float
    ) -> Explanation | None:
        """All that is known of a prefix. None where it is nothing."""
        from catenet.nodes.control.origin import FORGOTTEN, Announced, Explanation

        kept = self._prefixes.get(prefix)
        if kept is None:
            return None
        said = kept.announced
        last = self._state(kept.states[-1])
        known = Explanation(
            str(prefix),
            FORGOTTEN,
            since=last.at,
            cause=last.cause,
            reason=last.reason,
            of=last.of,
            announced=None if said is None else Announced(self._clock(said[0]), said[1]),
            rivals=tuple(self._rivals(prefix, route, interfaces, now)),
            history=tuple(map(self._state, kept.states)),
        )
        if route is None:
            return known
        return known._replace(
            state=route.state,
            metric=route.metric,
            lan=route.interface,
            router=str(route.router) if route.router else None,
            node=self._name_of(route.router) if route.router else None,
            via=str(route.via) if route.via else None,
            tag=route.tag,
            learned=self._learned(route, kept.states[-1], now) if route.usable and not route.connected else None,
        )

    def _learned(self, route: Route, state: _PastState, now: float) -> Learned:
        """What the message carried that brought the route."""
        from catenet.nodes.control.origin import Learned

        cost = self._cost(route.interface)
        return Learned(
            state.cause.message,
            route.metric - cost,
            cost,
            str(route.via) if route.via != route.router else None,
            self._proof_of(route.interface, route.router, now),
            None if route.deadline == inf else self._clock(route.deadline - self._options.timeout),
        )

    def _state(self, state: _PastState) -> Turn:
        from catenet.nodes.control.origin import Turn

        node = self._name_of(state.router) if state.router and state.metric < INFINITY else None
        return Turn(
            self._clock(state.at),
            state.metric,
            state.interface,
            node,
            state.cause.text(self._name_of),
            state.cause.reason.value,
            state.cause.of(self._name_of),
        )

    def _rivals(
        self, prefix: Prefix, route: Route | None, interfaces: Mapping[str, Interface], now: float
    ) -> Iterator[Rival]:
        """What each other neighbour said last of the prefix, where that still counts."""
        seen = set() if route is None or not route.usable else {(route.router, route.interface)}
        for (router, interface, received), at in reversed(self._datagrams.items()):
            if now - at > self._options.timeout or not interfaces[interface].up or (router, interface) in seen:
                continue
            advertised = next((advertised for advertised in received.routes if advertised.prefix == prefix), None)
            if advertised is not None:
                seen.add((router, interface))
                metric = min(advertised.metric + self._cost(interface), INFINITY)
                candidate = Candidate(metric, interface, router, advertised.next_hop or router, advertised.tag)
                why = _why_not_selected(route, candidate, halfway=now + self._options.timeout / 2)
                yield self._rival(advertised, candidate, at, why)

    def _rival(self, advertised: AdvertisedRoute, candidate: Candidate, at: float, why: str) -> Rival:
        from catenet.nodes.control.origin import Rival

        return Rival(
            self._name_of(candidate.router),
            str(candidate.router),
            candidate.interface,
            advertised.metric,
            candidate.metric,
            advertised.tag,
            str(advertised.next_hop) if advertised.next_hop else None,
            self._clock(at),
            why,
        )

    def _cost(self, interface: str) -> int:
        return self._options.cost.get(interface, NETWORK_COST)

    def _clock(self, now: float) -> float:
        return round(self._epoch + now, 6)


def _why_not_selected(route: Route | None, candidate: Candidate, *, halfway: float) -> str:
    """Why an advertised route is not the one (the receive rule, `select_route`)."""
    if candidate.metric == INFINITY:
        return "unreachable: it has no way, or its way leads back over this network"
    decision = select_route(route, candidate.metric, candidate.router, candidate.via, candidate.tag, halfway=halfway)
    if route is None or decision is Decision.ADOPT:
        return "it said so when that was no better, and RIP keeps no second way: its next message decides"
    if route.connected:
        return "not needed: the network is our own"
    if candidate.metric > route.metric:
        return f"worse: {candidate.metric}, not {route.metric}"
    return f"no better: {candidate.metric} too, and the first stays while it is heard"
