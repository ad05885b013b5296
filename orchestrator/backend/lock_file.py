"""A file for a lock (flock(2)): others may remove it, so who has locked it looks whether it is still at its path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

__all__ = ["is_at", "opened"]


def opened(path: Path) -> IO[str]:
    """The file with that path, made where there is none; this user's alone. A link is not followed.

    Raises:
        OSError: it cannot be opened.

    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+")


def is_at(file: IO[str], path: Path) -> bool:
    """Whether the open file is still the one that has that path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False
