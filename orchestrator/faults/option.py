"""What a verb may be given beside its target, and how each value is written: `--silent`, `--delay 20ms`.

The options of a verb are one NamedTuple. Each field has a default, and its type says how its value is written: bool
(False by default), an int with bounds, a Literal (one of its words), Duration, Percentage or Rate; beside the type, an
Option says what it means. Command line, timeline, plugin, schema and completion are made of these fields.

It is no dataclass, since `catenet --help` reads every verb, and the module dataclasses takes a quarter of that time.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from catenet.nodes.control.units import SECONDS, format_duration

__all__ = ["PERCENTAGE", "RATE", "Field", "NoOptions", "Option", "Percentage", "Rate", "Unit", "fields", "written"]


class Unit(NamedTuple):
    """A number with a unit behind it. `units`: each → what one of it is; the last one is the largest."""

    words: str
    like: str
    units: Mapping[str, float]
    most: float

    @property
    def pattern(self) -> str:
        """As a regular expression."""
        return rf"(\d{{1,9}}(?:\.\d{{1,6}})?)({'|'.join(self.units)})"

    @property
    def range(self) -> str:
        """In words."""
        return f"at most {self.format(self.most)}"

    def parse(self, text: str) -> float:
        """`1%` → 0.01.

        Raises:
            ValueError: it is none, or larger than any.

        """
        match = re.fullmatch(self.pattern, text)
        value = float(match[1]) * self.units[match[2]] if match else self.most + 1
        if value > self.most:
            raise ValueError(f"{text!r} is no {self.words} ({self.range}, like {self.like})")
        return value

    def format(self, value: float) -> str:
        """0.01 → `1%`: what `parse` reads back."""
        unit = next((name for name, one in reversed(list(self.units.items())) if value >= one), next(iter(self.units)))
        return f"{value / self.units[unit]:.6f}".rstrip("0").rstrip(".") + unit


PERCENTAGE = Unit("percentage", "1%", {"%": 0.01}, 1.0)
Percentage = Annotated[float, PERCENTAGE]
"""A share of the whole, 0 to 1; written like 1%."""

RATE = Unit("rate", "10mbit", {"bit": 1.0, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9}, 1e12)
Rate = Annotated[float, RATE]
"""Bits a second; written like 10mbit."""


class Option(NamedTuple):
    """What a field of a verb's options means.

    `about`: in whole sentences. `bounds`: a number's least and most. `leaves`: the target's word in `status`, where the
    option is given.
    """

    about: str
    bounds: tuple[int, int] = (0, 0)
    leaves: str = ""


class NoOptions(NamedTuple):
    """Of a verb that has none."""


class Field(NamedTuple):
    """One option. `kind`: how its value is written: bool, int, SECONDS, a Unit; or str, one of the `choices`."""

    name: str
    kind: Any
    default: Any
    option: Option
    choices: tuple[str, ...] = ()

    def format(self, value: Any) -> str:
        """The value, as somebody would write it behind the option's name."""
        if isinstance(self.kind, Unit):
            return self.kind.format(value)
        if self.kind is bool:
            return "yes" if value else "no"
        return format_duration(value) if self.kind == SECONDS else str(value)


@lru_cache
def fields(options: Hashable) -> tuple[Field, ...]:
    """The options of a verb, made of their class.

    Raises:
        TypeError: a field has no Option, no default, or a type of which nobody knows how it is written.

    """
    cls: Any = options
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_field(cls, name, hints[name]) for name in cls._fields)


def _field(options: Any, name: str, hint: Any) -> Field:
    marks = getattr(hint, "__metadata__", ())
    plain = hint.__origin__ if marks else hint
    option = next((mark for mark in marks if isinstance(mark, Option)), None)
    kind: Any = next((mark for mark in marks if isinstance(mark, Unit) or mark == SECONDS), plain)
    default = options._field_defaults.get(name)
    choices = get_args(plain) if get_origin(plain) is Literal else ()
    known = choices or isinstance(kind, Unit) or kind in (int, SECONDS) or (kind is bool and default is False)
    if option is None or name not in options._field_defaults or not known:
        raise TypeError(f"{options.__module__}.{options.__qualname__}.{name}: {hint!r} is no option of a verb")
    return Field(name, str if choices else kind, default, option, choices)


def written(options: Any) -> list[str]:
    """Those that differ from their defaults, as the command line has them."""
    cls: Any = type(options)
    return [
        f"--{field.name}" if field.kind is bool else f"--{field.name} {field.format(value)}"
        for field, value in zip(fields(cls), options, strict=True)
        if value != field.default
    ]
