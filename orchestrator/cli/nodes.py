"""`catenet kill`, `pause`, `resume` and `start`."""

from __future__ import annotations

from catenet.orchestrator.cli.context import JsonOption, LabOption, NodeArgument
from catenet.orchestrator.cli.faults import break_or_mend


def kill(node: NodeArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Kill a node: it dies at once, without a farewell to its neighbours.

    \b
    catenet kill a.root-servers.net
    """
    break_or_mend("kill", node, lab, json=json)


def pause(node: NodeArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Pause a node: its programs stand still, and its neighbours' programs cannot tell it from a dead one.

    A paused router's kernel goes on forwarding packets until the others have found ways around it.

    \b
    catenet pause b
    """
    break_or_mend("pause", node, lab, json=json)


def resume(node: NodeArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Resume a paused node.

    \b
    catenet resume b
    """
    break_or_mend("resume", node, lab, json=json)


def start(node: NodeArgument, lab: LabOption = "", json: JsonOption = False) -> None:
    """Start a node that was killed; returns when it is ready.

    \b
    catenet start a.root-servers.net
    """
    break_or_mend("start", node, lab, json=json)
