"""`catenet new`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from catenet.orchestrator.cli.complete import shipped_labs
from catenet.orchestrator.cli.context import here
from catenet.orchestrator.cli.screen import say, say_to_stderr, table
from catenet.orchestrator.lab.find import FILE, UnknownLabError, find_lab, labs
from catenet.orchestrator.lab.sample import SCHEMA_FILE, renamed, sample
from catenet.orchestrator.lab.words import NAMES, lab_name_of
from catenet.orchestrator.observe.running import UserError

__all__ = ["new"]


class _File(NamedTuple):
    """What it says; its permissions, where it is a copy: a program must stay one."""

    data: bytes
    mode: int | None = None


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The lab's folder; the lab is called as it is.")],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="LAB",
            help="Copy this lab, with its zones and pages.",
            autocompletion=shipped_labs,
        ),
    ] = "",
) -> None:
    """Make an own small lab, to start from: two hosts, one router, one check. It runs as it is.

    \b
    catenet new mine
    catenet new mine --from internet    a copy of that lab, to change it

    Beside lab.yaml and README.md it writes the schema by which editors complete words and underline mistakes.
    """
    place = here() / folder
    name = _name(place)
    files = {**(_copy(source, name) if source else _sample(name)), SCHEMA_FILE: _File(_schema())}
    _write(place, files)
    say(f"{folder}: {', '.join(sorted({file.split('/')[0] for file in files}))}")
    if name != place.resolve().name:
        say(f"The lab is called {name}: its folder's name is none for a lab, and `name:` in {FILE} says another.")
    say("")
    table(
        ["next", ""],
        [
            (f"cd {shlex.quote(str(folder))}", "a lab.yaml in this folder is the lab that is meant"),
            (f"catenet validate {FILE}", "every mistake with its line, without starting anything"),
            ("catenet up", "starts it; again after a change, only what differs"),
            ("catenet check", "asks whether the checks of the file hold"),
            ("catenet down", "removes it"),
        ],
    )


def _name(place: Path) -> str:
    called = place.resolve().name
    name = called if NAMES["lab"].allows(called) else lab_name_of(called)
    if name in (lab.name for lab in labs()):
        raise UserError(
            f"{name} is a lab that comes with catenet, and `catenet up {name}` means that: name yours otherwise"
        )
    return name


def _sample(name: str) -> dict[str, _File]:
    return {path: _File(text.encode()) for path, text in sample(name).items()}


def _copy(word: str, name: str) -> dict[str, _File]:
    """The files of that lab's folder, where each stands → what it is; what is hidden or a cache stays."""
    try:
        file = find_lab(word, here(), {})
    except UnknownLabError as error:
        raise UserError(f"--from: {error}") from None
    assert file is not None  # a word was given
    try:
        files = {str(path.relative_to(file.parent)): _read(path) for path in _found(file.parent)}
    except OSError as error:
        raise UserError(f"--from: cannot read {error.filename}: {error.strerror}") from None
    own = files.get(file.name) or _read(file)
    try:
        text = renamed(own.data.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise UserError(f"--from: {file} is no UTF-8 text (catenet validate says where)") from None
    return {**files, FILE: own._replace(data=text.encode())}


def _found(folder: Path) -> Iterator[Path]:
    """The files to copy. A link's target is, if it is a file of the folder too: elsewhere it may be anything."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(folder.resolve())):
            say_to_stderr(f"catenet: left out: {Path(*parts)}, a link that leads to no file of {folder}")
        elif path.is_file():
            yield path


def _read(path: Path) -> _File:
    return _File(path.read_bytes(), path.stat().st_mode & 0o777)


def _schema() -> bytes:
    from catenet.orchestrator.lab.schema import schema

    return f"{json.dumps(schema(), indent=1, ensure_ascii=False)}\n".encode()


def _write(place: Path, files: Mapping[str, _File]) -> None:
    """Writes all of it, or nothing where something is in the way."""
    try:
        there = [name for name in files if (place / name).exists()]
        if there:
            raise UserError(f"{place} has a {there[0]} already: name another folder, or remove it first")
        for name, file in files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
            if file.mode is not None:
                path.chmod(file.mode | 0o600)  # the copy is there to be changed
    except OSError as error:
        raise UserError(
            f"cannot write {error.filename or place}: {error.strerror}; name a folder that you may write"
        ) from None
