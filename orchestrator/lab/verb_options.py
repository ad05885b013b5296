"""What is written beside a verb, in a timeline, on the command line or in a test → the verb's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catenet.nodes.control.units import SECONDS
from catenet.orchestrator.faults.option import Field, Unit, fields
from catenet.orchestrator.faults.verb import Verb
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.reader import Reader

__all__ = ["read_options"]


def read_options(verb: Verb, section: Mapping[str, Item], what: str, reader: Reader) -> Any:
    """The options of the verb, by those of its words that the section has; the others have their defaults."""
    values = {
        field.name: _value(field, section[field.name], f"{what}: {field.name}", reader)
        for field in fields(verb.options)
        if field.name in section
    }
    return verb.options(**{name: value for name, value in values.items() if value is not None})


def _value(field: Field, item: Item, what: str, reader: Reader) -> Any:
    """None where it is wrong, which was reported."""
    if field.kind is bool:
        return reader.flag(item, what)
    if field.kind is int:
        return reader.number(item, what, *field.option.bounds)
    if field.kind == SECONDS:
        return reader.duration(item, what)
    if isinstance(field.kind, Unit):
        return reader.quantity(item, what, field.kind)
    return reader.choice(item, what, field.choices)
