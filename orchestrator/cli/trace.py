"""`catenet trace`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import Cell, print_json, say, table
from catenet.orchestrator.cli.trace_route import print_route
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.trace.call import CallTrace, trace_call
from catenet.orchestrator.trace.fetch import Trace, trace_http
from catenet.orchestrator.trace.route import trace_route
from catenet.orchestrator.trace.steps import TraceStep

__all__ = ["print_call", "print_trace", "short_names", "trace"]


def trace(
    what: Annotated[
        Literal["http", "route", "call"],
        typer.Argument(metavar="http|route|call", help="A page, where a route comes from, or a call."),
    ],
    node: Annotated[
        str,
        typer.Argument(
            metavar="NODE", help="Whose browser asks; whose route it is; who calls.", autocompletion=complete.nodes
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="URL|TO",
            help="The page; a prefix, an address, a LAN or a node; who is called.",
            autocompletion=complete.traced,
        ),
    ],
    *,
    cold: Annotated[bool, typer.Option("--cold", help="http: first empty every cache.")] = False,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Shows what made something what it is: each message of a page, of a call, or of a route, and who said it when.

    \b
    catenet trace http surf.eurecom.fr http://dragon.cs.uiuc.edu/
    catenet trace http surf.eurecom.fr http://dragon.cs.uiuc.edu/ --cold
    catenet trace route a lan-c            router by router, back to lan-c's own
    catenet trace route a 10.1.3.0/24 --json
    catenet trace call alice bob

    Each step of a page was on the wire (tcpdump saw it) and told by a daemon; where one is missing, it says so.
    By https only the daemons tell of the request and its answer: on the wire they are enciphered.

    A call is made, and hung up after two seconds: which addresses each side has, every check between them, how far it
    came and what came of it, and over which nodes media went.

    Of a route each router on the way is asked what it remembers.

    \b
    at           when the route became what it is
    confirmed    when a message last said the same of it
    said last    the latest word of each other neighbour, and why it is not taken

    Exit 1: there is no page, no call, or no route.
    """
    the_engine = engine()
    running = running_lab(the_engine, lab)
    if what != "http" and cold:
        raise UserError(f"trace {what}: --cold belongs to `trace http`")
    if what == "route":
        _route(the_engine, running, node, target, json=json)
    elif what == "call":
        _call(the_engine, running, node, target, json=json)
    else:
        _http(the_engine, running, node, target, cold=cold, json=json)


def _route(engine: Engine, running: RunningLab, node: str, target: str, *, json: bool) -> None:
    done = trace_route(engine, running, node, target)
    if json:
        print_json(done.to_json())
    else:
        print_route(done)
    if not done.found:
        raise typer.Exit(1)


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


def short_names(nodes: Iterable[str]) -> dict[str, str]:
    """For each node the fewest labels of its name that no other node's begins with: surf, dns.cs, a.root-servers."""
    labels = {node: node.split(".") for node in nodes}
    short = {}
    for node, own in labels.items():
        others = [other for name, other in labels.items() if name != node]
        lengths = range(1, len(own) + 1)
        least = next((n for n in lengths if not any(other[:n] == own[:n] for other in others)), len(own))
        short[node] = ".".join(own[:least])
    return short


def _message(step: TraceStep) -> str:
    over = f"over routers {' '.join(step.over)}" if step.kind == "http.request" and step.over else ""
    return "  ".join(part for part in (step.message, over, step.doubt) if part)
