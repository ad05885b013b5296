"""What is broken in a running lab just now: the first thing to look at where a check failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.faults import mending
from catenet.orchestrator.observe.running import RunningLab, UserError, condition, running_lab
from catenet.orchestrator.operations.result import Result
from catenet.orchestrator.status.state import lab_state

__all__ = ["broken", "with_causes"]

_MOST = 2
"""So many are named with what mends them; of more, `reset` mends all."""


def with_causes(engine: Engine, running: RunningLab, results: Sequence[Result]) -> list[Result]:
    """The same results; of those that failed, `next` says first which LAN is cut and which node is dead or paused."""
    if all(result.passed for result in results):
        return list(results)
    said = broken(engine, running)
    return [_saying(result, said) if said and not result.passed else result for result in results]


def broken(engine: Engine, running: RunningLab) -> str:
    """Which LAN is cut and which node is dead or paused, each with what mends it; empty: none, or nobody can say."""
    try:
        found = list(_broken(engine, running_lab(engine, running.name)))
    except (EngineError, UserError):  # the lab or the engine has gone: the findings say so themselves
        return ""
    if len(found) > _MOST:
        return f"{', '.join(what for what, _ in found)}: catenet reset"
    return "; ".join(f"{what}: {verb}" for what, verb in found)


def _saying(result: Result, said: str) -> Result:
    return replace(result, finding=replace(result.finding, next=f"{said}; else {result.finding.next}"))


def _broken(engine: Engine, running: RunningLab) -> Iterator[tuple[str, str]]:
    """(What is broken, what mends it)."""
    for lan in lab_state(engine, running).lans:
        if lan.is_broken:
            yield f"{lan.name} is {lan.condition}", mending("LAN", lan.name, lan.word)
    for name in (*running.missing.nodes, *running.missing.lans):
        yield f"{name} is missing", running.up_again
    for node in running.containers.values():
        if node.state != "running":
            yield f"{node.node} is {condition(node)}", mending("node", node.node, node.state)
