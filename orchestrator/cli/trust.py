"""`catenet trust`."""

from __future__ import annotations

from typing import Annotated

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import say, say_to_stderr
from catenet.orchestrator.observe.calls import CallError, Calls, phone_of

__all__ = ["trust"]


def trust(
    who: Annotated[
        str,
        typer.Argument(metavar="WHO", help="Whose telephone: a user, or a node.", autocompletion=complete.nodes),
    ],
    peer: Annotated[
        str,
        typer.Argument(metavar="USER", help="Whose key: a user, or a node.", autocompletion=complete.nodes),
    ],
    fingerprint: Annotated[
        list[str],
        typer.Argument(metavar="FINGERPRINT", help="The 60 digits that the two have compared; blanks do not matter."),
    ],
    lab: LabOption = "",
) -> None:
    """Say that a contact's new key is his, by the fingerprint that the two have compared.

    \b
    catenet show alice phone                  whose key has changed, and its fingerprint, which bob's shows, too
    catenet trust alice bob 01234 56789 01234 56789 01234 56789 01234 56789 01234 56789 01234 56789

    Exit code 1: his key now is another one than was compared, or it has not changed.
    """
    docker = engine()
    running = running_lab(docker, lab)
    phone, user = phone_of(running.lab, who), phone_of(running.lab, peer).user
    with Calls(docker, running) as calls:
        try:
            calls.order(phone, "trust", user=user, fingerprint=" ".join(fingerprint))
        except CallError as error:
            say_to_stderr(f"catenet: {error}")
            raise typer.Exit(1) from None
    say(f"{phone.user} trusts the key that {user} has now")
