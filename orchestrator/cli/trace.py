"""`catenet trace`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.graph import form_of
from catenet.orchestrator.cli.screen import Cell, print_json, say, table
from catenet.orchestrator.cli.short_names import short_names
from catenet.orchestrator.cli.trace_arp import draw_arp, print_arp
from catenet.orchestrator.cli.trace_lsa import draw_lsa, print_lsa
from catenet.orchestrator.cli.trace_packet import draw_packet, print_packet
from catenet.orchestrator.cli.trace_route import print_route
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.trace.arp import ArpTrace, trace_arp
from catenet.orchestrator.trace.call import CallTrace, trace_call
from catenet.orchestrator.trace.fetch import Trace, trace_http
from catenet.orchestrator.trace.lsa import Wanted, trace_lsa
from catenet.orchestrator.trace.packet import PacketTrace, trace_packet
from catenet.orchestrator.trace.route import trace_route
from catenet.orchestrator.trace.sending import ECHO_PORT, Sending
from catenet.orchestrator.trace.steps import TraceStep
from catenet.orchestrator.wire.layers import UDP

__all__ = ["print_call", "print_trace", "trace"]


def trace(
    what: Annotated[
        Literal["packet", "arp", "http", "route", "call", "lsa"],
        typer.Argument(
            metavar="packet|arp|http|route|call|lsa",
            help="A packet, who has an address, a page, where a route comes from, a call, what a router says.",
        ),
    ],
    node: Annotated[
        str,
        typer.Argument(
            metavar="NODE",
            help="Who sends; whose browser asks; whose route it is; who calls; who says it.",
            autocompletion=complete.nodes,
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="[TO|URL|TYPE]",
            help="A node or an address; the page; a prefix or a LAN; who is called; which type of LSA.",
            autocompletion=complete.traced,
        ),
    ] = "",
    lsa_id: Annotated[
        str,
        typer.Argument(
            metavar="[ID]",
            help="lsa: which of that type, by its Link State ID or the LAN that it is of.",
            autocompletion=complete.lsa_ids,
        ),
    ] = "",
    *,
    udp: Annotated[bool, typer.Option("--udp", help="packet: by UDP. Default: an echo request, as ping's.")] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", min=1, max=65535, help=f"packet --udp: to which port. Default: {ECHO_PORT}, echo."
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", min=0, help="packet: octets of data. Default: 56.")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="packet: every frame layer by layer.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="arp: forget first what the caches have.")] = False,
    cold: Annotated[bool, typer.Option("--cold", help="http: first empty every cache.")] = False,
    area: Annotated[str, typer.Option("--area", metavar="AREA", help="lsa: in which area. Default: any.")] = "",
    wait: Annotated[
        float,
        typer.Option(
            "--wait", metavar="SECONDS", min=0.0, max=3600.0, help="lsa: not now, but when it says one of itself."
        ),
    ] = 0.0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="packet, arp, lsa: a picture, too: FILE.svg."),
    ] = None,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Shows what made something what it is: each frame of a packet or of ARP, each message of a page, a call, a route
    or an LSA, and who said it when.

    \b
    catenet trace packet h1 h2             hop by hop, each header inside the one below; and the answer
    catenet trace packet h1 h2 --udp -o packet.svg
    catenet trace packet h1 10.1.3.2 --size 4000       in fragments
    catenet trace arp h1 h2 --fresh        who asks whom for an address, who hears it, what each then knows
    catenet trace http surf.eurecom.fr http://dragon.cs.uiuc.edu/
    catenet trace http surf.eurecom.fr http://dragon.cs.uiuc.edu/ --cold
    catenet trace route a lan-c            router by router, back to lan-c's own
    catenet trace route a 10.1.3.0/24 --json
    catenet trace call alice bob
    catenet trace lsa a                    a's router-LSA, said anew now and followed over every link
    catenet trace lsa d external guest     another type, and which of them
    catenet trace lsa a -o lsa.svg         and who has it from whom, drawn
    catenet trace lsa c --wait 60          what c says next: cut a network of c's meanwhile

    Of a packet every frame is one that tcpdump saw, at both ends of its LAN; the first is shown layer by layer, of the
    others what has changed (--all shows all of each).

    Each step of a page was on the wire (tcpdump saw it) and told by a daemon; where one is missing, it says so.
    By https only the daemons tell of the request and its answer: on the wire they are enciphered.

    A call is made, and hung up after two seconds: which addresses each side has, every check between them, how far it
    came and what came of it, and over which nodes media went.

    Of a route each router on the way is asked what it remembers.

    \b
    at           when the route became what it is
    confirmed    when a message last said the same of it
    said last    the latest word of each other neighbour, and why it is not taken

    Of an LSA every router is captured, of whatever make, until all have it and have acknowledged it.

    \b
    age          in seconds, as it is in the packet
    new          what the router then has; any other copy is a duplicate
    dropped      the router has a newer one

    Exit 1: there is no answer, no page, no call, no route, or no LSA.
    """
    the_engine = engine()
    running = running_lab(the_engine, lab)
    given = {
        "--cold": cold,
        "ID": bool(lsa_id),
        "--area": bool(area),
        "--wait": bool(wait),
        "-o": output is not None,
        "--udp": udp,
        "--port": port is not None,
        "--size": size is not None,
        "--all": whole,
        "--fresh": fresh,
    }
    _refuse_strangers(what, [word for word, there in given.items() if there])
    if output is not None:
        _refuse_form(what, output)
    if what != "lsa" and not target:
        missing = {"http": "URL"}.get(what, "TO")
        raise UserError(f"trace {what} {node} {missing}: {missing} is missing (catenet trace --help)")
    if port is not None and not udp:
        raise UserError("--port belongs to --udp: an echo request has none")
    if what == "lsa":
        _lsa(the_engine, running, node, Wanted(target, lsa_id, area, wait), output, json=json)
    elif what == "packet":
        sending = Sending(UDP, port=port or ECHO_PORT) if udp else Sending()
        sending = sending if size is None else replace(sending, size=size)
        _packet(running, trace_packet(the_engine, running, node, target, sending), output, whole=whole, json=json)
    elif what == "arp":
        _arp(running, trace_arp(the_engine, running, node, target, fresh=fresh), output, json=json)
    elif what == "route":
        _route(the_engine, running, node, target, json=json)
    elif what == "call":
        _call(the_engine, running, node, target, json=json)
    else:
        _http(the_engine, running, node, target, cold=cold, json=json)


