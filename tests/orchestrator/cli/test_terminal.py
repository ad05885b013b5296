"""Whatever words come to the terminal, none of them are orders to it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.screen import say, table


def test_lines_stay_lines_and_control_functions_become_question_marks(capsys) -> None:
    say("one \x1b[2J\n\ttwo \x9b31m\u202e")
    assert capsys.readouterr().out == "one ?[2J\n        two ?31m?\n"


def test_so_do_cells(capsys) -> None:
    table(["a"], [["x\x07\ny"]])
    assert capsys.readouterr().out.splitlines() == ["a", "x??y"]


def test_so_do_errors(capsys) -> None:
    def connect():
        raise EngineError("the engine says \x1b]0;title\x07", "do \x1b[1m this")

    assert run(["status"], connect) == 3
    said = capsys.readouterr().err
    assert "the engine says ?]0;title?" in said
    assert "\x1b" not in said


PROGRAM = [sys.executable, "-c", "from catenet.orchestrator.cli import main; main()"]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["schema"], ["completion", "bash"]])
def test_a_full_disk_is_no_fault_of_ours(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "catenet: standard output cannot be written: No space left on device\n",
    )


def test_an_exit_code_is_right_where_nothing_can_be_said() -> None:
    with Path("/dev/full").open("w") as full:
        assert subprocess.run([*PROGRAM, "nosuch"], stderr=full, check=False).returncode == 2


@pytest.mark.parametrize("closed", ["0<&-", ">&-", "2>&-", "0<&- >&- 2>&-"])
def test_a_stream_may_be_closed(closed: str) -> None:
    """POSIX lets whoever starts a program close its streams; Python has None in their place."""
    command = f"{shlex.join([*PROGRAM, 'schema'])} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) is (">&- " not in f" {closed} ".replace("2>&- ", ""))
