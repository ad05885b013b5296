"""`catenet exec`: a program inside a node, as if it ran here: its input, its terminal, its exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli.arguments import LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import say_to_stderr
from catenet.orchestrator.observe.running import UserError

__all__ = ["execute", "no_network"]


def no_network(node: str) -> str:
    """What is said of programs inside a node on the userspace stack."""
    return (
        f"catenet: {node} is on the userspace stack, where programs have no network: "
        f"catenet ping {node} TO, catenet traceroute {node} TO"
    )


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
    from catenet.orchestrator.observe.reach import has_programs

    program = command[1:] if command[0] == "--" else command
    if not program:
        raise UserError("exec: no program is named (catenet exec NODE CMD…)")
    docker = engine()
    inside = running_lab(docker, lab).node(node)
    code = run_inside(docker, inside, program)
    if code and not has_programs(inside):
        say_to_stderr(no_network(node))
    raise typer.Exit(code)
