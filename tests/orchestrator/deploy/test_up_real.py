"""`catenet up` on the real engine, as a user's process: killed, interrupted, and refused."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from on_engine import CATENET, cleared, own

from catenet.orchestrator.backend.protocols import LABEL_LAB, Engine

pytestmark = pytest.mark.engine

COPY = own("up")
LIMIT = 300.0
POLL = 0.01
"""Seconds between two looks: less than it takes to make anything."""
FILE = """
lans: {left: {}, middle: {}, right: {}}
nodes:
  a: {lans: [left, middle], services: {rip: {update: 5s, timeout: 15s, garbage: 10s}}}
  b: {lans: [middle, right], services: {rip: {update: 5s, timeout: 15s, garbage: 10s}}}
  h: {lans: [right]}
"""


@pytest.fixture
def engine() -> Iterator[Engine]:
    with cleared(COPY) as engine:
        yield engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lab.yaml").write_text(FILE)
    return tmp_path


def catenet(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*CATENET, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=LIMIT)
    return process.returncode, out, err


def things(engine: Engine) -> int:
    networks = [network for network in engine.networks() if network.labels.get(LABEL_LAB) == COPY]
    return len(networks) + len(engine.listed({LABEL_LAB: COPY}))


def never_ready(folder: Path) -> None:
    """An `up` of this lab is still under way, whenever it is looked at: its router a serves, and learns nothing."""
    (folder / "mute").write_text("#!/bin/sh\necho ready\nexec sleep 100000\n")
    (folder / "mute").chmod(0o755)
    (folder / "lab.yaml").write_text(FILE.replace("rip: {", "rip: {implementation: ./mute, ", 1))


def wait_for_things(engine: Engine, count: int) -> None:
    """Until the `up` that runs beside has made so many."""
    until = time.monotonic() + LIMIT
    while things(engine) < count:
        assert time.monotonic() < until, "nothing is made"
        time.sleep(POLL)


def test_up_twice_and_down_twice(engine: Engine, folder: Path) -> None:
    code, out, err = finished(catenet(folder, "up", "--name", COPY))
    assert (code, err) == (0, "")
    assert re.search(r"3 networks, 3 nodes, 5 addresses, 2 services +\d+\.\d s\n", out)
    assert re.search(r"converged: 2 routers know all 3 networks +\d+\.\d s\n", out)
    code, out, _ = finished(catenet(folder, "up", "--name", COPY))
    assert (code, "is up already" in out) == (0, True)
    code, out, _ = finished(catenet(folder, "down", "--name", COPY))
    assert (code, "3 networks, 3 nodes removed" in out) == (0, True)
    assert things(engine) == 0
    assert finished(catenet(folder, "down", "--name", COPY))[0] == 0


@pytest.mark.parametrize("made", [1, 4, 6])
def test_kill_9_leaves_nothing_that_down_does_not_clear(engine: Engine, folder: Path, made: int) -> None:
    process = catenet(folder, "up", "--name", COPY)
    wait_for_things(engine, made)
    process.kill()
    finished(process)
    assert finished(catenet(folder, "down", "--name", COPY))[0] == 0
    assert things(engine) == 0


def test_kill_9_leaves_nothing_that_the_next_up_cannot_use(engine: Engine, folder: Path) -> None:
    process = catenet(folder, "up", "--name", COPY)
    wait_for_things(engine, 5)
    process.kill()
    finished(process)
    code, _, err = finished(catenet(folder, "up", "--name", COPY))
    assert (code, err) == (0, "")
    assert {container.state for container in engine.inspected(engine.listed({LABEL_LAB: COPY}))} == {"running"}


@pytest.mark.parametrize(
    ("number", "code", "name"),
    [
        (signal.SIGINT, 130, "KeyboardInterrupt"),
        (signal.SIGTERM, 143, "SystemExit: 143"),
        (signal.SIGHUP, 129, "SystemExit: 129"),
    ],
)
def test_an_interrupt_keeps_evidence_and_removes_what_was_made(
    engine: Engine, folder: Path, number: signal.Signals, code: int, name: str
) -> None:
    never_ready(folder)
    process = catenet(folder, "up", "--name", COPY)
    wait_for_things(engine, 4)
    process.send_signal(number)
    ended, _, err = finished(process)
    assert ended == code
    assert things(engine) == 0
    (place,) = (folder / ".catenet" / "failures").iterdir()
    assert str(place.relative_to(folder)) in err
    assert name in (place / "error.txt").read_text()


def test_a_closed_terminal_removes_what_was_made(engine: Engine, folder: Path) -> None:
    never_ready(folder)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execv(sys.executable, [*CATENET, "up", "--name", COPY])
    wait_for_things(engine, 4)
    os.close(terminal)  # the kernel sends SIGHUP; nothing more can be written
    os.waitpid(process, 0)
    assert things(engine) == 0


def test_a_lab_that_cannot_become_ready_is_exit_1_and_leaves_evidence(engine: Engine, folder: Path) -> None:
    never_ready(folder)
    code, _, err = finished(catenet(folder, "up", "--name", COPY, "--timeout", "10"))
    assert code == 1
    assert re.search(r"^  a (has no route to right at cost 1|is not ready: )", err, re.MULTILINE)  # as far as it came
    assert things(engine) == 0
    (place,) = (folder / ".catenet" / "failures").iterdir()
    assert sorted(path.stem for path in (place / "inspect").iterdir()) == ["a", "b", "h"]
    assert sorted(path.stem for path in (place / "logs").iterdir()) == ["a", "b", "h"]
