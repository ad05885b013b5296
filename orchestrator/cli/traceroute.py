"""`catenet traceroute`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.nodes.address import Address
from catenet.nodes.control.pings import TraceAsked
from catenet.nodes.control.probes import ProbedHop
from catenet.orchestrator.cli.arguments import JsonOption, LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.ping import TargetArgument
from catenet.orchestrator.cli.screen import Cell, print_json, say, table
from catenet.orchestrator.observe.running import must_run

__all__ = ["traceroute"]

_LONGEST = 50
"""Hops at a second each: more than any lab has, and no longer than a node may look."""


def traceroute(
    node: NodeArgument,
    target: TargetArgument,
    *,
    most: Annotated[int, typer.Option("-m", "--most", min=1, max=_LONGEST, help="Hops at the most.")] = 16,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Show by which routers a node reaches another one: each lets one packet die, and says so.

    \b
    catenet traceroute h1 h4
    catenet traceroute h1 10.1.4.2 --json

    On the kernel's stack the node's program traceroute asks; on the userspace stack, where programs have no network,
    the stack itself. Exit code 1: no packet arrived.
    """
    from catenet.orchestrator.lab.realms import views
    from catenet.orchestrator.observe import reach
    from catenet.orchestrator.observe.tools import passed

    docker = engine()
    running = running_lab(docker, lab)
    at, to = running.node(node), reach.address_of(running, node, target)
    must_run(at)
    found = reach.trace(docker, at, TraceAsked(to, most))
    owners = views(running.lab).at(node).owners
    hops = found.hops[: len(passed(found.hops))]
    named = [(hop, owners.get(Address.parse(hop.address), "") if hop.address else "*") for hop in hops]
    if json:
        print_json({**found.to_json(), "hops": [{**hop.to_json(), "node": name} for hop, name in named]})
    elif named:
        rows: list[list[Cell]] = [[str(hop.ttl), name, hop.address or "", _ms(hop), hop.says] for hop, name in named]
        table(["hop", "node", "address", "ms", ""], rows)
    if not json and not found.arrived:
        say(f"it does not arrive{f': {found.error}' if found.error else ''}")
    if not found.arrived:
        raise typer.Exit(1)


def _ms(hop: ProbedHop) -> str:
    return "" if hop.ms is None else f"{hop.ms:.2f}"
