"""However a run with xdist's workers ends, its labs are removed: those of workers too that could not do it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.observe.running import running_labs

pytestmark = pytest.mark.engine

LAB = "lans: {l: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}}\n"
TEST = """
import os, signal
def test_one(lab):
    END
"""

HANGUP = ("env", "--default-signal=HUP")
"""What nohup started would hand down that it ignores it."""


class Run:
    """A run of pytest with one worker, which is not replaced. `left`: the labs of it that are there."""

    def __init__(self, folder: Path, end: str) -> None:
        self.name = f"ends{secrets.token_hex(3)}"
        self._engine: Engine = connect()
        (folder / "lab.yaml").write_text(f"name: {self.name}\n{LAB}")
        (folder / "test_inner.py").write_text(TEST.replace("END", end))
        quiet = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
        self.process = subprocess.Popen(
            [*HANGUP, sys.executable, "-m", "pytest", "-n", "1", "--max-worker-restart", "0", *quiet],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def left(self) -> list[str]:
        return [name for name in running_labs(self._engine) if name.startswith(f"pytest-{self.name}-")]

    def end(self) -> str:
        """What it said."""
        out, _ = self.process.communicate(timeout=400)
        return out


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Run]:
    """One whose test is under way, and waits: as long as we are there, however we end."""
    for pipe in ("begun", "hold"):
        os.mkfifo(tmp_path / pipe)
    run = Run(tmp_path, "open('begun', 'w').close(); open('hold').read()")
    with (tmp_path / "begun").open() as begun:
        begun.read()
    with (tmp_path / "hold").open("w"):
        assert len(run.left) == 1
        yield run
        assert run.left == []


def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    run = Run(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    assert "worker 'gw0' crashed while running 'test_inner.py::test_one'" in run.end()
    assert run.left == []


def test_ctrl_c_which_all_of_them_hear(begun: Run) -> None:
    os.killpg(begun.process.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in begun.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_first_process_alone(begun: Run, number: signal.Signals) -> None:
    begun.process.send_signal(number)
    assert f"KeyboardInterrupt: {number.name}" in begun.end()
