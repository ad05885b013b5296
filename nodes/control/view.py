"""How any answer of a node looks as text: lists of objects as tables, objects as lines, whatever fields they have.

Pure, and shared: by `catenet show`, and by the program `show` inside a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from catenet.nodes.control.printable import printable
from catenet.nodes.control.service import Table
from catenet.nodes.machine import Json

__all__ = ["ON", "Block", "are_figures", "blocks", "cell", "lay_out"]

ON = "on_node"
"""The field that names the node, where one table shows those of several."""
HEADINGS = {ON: "node", "lan": "LAN", "age": "age (s)"}
ROUTE_HEADINGS = {"prefix": "to", "node": "via"}
"""In a table of routes, as the lecture's tables have it: to where, via whom (the node; --json has its address too)."""
_FIRST = "prefix network name type node lan address up silent cost metric age state"
ORDER = (ON, *_FIRST.split())
"""Fields that stand first in a table, in this order; the others follow as they come."""
_FIGURE = re.compile(r"-?\d+(\.\d+)?( ?(s|ms|MB|%))?")
_GAP = "  "
_PLAIN = Table("")


class Block(NamedTuple):
    """One part of an answer: a table or, without rows, its title as a line."""

    title: str
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def blocks(value: Json, networks: Mapping[str, str], table: Table = _PLAIN) -> Iterator[Block]:
    """What is to be printed, an empty line between: a table, lines, or one after the other for what holds both.

    `networks`: prefix → LAN. `table`: how its declaration wants it.
    """
    headings = {**HEADINGS, **table.headings}
    for title, whole in _parts(value, ""):
        part = _with_units(whole) if title.endswith(table.seconds) else whole
        if isinstance(part, Mapping):
            yield Block(title, ("", ""), [(_heading(key, headings), cell(item)) for key, item in part.items()])
        elif isinstance(part, list) and _is_rows(part):
            rows = [_with_network(row, networks) for row in part if isinstance(row, Mapping)]
            yield _rows(rows, title, headings, table.first)
        else:
            yield Block(f"{title}: {cell(part)}" if title else cell(part))


def lay_out(block: Block) -> list[str]:
    """Its lines: no line is drawn, numbers stand at the right, and no line ends in spaces."""
    table = [block.heads, *block.rows] if any(block.heads) else list(block.rows)
    columns = [[row[number] for row in table] for number in range(len(block.heads))]
    widths = [max(map(len, column), default=0) for column in columns]
    right = [are_figures([row[number] for row in block.rows]) for number in range(len(block.heads))]
    lines = [
        _GAP.join(
            text.rjust(width) if figures else text.ljust(width)
            for text, width, figures in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in table
    ]
    return [block.title, *lines] if block.title or not block.heads else lines


def are_figures(texts: Sequence[str]) -> bool:
    """Whether a column holds numbers, with or without a unit, and nothing else but gaps."""
    given = [text for text in texts if text not in ("", "-")]
    return bool(given) and all(_FIGURE.fullmatch(text) for text in given)


def _parts(value: Json, title: str) -> Iterator[tuple[str, Json]]:
    """Cuts a value into what can be printed at once: objects of plain fields, lists of objects, single values."""
    if isinstance(value, Mapping):
        plain = {key: item for key, item in value.items() if not _is_large(item)}
        if plain:
            yield title, plain
        for key, item in value.items():
            if _is_large(item):
                yield from _parts(item, f"{title} {_heading(key)}".lstrip())
    elif _is_large(value) and isinstance(value, list | tuple):
        rows = [item if isinstance(item, Mapping) else {"": item} for item in value]
        yield title, [{key: item for key, item in row.items() if not _is_rows(item)} for row in rows]
        for row in rows:
            name = next((cell(item) for item in row.values() if not _is_large(item)), "")
            for key, item in row.items():
                if _is_rows(item):
                    yield from _parts(item, f"{title} {name} {_heading(key)}".strip())
    else:
        yield title, value


def _with_units(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _with_units(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_units(item) for item in value]
    return f"{cell(value)} s" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _is_rows(value: Json) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value)


def _is_large(value: Json) -> bool:
    """Whether it needs more than one cell: an object with fields, or a list of objects."""
    return (isinstance(value, Mapping) and bool(value)) or _is_rows(value)


def _rows(rows: Sequence[Mapping[str, Json]], title: str, headings: Mapping[str, str], first: Sequence[str]) -> Block:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if "prefix" in keys and "node" in keys:
        keys = [key for key in keys if key != "via"]
    order = list(dict.fromkeys((ON, *first, *ORDER)))
    keys.sort(key=lambda key: order.index(key) if key in order else len(order))
    special = ROUTE_HEADINGS if "prefix" in keys else {"node": "other node"} if ON in keys else {}
    heads = [special.get(key) or _heading(key, headings) for key in keys]
    return Block(title, heads, [[cell(row.get(key)) for key in keys] for row in rows])


def _with_network(row: Mapping[str, Json], networks: Mapping[str, str]) -> Mapping[str, Json]:
    prefix = row.get("prefix")
    return {**row, "network": networks.get(prefix)} if isinstance(prefix, str) and networks else row


def _heading(key: str, headings: Mapping[str, str] = HEADINGS) -> str:
    return headings.get(key) or printable(key.replace("_", " "))


def cell(value: Json) -> str:
    """One value, short: yes and no, - for what is not there, few decimals, no control characters."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{printable(key)} {cell(item)}" for key, item in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value) or "-"
    return printable(str(value))
