"""Numbered UDP datagrams to who echoes: what is asked of a node (the question `probe`, of this KIND), and what became
of them, as it says it and as it is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.fields import AnswerError, Fields, check_range
from catenet.nodes.machine import Json

__all__ = ["KIND", "LARGEST", "LONGEST", "MOST", "SHOWN", "SMALLEST", "Datagrams", "Stream"]

KIND = "datagrams"
MOST = 10_000
"""Datagrams at one go."""
SMALLEST, LARGEST = 12, 65_507
"""Octets of UDP data: a number needs so many, and a packet of 65,535 octets has no room for more (RFC 791)."""
LONGEST = 40.0
"""Seconds from the first one to the last."""
SHOWN = 40
"""Numbers that are told in the order in which they came back."""
_OCTETS = 100_000_000
"""Of all of them together."""
_LARGEST_PORT = 65_535


class Stream(NamedTuple):
    """So many datagrams of `size` octets to that port, one each `every` seconds. `whole`: no router may cut them (RFC
    791: "don't fragment"); their sender still does."""

    to: Address
    port: int
    number: int = 200
    every: float = 0.01
    size: int = 100
    whole: bool = False

    def check(self) -> None:
        """Whether they can be sent.

        Raises:
            ValueError: they cannot; the text names the word and its value.

        """
        check_range("port", self.port, 1, _LARGEST_PORT)
        check_range("number", self.number, 1, MOST)
        check_range("size", self.size, SMALLEST, LARGEST)
        if not 0 <= self.every * (self.number - 1) <= LONGEST:
            raise ValueError(
                f"{self.number} datagrams take {self.every * (self.number - 1):g} s; at most {LONGEST:g} s"
            )
        if self.number * self.size > _OCTETS:
            raise ValueError(f"{self.number} datagrams of {self.size} octets are too many; at most {_OCTETS} octets")

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "to": str(self.to)}

    @classmethod
    def parse(cls, value: Mapping[str, Json]) -> Stream:
        """What `to_json` gives; what is left out is as above.

        Raises:
            ValueError: it is none; the text names the word and its value.

        """
        row, well = Fields(value, KIND), cls(Address(0), 0)
        every = row.number("every")
        made = cls(
            row.address("to"),
            row.whole("port") or 0,
            row.whole("number") or well.number,
            well.every if every is None else every,
            row.whole("size") or well.size,
            row.flag("whole"),
        )
        made.check()
        return made


class Datagrams(NamedTuple):
    """What became of them. `arrived`: how many came back, each counted once; `unsent`: that could not be sent at all,
    which are among the lost; `duplicated`: copies; `overtaken`: came back behind one that was sent later; `corrupted`:
    came back as others. `order`: the first numbers that came back. `least`, `median`, `most`: seconds there and back.
    `silence`: the longest, in seconds, in which none came back, until it was over or nothing was sent any more.
    """

    sent: int
    arrived: int
    unsent: int = 0
    duplicated: int = 0
    overtaken: int = 0
    corrupted: int = 0
    order: tuple[int, ...] = ()
    least: float = 0.0
    median: float = 0.0
    most: float = 0.0
    silence: float = 0.0

    @property
    def lost(self) -> int:
        """How many never came back."""
        return self.sent - self.arrived

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "order": [*self.order]}

    @classmethod
    def parse(cls, value: Json) -> Datagrams:
        """The answer.

        Raises:
            AnswerError: it is none.

        """
        row = Fields(value, KIND)
        sent, arrived, unsent, duplicated, overtaken, corrupted = (row.whole(word) or 0 for word in cls._fields[:6])
        order = row.part("order", _numbers) or ()
        least, middle, most, silence = (row.number(word) or 0.0 for word in cls._fields[7:])
        return cls(sent, arrived, unsent, duplicated, overtaken, corrupted, order, least, middle, most, silence)


def _numbers(value: Json) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(isinstance(each, int) for each in value[:SHOWN]):
        raise AnswerError("datagrams.order is no list of numbers")
    return tuple(each for each in value[:SHOWN] if isinstance(each, int))
