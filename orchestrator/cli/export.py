"""`catenet export`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from catenet.orchestrator.backend.protocols import Network
from catenet.orchestrator.cli.arguments import LabArgument, RoutingOption, StackOption, WiringOption, variant_words
from catenet.orchestrator.cli.context import engine, here
from catenet.orchestrator.cli.screen import write_out
from catenet.orchestrator.cli.up import load_lab
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.running import UserError

__all__ = ["compose_text", "export"]


def export(
    _form: Annotated[Literal["compose"], typer.Argument(metavar="compose", help="What is written: a Compose file.")],
    lab: LabArgument = "",
    *,
    routing: RoutingOption = "",
    stack: StackOption = "",
    wiring: WiringOption = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; else standard output.")
    ] = None,
    beside: Annotated[
        bool, typer.Option("--beside", help="With networks that are free now: to run beside the labs that are up.")
    ] = False,
) -> None:
    """Write a lab as a file for docker compose, which then starts it without catenet.

    \b
    catenet export compose internet -o compose.yaml && docker compose up -d --wait
    catenet export compose ./mine
    catenet export compose internet --routing ospf -o compose.yaml
    catenet export compose internet --wiring vxlan -o compose.yaml
    catenet export compose internet --beside -o two.yaml && docker compose -f two.yaml -p two up -d --wait

    Its paths start at the folder of FILE (without -o: at the current one). Inside, a node's addresses are the lab's own
    in any case.
    """
    found = _load(lab, routing, stack, wiring)
    folder = here() if output is None else output.absolute().parent
    # A copy of the same name is one of those beside which it is to run: its networks are not ours to take over.
    taken = [replace(network, labels={}) for network in engine().networks()] if beside else []
    text = compose_text(found, folder, lab, output, taken)
    write_out(text, output)


def _load(word: str, routing: str, stack: str, wiring: str) -> Lab:
    from catenet.orchestrator.lab.find import UnknownLabError, find_lab, labs
    from catenet.orchestrator.lab.load import load

    try:
        file = find_lab(word or None, here(), os.environ)
    except UnknownLabError:
        if word:
            raise
        return load_lab(engine(), "", routing=routing or None, stack=stack or None, wiring=wiring or None).lab
    if file is None:
        names = "|".join(lab.name for lab in labs())
        raise UserError(f"say which lab: catenet export compose {names}, or a path to your own")
    return load(file, routing=routing, stack=stack, wiring=wiring)


def compose_text(lab: Lab, folder: Path, word: str, output: Path | None, networks: Sequence[Network] = ()) -> str:
    """The file for docker compose, to lie in that folder; `word` and `output` are what the user typed.

    `networks` are those of the engine, beside which it is to run.

    Raises:
        UserError: it cannot be put on an engine.

    """
    from catenet.orchestrator.deploy.images import find_repository, node_image_tag
    from catenet.orchestrator.deploy.own_images import own_images
    from catenet.orchestrator.plan.compose import ComposePaths, compose_file
    from catenet.orchestrator.plan.desired import COMPOSE_IMAGE, PlanError, desired

    assert lab.file is not None  # it was loaded from there
    own = own_images(lab, node_image_tag())
    try:
        wanted = desired(lab, lab.name, COMPOSE_IMAGE, networks, events="text", own_images=own)
    except PlanError as error:
        raise UserError(str(error)) from None
    repository = find_repository()
    paths = ComposePaths(
        lab_file=os.path.relpath(lab.file, folder.resolve()),
        data=_path(lab.file.parent, folder),
        repository="" if repository is None else _path(repository, folder),
    )
    given = [*([word] if word else []), *variant_words(lab)]
    words = ["catenet", "export", "compose", *given, *(["-o", str(output)] if output else [])]
    return compose_file(wanted, paths, shlex.join(words))


def _path(place: Path, folder: Path) -> str:
    """From the file's folder, and always with a dot first: else Compose 1.29 takes it for a volume's name."""
    relative = os.path.relpath(place, folder.resolve())
    return relative if relative.startswith(".") else f"./{relative}"
