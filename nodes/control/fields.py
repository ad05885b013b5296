"""The fields of a node's answer, as whoever asked reads them.

What is not there, or is null, is taken as it is in a node of an older version, which does not say it yet; what is of
another type is an `AnswerError`, since whatever is in a node may answer for it. Texts are as a terminal may have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, TypeVar

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import Answer
from catenet.nodes.machine import Json

__all__ = [
    "AnswerError",
    "Fields",
    "address_in",
    "check_range",
    "counts",
    "lines",
    "prefix_in",
    "read",
    "rows",
    "words",
]

Value = TypeVar("Value")
_SHOWN = 60  # characters of what is wrong


class AnswerError(ValueError):
    """The node gave no answer, or one that its question does not have: the text says why, or names field and value."""


def read(answer: Answer, parse: Callable[[Json], Value]) -> Value:
    """What was answered, as a value.

    Raises:
        AnswerError: it is an error, or of another form.

    """
    if answer.error is not None:
        raise AnswerError(answer.error)
    return parse(answer.answer)


def rows(value: Json, where: str, parse: Callable[[Json], Value]) -> tuple[Value, ...]:
    """A list, each of its own. `where`: what it is, for the error."""
    if not isinstance(value, list):
        raise _odd(where, value, "no list")
    return tuple(map(parse, value))


def words(value: Json) -> tuple[str, ...]:
    """A list of texts, like the words that `show` knows."""
    return tuple(map(printable, lines(value)))


def lines(value: Json) -> tuple[str, ...]:
    """A list of texts that are read by whoever asked, like events with their JSON: as they are."""
    return rows(value, "answer", _text)


def counts(value: Json) -> dict[str, int]:
    """Counters by their names."""
    return _named(value, "counters", _count)


def _named(value: Json, where: str, parse: Callable[[Json], Value]) -> dict[str, Value]:
    if not isinstance(value, Mapping):
        raise _odd(where, value, "no object")
    return {printable(name): parse(each) for name, each in value.items() if each is not None}


def _count(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _odd("counters", value, "no whole number")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise _odd("answer", value, "no text")
    return value


def _odd(where: str, value: Json, what: str) -> AnswerError:
    return AnswerError(f"{where} {printable(repr(value)[:_SHOWN])} is {what}")


def address_in(said: str | None) -> Address | None:
    """A text that should be an address; None where it is none: it is the node's own word."""
    try:
        return None if said is None else Address.parse(said)
    except ValueError:
        return None


def prefix_in(said: str | None) -> Prefix | None:
    """The same of a prefix."""
    try:
        return None if said is None else Prefix.parse(said)
    except ValueError:
        return None


def check_range(word: str, value: int, least: int, most: int) -> None:
    """Raises ValueError: it is not between these; the text names the word and its value."""
    if not least <= value <= most:
        raise ValueError(f"{word} {value} is out of range; it may be {least} to {most}")


class Fields:
    """Those of one object, each read as what it is to be."""

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _odd(where, value, "no object")
        self._row = value
        self._where = where

    def name(self, key: str) -> str:
        """A text that must be there."""
        return self.text(key) or self._refuse(key, "no name")

    def address(self, key: str) -> Address:
        """An address that must be there."""
        found = address_in(self.name(key))
        return self._refuse(key, "no address") if found is None else found

    def text(self, key: str) -> str:
        """A text, or an empty one."""
        return self.word(key) or ""

    def word(self, key: str) -> str | None:
        """A text, or None."""
        value = self._row.get(key)
        if value is None or isinstance(value, str):
            return value if value is None else printable(value)
        return self._refuse(key, "no text")

    def whole(self, key: str) -> int | None:
        """A whole number, or None."""
        value = self._row.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        return self._refuse(key, "no whole number")

    def number(self, key: str) -> float | None:
        """A number, or None."""
        value = self._row.get(key)
        if value is None or isinstance(value, float):
            return value
        try:
            return float(self.whole(key) or 0)
        except (AnswerError, OverflowError):
            return self._refuse(key, "no number")

    def flag(self, key: str) -> bool:
        """Whether it is so; what is not there is not."""
        value = self._row.get(key)
        return value if isinstance(value, bool) else value is not None and self._refuse(key, "no bool")

    def says(self, key: str) -> bool:
        """Whether the node says anything of it, null too."""
        return key in self._row

    def rows(self, key: str, parse: Callable[[Json], Value]) -> tuple[Value, ...]:
        """A list, or an empty one."""
        value = self._row.get(key)
        return () if value is None else rows(value, f"{self._where}.{key}", parse)

    def part(self, key: str, parse: Callable[[Json], Value]) -> Value | None:
        """Another value, or None."""
        value = self._row.get(key)
        return None if value is None else parse(value)

    def parts(self, key: str, parse: Callable[[Json], Value]) -> dict[str, Value]:
        """Values by their names; those that are null are left out."""
        value = self._row.get(key)
        return {} if value is None else _named(value, f"{self._where}.{key}", parse)

    def _refuse(self, key: str, what: str) -> NoReturn:
        raise _odd(f"{self._where}.{key}", self._row.get(key), what)