_OPTIONS = {
    "http": ("--cold",),
    "lsa": ("ID", "--area", "--wait", "-o"),
    "packet": ("--udp", "--port", "--size", "--all", "-o"),
    "arp": ("--fresh", "-o"),
}
"""What belongs to which kind of trace, beside TO and --json."""


def _refuse_strangers(what: str, given: Iterable[str]) -> None:
    """Words that belong to another kind of trace."""
    for word in given:
        if word not in _OPTIONS.get(what, ()):
            owners = " and ".join(f"`trace {kind}`" for kind, words in _OPTIONS.items() if word in words)
            raise UserError(f"trace {what}: {word} belongs to {owners}")


def _refuse_form(what: str, output: Path) -> None:
    form = form_of(output)
    if what != "lsa" and form != "svg":
        raise UserError(f"-o {output}: what trace {what} draws is an SVG; name it {output.stem}.svg")


def _packet(running: RunningLab, done: PacketTrace, output: Path | None, *, whole: bool, json: bool) -> None:
    if json:
        print_json(done.to_json())
    else:
        print_packet(done, running.lab.nodes, whole=whole)
    if output is not None and done.steps:
        draw_packet(done, running.lab.nodes, output)
    if not done.answered:
        raise typer.Exit(1)


def _arp(running: RunningLab, done: ArpTrace, output: Path | None, *, json: bool) -> None:
    if json:
        print_json(done.to_json())
    else:
        print_arp(done, running.lab.nodes)
    if output is not None and done.steps:
        draw_arp(done, running.lab.nodes, output)
    if not done.reached:
        raise typer.Exit(1)


