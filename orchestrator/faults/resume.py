"""`resume`: a paused node goes on."""

from __future__ import annotations

from catenet.orchestrator.faults.verb import Verb

__all__ = ["VERB"]


VERB = Verb(
    "resume",
    "node",
    "Resume a paused node",
    """Resume a paused node.

\b
catenet resume b
""",
    lambda control, node, *_: control.resume(node),
    instead="heal",
)
