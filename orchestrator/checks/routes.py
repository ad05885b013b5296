"""The check `routes`: by which LAN the kernel's table sends packets, and at what cost the routing protocol says."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.machine import Json
from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import RoutesCheck

__all__ = ["check_routes", "describe_routes"]


def describe_routes(check: RoutesCheck) -> str:
    """The check in words."""
    return f"{check.at} to {check.to}: {_way(check.via, check.cost)}"


def check_routes(scene: Scene, check: RoutesCheck, since: float) -> Finding:
    """Looks at the kernel's table and, for the cost of a way over others, at RIP's.

    Raises:
        EngineError: the node gave no answer.

    """
    prefix = str(scene.lab.lans[check.to].prefix)
    kernel = _row(scene.show(check.at, "routes", since), prefix)
    expected = _way(check.via, check.cost)
    then = f"catenet trace route {check.at} {check.to}"
    if kernel is None:
        return Finding(False, expected, f"no route to {check.to} ({prefix})", then)
    lan = str(kernel.get("lan"))
    if kernel.get("via") is None:
        seen, holds = _way((), 0), not check.via and check.cost == 0
    else:
        cost = _cost(scene.show(check.at, "rip", since), prefix)
        seen = _way((lan,), cost)
        holds = lan in check.via and cost == check.cost
    return Finding(holds, expected, seen, then)


def _way(via: tuple[str, ...], cost: int | None) -> str:
    if not via:
        return "its own LAN"
    return f"via {' or '.join(via)}, cost {'unknown' if cost is None else cost}"


def _row(rows: Json, prefix: str) -> Mapping[str, Json] | None:
    rows = rows if isinstance(rows, list) else []
    return next((row for row in rows if isinstance(row, Mapping) and row.get("prefix") == prefix), None)


def _cost(rip: Json, prefix: str) -> int | None:
    """The cost in links that RIP's table gives; None where it has no valid route."""
    row = _row(rip.get("table"), prefix) if isinstance(rip, Mapping) else None
    cost = None if row is None else row.get("cost")
    return cost if isinstance(cost, int) else None
