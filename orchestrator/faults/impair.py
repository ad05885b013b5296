"""`impair`: the LAN carries packets badly: late, seldom, twice, out of order, damaged, slowly."""

from __future__ import annotations

from collections import namedtuple
from typing import Annotated, Any, get_type_hints

from catenet.nodes.control.impairment import replaced
from catenet.orchestrator.faults.impairment import ImpairmentWords, impairment
from catenet.orchestrator.faults.option import Option
from catenet.orchestrator.faults.verb import LabControl, Outcome, RefusedError, Verb

__all__ = ["VERB"]

_LIKE = "delay=20ms loss=1%"
_OFF: Any = Annotated[bool, Option("Nothing any more, not what the lab file says either.")]
_NAMES = (*ImpairmentWords._fields, "off")
ImpairOptions: Any = namedtuple("ImpairOptions", _NAMES, defaults=(*ImpairmentWords(), False))  # type: ignore[misc]
ImpairOptions.__annotations__ = {**get_type_hints(ImpairmentWords, include_extras=True), "off": _OFF}


def _impair(control: LabControl, lan: str, options: Any, at: float) -> Outcome:
    ends = control.ends(lan)
    *words, off = options
    try:
        asked = impairment(tuple(words))
    except ValueError as error:
        raise RefusedError(str(error)) from None
    if asked.nothing != off:
        raise RefusedError(f"off is nothing else, not {asked.words}" if off else f"say how, like {_LIKE}, or off")
    if asked.sender and asked.sender not in ends:
        raise RefusedError(f"{asked.sender} is not on it: {', '.join(ends)}")
    present = control.condition(lan)
    if not present.up or present.drop:
        raise RefusedError(f"it is {present.word}, so nothing would arrive: catenet heal {lan} first")
    return control.set_condition(lan, present._replace(impairments=replaced(present.impairments, asked)), at)


VERB = Verb(
    "impair",
    "LAN",
    "Have a LAN carry packets badly",
    """Have a LAN carry packets badly: late, seldom, twice, out of order, damaged, slowly.

What is asked takes the place of what was asked before. It is done where a frame is sent, to every frame, ARP too.

\b
catenet impair link1 delay=20ms loss=1%          both directions: an echo takes 40 ms longer
catenet impair link1 delay=20ms jitter=5ms distribution=normal
catenet impair link1 from=a rate=1mbit queue=20  what a sends; what the others send stays as it is
catenet impair link1 loss=5% burst=8             eight in a row, on average
catenet impair link1 link2 drop_every=10 duplicate=1% corrupt=0.1%
catenet impair link1 off                         nothing any more; catenet heal link1: as in the lab file
""",
    _impair,
    undone_by="heal",
    options=ImpairOptions,
    instead="pause",
    leaves="impaired",
)
