"""One `up` or `down` of a copy at a time: two at once would remove each other's work."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from catenet.orchestrator.observe.running import UserError

__all__ = ["alone"]


@contextmanager
def alone(copies: Iterable[str]) -> Iterator[None]:
    """For the time of the block no other process of this user brings one of these copies up, or takes it down.

    The kernel gives the locks back when this process ends, however it ends.

    Raises:
        UserError: another process is at it; the text names it.

    """
    with ExitStack() as locks:
        for copy in sorted(copies):
            _lock(locks.enter_context(_file(copy).open("a+")), copy)
        yield


def _file(copy: str) -> Path:
    return Path(tempfile.gettempdir(), f"catenet-{os.getuid()}-{copy}.lock")


def _lock(file: IO[str], copy: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        who = file.read().strip()
        raise UserError(
            f"another catenet (process {who}) is bringing lab {copy} up, or taking it down: wait for its end"
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
