"""The folder of one failure's evidence: below .catenet/failures, or wherever it is wanted, and nothing outside it.

Whatever runs in a node may answer what it likes, so no answer decides where on this machine something is written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.lab.words import copy_as_file

__all__ = ["FOLDER", "file_below", "new_folder", "write"]

FOLDER = Path(".catenet", "failures")


def new_folder(folder: Path, copy: str) -> Path:
    """<UTC time>-<copy>, made below `folder`; of a second failure in one second <UTC time>-<copy>-2.

    Raises:
        OSError: it cannot be made.

    """
    name = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{copy_as_file(copy)}"
    for number in count(1):
        target = folder / (name if number == 1 else f"{name}-{number}")
        try:
            target.mkdir(parents=True)
        except FileExistsError:  # two failures in one second
            continue
        return target
    raise AssertionError("count() ends")


def file_below(folder: Path, name: str) -> Path:
    """The file of that name below the folder, whose own folder is made. Names of nodes come from labels.

    Raises:
        EngineError: it would be elsewhere.
        OSError: its folder cannot be made.

    """
    file = folder / name
    if folder.resolve() not in file.resolve().parents:
        raise EngineError(f"{name!r} is no name of a file here")
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def write(folder: Path, name: str, content: str | bytes) -> None:
    """Write a file of it, whatever the locale, and whatever bytes a file's name had.

    Raises:
        EngineError: it would be elsewhere.
        OSError: it cannot be written.

    """
    file_below(folder, name).write_bytes(content.encode(errors="replace") if isinstance(content, str) else content)
