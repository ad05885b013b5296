"""`lame`: one end of a LAN drops what comes in. What it sends still arrives."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.faults.option import Option
from catenet.orchestrator.faults.verb import LabControl, Outcome, RefusedError, Verb

__all__ = ["VERB"]


class LameOptions(NamedTuple):
    """What may stand beside the LAN."""

    last: Annotated[bool, Option("The last end instead.", leaves="silent")] = False
    ends: Annotated[int, Option("So many ends, not only one.", bounds=(1, 9))] = 1


def _lame(control: LabControl, lan: str, options: LameOptions, at: float) -> Outcome:
    nodes = control.ends(lan)
    if options.ends > len(nodes):
        raise RefusedError(f"it has no {options.ends} ends, but {len(nodes)}")
    chosen = nodes[-options.ends :] if options.last else nodes[: options.ends]
    return control.set_condition(lan, LinkCondition(drop=True), at, chosen)


VERB = Verb(
    "lame",
    "LAN",
    "Drop what comes in at one end of a LAN",
    """Lame a LAN: its first end drops what comes in. What it sends still arrives.

\b
catenet lame link1 --last       the last end instead
catenet lame link1 --ends 2     the first two
""",
    _lame,
    undone_by="heal",
    options=LameOptions,
    instead="pause",
    leaves="silent",
)
