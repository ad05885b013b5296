"""The service `ospf` by a program of the user's own: its routes are in its table of the kernel's, with OSPF metrics."""

from __future__ import annotations

from catenet.nodes.implementations.daemon import RouteExchange, RoutingDaemon, Task
from catenet.nodes.implementations.own_program.program import interface_line, run
from catenet.nodes.implementations.redistribution import redistribution_faults

__all__ = ["DAEMON"]


def _routes(task: Task) -> RouteExchange:
    return RouteExchange(own_metrics=task.options.cost)


DAEMON = RoutingDaemon(run=run, faults=redistribution_faults, interface_line=interface_line, routes=_routes)
