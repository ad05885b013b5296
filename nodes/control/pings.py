"""Echoes to a destination (RFC 792): what is asked of a node (the question `probe`, of this KIND), and what became of
them, as it says it and as it is read again; and what is asked of one that is to trace a path (TRACE), whose answer are
`Probes` (control/probes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.control.fields import AnswerError, Fields, check_range, words
from catenet.nodes.machine import Json

__all__ = ["KIND", "LARGEST", "LONGEST", "MOST", "TRACE", "PingAsked", "Pinged", "TraceAsked"]

KIND, TRACE = "ping", "trace"
MOST = 1000
"""Echoes at one go."""
LARGEST = 65_507
"""Octets of an Echo's data: a packet of 65,535 octets has 20 of its header and 8 of ICMP's."""
LONGEST = 50.0
"""Seconds that it takes at the most, if nothing is answered."""
_OCTET = 255
_SHOWN = 8
"""Errors that are told."""


class PingAsked(NamedTuple):
    """So many Echoes with `size` octets of data, one each `every` seconds; then `wait` seconds, while some are missing.
    `ttl`: 0 is the stack's own. `whole`: no router may cut them (the flag DF); their sender does, once it knows that
    the way is too narrow. `interface`: the LAN by which they leave; empty: the route's.
    """

    to: Address
    number: int = 1
    size: int = 56
    every: float = 0.2
    wait: float = 2.0
    ttl: int = 0
    whole: bool = False
    interface: str = ""

    def check(self) -> None:
        """Whether they can be sent.

        Raises:
            ValueError: they cannot; the text names the word and its value.

        """
        if self.to == ANY:
            raise ValueError(f"to {self.to} is no destination")
        check_range("number", self.number, 1, MOST)
        check_range("size", self.size, 0, LARGEST)
        check_range("ttl", self.ttl, 0, _OCTET)
        takes = self.every * (self.number - 1) + self.wait
        if not (self.every >= 0 and self.wait >= 0 and takes <= LONGEST):
            raise ValueError(f"{self.number} echoes take {takes:g} s; at most {LONGEST:g} s")

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "to": str(self.to)}

    @classmethod
    def parse(cls, value: Mapping[str, Json]) -> PingAsked:
        """What `to_json` gives; what is left out is as above. Raises ValueError: it is none."""
        row, well = Fields(value, KIND), cls(ANY)
        made = cls(
            row.address("to"),
            _whole(row, "number", well.number),
            _whole(row, "size", well.size),
            _seconds(row, "every", well.every),
            _seconds(row, "wait", well.wait),
            _whole(row, "ttl", well.ttl),
            row.flag("whole"),
            row.text("interface"),
        )
        made.check()
        return made


class Pinged(NamedTuple):
    """What became of them. `received`: how many were answered, each counted once; `ms`: how long each of these took, in
    the order in which they were sent; `repeated`: answers beyond the first; `damaged`: answers with other data than
    were sent; `ttl`: that of the last answer's header. `unsent`: that could not be sent at all. `says`: the ICMP errors
    about them, in words, each with who said it, the first ones once.
    """

    sent: int = 0
    received: int = 0
    ms: tuple[float, ...] = ()
    repeated: int = 0
    damaged: int = 0
    unsent: int = 0
    ttl: int = 0
    says: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "ms": [*self.ms], "says": [*self.says[:_SHOWN]]}

    @classmethod
    def parse(cls, value: Json) -> Pinged:
        """Raises AnswerError: it is of another form."""
        row = Fields(value, KIND)
        return cls(
            row.whole("sent") or 0,
            row.whole("received") or 0,
            row.rows("ms", _number),
            row.whole("repeated") or 0,
            row.whole("damaged") or 0,
            row.whole("unsent") or 0,
            row.whole("ttl") or 0,
            row.part("says", words) or (),
        )


class TraceAsked(NamedTuple):
    """The routers on the way to a destination, by UDP datagrams whose TTL runs out: `tries` for each TTL up to `most`,
    each given `wait` seconds. `size`: octets of a datagram's data."""

    to: Address
    most: int = 30
    tries: int = 1
    wait: float = 1.0
    size: int = 32

    def check(self) -> None:
        """Raises ValueError: it cannot be; the text names the word and its value."""
        if self.to == ANY:
            raise ValueError(f"to {self.to} is no destination")
        check_range("most", self.most, 1, _OCTET)
        check_range("tries", self.tries, 1, 10)
        check_range("size", self.size, 0, LARGEST)
        takes = self.most * self.tries * self.wait
        if not (self.wait > 0 and takes <= LONGEST):
            raise ValueError(f"{self.most} hops take {takes:g} s if nobody answers; at most {LONGEST:g} s")

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "to": str(self.to)}

    @classmethod
    def parse(cls, value: Mapping[str, Json]) -> TraceAsked:
        """What `to_json` gives; what is left out is as above. Raises ValueError: it is none."""
        row, well = Fields(value, TRACE), cls(ANY)
        made = cls(
            row.address("to"),
            _whole(row, "most", well.most),
            _whole(row, "tries", well.tries),
            _seconds(row, "wait", well.wait),
            _whole(row, "size", well.size),
        )
        made.check()
        return made


def _number(value: Json) -> float:
    if not isinstance(value, int | float):
        raise AnswerError(f"ms {str(value)[:40]!r} is no number")
    return float(value)


def _whole(row: Fields, word: str, well: int) -> int:
    found = row.whole(word)
    return well if found is None else found


def _seconds(row: Fields, word: str, well: float) -> float:
    found = row.number(word)
    return well if found is None else found
