"""`catenet logs`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from catenet.orchestrator.cli.arguments import LabOption, LinesOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.lines import FollowOption, LastOption, as_json, how_many
from catenet.orchestrator.cli.screen import write
from catenet.orchestrator.observe.events import LogEntry


def logs(
    node: NodeArgument,
    *,
    follow: FollowOption = False,
    last: LastOption = "",
    raw: Annotated[bool, typer.Option("--raw", help="Whole lines, with the JSON behind an event.")] = False,
    lab: LabOption = "",
    json: LinesOption = False,
) -> None:
    """Print what a node wrote: its events and everything else. A dead node's log is there too.

    \b
    catenet logs a -n 20
    catenet logs dns.eurecom.fr -f
    catenet logs a --json | jq .text
    """
    docker = engine()
    container = running_lab(docker, lab).node(node)
    for line in docker.logs(container.name, follow=follow, tail=how_many(last, follow=follow)):
        parsed = LogEntry.of(node, line, docker.ahead(container.name))
        write(f"{line.text if raw else as_json(parsed) if json else parsed.text}\n")
        if follow:
            sys.stdout.flush()
