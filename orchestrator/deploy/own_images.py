"""Images of single nodes: the reference implementations, and the user's own programs that bring a Dockerfile.

Both hold all that the node image holds, so that the same runtime starts, watches and answers for what runs there: a
program is put on the node image, and our code, which changes oftener, on the reference implementations. They are built
only when a lab needs them, and again when the node image, or what goes in, has changed: the tag is a hash of both.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from catenet.nodes.control.implementation import Implementation
from catenet.orchestrator.backend.archive import pack_folder
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.deploy.base import mirror_hint
from catenet.orchestrator.deploy.carried import is_carried
from catenet.orchestrator.deploy.debian import PACKAGES, fetched
from catenet.orchestrator.deploy.images import (
    PACKAGE,
    PROGRAM_REPOSITORY,
    REFERENCE_BASE_REPOSITORY,
    REFERENCE_REPOSITORY,
    build_on,
    ensure_debian,
    remove_older,
    tag_of,
)
from catenet.orchestrator.deploy.locks import waiting_lock
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.lab.implementations import IMAGE_ARGUMENT, files_of
from catenet.orchestrator.lab.model import Lab

__all__ = ["ensure_own_images", "ensure_packages", "own_images"]

_REFERENCE = PACKAGE / "images" / "reference"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_BASE_ARGUMENT = "BASE_IMAGE"
"""The build argument for a stage that fetches or compiles: what the node image stands on. That seldom changes, so the
engine still has such a stage when our code is another."""
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


def own_images(lab: Lab, image: str) -> dict[str, str]:
    """Node → the tag of its image, for the nodes that need another than the node image `image`."""
    return {node: _tag(folder, image) for node, folder in _folders(lab).items()}


def ensure_own_images(engine: Engine, lab: Lab, image: str, progress: Progress) -> None:
    """Build what the lab's nodes need and is not there.

    Raises:
        EngineError: one cannot be built; the text says why.

    """
    if _missing(engine, lab, image):
        with waiting_lock("images"):  # another process may build the same
            _build_missing(engine, _missing(engine, lab, image), image, progress)


def _missing(engine: Engine, lab: Lab, image: str) -> list[Path]:
    folders = dict.fromkeys(_folders(lab).values())
    return [folder for folder in folders if not engine.has_image(_tag(folder, image))]


def _build_missing(engine: Engine, missing: Sequence[Path], image: str, progress: Progress) -> None:
    for done, folder in enumerate(missing):
        progress.count("images", done, len(missing))
        tag = _tag(folder, image)
        if not is_carried(engine, tag, progress):
            _build(engine.workshop(), folder, tag, image, progress)
            is_carried(engine, tag, progress)
        if folder == _REFERENCE:  # older ones of programs may be another lab's
            remove_older(engine, tag)
        progress.count("images", done + 1, len(missing))


def _build(engine: Engine, folder: Path, tag: str, image: str, progress: Progress) -> None:
    base = ensure_packages(engine, _REFERENCE, progress) if folder == _REFERENCE else ""
    started = time.monotonic()
    if base:
        build_on(engine, base, tag)
    else:
        _build_program(engine, folder, tag, image, progress)
    progress.finished("image", f"{tag.partition(':')[0]} built; later runs reuse it", time.monotonic() - started)


def ensure_packages(engine: Engine, folder: Path, progress: Progress) -> str:
    """The tag of the image with a folder's packages, built first where it is not there: by its Dockerfile, on Debian.

    Raises:
        EngineError: it cannot be built; the text says why.

    """
    debian = ensure_debian(engine, progress)
    tag = tag_of(REFERENCE_BASE_REPOSITORY, _files(folder), stands_on=debian)
    if not is_carried(engine, tag, progress):
        started = time.monotonic()
        build_folder(engine, folder, tag, {_BASE_ARGUMENT: debian})
        remove_older(engine, tag)
        words = f"{REFERENCE_BASE_REPOSITORY} made of Debian's packages, once"
        progress.finished("image", words, time.monotonic() - started)
    return tag


def _build_program(engine: Engine, folder: Path, tag: str, image: str, progress: Progress) -> None:
    file = folder / "Dockerfile"
    arguments = {IMAGE_ARGUMENT: image}
    if _BASE_ARGUMENT in file.read_text(errors="replace"):
        arguments[_BASE_ARGUMENT] = ensure_debian(engine, progress)
    build_folder(engine, folder, tag, arguments, hint=f"look at {file}")


def build_folder(engine: Engine, folder: Path, tag: str, arguments: Mapping[str, str], hint: str = "") -> None:
    """By the folder's own Dockerfile, with the host's proxies: it may fetch packages.

    Those of its packages.txt the host fetches, if it can. What else it fetches goes by the host's own network where a
    container has no way: only then, since it opens that network to all that the Dockerfile runs.

    Raises:
        EngineError: it cannot be built; the text says why, and what to do.

    """
    proxies = {name: os.environ[name] for name in _PROXIES if name in os.environ}
    context = pack_folder(folder, plain=True, more=_fetched(engine, folder))
    for host_network in (False, True):
        try:
            engine.build(tag, context, {**proxies, **arguments}, host_network=host_network)
            return
        except EngineError as error:
            said = _COLOURS.sub("", str(error))
            if host_network or not mirror_hint(said):
                raise EngineError(said, mirror_hint(said) or hint) from None


def _fetched(engine: Engine, folder: Path) -> dict[str, bytes]:
    """Debian's packages that the folder's packages.txt names; none where the engine may run on another machine."""
    listed = folder / PACKAGES
    return fetched(listed.read_text().split()) if listed.is_file() and engine.host_addresses() else {}


def _folders(lab: Lab) -> dict[str, Path]:
    """Node → the folder of the Dockerfile that makes its image. The first of its services that needs one decides."""
    folders: dict[str, Path] = {}
    for node in lab.nodes.values():
        for folder in _of(lab, node.implementations.values()):
            folders.setdefault(node.name, folder)
    return folders


def _of(lab: Lab, implementations: Iterable[Implementation]) -> Iterable[Path]:
    for each in implementations:
        if not each.path:
            yield _REFERENCE
        elif lab.file is not None and (own := lab.file.parent / each.path / "Dockerfile").is_file():
            yield own.parent


def _repository(folder: Path) -> str:
    return REFERENCE_REPOSITORY if folder == _REFERENCE else PROGRAM_REPOSITORY


def _tag(folder: Path, image: str) -> str:
    return tag_of(_repository(folder), _files(folder), stands_on=image)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    return ((f"{name}{_mark(folder / name)}", content) for name, content in files_of(folder))


def _mark(file: Path) -> str:
    """A program that was made one by `chmod` alone makes another image."""
    return "*" if file.stat().st_mode & stat.S_IXUSR else ""
