"""How the command line looks: narrow tables and few colours on a terminal; off it plain text, one line a row.

Colours stop where NO_COLOR is set or the output is no terminal (rich sees to both).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from catenet.nodes.machine import Json

__all__ = ["Cell", "console", "good_or_bad", "print_json", "say", "table"]

NARROWEST, WIDEST = 80, 100
"""Columns that a table fits itself into on a terminal; a narrower one wraps its lines."""
UNBOUNDED = 10_000

_FIGURE = re.compile(r"-?\d+(\.\d+)?( ?(s|ms|MB|%))?")

Cell = str | Text


def console() -> Console:
    """Standard output, as it is now."""
    width = max(NARROWEST, min(Console().width, WIDEST)) if sys.stdout.isatty() else UNBOUNDED
    return Console(width=width, highlight=False, soft_wrap=not sys.stdout.isatty())


def say(line: Cell) -> None:
    """One line; what looks like markup in it is printed as it is."""
    console().print(line if isinstance(line, Text) else Text(line), soft_wrap=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "") -> None:
    """A table without lines, numbers at the right. Where it is too wide, cells of several words fold."""
    body = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    view = Table(box=None, pad_edge=False, show_header=any(heads), header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        cells = [row[number].plain for row in body]
        words = any(" " in cell for cell in cells)
        view.add_column(
            Text(head),
            justify="right" if _are_figures(cells) else "left",
            no_wrap=not words,
            overflow="fold" if words else "ellipsis",
        )
    for row in body:
        view.add_row(*row)
    out = console()
    if title:
        out.print(Text(title, style="bold"))
    with out.capture() as captured:
        out.print(view)
    # rich fills the last column with spaces, which a terminal hides and a diff or a pipe does not
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def good_or_bad(word: str, *, good: bool) -> Text:
    """A state, green or red."""
    return Text(word, style="green" if good else "bold red")


def print_json(value: Json) -> None:
    """One JSON document, readable on a terminal, on one line in a pipe."""
    print(json.dumps(value, indent=2 if sys.stdout.isatty() else None))


def _are_figures(texts: Sequence[str]) -> bool:
    """Whether a column holds numbers, with or without a unit, and nothing else but gaps."""
    given = [text for text in texts if text not in ("", "-")]
    return bool(given) and all(_FIGURE.fullmatch(text) for text in given)
