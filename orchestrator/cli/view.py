"""Shows any answer of a node: lists of objects as tables, objects as lines, whatever fields they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catenet.nodes.machine import Json
from catenet.orchestrator.cli.screen import say, table

__all__ = ["cell", "show_value"]

ORDER = (
    "node", "to", "prefix", "name", "type", "lan", "via", "cost", "metric", "state", "up", "address", "engine", "ttl",
    "age", "from",
)  # fmt: skip
"""Fields that stand first in a table, in this order; the others follow as they come."""


def show_value(value: Json, *, title: str = "") -> None:
    """Prints it: a table, lines, or one after the other for what holds both."""
    if isinstance(value, Mapping):
        _show_object(value, title)
    elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
        _show_table([item for item in value if isinstance(item, Mapping)], title)
    else:
        say(f"{title}: {cell(value)}" if title else cell(value))


def _show_object(whole: Mapping[str, Json], title: str) -> None:
    plain = {key: value for key, value in whole.items() if not _has_parts(value)}
    if plain:
        table(["", ""], [(_heading(key), cell(value)) for key, value in plain.items()], title=title)
    elif not whole:
        say(f"{title}: none" if title else "none")
    for key, value in whole.items():
        if _has_parts(value):
            name = f"{title}: {_heading(key)}" if title else _heading(key)
            show_value(value, title=name)


def _show_table(rows: Sequence[Mapping[str, Json]], title: str) -> None:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    keys.sort(key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
    table([_heading(key) for key in keys], [[cell(row.get(key)) for key in keys] for row in rows], title=title)


def _has_parts(value: Json) -> bool:
    """Whether it needs more than one cell: an object, or a list of objects."""
    return isinstance(value, Mapping) or (
        isinstance(value, list | tuple) and any(isinstance(x, Mapping) for x in value)
    )


def _heading(key: str) -> str:
    return "LAN" if key == "lan" else key.replace("_", " ")


def cell(value: Json) -> str:
    """One value, short: yes and no, - for what is not there, at most three decimals."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value) or "-"
    return str(value)
