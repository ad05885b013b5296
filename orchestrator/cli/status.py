"""`catenet status`."""

from __future__ import annotations

from catenet.orchestrator.cli.context import JsonOption, LabOption, engine, running_lab
from catenet.orchestrator.cli.screen import print_json, table


def status(lab: LabOption = "", json: JsonOption = False) -> None:
    """Says how each node and each LAN of a running lab is.

    \b
    catenet status                  the lab of this folder, or the only one running
    catenet status --lab internet   that one
    catenet status --json | jq .
    """
    running = running_lab(engine(), lab)
    if json:
        print_json([container.name for container in running.containers.values()])
        return
    table(["node", "state"], [(name, container.state) for name, container in running.containers.items()])
