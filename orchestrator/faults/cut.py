"""`cut`: the LAN carries nothing any more.

At every end its interface goes down, since a bridge would hide the far end's carrier; silently, each end drops what
comes in, so nobody is told, and only timeouts find out.
"""

from __future__ import annotations

from collections.abc import Collection

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.faults.verb import Flag, Hands, Outcome, Verb

__all__ = ["VERB"]


def _cut(hands: Hands, lan: str, flags: Collection[str], at: float) -> Outcome:
    condition = LinkCondition(drop=True) if "silent" in flags else LinkCondition(up=False)
    return hands.set_condition(lan, condition, at)


VERB = Verb(
    "cut",
    "LAN",
    "Cut a LAN",
    """Cut a LAN: its interface goes down at every end, until it is healed.

\b
catenet cut link1
catenet cut link1 link2         both at one moment
catenet cut link1 --silent      no end is told; ARP is lost too
catenet cut link1 --lab internet
""",
    _cut,
    undone_by="heal",
    flags=(
        Flag(
            "silent",
            "Every packet is lost, and the carrier stays: only timeouts find out.",
            "Of a cut: packets are lost, and the carrier stays. Without it: no.",
            leaves="silent",
        ),
    ),
    instead="kill",
    leaves="cut",
)
