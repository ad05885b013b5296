"""A LAN is cut and healed while a ping runs over it: what happened when, told by the routers and by the ping itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catenet.nodes.control.events import Event
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.observe.events import completed, last_time, past, wait_for
from catenet.orchestrator.observe.pings import Pings

__all__ = ["INTERVAL", "Outage", "watch_outage"]

INTERVAL = 0.05
"""Seconds between two pings."""
PATIENCE = 60.0
"""Seconds until a route must have healed; above the slowest timers of a lab that a tour is for."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One cut or heal: what the router told, when the ping was answered over the new route, and how many were lost."""

    begin: float
    answered: float
    lost: int
    told: tuple[Event, ...]

    @property
    def seconds(self) -> float:
        """From the change to the first answer over the new route."""
        return self.answered - self.begin


def watch_outage(
    engine: Engine, router: Container, pings: Pings, prefix: str, *, change: Callable[[], object], link: str
) -> Outage:
    """Make a change (a cut, a heal) while `pings` run, and wait until `router` has another route to `prefix`.

    `link` is the event that marks the change at the router: link.down or link.up.

    Raises:
        EngineError: the router did not tell of the change, or nothing was answered within PATIENCE.

    """
    before = last_time(engine, router)
    change()
    began = wait_for(engine, router, lambda event: event.kind == link, before, PATIENCE)
    if began is None:
        raise EngineError(f"{router.node} did not tell of {link}", f"catenet logs {router.node}")
    routed = wait_for(engine, router, lambda event: _routes(event, prefix), before, PATIENCE)
    if routed is None:
        raise EngineError(f"{router.node} found no other route to {prefix}", f"catenet show {router.node} routes")
    answer = pings.first_after(max(began.at, routed.at), PATIENCE)
    if answer is None:
        raise EngineError(f"no ping was answered within {PATIENCE:g} s after {link}", "catenet status")
    lines = completed(engine, [router], past(engine, [router], tail=500))
    told = [line.event for line in lines if line.event is not None and before < line.logged and line.at <= answer.at]
    routes = tuple(event for event in told if event.kind.startswith("route.") and event.data.get("prefix") == prefix)
    return Outage(began.at, answer.at, pings.lost(began.at, answer.at), routes)


def _routes(event: Event, prefix: str) -> bool:
    return event.kind == "route.changed" and event.data.get("prefix") == prefix
