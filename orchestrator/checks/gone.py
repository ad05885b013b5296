"""The check `gone`: no router has a route to the LAN any more, as their kernels have it."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import GoneCheck

__all__ = ["check_gone", "describe_gone"]


def describe_gone(check: GoneCheck) -> str:
    """The check in words."""
    return f"{' '.join(check.to)} gone at {' '.join(check.at)}"


def check_gone(scene: Scene, check: GoneCheck, since: float) -> Finding:
    """Looks at the kernels' tables.

    Raises:
        EngineError: a node gave no answer.

    """
    wanted = {str(scene.lab.lans[lan].prefix): lan for lan in check.to}
    seen = []
    for router in check.at:
        rows = scene.show(router, "routes", since)
        if not isinstance(rows, list):  # no table is not an empty one
            raise EngineError(f"{router} does not say which routes it has")
        for row in rows:
            lan = wanted.get(str(row.get("prefix"))) if isinstance(row, Mapping) else None
            if lan is not None and isinstance(row, Mapping):
                seen.append(f"{router} to {lan} via {row.get('lan')}")
    where = seen[0].partition(" ")[0] if seen else check.at[0]
    return Finding(not seen, "no route", "; ".join(seen) or "no route", f"catenet show {where} rip")
