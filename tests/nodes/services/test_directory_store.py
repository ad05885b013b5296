"""The directory's file: what was committed is there, whole, whenever its process is killed; and its passwords."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.low_level import hash_secret
from directory_rows import CHANGES, model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.state import Account, Change, Put, Session, State, digest_of
from catenet.nodes.services.directory_store import Hashing, Store

PROGRAM = Path(__file__).parent / "directory_kill.py"
QUICK = Hashing(8192, 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "directory.sqlite"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CHANGES, max_size=4), max_size=5))
def test_the_file_and_the_memory_are_changed_alike(tmp_path: Path, commits: Sequence[Sequence[Change]]) -> None:
    path = tmp_path / "each.sqlite"
    path.unlink(missing_ok=True)
    store = Store(path)
    for changes in commits:
        assert store.commit(changes) == [None] * len(changes)
    store.close()
    store = Store(path)
    assert sorted(store.load().rows(), key=repr) == model([change for changes in commits for change in changes])
    store.close()


def test_killed_at_each_step_of_sqlites_machine_it_has_what_it_acknowledged_and_nothing_half(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), "43"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15


def test_a_change_that_cannot_be_written_leaves_none_of_those_with_it(file: Path) -> None:
    store = Store(file)
    wrong: Change = (Put(Account("b", None)),)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        store.commit([(Put(Account("a", "hash")),), wrong])
    store.commit([(Put(Account("c", "hash")),)])
    assert set(store.load().accounts) == {"c"}
    store.close()


def test_it_is_open_once_only_and_again_when_it_was_closed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(file)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, timeout=0, **named))
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Store(file)
    store.close()
    Store(file).close()


def test_a_file_of_a_later_version_is_left_alone(file: Path) -> None:
    Store(file).close()
    with sqlite3.connect(file) as other:
        other.execute("PRAGMA user_version = 2")
    other.close()
    with pytest.raises(sqlite3.DatabaseError, match="of version 2"):
        Store(file)


def test_it_is_readable_by_nobody_else_and_written_through(file: Path) -> None:
    store = Store(file)
    store.commit([(Put(Account("a", "hash")),)])
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
    (level,) = store._file.execute("PRAGMA synchronous").fetchone()
    (mode,) = store._file.execute("PRAGMA journal_mode").fetchone()
    assert (level, mode) == (2, "wal")  # 2 is FULL (sqlite.org/pragma.html#pragma_synchronous)
    store.close()


def test_neither_password_nor_token_is_in_the_file(file: Path) -> None:
    token = bytes(range(100, 132))
    store = Store(file)
    store.commit([(Put(Account("alice", QUICK.hash("xyzzy plugh"))), Put(Session(digest_of(token), "alice", 1.0)))])
    store.close()
    written = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"alice" in written
    assert [word for word in (b"xyzzy plugh", token) if word in written] == []


def test_the_parameters_are_the_second_recommended_option_of_rfc_9106_section_4() -> None:
    """ "Argon2id with t=3 iterations, p=4 lanes, m=2^(16) (64 MiB of RAM), 128-bit salt, and 256-bit tag size"."""
    options = DirectoryOptions()
    known = extract_parameters(Hashing(options.memory, options.passes).hash("12345678"))
    assert (known.type, known.time_cost, known.parallelism, known.memory_cost) == (Type.ID, 3, 4, 1 << 16)
    assert (8 * known.salt_len, 8 * known.hash_len) == (128, 256)


def test_a_password_fits_its_own_hash_alone_and_no_two_hashes_are_equal() -> None:
    one, other = QUICK.hash("correct horse"), QUICK.hash("correct horse")
    assert one != other
    assert [QUICK.fits((one, word)) for word in ("correct horse", "Correct horse", "")] == [True, False, False]
    assert PasswordHasher().verify(one, "correct horse")
    assert not QUICK.fits((QUICK.nobodys(), "correct horse"))


@pytest.mark.parametrize(
    ("memory", "passes", "lanes", "kind"),
    [(8193, 1, 4, Type.ID), (8192, 2, 4, Type.ID), (8192, 1, 5, Type.ID), (8192, 1, 4, Type.I), (8192, 1, 4, Type.D)],
)
def test_a_hash_that_wants_more_than_ours_is_not_checked(memory: int, passes: int, lanes: int, kind: Type) -> None:
    stored = hash_secret(b"x", bytes(16), passes, memory, lanes, 32, kind).decode()
    with pytest.raises(ValueError, match="wants more"):
        QUICK.fits((stored, "x"))


@pytest.mark.parametrize("stored", ["", "x", "$argon2id$v=19$m=8192,t=1,p=4$!!$!!", "$2b$12$abcdefghijklmnopqrstuv"])
def test_what_is_no_hash_lets_nobody_in(stored: str) -> None:
    try:
        assert QUICK.fits((stored, "x")) is False
    except ValueError as error:
        assert "none of Argon2's" in str(error)


def test_the_state_is_what_the_file_has(file: Path) -> None:
    store = Store(file)
    rows = [Account("a", "hash", bytes(32)), Session(b"digest", "a", 2.5)]
    store.commit([tuple(map(Put, rows))])
    assert sorted(store.load().rows(), key=repr) == sorted(State(rows).rows(), key=repr) == sorted(rows, key=repr)
    store.close()
