"""`catenet exec`: a program inside a node, as if it ran here: its input, its terminal, its exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli.arguments import LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.observe.running import UserError

__all__ = ["execute"]


def execute(
    node: NodeArgument,
    command: Annotated[list[str], typer.Argument(metavar="CMD...", help="The program and its arguments.")],
    lab: LabOption = "",
) -> None:
    """Run a program inside a node; catenet returns its exit code.

    What follows NODE belongs to the program, options too. The program reads what catenet would read: in a loop of a
    shell that itself reads, say </dev/null.

    \b
    catenet exec a ip route
    catenet exec surf.eurecom.fr dig +short dragon.cs.uiuc.edu
    echo hello | catenet exec b cat
    """
    from catenet.orchestrator.cli.terminal import run_inside

    program = command[1:] if command[0] == "--" else command
    if not program:
        raise UserError("exec: no program is named (catenet exec NODE CMD…)")
    docker = engine()
    raise typer.Exit(run_inside(docker, running_lab(docker, lab).node(node), program))
