"""`lame`: one end of a LAN drops what comes in. What it sends still arrives."""

from __future__ import annotations

from collections.abc import Collection

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.faults.verb import Flag, Hands, Outcome, Verb

__all__ = ["VERB"]


def _lame(hands: Hands, lan: str, flags: Collection[str], at: float) -> Outcome:
    ends = hands.ends(lan)
    return hands.set_condition(lan, LinkCondition(drop=True), at, [ends[-1 if "last" in flags else 0]])


VERB = Verb(
    "lame",
    "LAN",
    "Drop what comes in at one end of a LAN",
    """Lame a LAN: its first end drops what comes in. What it sends still arrives.

\b
catenet lame link1 --last       the last end instead
""",
    _lame,
    undone_by="heal",
    flags=(Flag("last", "The last end instead.", "Of lame: the last end instead. Without it: no.", leaves="silent"),),
    instead="pause",
    leaves="silent",
)
