"""A folder for a tunnel's sockets: this user's alone, gone with the process; if that was killed, the next removes it.

A lock on a file in it says that its process lives. The kernel gives a lock back however a process ends, and gives a
process's number to another one soon.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from catenet.orchestrator.backend.lock_file import is_at, opened

__all__ = ["SocketFolder"]

_PREFIX = "catenet-ssh-"
_LONGEST = 80  # octets: a socket's path has 107 at most (unix(7)), and ssh appends 17 to the one that it makes
_SHORT = Path("/tmp")


class SocketFolder:
    """The folder `path`, until `remove`."""

    def __init__(self) -> None:
        """Make it, and remove those whose processes were killed.

        Raises:
            OSError: there is no room for it.

        """
        parent = Path(tempfile.gettempdir())
        if len(os.fsencode(parent)) + len(_PREFIX) + 8 > _LONGEST:
            parent = _SHORT
        _remove_dead(parent)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            try:
                file = _locked(self.path)
            except OSError:
                shutil.rmtree(self.path, ignore_errors=True)
                raise
            if file is not None:
                self._file = file
                return

    def remove(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._file.close()


def _locked(folder: Path) -> IO[str] | None:
    """The folder's lock; None where another process has it, or has removed the folder meanwhile.

    Raises:
        OSError: it cannot be opened.

    """
    path = folder / "lock"
    with ExitStack() as closing, suppress(FileNotFoundError, BlockingIOError):
        file = closing.enter_context(opened(path))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_at(file, path):
            closing.pop_all()
            return file
    return None


def _remove_dead(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # what cannot be looked at stays
            if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
                continue
            if (file := _locked(folder)) is not None:
                with file:
                    shutil.rmtree(folder, ignore_errors=True)
