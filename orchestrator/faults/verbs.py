"""The one vocabulary of break and mend, as the command line, timelines and tests speak it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.faults.done import Done
from catenet.orchestrator.faults.lans import cut, heal
from catenet.orchestrator.faults.nodes import kill, pause, resume, start
from catenet.orchestrator.observe.running import RunningLab

__all__ = ["OPPOSITE", "do"]

_ON_NODES: Mapping[str, Callable[[Engine, RunningLab, str], Done]] = {
    "kill": kill,
    "pause": pause,
    "resume": resume,
    "start": start,
}
"""Verb → function of the engine, the running lab and the node's name."""

OPPOSITE: Mapping[str, str] = {"cut": "heal", "kill": "start", "pause": "resume"}
"""Each verb that breaks something → the one that mends it."""


def do(engine: Engine, running: RunningLab, verb: str, target: str, *, silent: bool = False, at: float = 0.0) -> Done:
    """One verb on one LAN or node. `silent` goes with `cut`; `at` (seconds since 1970: not before) with `heal` too.

    Raises:
        UserError: no such LAN or node, or the verb makes no sense there now.
        EngineError: the engine, or an end, did not do it.

    """
    if verb == "cut":
        return cut(engine, running, target, silent=silent, at=at)
    assert not silent, f"a silent {verb}"
    return heal(engine, running, target, at=at) if verb == "heal" else _ON_NODES[verb](engine, running, target)
