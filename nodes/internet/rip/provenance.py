"""Where each route comes from, for `trace route`: which message made it what it is, and who offered another way.

Kept is only what changes: the last turns in the life of each prefix, and when its newest was first announced. What the
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
from catenet.nodes.internet.rip.offers import Heard, Offer
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.internet.rip.table import MAX_ROUTES, NETWORK_COST, Change, Route, Verdict, Way, judge
from catenet.nodes.machine import Interface

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation, Learned, Rival, Turn

__all__ = ["MAX_DATAGRAMS", "MAX_TURNS", "Provenance"]

MAX_TURNS = 8
"""So many changes of a prefix are remembered, of at most MAX_ROUTES prefixes."""
MAX_DATAGRAMS = 256
"""So many different responses of neighbours are remembered, the last ones."""


class _Turn(NamedTuple):
    """What a route became, when, and why."""

    at: float
    metric: int
    interface: str
    router: Address
    cause: Cause


@dataclass(slots=True)
class _Life:
    """A prefix: its last turns, and when and how the newest was first announced."""

    turns: tuple[_Turn, ...] = ()  # a deque, empty, takes ten times the bytes
    announced: tuple[float, str] | None = None


class Provenance:
    """What one router remembers of its routes' past; nothing, unless told to."""

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
        self._lives: dict[Prefix, _Life] = {}
        self._datagrams: dict[tuple[Address, str, Heard], float] = {}

    def heard(self, heard: Heard, router: Address, interface: str, now: float) -> None:
        """A response was taken."""
        if self._remember:
            key = router, interface, heard
            self._datagrams.pop(key, None)  # the last one heard stands last
            self._datagrams[key] = now
            if len(self._datagrams) > MAX_DATAGRAMS:
                del self._datagrams[next(iter(self._datagrams))]

    def changed(self, changes: Iterable[Change], cause: Cause, now: float) -> None:
        """Routes have changed."""
        for route, _ in changes if self._remember else ():
            life = self._lives.pop(route.prefix, None) or _Life()  # the last one changed stands last
            turn = _Turn(now, route.metric, route.interface, route.router, cause)
            life.turns = (*life.turns, turn)[-MAX_TURNS:]
            life.announced = None
            self._lives[route.prefix] = life
            if len(self._lives) > MAX_ROUTES:
                del self._lives[next(iter(self._lives))]

    def announced(self, prefixes: Iterable[Prefix], how: str, now: float) -> None:
        """Routes that have changed were said to all neighbours, by an `update` or a `triggered` one."""
        for prefix in prefixes if self._remember else ():
            life = self._lives.get(prefix)
            if life is not None and life.announced is None:
                life.announced = now, how

    def explain(
        self, prefix: Prefix, route: Route | None, interfaces: Mapping[str, Interface], now: float
    ) -> Explanation | None:
        """All that is known of a prefix. None where it is nothing."""
        from catenet.nodes.control.origin import FORGOTTEN, Announced, Explanation

        life = self._lives.get(prefix)
        if life is None:
            return None
        said = life.announced
        last = self._turn(life.turns[-1])
        known = Explanation(
            str(prefix),
            FORGOTTEN,
            since=last.at,
            cause=last.cause,
            reason=last.reason,
            of=last.of,
            announced=None if said is None else Announced(self._clock(said[0]), said[1]),
            rivals=tuple(self._rivals(prefix, route, interfaces, now)),
            history=tuple(map(self._turn, life.turns)),
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
            learned=self._learned(route, life.turns[-1], now) if route.usable and not route.connected else None,
        )

    def _learned(self, route: Route, turn: _Turn, now: float) -> Learned:
        """What the message carried that brought the route."""
        from catenet.nodes.control.origin import Learned

        cost = self._cost(route.interface)
        return Learned(
            turn.cause.message,
            route.metric - cost,
            cost,
            str(route.via) if route.via != route.router else None,
            self._proof_of(route.interface, route.router, now),
            None if route.deadline == inf else self._clock(route.deadline - self._options.timeout),
        )

    def _turn(self, turn: _Turn) -> Turn:
        from catenet.nodes.control.origin import Turn

        node = self._name_of(turn.router) if turn.router and turn.metric < INFINITY else None
        return Turn(
            self._clock(turn.at),
            turn.metric,
            turn.interface,
            node,
            turn.cause.text(self._name_of),
            turn.cause.reason.value,
            turn.cause.of(self._name_of),
        )

    def _rivals(
        self, prefix: Prefix, route: Route | None, interfaces: Mapping[str, Interface], now: float
    ) -> Iterator[Rival]:
        """What each other neighbour said last of the prefix, where that still counts."""
        told = set() if route is None or not route.usable else {(route.router, route.interface)}
        for (router, interface, heard), at in reversed(self._datagrams.items()):
            if now - at > self._options.timeout or not interfaces[interface].up or (router, interface) in told:
                continue
            offer = next((offer for offer in heard.offers if offer.prefix == prefix), None)
            if offer is not None:
                told.add((router, interface))
                metric = min(offer.metric + self._cost(interface), INFINITY)
                way = Way(metric, interface, router, offer.next_hop or router, offer.tag)
                why = _why(route, way, halfway=now + self._options.timeout / 2)
                yield self._rival(offer, way, at, why)

    def _rival(self, offer: Offer, way: Way, at: float, why: str) -> Rival:
        from catenet.nodes.control.origin import Rival

        return Rival(
            self._name_of(way.router),
            str(way.router),
            way.interface,
            offer.metric,
            way.metric,
            offer.tag,
            str(offer.next_hop) if offer.next_hop else None,
            self._clock(at),
            why,
        )

    def _cost(self, interface: str) -> int:
        return self._options.cost.get(interface, NETWORK_COST)

    def _clock(self, now: float) -> float:
        return round(self._epoch + now, 6)


def _why(route: Route | None, way: Way, *, halfway: float) -> str:
    """Why an offer is not the route (the receive rule, `judge`)."""
    if way.metric == INFINITY:
        return "unreachable: it has no way, or its way leads back over this network"
    verdict = judge(route, way.metric, way.router, way.via, way.tag, halfway=halfway)
    if route is None or verdict is Verdict.ADOPT:
        return "it said so when that was no better, and RIP keeps no second way: its next message decides"
    if route.connected:
        return "not needed: the network is our own"
    if way.metric > route.metric:
        return f"worse: {way.metric}, not {route.metric}"
    return f"no better: {way.metric} too, and the first stays while it is heard"
