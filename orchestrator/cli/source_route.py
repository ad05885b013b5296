"""`catenet source-route`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import Cell, print_json, say, table
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations.cause import broken
from catenet.orchestrator.trace.source_route import NamedHop, SourceRouteTrace, trace_source_route

__all__ = ["source_route"]

_VIA = "via"


def source_route(
    node: NodeArgument,
    target: Annotated[
        str,
        typer.Argument(metavar="TO", help="Where the packets go: a node or an address.", autocompletion=complete.nodes),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[via A B …]",
            help="The routers that they name, nodes or addresses, nine at most. Without it: the shortest path in the "
            "link-state database of NODE, or of its gateway.",
            autocompletion=complete.named,
        ),
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="By no other routers than those named.")] = False,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Send packets that say themselves by which routers they go, and show which way they took.

    \b
    catenet source-route h1 h2                    the way that the routers' database has
    catenet source-route h1 h2 via d f            loosely: others may lie between
    catenet source-route h1 h2 via a d f c --strict
    catenet source-route h1 h2 via d --json

    It is an option of the IP header (RFC 791): a loose or strict source route. A node follows it where the lab file
    says `source_routes: follow` of it; all others drop such packets, and do not say so. The sender and TO must follow
    it, too, for the answers come back the same way.

    \b
    then    whom the packet was to visit after this node, as the node itself tells
    *       nobody answered

    Exit code 1: it did not arrive.
    """
    docker = engine()
    running = running_lab(docker, lab)
    done = trace_source_route(docker, running, node, target, _vias(node, target, words or []), strict=strict)
    if json:
        print_json(done.to_json())
    else:
        _print(done)
        if not done.arrived and (said := broken(docker, running)):
            say(f"next: {said}")
    if not done.arrived:
        raise typer.Exit(1)


def _vias(node: str, target: str, words: list[str]) -> list[str]:
    if not words:
        return []
    if words[0] != _VIA or len(words) == 1:
        raise UserError(f"routers are named after {_VIA!r}: catenet source-route {node} {target} via A B")
    return words[1:]


def _print(done: SourceRouteTrace) -> None:
    kind = "strictly" if done.strict else "loosely"
    named = " ".join(via.node for via in done.vias)
    by = f", as {done.by} knows the shortest path" if done.by else ""
    say(
        f"{done.node} to {done.target.node} ({done.target.address}) {kind} via {named}{by}"
        if named
        else f"{done.node} to {done.target.node} ({done.target.address}): no router is between{by}"
    )
    rows: list[list[Cell]] = [
        [str(hop.ttl), hop.node or "*", hop.lan, hop.address, _ms(hop), " ".join(hop.left), hop.says]
        for hop in done.hops
    ]
    if rows:
        table(["hop", "node", "LAN", "address", "ms", "then", ""], rows)
    say("it arrived" if done.arrived else f"it did not arrive: {done.why}")
    plain = " ".join(hop.node or "*" for hop in done.plain) or "nothing can be sent"
    say(f"without a source route: {plain}{'' if done.plain_arrived else ' (it does not arrive)'}")


def _ms(hop: NamedHop) -> str:
    return "" if hop.ms is None else f"{hop.ms:.2f}"
