"""A verb of somebody else's: one end of a LAN hears nothing any more; it is still heard."""

from __future__ import annotations

from collections.abc import Collection

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.faults.verb import Flag, Hands, Outcome, Verb


def _lame(hands: Hands, lan: str, flags: Collection[str], at: float) -> Outcome:
    ends = hands.ends(lan)
    return hands.set_condition(lan, LinkCondition(drop=True), at, [ends[-1 if "last" in flags else 0]])


VERB = Verb(
    "lame",
    "LAN",
    "Drop what comes in at one end of a LAN",
    """Lame a LAN: its first end hears nothing, and is heard.

\b
catenet lame link1 --last       the last end instead
""",
    _lame,
    undone_by="heal",
    flags=(Flag("last", "The last end instead.", "Of lame: the last end instead. Without it: no.", leaves="silent"),),
    instead="pause",
    leaves="silent",
)
