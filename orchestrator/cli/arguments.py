"""Arguments and options that several verbs have, each with its help and with what Tab offers for it."""

from __future__ import annotations

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


def _routing(word: str) -> str:
    """The option's value, which is a service that finds routes.

    Raises:
        UserError: it is none.

    """
    from catenet.orchestrator.lab.routing import routing_services

    if word and word not in routing_services():
        from catenet.orchestrator.observe.running import unknown

        raise unknown("routing service", word, routing_services())
    return word


def _stack(word: str) -> str:
    """The option's value, which is a stack.

    Raises:
        UserError: it is none.

    """
    if word and word not in complete.stacks():
        from catenet.orchestrator.observe.running import unknown

        raise unknown("stack", word, complete.stacks())
    return word


def _wiring(word: str) -> str:
    """The option's value, which is what LANs may be made of.

    Raises:
        UserError: it is none.

    """
    if word and word not in complete.wirings():
        from catenet.orchestrator.observe.running import unknown

        raise unknown("wiring", word, complete.wirings())
    return word


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
        callback=_routing,
        help="What finds the routes, in place of what the lab file has for it.",
        autocompletion=complete.routing,
    ),
]
StackOption = Annotated[
    str,
    typer.Option(
        "--stack",
        metavar="STACK",
        callback=_stack,
        help="The stack of each node that can be there (userspace or kernel), in place of what the lab file says.",
        autocompletion=complete.stacks,
    ),
]
WiringOption = Annotated[
    str,
    typer.Option(
        "--wiring",
        metavar="WIRING",
        callback=_wiring,
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
