"""`catenet trace`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.context import JsonOption, LabOption, engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say, table
from catenet.orchestrator.observe.steps import Step
from catenet.orchestrator.observe.trace import Trace, trace_http

__all__ = ["print_trace", "short_names", "trace"]


def trace(
    _protocol: Annotated[Literal["http"], typer.Argument(metavar="http", help="What is fetched: a page.")],
    node: Annotated[
        str, typer.Argument(metavar="NODE", help="The node whose browser asks.", autocompletion=complete.nodes)
    ],
    url: Annotated[str, typer.Argument(metavar="URL", help="The page.")],
    cold: Annotated[bool, typer.Option("--cold", help="First empty every cache.")] = False,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Fetches a page and shows every message of it, as numbered steps: who asked whom what, and when.

    \b
    catenet trace http surf.eurecom.fr http://dragon.cs.uiuc.edu/
    catenet trace http surf.eurecom.fr http://dragon.cs.uiuc.edu/ --cold

    Each step was on the wire (tcpdump saw it) and was told by a daemon; where one of both is missing, it says so.
    """
    the_engine = engine()
    running = running_lab(the_engine, lab)
    done = trace_http(the_engine, running, node, url, cold=cold)
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
    if not done.page:
        say(f"no page: {done.error}")
        say(f"next: catenet exec {done.node} traceroute -n {urlsplit(done.url).hostname}")
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


def _message(step: Step) -> str:
    over = f"over routers {' '.join(step.over)}" if step.kind == "http.request" and step.over else ""
    return "  ".join(part for part in (step.message, over, step.doubt) if part)
