"""`catenet answer`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import say, say_to_stderr
from catenet.orchestrator.observe.calls import CallError, Calls, phone_of
from catenet.orchestrator.observe.running import UserError

__all__ = ["answer"]


def answer(
    who: Annotated[
        str,
        typer.Argument(metavar="WHO", help="Whose telephone: a user, or a node.", autocompletion=complete.nodes),
    ],
    lab: LabOption = "",
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it instead.")] = False,
    hang_up: Annotated[bool, typer.Option("--hang-up", help="End the call, however far it is, instead.")] = False,
) -> None:
    """Answer the call that rings at somebody's telephone, where that does not answer by itself.

    \b
    catenet answer bob
    catenet answer bob --refuse
    catenet answer bob --hang-up

    Exit code 1: nobody calls, or there is no call.
    """
    if refuse and hang_up:
        raise UserError("--refuse and --hang-up: choose one")
    docker = engine()
    running = running_lab(docker, lab)
    phone = phone_of(running.lab, who)
    word = "refuse" if refuse else "hangup" if hang_up else "answer"
    with Calls(docker, running) as calls:
        try:
            calls.order(phone, word)
        except CallError as error:
            say_to_stderr(f"catenet: {error}")
            raise typer.Exit(1) from None
    say(f"{phone.user} has {'refused' if refuse else 'hung up' if hang_up else 'answered'}")
