"""What is written beside a verb, in a timeline, on the command line or in a test → the verb's options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from catenet.nodes.control.units import SECONDS, Unit
from catenet.orchestrator.faults.option import NODE_NAME, Field, fields
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.reader import Reader

__all__ = ["read_options"]


def read_options(
    options: Any, section: Mapping[str, Item], what: str, reader: Reader, nodes: Collection[str] | None = None
) -> Any:
    """The options, by those of their words that the section has; the others have their defaults. `nodes`: that there
    are; None: that is looked at later.
    """
    values = {
        field.name: _value(field, section[field.name], f"{what}: {field.name}", reader, nodes)
        for field in fields(options)
        if field.name in section
    }
    chosen = [(values.get(field.name), field.default) for field in fields(options)]
    return options(*(default if value is None else value for value, default in chosen))


def _value(field: Field, item: Item, what: str, reader: Reader, nodes: Collection[str] | None) -> Any:
    """None where it is wrong, which was reported."""
    if field.kind == NODE_NAME:
        return reader.text(item, what) if nodes is None else reader.one_of(item, what, "node", nodes)
    if field.kind is bool:
        return reader.flag(item, what)
    if field.kind is int:
        return reader.number(item, what, *field.option.bounds)
    if field.kind == SECONDS:
        return reader.duration(item, what)
    if isinstance(field.kind, Unit):
        return reader.quantity(item, what, field.kind)
    return reader.choice(item, what, field.choices)
