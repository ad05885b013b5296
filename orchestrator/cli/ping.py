"""`catenet ping`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.nodes.control.pings import LARGEST, MOST, PingAsked, Pinged
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say
from catenet.orchestrator.observe.running import UserError, must_run

__all__ = ["TargetArgument", "ping"]

TargetArgument = Annotated[
    str, typer.Argument(metavar="TO", help="A node, or an address.", autocompletion=complete.nodes)
]


def ping(
    node: NodeArgument,
    target: TargetArgument,
    *,
    number: Annotated[int, typer.Option("-c", "--number", min=1, max=MOST, help="Echo requests.")] = 3,
    size: Annotated[int, typer.Option("-s", "--size", min=0, max=LARGEST, help="Octets of data in each.")] = 56,
    ttl: Annotated[int, typer.Option("-t", "--ttl", min=0, max=255, help="Their TTL. 0: the stack's own.")] = 0,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Send echo requests from a node, and show what became of them.

    \b
    catenet ping h1 h4
    catenet ping h1 10.1.4.2 -c 10
    catenet ping h1 h4 --size 8000    in fragments

    On the kernel's stack the node's program ping sends them; on the userspace stack, where programs have no network,
    the stack itself. Exit code 1: no answer came.
    """
    from catenet.orchestrator.observe import reach

    docker = engine()
    running = running_lab(docker, lab)
    at = running.node(node)
    to = reach.address_of(running, node, target)
    asked = PingAsked(to, number, size, wait=1.0, ttl=ttl)
    try:
        asked.check()
    except ValueError as error:
        raise UserError(str(error)) from None
    must_run(at)
    found = reach.ping(docker, at, asked)
    if json:
        print_json({"node": node, "to": str(to), **found.to_json()})
    else:
        _print(f"{node} to {target}{'' if target == str(to) else f' ({to})'}", found)
    if not found.received:
        raise typer.Exit(1)


def _print(who: str, found: Pinged) -> None:
    took = f": {' '.join(f'{ms:g}' for ms in found.ms)} ms, TTL {found.ttl}" if found.ms else ""
    counts = {"twice": found.repeated, "damaged": found.damaged}
    more = "".join(f", {count} {what}" for what, count in counts.items() if count)
    say(f"{who}: {found.received} of {found.sent} answered{took}{more}" if found.sent else f"{who}: nothing was sent")
    for line in found.says:
        say(f"  {line}")
