"""Files as the engine takes them: a tar archive."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["pack_files", "pack_folder"]


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Name → content. The same files are the same archive, so that the engine's layer cache finds them again."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        _add(archive, files)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))


def pack_folder(
    folder: Path, name: str = ".", *, plain: bool = False, more: Mapping[str, bytes] | None = None
) -> bytes:
    """A folder and all that is in it, called `name` there. `plain`: without owners and times, as `pack_files`.

    `more`: name → content of files beside it.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, arcname=name, filter=_plain if plain else None)
        _add(archive, more or {})
    return buffer.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry
