"""What became of each route, for `trace route`: its last states, when it became so and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from catenet.nodes.address import Prefix
from catenet.nodes.machine import Json, NextHop, SetRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from catenet.nodes.address import Address
    from catenet.nodes.control.origin import Turn

__all__ = ["MAX_PREFIXES", "MAX_STATES", "PastState", "RouteHistory"]

MAX_STATES = 8
"""So many changes of a prefix are remembered."""
MAX_PREFIXES = 20_000
"""Of so many prefixes, those that have changed last."""


class PastState(NamedTuple):
    """What a route became, when (in seconds of the machine's clock), and why. `metric`: None: it was lost."""

    at: float
    metric: int | None
    hops: tuple[NextHop, ...]
    why: Mapping[str, Json]


class RouteHistory:
    """What one router remembers of its routes; of those that are there the last state alone, unless told to `remember`
    more."""

    def __init__(self, *, remember: bool) -> None:
        self._remember = remember
        self._states: dict[Prefix, tuple[PastState, ...]] = {}

    def changed(self, prefix: Prefix, route: SetRoute | None, why: Mapping[str, Json], now: float) -> None:
        """A route came, changed, or (None) went."""
        kept = self._states.pop(prefix, ())  # the last one changed stands last
        if route is None and not self._remember:
            return
        state = PastState(now, None, (), why) if route is None else PastState(now, route.metric, route.next_hops, why)
        self._states[prefix] = (*kept, state)[-MAX_STATES if self._remember else -1 :]
        if self._remember and len(self._states) > MAX_PREFIXES:
            del self._states[next(iter(self._states))]

    def last(self, prefix: Prefix) -> PastState | None:
        """What the route has become last."""
        return next(iter(self._states.get(prefix, ())[-1:]), None)

    def turns(self, prefix: Prefix, epoch: float, name_of: Callable[[Address], str]) -> tuple[Turn, ...]:
        """All that is remembered of a prefix, the last state last. `epoch`: seconds since 1970 when the clock was 0."""
        from catenet.nodes.control.origin import OriginHop, Turn

        return tuple(
            Turn(
                round(epoch + state.at, 6),
                state.metric,
                state.hops[0].interface if state.hops else "",
                name_of(state.hops[0].via) if state.hops else None,
                str(state.why.get("cause", "")),
                str(state.why.get("reason", "")),
                str(state.why.get("of", "")),
                tuple(OriginHop(str(hop.via), name_of(hop.via), hop.interface) for hop in state.hops[1:]),
            )
            for state in self._states.get(prefix, ())
        )
