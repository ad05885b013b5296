"""`catenet labs`."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.backend.widened import hurry
from catenet.orchestrator.cli.arguments import JsonOption
from catenet.orchestrator.cli.context import engine, look_there
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr, table
from catenet.orchestrator.lab import find
from catenet.orchestrator.observe.hosts import CopyHosts
from catenet.orchestrator.observe.running import FoundLab, running_labs

__all__ = ["labs"]

_PATIENCE = 0.7
"""As of `status`."""


def labs(json: JsonOption = False) -> None:
    """List the labs that come with catenet, and those that are running.

    \b
    catenet labs
    catenet labs --json | jq .running
    """
    shipped = find.labs()
    try:
        docker = engine()
        look_there(docker, "")
        hurry(docker, _PATIENCE)
        running, trouble = running_labs(docker), ""
        hosts = CopyHosts(docker.urls()).asked_by(docker)
        lost = [*map(hosts.said_of, hosts.lost)]
    except EngineError as error:  # what can be started is worth knowing even so
        running, trouble, lost = {}, str(error), []
    for said in lost:
        say_to_stderr(f"catenet: {said}")
    if json:
        print_json(
            {
                "shipped": [{"lab": lab.name, "about": lab.about, "file": str(lab.file)} for lab in shipped],
                "running": [
                    {"lab": lab.name, "file": _file(lab), "nodes": len(lab.node_names), **_left(lab)}
                    for lab in running.values()
                ],
            }
        )
        return
    table(["lab", "about"], [(lab.name, lab.about) for lab in shipped])
    say("")
    if running:
        rows = [(lab.name, str(len(lab.node_names)), _file(lab) or "-") for lab in running.values()]
        table(["running", "nodes", "from"], rows)
        for lab in running.values():
            if left := lab.hosts.said_of_left(lab.name):
                say(left)
    else:
        seen = "No lab is seen to run" if lost else "No lab is running; start one: catenet up internet"
        say(trouble or seen)


def _left(lab: FoundLab) -> Mapping[str, Json]:
    """The hosts where things are left, where it was taken down without them."""
    return {"left": [*lab.hosts.left]} if lab.hosts.left else {}


def _file(lab: FoundLab) -> str | None:
    return None if lab.file is None else str(lab.file)
