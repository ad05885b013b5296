"""`catenet events`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Annotated

import typer

from catenet.nodes.catalogue import kinds as known_kinds
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import LabOption, LinesOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.lines import FollowOption, LastOption, as_json, as_text, how_many
from catenet.orchestrator.cli.screen import say, write
from catenet.orchestrator.observe.events import LogEntry, completed, past, select
from catenet.orchestrator.observe.events import follow as followed
from catenet.orchestrator.observe.running import UserError, unknown
from catenet.orchestrator.observe.running import running_lab as lab_as_it_is


def events(
    *,
    follow: FollowOption = False,
    node: Annotated[
        list[str] | None,
        typer.Option(
            "--node", metavar="NODE", help="Only this node's (may be repeated).", autocompletion=complete.nodes
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="Only kinds that begin so.", autocompletion=complete.kinds),
    ] = None,
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
    containers = [running.containers[name] for name in names]
    known = past(docker, containers)
    _must_be_kinds(kind or (), known)
    chosen = list(select(known, kind or ()))
    chosen = chosen if number is None else chosen[len(chosen) - min(number, len(chosen)) :]
    lines: Iterable[LogEntry] = completed(docker, containers, chosen) if json else chosen
    if follow:
        present = partial(_present, docker, running.name, names)
        lines = chain(lines, select(followed(docker, present, known, complete=json), kind or ()))
    width = max((len(name) for name in names), default=0)
    for line in lines:
        if json:
            write(f"{as_json(line)}\n")
        else:
            say(as_text(line, width))


def _must_be_kinds(words: Iterable[str], known: Iterable[LogEntry]) -> None:
    """Each begins a kind that our daemons have or, where programs of the user's speak, one that was said already.

    Raises:
        UserError: one does not; the text names the nearest.

    """
    kinds = {*known_kinds(), *(line.event.kind for line in known if line.event is not None)}
    for word in words:
        if not any(kind.startswith(word) for kind in kinds):
            raise unknown("kind of event", word, kinds)


def _present(engine: Engine, lab: str, names: list[str]) -> list[Container]:
    try:
        now = lab_as_it_is(engine, lab)
    except UserError:  # it is gone
        return []
    return [container for name, container in now.containers.items() if name in names]
