"""`catenet trace`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from catenet.orchestrator.cli.context import JsonOption, LabOption, engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say, table
from catenet.orchestrator.observe.steps import Step
from catenet.orchestrator.observe.trace import Trace, trace_http

__all__ = ["print_trace", "trace"]


def trace(
    _protocol: Annotated[Literal["http"], typer.Argument(metavar="http", help="What is fetched: a page.")],
    node: Annotated[str, typer.Argument(metavar="NODE", help="The node whose browser asks.")],
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
    done = trace_http(the_engine, running_lab(the_engine, lab), node, url, cold=cold)
    if json:
        print_json(done.to_json())
    else:
        print_trace(done)
    if not done.page:
        raise typer.Exit(1)


def print_trace(done: Trace) -> None:
    """The steps as a table, and then the page's text."""
    say(f"{done.node} opens {done.url}")
    rows = [[str(s.number), f"{s.at * 1000:.1f}", s.source, s.target, _message(s)] for s in done.steps]
    table(["#", "ms", "from", "to", "message"], rows)
    if not done.page:
        say(f"no page: {done.error}")
    for line in str(done.page.get("text", "")).splitlines():
        say(f"| {line}".rstrip())


def _message(step: Step) -> str:
    over = f"over routers {' '.join(step.over)}" if step.kind == "http.request" and step.over else ""
    return "  ".join(part for part in (step.message, over, step.doubt) if part)
