"""`start`: a dead node starts again."""

from __future__ import annotations

from catenet.orchestrator.faults.verb import Verb

__all__ = ["VERB"]


VERB = Verb(
    "start",
    "node",
    "Start a node that was killed",
    """Start a node that was killed; returns when it is ready.

\b
catenet start a.root-servers.net
""",
    lambda control, node, *_: control.start(node),
    instead="heal",
)
