"""The service `rip` by a program of the user's own: its routes are in its table of the kernel's, with RIP's metrics."""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.implementations.daemon import RouteExchange, RoutingDaemon, Task
from catenet.nodes.implementations.own_program.program import interface_line, run
from catenet.nodes.implementations.redistribution import redistribution_faults
from catenet.nodes.internet.rip.config import RipOptions

__all__ = ["DAEMON"]


def _routes(task: Task) -> RouteExchange:
    return RouteExchange(own_metrics=task.options.cost)


def _faults(options: RipOptions) -> Iterator[str]:
    """Its table of the kernel's has no tags."""
    if options.last_resort:
        yield "says no tags, so that none can be its last_resort: that is for routers of ours, FRR's and BIRD's"
    yield from redistribution_faults(options)


DAEMON = RoutingDaemon(run=run, faults=_faults, interface_line=interface_line, routes=_routes)
