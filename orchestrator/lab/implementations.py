"""`implementation:` on a service: who does the work: catenet, a reference, or a program of the user's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from catenet.nodes.catalogue import daemon, implementations
from catenet.nodes.control.implementation import OURS, Implementation
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader

__all__ = ["IMAGE_ARGUMENT", "Chosen", "check_beside", "digest_of", "files_of", "read_implementation", "read_programs"]

IMAGE_ARGUMENT = "NODE_IMAGE"
"""The build argument of a program's Dockerfile: the node image, on which it must stand."""

_FROM = re.compile(r"(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)")
_ALL_MAY = 0o005  # read and execute: root inside a node has no privilege over other people's files


class Chosen(NamedTuple):
    """An implementation that is not ours, and the line that says so."""

    implementation: Implementation
    line: int


def read_implementation(item: Item | None, service: str, options: Any, what: str, reader: Reader) -> Chosen | None:
    """Who does the work, if the service has that one, and it can do what the options say; None: it is ours."""
    word = reader.text(item, f"{what}: implementation")
    if word is None or item is None:
        return None
    choice = implementations(service)
    try:
        implementation = Implementation.parse(word)
    except ValueError as error:
        reader.problem(item.line, f"{what}: implementation {quote(word)} is no such path", str(error))
        return None
    if not choice.has(implementation):
        known = choice.words()
        hint = f"a program of your own is a path: ./{word}" if "/" in word and choice.own else nearest(word, known)
        reader.problem(item.line, f"{what}: implementation {quote(word)} is none that {service} has", hint)
        return None
    if implementation == OURS:
        return None
    try:
        daemon(implementation, service).check(options)
    except ValueError as error:
        reader.problem(item.line, f"{what}: {word} {error}", "write another value here, or another implementation")
        return None
    return Chosen(implementation, item.line)


def check_beside(services: Mapping[str, Any], chosen: Mapping[str, Chosen], what: str, reader: Reader) -> None:
    """Whether each program can do what its options say beside the node's other services. `what`: the node, in words."""
    words = {name: str(chosen[name].implementation) if name in chosen else str(OURS) for name in services}
    for service, (implementation, line) in chosen.items():
        others = {name: word for name, word in words.items() if name != service}
        for why in daemon(implementation, service).beside(services[service], others):
            reader.problem(line, f"{what}: {service}: {implementation} {why}", "or write another value here")


def read_programs(folder: Path, chosen: Mapping[str, Mapping[str, Chosen]], reader: Reader) -> dict[str, str]:
    """The path of every program of the user's own → the SHA-256 of what it is: a changed one is another node.

    `chosen`: node → service → what was chosen.
    """
    digests: dict[str, str] = {}
    for node, services in chosen.items():
        for service, (implementation, line) in services.items():
            path = implementation.path
            if path and path not in digests:
                why = _fault(folder, path)
                if why is not None:
                    reader.problem(line, f"node {node}: {service}: {path} {why[0]}", why[1])
                else:
                    digests[path] = digest_of(files_of(folder / path))
    return digests


def _fault(folder: Path, word: str) -> tuple[str, str] | None:
    """Why it is no program, and what to do."""
    path = folder / word
    if not path.exists():
        there = sorted(f"./{child.name}" for child in folder.iterdir() if _may_be_one(child))
        return "is not there", nearest(word, there) if there else "make it beside the lab file"
    if not path.resolve().is_relative_to(folder.resolve()):
        return "leads out of the lab's folder", "nodes see that folder only: put the program into it"
    if path.is_dir():
        if (path / "Dockerfile").is_file():
            return _dockerfile_fault(path / "Dockerfile")
        path = path / "run"
        if not path.is_file():
            return "is a folder without a file run or Dockerfile", "its `run` is what is started"
    if path.stat().st_mode & _ALL_MAY != _ALL_MAY:
        return "is not executable for everybody", f"chmod a+rx {path.relative_to(folder)}"
    return None


def _may_be_one(path: Path) -> bool:
    return not path.name.startswith(".") and (path.is_dir() or os.access(path, os.X_OK))


def _dockerfile_fault(file: Path) -> tuple[str, str] | None:
    stages = _FROM.findall(file.read_text(errors="replace"))
    if stages and stages[-1].strip('"') in (f"${IMAGE_ARGUMENT}", f"${{{IMAGE_ARGUMENT}}}"):
        return None
    begins = f"it begins with ARG {IMAGE_ARGUMENT} and FROM ${{{IMAGE_ARGUMENT}}}, and puts its program at /program/run"
    return "has a Dockerfile that does not stand on the node image", begins


def digest_of(files: Iterable[tuple[str, bytes]], stands_on: str = "") -> str:
    """The SHA-256 of these files, by name and content, and of what they stand on."""
    digest = sha256(stands_on.encode())
    for name, content in files:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def files_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file, or all files of the folder, in order, with their names in it."""
    for file in (path,) if path.is_file() else sorted(child for child in path.rglob("*") if child.is_file()):
        try:
            content = file.read_bytes()
        except OSError as error:
            content = f"unreadable: {error.strerror}".encode()
        yield str(PurePosixPath(file.relative_to(path if path.is_dir() else path.parent))), content
