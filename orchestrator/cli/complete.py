"""The words that completion offers at a place of the command line, as the lab that is meant has them."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

import typer

from catenet.orchestrator.cli.context import engine, found_lab, here, look_there, name_hosts, on_its_hosts

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.observe.running import FoundLab

__all__ = [
    "claims",
    "hosts",
    "kinds",
    "lans",
    "lans_and_nodes",
    "lsa_ids",
    "named",
    "nodes",
    "routing",
    "running",
    "shipped_labs",
    "stacks",
    "tables",
    "traced",
    "wirings",
]

PATIENCE = 1.0
"""Seconds that a node has to say which tables it has."""
HOST_PATIENCE = 0.7
"""Seconds of a host's silence, where others answer: what these know is offered."""
DEADLINE = 2.0
"""Seconds from the first look at the engine, after which nothing is offered: somebody waits for the key that he has
pressed."""


_PLAIN = re.compile(r"[A-Za-z0-9._/@:+,=-]+")


def _offered(words: Iterable[str]) -> list[str]:
    """Those that a shell puts on its line as they are: in a folder's or a node's name there may be an order to it."""
    return [word for word in words if _PLAIN.fullmatch(word)]


def shipped_labs() -> list[str]:
    """Labs that can be started: those that come with catenet, and the folders here with a lab file."""
    from catenet.orchestrator.lab.find import FILE, labs

    own = sorted(file.parent.name for file in here().glob(f"*/{FILE}"))
    return _offered([*(lab.name for lab in labs()), *(f"./{name}" for name in own)])


def running(ctx: typer.Context) -> list[str]:
    """The copies that run."""
    from catenet.orchestrator.observe.running import running_labs

    docker = _engine(ctx)
    look_there(docker, "")
    return _offered(running_labs(docker))


def nodes(ctx: typer.Context) -> list[str]:
    """The nodes of the lab that is meant, those that are on the line already left out."""
    return _new(ctx, _meant(ctx).node_names)


def lans(ctx: typer.Context) -> list[str]:
    """Its LANs."""
    return _new(ctx, _meant(ctx).lans)


def lans_and_nodes(ctx: typer.Context) -> list[str]:
    """Its LANs and its nodes."""
    lab = _meant(ctx)
    return _new(ctx, (*lab.lans, *lab.node_names))


def traced(ctx: typer.Context) -> list[str]:
    """Where a route or a packet may lead; what can be followed; what a page is called, nobody can guess."""
    if ctx.params.get("what") == "lsa":
        from catenet.orchestrator.wire.flooding import lsa_types

        return _offered(lsa_types())
    lab = _meant(ctx)
    lans = {"route": list(lab.lans), "packet": [], "arp": []}.get(str(ctx.params.get("what")))
    return [] if lans is None else _offered([*lans, *lab.node_names])


def named(ctx: typer.Context) -> list[str]:
    """`via`, and then the nodes that a source route may name: one may be visited twice."""
    return _offered(_meant(ctx).node_names) if ctx.params.get("words") else ["via"]


def lsa_ids(ctx: typer.Context) -> list[str]:
    """The LANs of which one may be."""
    return lans(ctx) if ctx.params.get("what") == "lsa" else []


def tables(ctx: typer.Context) -> list[str]:
    """What the node that was typed can show: of a name of several words, the next one."""
    from catenet.nodes.control.fields import AnswerError, read, words
    from catenet.nodes.control.questions import Question
    from catenet.orchestrator.observe.ask import ask

    docker = _engine(ctx)
    lab = on_its_hosts(docker, found_lab(docker, str(ctx.params.get("lab") or "")))
    node = str(ctx.params.get("node") or "")
    (chosen,) = docker.inspected([lab.nodes.get(node) or next(iter(lab.nodes.values()))])  # `all` shows what any shows
    typed = list(ctx.params.get("words") or ())
    try:
        names = [name.split() for name in read(ask(docker, chosen, Question("show", {"what": ""}), PATIENCE), words)]
    except AnswerError:
        return []
    after = [name[len(typed)] for name in names if name[: len(typed)] == typed and len(name) > len(typed)]
    return _offered(dict.fromkeys(after))


def claims(ctx: typer.Context) -> list[str]:
    """The claims that the lab file's checks name. Only looked for: to read the file whole would take too long here."""
    file = _meant(ctx).file
    text = file.read_text(encoding="utf-8", errors="replace") if file is not None else ""
    return sorted(set(re.findall(r"\bclaim: *([A-Z][0-9]+)\b", text)))


def hosts() -> list[str]:
    """This machine, and the contexts of Docker's."""
    from catenet.orchestrator.backend.docker import contexts
    from catenet.orchestrator.lab.hosts import LOCAL

    return _offered([LOCAL, *contexts()])


def routing() -> list[str]:
    """The services that find routes."""
    from catenet.orchestrator.lab.routing import routing_services

    return routing_services()


def stacks() -> list[str]:
    """Those that nodes may have."""
    from catenet.nodes.control.config import Stack

    return [*get_args(Stack)]


def wirings() -> list[str]:
    """What LANs may be made of."""
    from catenet.orchestrator.lab.hosts import Wiring

    return [*get_args(Wiring)]


def kinds() -> list[str]:
    """The kinds of events."""
    from catenet.nodes import catalogue

    return catalogue.kinds()


def _meant(ctx: typer.Context) -> FoundLab:
    return found_lab(_engine(ctx), str(ctx.params.get("lab") or ""))


def _engine(ctx: typer.Context) -> Engine:
    """The engine that is meant by the line so far. The alarm is completion.answer's."""
    from catenet.orchestrator.backend.widened import hurry

    for each in filter(None, (ctx.parent, ctx)):
        name_hosts(each.params.get("host") or each.params.get("host_of_verb") or ())
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    found = engine()
    hurry(found, HOST_PATIENCE)
    return found


def _new(ctx: typer.Context, words: Iterable[str]) -> list[str]:
    typed = [word for value in ctx.params.values() if isinstance(value, list | tuple) for word in value]
    return _offered(word for word in words if word not in typed)
