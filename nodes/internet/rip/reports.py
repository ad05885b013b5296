"""What the user is told of a route: the events `route.changed` and `route.lost`, and its line in `show rip`.

Costs are the lecture's, links between routers: the metric less the network at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.control.route_events import RouteHop, route_changed, route_lost
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.internet.rip.table import NETWORK_COST, Change, Route
from catenet.nodes.machine import Json, Report

if TYPE_CHECKING:
    from catenet.nodes.control.answers import ProtocolRoute

__all__ = ["CHANGED", "LOST", "report_of", "status_of", "timers_of"]

CHANGED, LOST = ("route.changed",), ("route.lost",)
"""The kinds of these events, as `wants` is asked for them."""


def report_of(change: Change, why: Mapping[str, Json], name_of: Callable[[Address], str]) -> Report:
    """The event for a change. `why`: its cause as JSON, which is that of all changes that came together."""
    route, was, _ = change
    if change.lost:
        return route_lost(route.prefix, why)
    return route_changed(
        route.prefix,
        (RouteHop(route.via, name_of(route.via), route.interface),),
        cost=route.metric - NETWORK_COST,
        metric=route.metric,
        was=None if was == INFINITY else was - NETWORK_COST,
        why=why,
    )


def status_of(
    route: Route, options: RipOptions, name_of: Callable[[Address], str], now: float, kernel: str = ""
) -> ProtocolRoute:
    """A route's line in `show rip`. `kernel`: why it is not the kernel's, where it is not."""
    from catenet.nodes.control.answers import ProtocolRoute

    period = options.timeout if route.usable else options.garbage
    return ProtocolRoute(
        str(route.prefix),
        route.interface,
        str(route.via) if route.via else None,
        name_of(route.via) if route.via else None,
        route.metric,
        route.metric - NETWORK_COST if route.usable else None,
        None if route.deadline == inf else round(now - route.deadline + period, 3),
        route.tag,
        route.state,
        kernel,
    )


def timers_of(options: RipOptions, next_update: float) -> Json:
    """The timers in `show rip`, and in how many seconds the next regular update is due, all in seconds."""
    return {
        "update": options.update,
        "timeout": options.timeout,
        "garbage": options.garbage,
        "next_update": round(next_update, 3),
    }
