"""Two processes at one copy of a lab: the second is told so."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.deploy.locks import (
    OwnershipLock,
    adopt_orphan,
    disown_orphan,
    exclusive_lock,
    is_orphan,
    lock_path,
    own_folder,
    owned_copies,
    waiting_lock,
)
from catenet.orchestrator.observe.running import UserError

COPY, OTHER = "alone-test", "alone-test-other"
HOLD = f"""
import sys
from catenet.orchestrator.deploy.locks import exclusive_lock
with exclusive_lock(["{COPY}"]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_is_first_and_has_its_turn_when_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with (
            pytest.raises(UserError, match=rf"process {first.pid}\) is bringing lab {COPY} up"),
            exclusive_lock([OTHER, COPY]),
        ):
            pass
        with exclusive_lock([OTHER]):
            pass
        first.kill()
        first.wait()
    with (
        exclusive_lock([COPY]),
        pytest.raises(UserError, match=re.escape(f"process {os.getpid()}")),
        exclusive_lock([COPY]),
    ):
        pass


def test_a_copy_of_that_name_on_another_engine_is_another_copy() -> None:
    there = "ssh://root@there.example"
    with exclusive_lock([COPY], ["unix:///var/run/docker.sock"]):
        with exclusive_lock([COPY], [there]):
            assert lock_path(COPY, there) != lock_path(COPY)
            assert lock_path(COPY, "ssh://there.example:22/") == lock_path(COPY, there)
        for both in (["local"], [there, "local"]):
            with pytest.raises(UserError, match="wait for its end"), exclusive_lock([COPY], both):
                pass


TURN = """
from catenet.orchestrator.deploy.locks import waiting_lock
print("asked", flush=True)
with waiting_lock("alone-test"):
    print("had", flush=True)
"""


def test_who_waits_for_its_turn_has_it_when_the_other_is_done() -> None:
    with waiting_lock("alone-test-other"), waiting_lock("alone-test"):
        second = subprocess.Popen([sys.executable, "-c", TURN], stdout=subprocess.PIPE)
        assert second.stdout is not None
        assert second.stdout.readline() == b"asked\n"
        assert select.select([second.stdout], [], [], 0.3)[0] == []  # it would have it at once
    assert second.communicate(timeout=200)[0] == b"had\n"
    assert second.returncode == 0


OWN = f"""
import sys
from catenet.orchestrator.deploy.locks import OwnershipLock
mine = OwnershipLock("{COPY}")
print("mine", flush=True)
sys.stdin.read()
"""


def test_a_copy_belongs_to_a_process_while_that_lives_and_is_an_orphan_when_it_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", OWN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"mine\n"
        with pytest.raises(UserError, match=rf"belongs to process {owner.pid} "):
            OwnershipLock(COPY)
        assert (is_orphan(COPY), is_orphan(OTHER)) == (False, False)
        assert adopt_orphan(COPY) is None
        disown_orphan(COPY)  # not while its process lives
        assert owned_copies("alone-t") == [COPY]
        owner.kill()
        owner.wait()
    assert (is_orphan(COPY), is_orphan(OTHER)) == (True, False)
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    assert not is_orphan(COPY)
    orphan.release()
    assert not is_orphan(COPY)  # who has ended leaves none
    assert owned_copies("alone-t") == []


def test_a_copy_that_could_not_be_taken_down_is_an_orphan() -> None:
    for error in (EngineError("it hangs"), KeyboardInterrupt()):
        ownership = OwnershipLock(COPY)
        with pytest.raises(type(error)), ownership.ending():
            assert not is_orphan(COPY)
            raise error
        assert is_orphan(COPY)
    with OwnershipLock(COPY).ending():
        assert owned_copies("alone-t") == [COPY]
    assert owned_copies("alone-t") == []


def test_the_locks_are_in_a_folder_of_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with exclusive_lock([COPY]):
        assert lock_path(COPY) == tmp_path / "catenet" / f"{COPY}.lock"
        assert lock_path(COPY).read_text() == f"{os.getpid()}\n"
        assert (lock_path(COPY).stat().st_mode & 0o777, own_folder().stat().st_mode & 0o777) == (0o600, 0o700)
    assert not lock_path(COPY).exists()


@pytest.mark.parametrize("runtime", ["", "run", "/nowhere", "LINK"])
def test_without_such_a_folder_all_processes_meet_in_tmp_whatever_tmpdir_says(
    runtime: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("/")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime.replace("LINK", str(tmp_path / "link")))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert own_folder() == Path(f"/tmp/catenet-{os.getuid()}")


def test_what_a_link_leads_to_is_never_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "precious").write_text("precious")
    lock_path(COPY).symlink_to(tmp_path / "precious")
    with pytest.raises(UserError, match=r"cannot be opened: .*; remove it"), exclusive_lock([COPY]):
        pass
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("name", ["a/b", "/a", "../../a", "..", "", "a" * 300, "a\0b", "\ud800", "Größe"])
def test_a_copy_that_a_foreign_label_names_has_a_lock_among_the_others(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert not is_orphan(name)
    disown_orphan(name)
    ownership = OwnershipLock(name)
    with exclusive_lock([COPY, name]):
        assert lock_path(name) != lock_path(f"{name}x")
        assert len(list(own_folder().iterdir())) == 3
        with pytest.raises(UserError, match="another catenet"), exclusive_lock([name]):
            pass
    ownership.release()
    assert [*tmp_path.iterdir(), *own_folder().iterdir()] == [own_folder()]


@pytest.mark.parametrize("kind", ["link", "file", "open to all"])
def test_a_folder_that_others_could_write_is_refused(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = tmp_path / "catenet"
    if kind == "link":
        (tmp_path / "other").mkdir(mode=0o700)
        folder.symlink_to("other")
    elif kind == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(UserError, match=f"{folder}, for locks, .*remove it, or have its owner do so"):
        own_folder()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a folder somebody else's")
def test_a_folder_of_somebody_elses_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    own_folder()
    os.chown(tmp_path / "catenet", 12345, 12345)
    with pytest.raises(UserError, match="is not a folder of yours that is closed to others"):
        own_folder()
