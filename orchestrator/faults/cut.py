"""`cut`: the LAN carries nothing any more.

At every end its interface goes down, since a bridge would hide the far end's carrier; silently, each end drops what
comes in, so nobody is told, and only timeouts find out.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.faults.option import Option
from catenet.orchestrator.faults.verb import LabControl, Outcome, Verb

__all__ = ["VERB"]


class CutOptions(NamedTuple):
    """Beside the LAN."""

    silent: Annotated[
        bool, Option("Every packet is lost, and the carrier stays: only timeouts find out.", leaves="silent")
    ] = False


def _cut(control: LabControl, lan: str, options: CutOptions, at: float) -> Outcome:
    condition = LinkCondition(drop=True) if options.silent else LinkCondition(up=False)
    return control.set_condition(lan, condition, at)


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
    options=CutOptions,
    instead="kill",
    leaves="cut",
)
