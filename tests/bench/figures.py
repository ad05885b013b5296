"""What every bench gives: figures, each beside a reference of the same run where there is one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

__all__ = ["Figure", "as_json", "show", "timed"]

_WIDTH = 110  # in a file


@dataclass(frozen=True)
class Figure:
    """One line of the table: a value in `unit`, and that of the reference, if any.

    `aim` is the most that it may be, or the least where more is better: as a ratio to the reference, or without one in
    `unit`; None where it is only told.
    """

    what: str
    value: float
    aim: float | None = None
    reference: str = ""
    its_value: float | None = None
    unit: str = "s"
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        return None if self.its_value is None else self.value / self.its_value

    @property
    def good(self) -> bool:
        if self.aim is None:
            return True
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.aim if self.more_is_better else judged <= self.aim


def timed(function: Callable[[], object]) -> float:
    """How long a call takes, in seconds."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def show(title: str, figures: Iterable[Figure]) -> None:
    table = Table(box=None, header_style="dim")
    for head in ("", "value", "", "beside", "its value", "ratio", "aim", ""):
        table.add_column(head, justify="left" if head in ("", "beside") else "right", no_wrap=True)
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} ×"
        aim = "" if figure.aim is None else f"{figure.aim:g} {'×' if ratio else figure.unit}"
        its = _number(figure.its_value)
        missed = "" if figure.good else "missed"
        table.add_row(figure.what, _number(figure.value), figure.unit, figure.reference, its, ratio, aim, missed)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(f"\n[bold]{title}[/]", soft_wrap=True)
    console.print(table)


def as_json(figures: Iterable[Figure]) -> list[dict[str, object]]:
    return [{**asdict(figure), "ratio": figure.ratio, "good": figure.good} for figure in figures]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,d}" if isinstance(value, int) else f"{value:,.2f}"
