"""The check `routes`: by which LAN the kernel's table sends packets, and at what cost the routing protocol says."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.machine import Json
from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import RoutesCheck

__all__ = ["check_routes", "describe_routes"]


_OWN = "its own LAN"


def describe_routes(check: RoutesCheck) -> str:
    """The check in words."""
    return f"{check.at} to {check.to}: {_expected(check)}"


def check_routes(scene: Scene, check: RoutesCheck, since: float) -> Finding:
    """Looks at the kernel's table and, where a cost is expected, for that of a way over others at RIP's.

    Raises:
        EngineError: the node gave no answer.

    """
    prefix = str(scene.lab.lans[check.to].prefix)
    kernel = _row(scene.show(check.at, "routes", since), prefix)
    expected = _expected(check)
    then = f"catenet trace route {check.at} {check.to}"
    if kernel is None:
        return Finding(False, expected, f"no route to {check.to} ({prefix})", then)
    lan = str(kernel.get("lan"))
    fits = not check.via or lan in check.via
    if kernel.get("via") is None:
        return Finding(fits and check.cost in (None, 0), expected, _OWN, then)
    if check.cost is None:
        return Finding(fits, expected, f"via {lan}", then)
    cost = _cost(scene.show(check.at, "rip", since), prefix)
    seen = f"via {lan}, cost {'unknown' if cost is None else cost}"
    return Finding(fits and cost == check.cost, expected, seen, then)


def _expected(check: RoutesCheck) -> str:
    if check.cost == 0 and not check.via:
        return _OWN
    via = [f"via {' or '.join(check.via)}"] if check.via else []
    return ", ".join([*via, *([] if check.cost is None else [f"cost {check.cost}"])])


def _row(rows: Json, prefix: str) -> Mapping[str, Json] | None:
    rows = rows if isinstance(rows, list) else []
    return next((row for row in rows if isinstance(row, Mapping) and row.get("prefix") == prefix), None)


def _cost(rip: Json, prefix: str) -> int | None:
    """The cost in links that RIP's table gives; None where it has no valid route."""
    row = _row(rip.get("table"), prefix) if isinstance(rip, Mapping) else None
    cost = None if row is None else row.get("cost")
    return cost if isinstance(cost, int) else None
