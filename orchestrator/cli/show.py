"""`catenet show`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.cli.context import JsonOption, LabOption, NodeArgument, engine, running_lab
from catenet.orchestrator.cli.screen import print_json
from catenet.orchestrator.cli.view import show_value
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run, unknown


def show(
    node: NodeArgument,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="Without it: the words that this node knows.")] = "",
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """Show a table of a node: its routes, its RIP table, its cache …

    \b
    catenet show a                     what there is
    catenet show a rip                 its table, and who taught it each line
    catenet show a routes              the kernel's
    catenet show dns.eurecom.fr resolver --json
    """
    docker = engine()
    running = running_lab(docker, lab)
    answer = _ask(docker, running.node(node), what)
    if json:
        print_json(answer)
    else:
        show_value(answer, _networks(running))


def _networks(running: RunningLab) -> Mapping[str, str]:
    """Prefix → LAN: the lab's own, which need not be those that the engine uses. None where the file has gone."""
    try:
        return {str(lan.prefix): lan.name for lan in running.lab.lans.values()}
    except (UserError, LabFileError):
        return {}


def _ask(engine: Engine, container: Container, what: str) -> Json:
    must_run(container)
    answer = ask(engine, container, Question("show", {"what": what}))
    if answer.error is None:
        return answer.answer
    words = ask(engine, container, Question("show", {"what": ""})).answer if what else None
    if isinstance(words, list) and what not in words:
        raise unknown("table", what, [str(word) for word in words], owner=f"node {container.node}")
    raise EngineError(
        f"{container.node} did not show {what or 'its words'}: {answer.error}", f"catenet logs {container.node}"
    )
