"""Shows any answer of a node: lists of objects as tables, objects as lines, whatever fields they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from catenet.nodes.machine import Json
from catenet.orchestrator.cli.screen import say, table

__all__ = ["cell", "show_value"]

HEADINGS = {"lan": "LAN", "age": "age (s)", "ttl": "TTL (s)"}
ROUTE_HEADINGS = {"prefix": "to", "node": "via"}
"""In a table of routes, as the lecture's tables have it: to where, via whom (the node; --json has its address too)."""
ORDER = ("prefix", "network", "name", "type", "node", "lan", "address", "up", "cost", "metric", "age", "state")
"""Fields that stand first in a table, in this order; the others follow as they come."""


def show_value(value: Json, networks: Mapping[str, str]) -> None:
    """Prints it: a table, lines, or one after the other for what holds both. `networks`: prefix → LAN."""
    for number, (title, part) in enumerate(_parts(value, "")):
        if number:
            say("")
        if isinstance(part, Mapping):
            table(["", ""], [(_heading(key), cell(item)) for key, item in part.items()], title=title)
        elif isinstance(part, list) and _is_rows(part):
            _show_rows([_with_network(row, networks) for row in part if isinstance(row, Mapping)], title)
        else:
            say(f"{title}: {cell(part)}" if title else cell(part))


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


def _is_rows(value: Json) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value)


def _is_large(value: Json) -> bool:
    """Whether it needs more than one cell: an object with fields, or a list of objects."""
    return (isinstance(value, Mapping) and bool(value)) or _is_rows(value)


def _show_rows(rows: Sequence[Mapping[str, Json]], title: str) -> None:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if "prefix" in keys and "node" in keys:
        keys = [key for key in keys if key != "via"]
    keys.sort(key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
    heads = [(ROUTE_HEADINGS.get(key) if "prefix" in keys else None) or _heading(key) for key in keys]
    table(heads, [[cell(row.get(key)) for key in keys] for row in rows], title=title)


def _with_network(row: Mapping[str, Json], networks: Mapping[str, str]) -> Mapping[str, Json]:
    prefix = row.get("prefix")
    return {**row, "network": networks.get(prefix)} if isinstance(prefix, str) and networks else row


def _heading(key: str) -> str:
    return HEADINGS.get(key) or key.replace("_", " ")


def cell(value: Json) -> str:
    """One value, short: yes and no, - for what is not there, few decimals."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value) or "-"
    return str(value)
