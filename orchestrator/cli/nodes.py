"""`catenet kill`, `pause`, `resume` and `start`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.context import JsonOption, LabOption
from catenet.orchestrator.cli.faults import break_or_mend

NodesArgument = Annotated[
    list[str],
    typer.Argument(metavar="NODE", help="Nodes of the lab (catenet status lists them).", autocompletion=complete.nodes),
]


def kill(nodes: NodesArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Kill a node: it dies at once, without a farewell to its neighbours.

    \b
    catenet kill a.root-servers.net
    catenet kill b c                both at one moment
    """
    break_or_mend("kill", nodes, lab, json=json)


def pause(nodes: NodesArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Pause a node: its programs stand still, and its neighbours' programs cannot tell it from a dead one.

    A paused router's kernel goes on forwarding packets until the others have found ways around it.

    \b
    catenet pause b
    """
    break_or_mend("pause", nodes, lab, json=json)


def resume(nodes: NodesArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Resume a paused node.

    \b
    catenet resume b
    """
    break_or_mend("resume", nodes, lab, json=json)


def start(nodes: NodesArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Start a node that was killed; returns when it is ready.

    \b
    catenet start a.root-servers.net
    """
    break_or_mend("start", nodes, lab, json=json)
