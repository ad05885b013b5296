"""`catenet cut` and `catenet heal`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.context import JsonOption, LabOption
from catenet.orchestrator.cli.faults import break_or_mend

SilentOption = Annotated[
    bool, typer.Option("--silent", help="Every packet is lost, and the carrier stays: only timeouts find out.")
]
LansArgument = Annotated[
    list[str],
    typer.Argument(metavar="LAN", help="LANs of the lab (catenet status lists them).", autocompletion=complete.lans),
]


def cut(lans: LansArgument, silent: SilentOption = False, lab: LabOption = "", json: JsonOption = False) -> None:
    """Cut a LAN: its interface goes down at every end, until it is healed.

    \b
    catenet cut link1
    catenet cut link1 link2         both at one moment
    catenet cut link1 --silent      no end is told; ARP is lost too
    catenet cut link1 --lab internet
    """
    break_or_mend("cut", lans, lab, silent=silent, json=json)


def heal(lans: LansArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Heal a LAN that was cut: at every end its interface comes up, and drops nothing.

    It returns when the interfaces are up; routes follow when the routers have heard of it.

    \b
    catenet heal link1
    """
    break_or_mend("heal", lans, lab, json=json)
