"""`catenet show`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from catenet.nodes.address import Address
from catenet.nodes.control.questions import Question
from catenet.nodes.control.view import ON
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption, NodeArgument
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say_to_stderr
from catenet.orchestrator.cli.view import show_value
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.observe.ask import ask, ask_all
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run, unknown

EVERY = "all"
"""In place of a node's name: every node."""


def show(
    node: NodeArgument,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT", help="Without it: the words that this node knows.", autocompletion=complete.tables
        ),
    ] = None,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Show a table of a node: its routes, its RIP table, its cache …

    \b
    catenet show a                     what there is
    catenet show a rip                 its table, and who taught it each line
    catenet show a routes              the kernel's
    catenet show a ospf neighbors      a table may have two words
    catenet show dns.eurecom.fr resolver --json
    catenet show all routes            of all nodes that have it, in one table

    Exit code 1 when of all nodes none answers.
    """
    what = " ".join(words or ())
    docker = engine()
    running = running_lab(docker, lab)
    if node == EVERY and EVERY not in running.containers:
        _show_all(docker, running, what, json=json)
        return
    seen = _views(running, [node])[node]
    answer = _with_nodes(_ask(docker, running.node(node), what), seen)
    if json:
        print_json(answer)
    else:
        show_value(answer, seen.names if seen else {}, what)


def _show_all(docker: Engine, running: RunningLab, what: str, *, json: bool) -> None:
    """One table of all nodes; on standard error those that cannot answer. A node without that word is left out.

    Raises:
        UserError: no node has it; the text names the nearest word.
        Exit: no node answers.

    """
    answers = ask_all(docker, running.containers.values(), Question("show", {"what": what}))
    seen = _views(running, answers)
    tables = {name: _with_nodes(answer.answer, seen[name]) for name, answer in answers.items() if answer.error is None}
    words = {word for answer in answers.values() for word in answer.known}
    if words and not tables:
        raise unknown("table", what, words, owner=f"lab {running.name}")
    if json:
        print_json(tables)
    elif tables:
        listed: Json = [{ON: name, "tables": words} for name, words in tables.items()]
        named = {name: _named(table, view.names if (view := seen[name]) else {}) for name, table in tables.items()}
        show_value(_merged(named) if what else listed, {}, what)
    for name, answer in answers.items():
        if answer.error is not None and not answer.known:
            say_to_stderr(f"catenet: {name} is left out: {answer.error}")
    if not tables:
        say_to_stderr(f"catenet: no node of lab {running.name} answers")
        raise typer.Exit(1)


def _merged(tables: Mapping[str, Json]) -> Json:
    """Node → its answer, as one answer whose rows begin with the node. Objects of an answer are a table each."""
    if not any(isinstance(answer, Mapping) for answer in tables.values()):
        return [row for node, answer in tables.items() for row in _on(node, answer)]
    parts: dict[str, list[Json]] = {}
    for node, answer in tables.items():
        whole = answer if isinstance(answer, Mapping) else {"": answer}
        large = {key: item for key, item in whole.items() if isinstance(item, Mapping | list)}
        plain = {key: item for key, item in whole.items() if key not in large}
        for key, item in {**large, **({"": plain} if plain else {})}.items():
            parts.setdefault(key, []).extend(_on(node, item))
    return dict[str, Json](parts)


def _on(node: str, value: Json) -> list[Json]:
    rows = value if isinstance(value, list) else [value]
    return [{ON: node, **(row if isinstance(row, Mapping) else {"": row})} for row in rows]


def _views(running: RunningLab, nodes: Iterable[str]) -> dict[str, View | None]:
    """Node → the LANs and nodes that the lab has as seen from there; None where the file has gone."""
    try:
        seen = views(running.lab)
    except (UserError, LabFileError):
        return dict.fromkeys(nodes)
    return {node: seen.at(node) for node in nodes}


def _with_nodes(value: Json, seen: View | None) -> Json:
    """The answer of one node, which knows the names of those on its own LANs alone: each `node` that is an address
    still, by its name in the lab.
    """
    if isinstance(value, list):
        return [_with_nodes(item, seen) for item in value]
    if not isinstance(value, Mapping) or seen is None:
        return value
    row = {key: _with_nodes(item, seen) for key, item in value.items()}
    return {**row, "node": owner} if (owner := _owner(row.get("node"), seen)) else row


def _owner(node: Json, seen: View) -> str | None:
    try:
        return seen.owners.get(Address.parse(node)) if isinstance(node, str) else None
    except ValueError:
        return None


def _named(value: Json, networks: Mapping[str, str]) -> Json:
    """The answer of one node, each row that has a prefix with the LAN that this is there."""
    if isinstance(value, list):
        return [_named(item, networks) for item in value]
    if not isinstance(value, Mapping):
        return value
    row = {key: _named(item, networks) for key, item in value.items()}
    prefix = row.get("prefix")
    return {**row, "network": networks.get(prefix)} if isinstance(prefix, str) and networks else row


def _ask(engine: Engine, container: Container, what: str) -> Json:
    must_run(container)
    answer = ask(engine, container, Question("show", {"what": what}))
    if answer.error is None:
        return answer.answer
    if answer.known:
        raise unknown("table", what, answer.known, owner=f"node {container.node}")
    raise EngineError(
        f"{container.node} did not show {what or 'its words'}: {answer.error}", f"catenet logs {container.node}"
    )
