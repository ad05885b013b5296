"""What make is told to do: it must not hide that something failed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
TARGETS = "run", "test", "unit", "check", "bench", "soak", "fuzz", "engine", "image", "stop", "clean"


def make(*arguments: str) -> str:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_no_step_hides_its_exit_status(target: str) -> None:
    """In a pipe only the last command's counts: `lint-imports | tail` passed whatever was imported."""
    steps = make("--dry-run", target).splitlines()
    assert steps
    assert not [step for step in steps if any(word in step for word in ("|", ";", "||", " &"))]
    assert not [line for line in (REPOSITORY / "Makefile").read_text().splitlines() if line.startswith(("\t-", "\t@-"))]


def test_help_names_every_target() -> None:
    assert [line.split()[1] for line in make().splitlines()] == ["help", *TARGETS]


def test_bench_says_what_there_is_to_be_measured() -> None:
    """Each of its parts is a file; one that does not exist is the user's mistake."""
    bench = [sys.executable, "tests/bench/bench.py", "nonsense"]
    done = subprocess.run(bench, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for file in (REPOSITORY / "tests" / "bench").glob("bench_*.py"):
        assert file.stem.removeprefix("bench_") in done.stderr


def test_a_bench_says_what_it_does_and_ends_at_ctrl_c() -> None:
    """Off a terminal in plain lines: how long it will take, and each step."""
    bench = [sys.executable, "tests/bench/bench.py", "rip_simulation", "--runs", "1000"]
    with subprocess.Popen(bench, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline().startswith("[1/1] rip_simulation, about ")
        assert running.stderr.readline().split() == ["0:00", "100", "routers:", "run", "1", "of", "1000"]
        running.send_signal(signal.SIGINT)
        said, complaint = running.communicate()
    assert (running.returncode, said) == (130, "")
    assert complaint.splitlines()[-1] == "stopped; what it had started is removed"
    assert "Traceback" not in complaint
