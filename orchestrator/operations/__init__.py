"""What is done with a running lab: checks are run, verbs of break and mend carried out, all is mended.

runner       run_checks: all of them, side by side where that is safe; each until it holds or its `within` is over
result       what became of a check; cause: what is broken just now; evidence: what is kept of checks that failed
scene        what a check sees: the running lab, its model, its nodes' answers; calling: calls, several at once
verbs        a verb by its name, on one target or on several at one moment; verb_result: what it did, with its times
lab_control  what a verb may do; lans: at the ends of a LAN; nodes: by the engine
reset        the lab as after `up`; drift: what somebody has changed inside a node; underlay: what carries its segments

Nothing is remembered outside the lab: whether a LAN is cut is asked of its ends. So a LAN whose every end is dead has
no cut any more when they are started again.
Each verb may be given twice: the second time it says that it is so already.
"""

from __future__ import annotations

from catenet.orchestrator.operations.evidence import keep_evidence
from catenet.orchestrator.operations.result import Result
from catenet.orchestrator.operations.runner import run_checks

__all__ = ["Result", "keep_evidence", "run_checks"]
