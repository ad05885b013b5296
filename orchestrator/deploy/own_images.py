"""Images of single nodes: the reference implementations, and the user's own programs that bring a Dockerfile.

Both stand on the node image, so that the same runtime starts, watches and answers for what runs there. They are built
only when a lab needs them, and again when the node image, or what goes in, has changed: the tag is a hash of both.
"""

from __future__ import annotations

import io
import os
import re
import stat
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path

from catenet.nodes.catalogue import is_path
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.deploy.base import ensure_base
from catenet.orchestrator.deploy.images import PACKAGE, PROGRAM_REPOSITORY, REFERENCE_REPOSITORY, remove_older, tag_of
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.lab.implementations import IMAGE_ARGUMENT, files_of
from catenet.orchestrator.lab.model import Lab

__all__ = ["ensure_own_images", "own_images"]

_REFERENCE = PACKAGE / "images" / "reference"
_PACKAGES = PACKAGE / "images" / "node" / "packages.txt"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


def own_images(lab: Lab, image: str) -> dict[str, str]:
    """Node → the tag of its image, for the nodes that need another than the node image `image`."""
    return {node: _tag(folder, image) for node, folder in _folders(lab).items()}


def ensure_own_images(engine: Engine, lab: Lab, image: str, progress: Progress) -> None:
    """Build what the lab's nodes need and is not there.

    Raises:
        EngineError: one cannot be built; the text says why.

    """
    folders = list(dict.fromkeys(_folders(lab).values()))
    missing = [folder for folder in folders if not engine.has_image(_tag(folder, image))]
    for done, folder in enumerate(missing):
        progress.count("images", done, len(missing))
        tag = _tag(folder, image)
        arguments = {name: os.environ[name] for name in _PROXIES if name in os.environ}  # apt's, for packages
        if folder == _REFERENCE:
            arguments["BASE_IMAGE"] = ensure_base(engine, _PACKAGES.read_text().split(), progress)
        started = time.monotonic()
        try:
            engine.build(tag, _pack(folder), {**arguments, IMAGE_ARGUMENT: image}, {})
        except EngineError as error:
            hint = "" if folder == _REFERENCE else f"look at {folder / 'Dockerfile'}"
            raise EngineError(_COLOURS.sub("", str(error)), hint) from None
        if folder == _REFERENCE:  # a program's may be another lab's
            remove_older(engine, tag)
        progress.count("images", done + 1, len(missing))
        progress.finished("image", f"{tag.partition(':')[0]} built; later runs reuse it", time.monotonic() - started)


def _folders(lab: Lab) -> dict[str, Path]:
    """Node → the folder of the Dockerfile that makes its image. The first of its services that needs one decides."""
    folders: dict[str, Path] = {}
    for node in lab.nodes.values():
        for folder in _of(lab, node.implementations.values()):
            folders.setdefault(node.name, folder)
    return folders


def _of(lab: Lab, words: Iterable[str]) -> Iterable[Path]:
    for word in words:
        own = lab.file.parent / word if is_path(word) and lab.file is not None else None
        if own is None:
            yield _REFERENCE
        elif (own / "Dockerfile").is_file():
            yield own


def _repository(folder: Path) -> str:
    return REFERENCE_REPOSITORY if folder == _REFERENCE else PROGRAM_REPOSITORY


def _tag(folder: Path, image: str) -> str:
    files = ((f"{name}{_mark(folder / name)}", content) for name, content in files_of(folder))
    return tag_of(_repository(folder), files, stands_on=image)


def _mark(file: Path) -> str:
    """A program that was made one by `chmod` alone makes another image."""
    return "*" if file.stat().st_mode & stat.S_IXUSR else ""


def _pack(folder: Path) -> bytes:
    """The folder in tar form, without owners and times: the same files are the same archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, arcname=".", filter=_plain)
    return buffer.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry
