"""The machine that an engine runs on, beside its engine: what its files say and its commands print.

This one is looked at by itself; another one by ssh_machine.py.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

__all__ = ["PATIENCE", "LocalMachine", "Machine", "finished"]

PATIENCE = 10.0
"""Seconds that a command may take."""


class Machine(Protocol):
    """A machine, until the end of `with`. What is asked changes nothing there."""

    def __enter__(self) -> Machine: ...
    def __exit__(self, *_: object) -> None: ...

    def run(self, command: Sequence[str]) -> str:
        """What a command prints on its standard output; empty where it is not there, fails, or does not end."""

    def read(self, path: str) -> str:
        """The text of a file; empty where it is not there, or may not be read."""


class LocalMachine:
    """This one."""

    def __enter__(self) -> LocalMachine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, command: Sequence[str]) -> str:
        try:
            done = finished(command, PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout if done.returncode == 0 else ""

    def read(self, path: str) -> str:
        try:
            return Path(path).read_text(errors="replace")
        except OSError:
            return ""


def finished(
    command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A program of this machine that has ended, and what it said; nobody answers what it asks.

    `environment`: ours, where none is given.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it had not ended after so many seconds, and was killed.

    """
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        timeout=seconds,
        check=False,
    )
