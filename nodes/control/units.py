"""What the fields of options are beside their types: durations as a user writes them (200ms, 2s, 3m, 1h) and as the
program has them (seconds), names of LANs, secrets, and what each is for. What is wrong with one is an `OptionError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, NamedTuple

__all__ = [
    "DURATION",
    "LAN",
    "LONGEST",
    "PERCENTAGE",
    "RATE",
    "SECONDS",
    "SECRET",
    "About",
    "Duration",
    "Form",
    "LanName",
    "OptionError",
    "Percentage",
    "Rate",
    "RouteSource",
    "Secret",
    "Unit",
    "check_tags",
    "check_timer",
    "format_duration",
    "parse_duration",
]

SECONDS = "unit: seconds"
Duration = Annotated[float, SECONDS]
"""A dataclass field of this type is written as a duration in a lab file and holds seconds."""

LAN = "the name of a LAN"
LanName = Annotated[str, LAN]
"""A dataclass field of this type, or a tuple or the keys of a mapping of it, names LANs of the node."""

SECRET = "a secret"
Secret = Annotated[str, SECRET]
"""A dataclass field of this type, or what a mapping of it holds, is repeated in no message."""


class Form(NamedTuple):
    """Beside a dataclass field's type, in Annotated: how its value is written, where the type alone does not say it."""

    words: str


class About(NamedTuple):
    """Beside a dataclass field's type, in Annotated: what the option is for, in whole sentences for its user."""

    words: str


class RouteSource(NamedTuple):
    """Beside the type of a text, in Annotated: it says whose routes. One of these words, or the name of any other
    service that finds routes.
    """

    words: tuple[str, ...]


class OptionError(ValueError):
    """An option has a value that it may not have. The text is for the user, and names the option and the value.

    `options`: its name; where two do not fit together, both. `inner`: the key or text in its value that is wrong, where
    that is a list or a mapping.
    """

    def __init__(self, message: str, *options: str, inner: str = "") -> None:
        super().__init__(message)
        self.options = options
        self.inner = inner


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)")
"""How a duration is written."""
LONGEST = 7 * 86_400.0
"""Seconds of the longest duration: a class's week; no clock of a system can be waited for through centuries."""


def parse_duration(text: str) -> float:
    """`200ms` → 0.2.

    Raises:
        ValueError: no number with one of the units ms, s, m, h.

    """
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a number and a unit, like 200ms, 2s or 3m")
    return float(match[1]) * _UNITS[match[2]]


def format_duration(seconds: float) -> str:
    """0.2 → `200ms`: the shortest form that `parse_duration` reads back."""
    if seconds < 1:
        return f"{_decimal(seconds * 1000)}ms"
    for unit in ("h", "m"):
        if seconds % _UNITS[unit] == 0:
            return f"{_decimal(seconds / _UNITS[unit])}{unit}"
    return f"{_decimal(seconds)}s"


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


def check_timer(name: str, value: object, shortest: float, longest: float, like: str) -> None:
    """An option that is a duration. `like`: one, as it is written.

    Raises:
        OptionError: it is none, or out of range.

    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise OptionError(f"{name} {value!r} is no duration; write one like {like}", name)
    if not shortest <= value <= longest:
        allowed = f"{format_duration(shortest)} to {format_duration(longest)}"
        raise OptionError(f"{name} {value:g}s is out of range; it may be {allowed}", name)


def check_tags(name: str, value: object, most: int) -> None:
    """An option that is a list of routes' tags, each at most so much.

    Raises:
        OptionError: one of them is none, is 0, which marks nothing, or is there twice.

    """
    if not isinstance(value, tuple | list):
        raise OptionError(f"{name} {value!r} is no list of tags; write one like [120]", name)
    for tag in value:
        if isinstance(tag, bool) or not isinstance(tag, int) or not 1 <= tag <= most:
            raise OptionError(f"{name} {tag!r} is no tag; it may be 1 to {most}", name, inner=str(tag))
    if len(set(value)) < len(value):
        raise OptionError(f"{name}: a tag is there twice", name)


def _decimal(number: float) -> str:
    """As DURATION has it: nine digits behind the point, no exponent."""
    return f"{number:.9f}".rstrip("0").rstrip(".")
