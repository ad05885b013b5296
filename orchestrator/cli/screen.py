"""How the command line looks: narrow tables and few colours on a terminal; off it plain text, one line a row.

Colours stop where NO_COLOR is set or the output is no terminal (rich sees to both). All text passes here: what nodes
wrote, and names of folders and containers, are others', and what a terminal would obey in them is replaced.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from catenet.nodes.control.printable import printable, printable_lines
from catenet.nodes.control.view import Block, are_figures, lay_out
from catenet.nodes.machine import Json

__all__ = [
    "Cell",
    "console",
    "good_or_bad",
    "print_json",
    "say",
    "say_to_stderr",
    "shown",
    "table",
    "write",
    "write_out",
]

NARROWEST, WIDEST = 80, 100
"""Columns that a table fits itself into on a terminal; a narrower one wraps its lines."""
UNBOUNDED = 10_000

Cell = str | Text


def console() -> Console:
    """Standard output, as it is now."""
    width = max(NARROWEST, min(Console().width, WIDEST)) if sys.stdout.isatty() else UNBOUNDED
    return Console(width=width, highlight=False, soft_wrap=not sys.stdout.isatty())


def say(line: Cell) -> None:
    """One line, or several; what looks like markup in it is printed as it is."""
    console().print(shown(line), soft_wrap=True)


def say_to_stderr(words: str) -> None:
    """A line on standard error: it is no part of what a program reads."""
    with suppress(OSError):  # the terminal was closed: what is to be done is done nevertheless
        print(printable_lines(words), file=sys.stderr, flush=True)


def write(text: str) -> None:
    """Text that a program may read: exactly as it is but on a terminal."""
    sys.stdout.write(printable_lines(text) if sys.stdout.isatty() else text)


def shown(cell: Cell, clean: Callable[[str], str] = printable_lines) -> Text:
    """As a terminal may have it. One character stands for one, so that styles keep their places."""
    if not isinstance(cell, Text):
        return Text(clean(cell.expandtabs()))
    text = cell.copy()
    text.expand_tabs(8)
    text.plain = clean(text.plain)
    return text


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "") -> None:
    """A table without lines, numbers at the right. On a terminal that is too narrow, cells of several words fold."""
    body = [[shown(cell, printable) for cell in row] for row in rows]
    heads, title = [printable(head) for head in heads], printable(title)
    if not sys.stdout.isatty():
        block = Block(title, heads, [[cell.plain for cell in row] for row in body])
        sys.stdout.write("".join(f"{line}\n" for line in lay_out(block)))
        return
    view = Table(box=None, pad_edge=False, show_header=any(heads), header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        cells = [row[number].plain for row in body]
        words = any(" " in cell for cell in cells)
        view.add_column(
            Text(head),
            justify="right" if are_figures(cells) else "left",
            no_wrap=not words,
            overflow="fold" if words else "ellipsis",
        )
    for row in body:
        view.add_row(*row)
    if title:
        console().print(Text(title, style="bold"))
    console().print(view)


def good_or_bad(word: str, *, good: bool) -> Text:
    """A state, green or red."""
    return Text(word, style="green" if good else "bold red")


def print_json(value: Json) -> None:
    """One JSON document, readable on a terminal, on one line in a pipe."""
    print(json.dumps(value, indent=2 if sys.stdout.isatty() else None))


def write_out(text: str, file: Path | None) -> None:
    """What `-o FILE` asks for; without a file, to standard output.

    Raises:
        UserError: the file cannot be written.

    """
    if file is None:
        write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        from catenet.orchestrator.observe.running import UserError

        raise UserError(f"-o {file} cannot be written: {error.strerror}") from None
