"""A verb with an option of each kind that has a value: it drops what comes in at one end, and tells what it got."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.units import Duration, Percentage, Rate
from catenet.orchestrator.faults.option import Option
from catenet.orchestrator.faults.verb import LabControl, Outcome, Verb


class TellOptions(NamedTuple):
    """Beside the LAN."""

    end: Annotated[int, Option("The end of that number.", bounds=(1, 9))] = 1
    late: Annotated[Duration, Option("It comes so much later.")] = 0.0
    lost: Annotated[Percentage, Option("So much of it is lost.")] = 0.0
    speed: Annotated[Rate, Option("So much goes through.")] = 1e9
    foot: Annotated[Literal["left", "right"], Option("Which one it is.")] = "left"


def _tell(control: LabControl, lan: str, options: TellOptions, at: float) -> Outcome:
    done = control.set_condition(lan, LinkCondition(drop=True), at, [control.ends(lan)[options.end - 1]])
    told = f"late {options.late:g} s, lost {options.lost:g}, speed {options.speed:g} bit/s, {options.foot} foot"
    return done._replace(remarks=(*done.remarks, told))


VERB = Verb(
    "tell", "LAN", "Tell", "Tell.", _tell, undone_by="heal", options=TellOptions, instead="kill", leaves="silent"
)
