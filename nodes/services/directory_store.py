"""The directory's file, and its passwords: SQLite and Argon2id, in threads beside the machine.

A commit is one transaction for all changes that wait together, in write-ahead mode with synchronous=FULL: when it
returns, the kernel has been told to write it (fsync), and a process that is killed at any moment takes back nothing
that was acknowledged, and leaves nothing half done. The file is this process's alone while it is open.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from argon2 import Type, extract_parameters
from argon2.exceptions import Argon2Error
from argon2.low_level import hash_secret, verify_secret

from catenet.nodes.application.directory.state import Account, Change, Contact, Done, Elected, Put, Row, Session, State

__all__ = ["PLACE", "Hashing", "Store"]

PLACE = Path("/var/lib/catenet/directory.sqlite")
"""In the container's own layer: it outlives kill and start, and goes with the container."""

_VERSION = 1
_TABLES = (
    "CREATE TABLE account (name TEXT PRIMARY KEY, hash TEXT NOT NULL, key BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE session (digest BLOB PRIMARY KEY, user TEXT NOT NULL, expires REAL NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE contact (asker TEXT, asked TEXT, accepted INTEGER NOT NULL, PRIMARY KEY (asker, asked))"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE elected (at TEXT PRIMARY KEY, user TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE done (user TEXT, place INTEGER, number INTEGER NOT NULL, request TEXT NOT NULL,"
    " PRIMARY KEY (user, place)) STRICT, WITHOUT ROWID",
)


class _Table(NamedTuple):
    """`keys`: so many of its first columns tell its rows apart."""

    name: str
    keys: int
    row: type[Any]

    @property
    def put(self) -> str:
        return f"INSERT OR REPLACE INTO {self.name} VALUES ({', '.join('?' * len(self.row._fields))})"

    @property
    def delete(self) -> str:
        keys = self.row._fields[: self.keys]
        return f"DELETE FROM {self.name} WHERE {' AND '.join(f'{key} = ?' for key in keys)}"


_ROWS: Mapping[type[Row], _Table] = {
    Account: _Table("account", 1, Account),
    Session: _Table("session", 1, Session),
    Contact: _Table("contact", 2, Contact),
    Done: _Table("done", 2, Done),
    Elected: _Table("elected", 1, Elected),
}


class Store:
    """The file. Its methods may be called in any thread, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open it, and make it where it is not there.

        Raises:
            sqlite3.Error: it is no such file, another process has it, or it cannot be written; or a later version of
                this program has made it.

        """
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # nobody else reads it, nor its log
        self._lock = Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._file.close()
            raise

    def load(self) -> State:
        """All that was committed."""
        return State(self._rows())

    def commit(self, changes: Sequence[Change]) -> list[None]:
        """All of them, or none.

        Raises:
            sqlite3.Error: it could not be written.

        """
        with self._lock:
            if any(changes):
                self._write(changes)
        return [None] * len(changes)

    def close(self) -> None:
        """It may be opened again at once; a commit that is under way comes to its end before."""
        with self._lock:
            self._file.close()

    def _prepare(self) -> None:
        run = self._file.execute
        run("PRAGMA locking_mode = EXCLUSIVE")  # before the log is opened: then it needs no memory that is shared
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("BEGIN IMMEDIATE")
        (version,) = run("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise sqlite3.DatabaseError(f"the file is of version {version}; this program knows {_VERSION}")
        if version < _VERSION:
            for table in _TABLES:
                run(table)
            run(f"PRAGMA user_version = {_VERSION}")
        run("COMMIT")

    def _rows(self) -> Iterator[Row]:
        for kind, table in _ROWS.items():
            for values in self._file.execute(f"SELECT {', '.join(table.row._fields)} FROM {table.name}"):
                row = kind(*values)
                yield row._replace(accepted=bool(row.accepted)) if isinstance(row, Contact) else row

    def _write(self, changes: Sequence[Change]) -> None:
        run = self._file.execute
        run("BEGIN IMMEDIATE")
        try:
            for change in changes:
                for each in change:
                    table = _ROWS[type(each.row)]
                    if isinstance(each, Put):
                        run(table.put, each.row)
                    else:
                        run(table.delete, each.row[: table.keys])
            run("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                run("ROLLBACK")
            raise


class Hashing:
    """Passwords by Argon2id: the second recommended option of RFC 9106 section 4, unless told otherwise."""

    _LANES, _SALT_SIZE, _TAG_SIZE = 4, 16, 32

    def __init__(self, memory: int, passes: int) -> None:
        """`memory`: KiB."""
        self._memory, self._passes = memory, passes

    def hash(self, password: str) -> str:
        """With a salt of its own."""
        salt = os.urandom(self._SALT_SIZE)
        made = hash_secret(password.encode(), salt, self._passes, self._memory, self._LANES, self._TAG_SIZE, Type.ID)
        return made.decode()

    def nobodys(self) -> str:
        """A hash that costs as much to check, and that no password has that anybody could come by."""
        return self.hash(os.urandom(self._TAG_SIZE).hex())

    def fits(self, asked: tuple[str, str]) -> bool:
        """Whether the password (the second) has the hash (the first).

        Raises:
            ValueError: it is no such hash, or wants more memory or passes than ours: whoever could write it into the
                file shall not make us do more.

        """
        stored, password = asked
        try:
            known = extract_parameters(stored)
        except (Argon2Error, ValueError):
            raise ValueError("the stored hash is none of Argon2's") from None
        over = known.memory_cost > self._memory or known.time_cost > self._passes or known.parallelism > self._LANES
        if over or known.type is not Type.ID:
            raise ValueError("the stored hash wants more than this directory's own, or is of another type")
        try:
            return verify_secret(stored.encode(), password.encode(), Type.ID)
        except Argon2Error:
            return False