def _route(engine: Engine, running: RunningLab, node: str, target: str, *, json: bool) -> None:
    done = trace_route(engine, running, node, target)
    if json:
        print_json(done.to_json())
    else:
        print_route(done)
    if not done.found:
        raise typer.Exit(1)


def _lsa(engine: Engine, running: RunningLab, node: str, wanted: Wanted, output: Path | None, *, json: bool) -> None:
    done = trace_lsa(engine, running, node, wanted)
    if json:
        print_json(done.to_json())
    else:
        print_lsa(done, running.lab.nodes)
    if done.flood is None:
        raise typer.Exit(1)
    if output is not None:
        draw_lsa(done, done.flood, running.lab, output)


def _call(engine: Engine, running: RunningLab, caller: str, callee: str, *, json: bool) -> None:
    done = trace_call(engine, running, caller, callee)
    if json:
        print_json(done.to_json())
    else:
        print_call(done, running.lab.nodes)
    if not done.path:
        raise typer.Exit(1)


def print_call(done: CallTrace, nodes: Iterable[str]) -> None:
    """The steps as a table, and then the path. `nodes`: all of the lab's."""
    say(f"{done.caller} calls {done.callee}")
    short = short_names(nodes)
    rows: list[list[Cell]] = [
        [str(s.number), f"{s.at * 1000:.1f}", short.get(s.source, s.source), short.get(s.target, s.target), _passed(s)]
        for s in done.steps
    ]
    table(["#", "ms", "from", "to", "message"], rows)
    if any(step.doubt == "(no daemon told)" for step in done.steps):
        say("of a check that was still waiting for its answer when a pair was nominated, nobody tells")
    by = f" by {' and '.join(done.by)}" if done.by else ""
    say(f"path: {done.path}{by}" if done.path else f"no path: {done.why}")


def _passed(step: TraceStep) -> str:
    over = f"over {' '.join(step.over)}" if step.over else ""
    return "  ".join(part for part in (step.message, over, step.doubt) if part)


def _http(engine: Engine, running: RunningLab, node: str, url: str, *, cold: bool, json: bool) -> None:
    done = trace_http(engine, running, node, url, cold=cold)
    if json:
        print_json(done.to_json())
    else:
        print_trace(done, running.lab.nodes)
    if not done.page:
        raise typer.Exit(1)


def print_trace(done: Trace, nodes: Iterable[str]) -> None:
    """The steps as a table, and then the page's text. `nodes`: all of the lab's, so that a short name is one node's."""
    say(f"{done.node} opens {done.url}")
    short = short_names(nodes)
    rows = [
        [str(s.number), f"{s.at * 1000:.1f}", short.get(s.source, s.source), short.get(s.target, s.target), _message(s)]
        for s in done.steps
    ]
    table(["#", "ms", "from", "to", "message"], rows)
    if any(step.enciphered for step in done.steps):
        say("by TLS the wire tells nobody what was asked and answered; these steps are what both ends say of it")
    if not done.page:
        say(f"no page: {done.error}")
        url = urlsplit(done.url)
        program = f"curl -v {done.url}" if url.scheme == "https" else f"traceroute -n {url.hostname}"
        say(f"next: catenet exec {done.node} {program}")
    for line in str(done.page.get("text", "")).splitlines():
        say(f"| {line}".rstrip())


def _message(step: TraceStep) -> str:
    over = f"over routers {' '.join(step.over)}" if step.kind == "http.request" and step.over else ""
    return "  ".join(part for part in (step.message, over, step.doubt) if part)
