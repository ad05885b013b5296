"""`kill`: the node dies at once, without a farewell to its neighbours."""

from __future__ import annotations

from catenet.orchestrator.faults.verb import Verb

__all__ = ["VERB"]


VERB = Verb(
    "kill",
    "node",
    "Kill a node",
    """Kill a node: it dies at once, without a farewell to its neighbours.

\b
catenet kill a.root-servers.net
catenet kill b c                both at one moment
""",
    lambda control, node, *_: control.kill(node),
    undone_by="start",
    instead="cut",
    leaves="exited",
)
