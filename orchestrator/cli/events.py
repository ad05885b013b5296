"""`catenet events`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Annotated

import typer

from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.cli.context import LabOption, LinesOption, engine, running_lab
from catenet.orchestrator.cli.lines import FollowOption, LastOption, as_json, as_text, how_many
from catenet.orchestrator.cli.screen import say
from catenet.orchestrator.observe.events import Line, past, select
from catenet.orchestrator.observe.events import follow as followed
from catenet.orchestrator.observe.running import running_labs


def events(
    *,
    follow: FollowOption = False,
    node: Annotated[
        list[str] | None, typer.Option("--node", metavar="NODE", help="Only this node's (may be repeated).")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help="Only kinds that begin so.")] = None,
    last: LastOption = "",
    lab: LabOption = "",
    json: LinesOption = False,
) -> None:
    """Print what happened on the nodes, in order of time (UTC). Dead nodes' events are there too.

    \b
    catenet events -n 20
    catenet events -f --kind route --kind link
    catenet events --node a --node b --kind dns.
    catenet events --json | jq .data
    """
    docker = engine()
    running = running_lab(docker, lab)
    names = [running.node(name).node for name in node or ()] or list(running.containers)
    number = how_many(last, follow=follow)
    known = past(docker, [running.containers[name] for name in names])
    chosen = list(select(known, kind or ()))
    lines: Iterable[Line] = chosen if number is None else chosen[len(chosen) - min(number, len(chosen)) :]
    if follow:
        lines = chain(
            lines, select(followed(docker, partial(_present, docker, running.name, names), known), kind or ())
        )
    width = max((len(name) for name in names), default=0)
    for line in lines:
        if json:
            print(as_json(line), flush=follow)
        else:
            say(as_text(line, width))


def _present(engine: Engine, lab: str, names: list[str]) -> list[Container]:
    now = running_labs(engine).get(lab)
    return [] if now is None else [container for name, container in now.containers.items() if name in names]
