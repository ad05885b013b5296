"""Checks: what a lab file claims, asked of the running lab with the tools that any engineer would use.

runner    run_checks: all of them, side by side where that is safe; each until it holds or its `within` is over
result    Finding (one look) and Result (what became of the check)
cause     what is broken in the lab just now: the first thing to look at where a check failed
evidence  what is kept of checks that failed
scene     what a check looks at: the running lab, its model, its nodes' answers
routes, resolve, fetch, path, ping, gone, loop    one file for each kind of check, each with `check_…` and `describe_…`

To add a kind: its dataclass in lab/model.py, its words in the lab file's loader, one file here, two lines in runner.py.
"""

from __future__ import annotations

from catenet.orchestrator.checks.evidence import keep_evidence
from catenet.orchestrator.checks.result import Finding, Result
from catenet.orchestrator.checks.runner import describe, run_checks

__all__ = ["Finding", "Result", "describe", "keep_evidence", "run_checks"]
