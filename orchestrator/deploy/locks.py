"""Who is at a copy of a lab: one `up` or `down` at a time; and the copies that belong to a process while it lives.

All of it by locks on files, which the kernel gives back when a process ends, however it ends. The files are in a
folder that is the user's alone: in one that all share, somebody else could put a link in a file's place.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from catenet.orchestrator.backend.lock_file import is_at, opened
from catenet.orchestrator.engine_url import engine_key
from catenet.orchestrator.lab.words import copy_as_file
from catenet.orchestrator.observe.running import UserError

__all__ = [
    "OwnershipLock",
    "adopt_orphan",
    "disown_orphan",
    "exclusive_lock",
    "is_orphan",
    "lock_path",
    "own_folder",
    "owned_copies",
    "waiting_lock",
]

_HERE = "local"
_SHARED = Path("/tmp")  # whatever TMPDIR says: all processes of a user must meet at one place


@contextmanager
def exclusive_lock(copies: Iterable[str], urls: Iterable[str] = (_HERE,)) -> Iterator[None]:
    """For the time of the block no other process of this user brings one of these copies up, or takes it down.

    `urls`: the engines on which they are; copies of one name on other engines are other copies.

    Raises:
        UserError: another process is at it; the text names it. Or the locks have no safe place (`own_folder`).

    """
    engines = {engine_key(url): url for url in urls}.values()
    with ExitStack() as locks:
        for copy, url in sorted((copy, url) for copy in copies for url in engines):
            path = lock_path(copy, url)
            file, who = _locked(path)
            if file is None:
                raise UserError(
                    f"another catenet (process {who}) is bringing lab {copy} up, or taking it down: wait for its end"
                )
            locks.enter_context(file)
            locks.callback(path.unlink, missing_ok=True)  # before the file is closed, and the lock given back
        yield


@contextmanager
def waiting_lock(what: str) -> Iterator[None]:
    """For the time of the block no other process of this user is in such a block of the same name: it waits.

    Raises:
        UserError: as `own_folder`.

    """
    with _opened(own_folder() / f"{what}.turn") as file:  # the file stays: who waits has it open
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class OwnershipLock:
    """A copy that belongs to this process, until `end`, or until the process ends."""

    def __init__(self, copy: str) -> None:
        """Claim it.

        Raises:
            UserError: it belongs to another process; the text names it.

        """
        self.copy = copy
        self._path = _owner_path(copy)
        file, who = _locked(self._path)
        if file is None:
            raise UserError(f"lab {copy} belongs to process {who} while that runs: wait for its end, or end it")
        self._file = file

    def release(self) -> None:
        """It belongs to nobody any more, and whatever is left of it is nobody's orphan."""
        self._path.unlink(missing_ok=True)
        self._file.close()

    def leave(self) -> None:
        """It is an orphan from now on, as if this process had been killed: the next `catenet test` removes it."""
        self._file.close()

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Inside, the copy is taken down: it belongs to nobody afterwards, or is an orphan where that failed."""
        try:
            yield
        except BaseException:
            self.leave()
            raise
        self.release()


def owned_copies(prefix: str = "") -> list[str]:
    """The copies that belong to a process, or did when it was killed, where their names begin so.

    Of one whose name is none for a lab, what `copy_as_file` makes of it.

    Raises:
        UserError: as `own_folder`.

    """
    return sorted(path.stem for path in own_folder().glob(f"{prefix}*{_OWNER}"))


def is_orphan(copy: str) -> bool:
    """Whether its process has ended without an `end`."""
    try:
        with _owner_path(copy).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return is_at(file, _owner_path(copy))
    except (FileNotFoundError, BlockingIOError):
        return False


def adopt_orphan(copy: str) -> OwnershipLock | None:
    """An orphan, which belongs to this process now; None where it is no orphan."""
    if is_orphan(copy):
        with suppress(UserError):  # another process was faster
            return OwnershipLock(copy)
    return None


def disown_orphan(copy: str) -> None:
    """An orphan is nobody's any more: who brings it up, or takes it down, by hand has decided what becomes of it."""
    orphan = adopt_orphan(copy)
    if orphan is not None:
        orphan.release()


def lock_path(copy: str, url: str = _HERE) -> Path:
    """The file that is there, and locked, while a process is at that copy on the engine of that URL.

    Raises:
        UserError: as `own_folder`.

    """
    key = engine_key(url)
    engine = "" if key == engine_key(_HERE) else f"@{sha256(key.encode()).hexdigest()[:12]}"
    return own_folder() / f"{copy_as_file(copy)}{engine}.lock"


def own_folder() -> Path:
    """The folder of this user's locks, made where it is not there: $XDG_RUNTIME_DIR/catenet, else /tmp/catenet-UID.

    Raises:
        UserError: it cannot be made, or is not this user's alone.

    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    own = runtime.startswith("/") and _is_ours(Path(runtime))
    folder = Path(runtime, "catenet") if own else _SHARED / f"catenet-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:  # a file is at its place, too
        raise UserError(f"{folder}, for locks, cannot be made: {error.strerror}; {_INSTEAD}") from None
    if not _is_ours(folder) or folder.stat().st_mode & 0o077:
        raise UserError(f"{folder}, for locks, is not a folder of yours that is closed to others: {_INSTEAD}")
    return folder


_INSTEAD = "remove it, or have its owner do so; or set XDG_RUNTIME_DIR to a folder of yours"


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder, no link to one, of this user."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


_OWNER = ".owner"


def _owner_path(copy: str) -> Path:
    return own_folder() / f"{copy_as_file(copy)}{_OWNER}"


def _locked(path: Path) -> tuple[IO[str] | None, str]:
    """The file with that path, locked, our process number in it; or None, and the number of the process that has it."""
    while True:
        file = _opened(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            with file:
                return None, file.read().strip()
        if is_at(file, path):
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            return file, ""
        file.close()  # whoever had it removed it between our opening and our locking


def _opened(path: Path) -> IO[str]:
    try:
        return opened(path)
    except OSError as error:
        raise UserError(f"{path}, a lock, cannot be opened: {error.strerror}; remove it") from None
