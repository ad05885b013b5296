"""What a bench is doing, on standard error: a line that moves on a terminal, plain lines with the time elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task, TextColumn
from rich.progress_bar import ProgressBar
from rich.table import Table

__all__ = ["Steps", "clock"]


class Steps:
    """A bench tells it what it does next; all of it should take so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.monotonic()
        self._bar: Progress | None = None

    def step(self, words: str) -> None:
        """This is what is being done from now on, like `run 2 of 3: BIND`."""
        if self._bar is None:
            sys.stderr.write(f"  {clock(time.monotonic() - self._began):>6}  {words}\n")
            sys.stderr.flush()
        else:
            self._bar.update(self._bar.task_ids[0], description=words)

    def found(self, words: str) -> None:
        """A line that stays."""
        if self._bar is None:
            self.step(words)
        else:
            self._bar.console.print(f"  {words}", highlight=False, markup=False)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """On a terminal the line moves for the time of the block, and is gone afterwards."""
        if not sys.stderr.isatty():
            yield
            return
        columns = _Time(self._seconds), TextColumn("{task.description}", markup=False)
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            bar.add_task("")
            self._bar = bar
            try:
                yield
            finally:
                self._bar = None


class _Time(ProgressColumn):
    """How much of the expected time has passed."""

    max_refresh = None

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def render(self, task: Task) -> Table:
        passed = task.elapsed or 0.0
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(self._seconds, min(passed, self._seconds), width=20)
        line.add_row(" ", bar, f"{clock(passed)} of about {clock(self._seconds)}")
        return line


def clock(seconds: float) -> str:
    """1:05, for 65 seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
