"""The evidence of checks that failed: captured while they are made once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.evidence.failure import save_or_say
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.operations.result import Result
from catenet.orchestrator.operations.runner import run_checks

__all__ = ["keep_evidence"]


def keep_evidence(engine: Engine, running: RunningLab, failed: Sequence[Result]) -> str:
    """Keeps it in .catenet/failures; the line that tells the user where, or why not."""
    checks = [replace(result.check, within=0.0) for result in failed]  # as they are now: there is no time to wait
    text = "\n\n".join("\n".join(result.lines()) for result in failed)
    return save_or_say(engine, running.name, text, again=lambda: run_checks(engine, running, checks, lambda _: None))
