"""`pause`: the node's processes stand still; its kernel goes on forwarding packets, where the kernel does that."""

from __future__ import annotations

from catenet.orchestrator.faults.verb import Verb

__all__ = ["VERB"]


VERB = Verb(
    "pause",
    "node",
    "Pause a node: nobody can tell it from a dead one",
    """Pause a node: its programs stand still, and its neighbours' programs cannot tell it from a dead one.

A paused router's kernel goes on forwarding packets until the others have found ways around it. On the userspace stack
nothing is forwarded meanwhile.

\b
catenet pause b
""",
    lambda control, node, *_: control.pause(node),
    undone_by="resume",
    instead="cut",
    leaves="paused",
)
