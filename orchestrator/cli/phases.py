"""How `up` and `down` show what they do: bars on a terminal that vanish at the end, one line a finished phase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from catenet.nodes.control.printable import printable
from catenet.orchestrator.cli.screen import say_to_stderr

__all__ = ["Phases", "phase_line", "phases"]


def phase_line(subject: str, text: str, seconds: float) -> str:
    """One finished phase, as `make run` prints them all."""
    said = f"{subject:<9} {text}"
    return f"  {said:<67} {seconds:>6.1f} s"


class Phases:
    """The Protocol of deploy/progress.py, on a console. `bars` is None off a terminal."""

    def __init__(self, console: Console, bars: Progress | None, *, quiet: bool) -> None:
        self._console = console
        self._bars = bars
        self._quiet = quiet
        self._tasks: dict[str, TaskID] = {}

    def count(self, phase: str, done: int, total: int) -> None:
        if self._bars is None or not total:
            return
        if phase not in self._tasks:
            self._tasks[phase] = self._bars.add_task(phase, total=total)
        self._bars.update(self._tasks[phase], completed=done)

    def finished(self, subject: str, text: str, seconds: float) -> None:
        if not self._quiet:
            line = printable(phase_line(subject, text, seconds))
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        say_to_stderr(f"  {text}")


@contextmanager
def phases(*, quiet: bool = False) -> Iterator[Phases]:
    """A display for the time of the block; `quiet`: nothing on standard output."""
    console = Console(highlight=False)
    if quiet or not console.is_terminal:
        yield Phases(console, None, quiet=quiet)
        return
    columns = (TextColumn("  {task.description:<11}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        yield Phases(console, bars, quiet=False)
