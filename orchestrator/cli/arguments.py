"""Arguments and options that several verbs have, each with its help and with what Tab offers for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catenet.orchestrator.cli import complete

if TYPE_CHECKING:
    from catenet.orchestrator.lab.model import Lab

__all__ = [
    "HostsFileOption",
    "JsonOption",
    "LabArgument",
    "LabOption",
    "LinesOption",
    "NodeArgument",
    "RoutingOption",
    "RunningArgument",
    "StackOption",
    "WiringOption",
    "variant_words",
]


def _one_of(kind: str, choices: Callable[[], Collection[str]]) -> Callable[[str], str]:
    """What makes sure that an option's value is one of these, or empty; else it raises UserError."""

    def checked(word: str) -> str:
        if word and word not in choices():
            from catenet.orchestrator.observe.running import unknown

            raise unknown(kind, word, choices())
        return word

    return checked


def variant_words(lab: Lab) -> list[str]:
    """The options by which the lab is otherwise than its file has it."""
    said = {"--routing": lab.routing, "--stack": lab.stack, "--wiring": lab.rewired}
    return [word for option, value in said.items() if value for word in (option, value)]


LabArgument = Annotated[
    str,
    typer.Argument(
        metavar="[LAB]", help="A name that `catenet labs` lists, or a path.", autocompletion=complete.shipped_labs
    ),
]
LabOption = Annotated[
    str, typer.Option("--lab", metavar="NAME", help="The running lab that is meant.", autocompletion=complete.running)
]
RunningArgument = Annotated[
    str, typer.Argument(metavar="[LAB]", help="The running lab that is meant.", autocompletion=complete.running)
]
NodeArgument = Annotated[
    str,
    typer.Argument(
        metavar="NODE", help="A node of the lab (catenet status lists them).", autocompletion=complete.nodes
    ),
]
RoutingOption = Annotated[
    str,
    typer.Option(
        "--routing",
        metavar="SERVICE",
        callback=_one_of("routing service", complete.routing),
        help="What finds the routes, in place of what the lab file has for it.",
        autocompletion=complete.routing,
    ),
]
StackOption = Annotated[
    str,
    typer.Option(
        "--stack",
        metavar="STACK",
        callback=_one_of("stack", complete.stacks),
        help="The stack of each node that can be there (userspace or kernel), in place of what the lab file says.",
        autocompletion=complete.stacks,
    ),
]
WiringOption = Annotated[
    str,
    typer.Option(
        "--wiring",
        metavar="WIRING",
        callback=_one_of("wiring", complete.wirings),
        help="What LANs are made of (bridge: each a network of the engine; vxlan: segments over one network for all), "
        "in place of what the lab file says.",
        autocompletion=complete.wirings,
    ),
]
HostsFileOption = Annotated[
    Path | None,
    typer.Option(
        "--hosts", metavar="FILE", help="The hosts, in a file with `hosts: {here: local, big: ssh://user@server}`."
    ),
]
LinesOption = Annotated[bool, typer.Option("--json", help="A JSON document a line instead of text.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
