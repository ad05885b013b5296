"""Arguments and options that several verbs have, each with its help and with what Tab offers for it."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli import complete

__all__ = ["JsonOption", "LabArgument", "LabOption", "LinesOption", "NodeArgument", "RunningArgument"]

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
LinesOption = Annotated[bool, typer.Option("--json", help="A JSON document a line instead of text.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
