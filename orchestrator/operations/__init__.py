"""What is done with a running lab: its checks are run.

runner    run_checks: all of them, side by side where that is safe; each until it holds or its `within` is over
result    what became of a check
cause     what is broken in the lab just now: the first thing to look at where a check failed
evidence  what is kept of checks that failed
scene     what a check sees: the running lab, its model, its nodes' answers
"""

from __future__ import annotations

from catenet.orchestrator.operations.evidence import keep_evidence
from catenet.orchestrator.operations.result import Result
from catenet.orchestrator.operations.runner import run_checks

__all__ = ["Result", "keep_evidence", "run_checks"]
