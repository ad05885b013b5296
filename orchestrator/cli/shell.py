"""`catenet shell`."""

from __future__ import annotations

import sys

import typer

from catenet.orchestrator.cli.arguments import LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.execute import no_network
from catenet.orchestrator.cli.screen import say_to_stderr

# bash where the node has it; the prompt names the node
_SHELL = """
command -v bash >/dev/null && PS1="$0:\\w\\$ " exec bash --norc "$@"
PS1="$0\\$ " exec sh "$@"
"""


def shell(node: NodeArgument, lab: LabOption = "") -> None:
    """Open a shell inside a node: ping, dig, curl, traceroute, tcpdump and ip are there.

    \b
    catenet shell surf.eurecom.fr
    echo 'ip route; ip neigh' | catenet shell a
    """
    from catenet.orchestrator.cli.terminal import run_inside
    from catenet.orchestrator.observe.reach import has_programs

    docker = engine()
    interactive = ["-i"] if sys.stdin.isatty() else []
    command = ["sh", "-c", _SHELL, node, *interactive]
    inside = running_lab(docker, lab).node(node)
    if not has_programs(inside):
        say_to_stderr(no_network(node))
    raise typer.Exit(run_inside(docker, inside, command))
