"""A name that a node is to look up (the question `probe`, of this KIND), and what it was told: as it says it, and as it
is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.control.fields import Fields, words
from catenet.nodes.machine import Json

__all__ = ["KIND", "LONGEST", "LookedUp", "LookupAsked"]

KIND = "lookup"
LONGEST = 30.0
"""Seconds that an answer may be waited for."""


class LookupAsked(NamedTuple):
    """The addresses of `name`, of the server at `to`, which is to find them if it does not know them (RD). It is asked
    once, by UDP, and has `wait` seconds.
    """

    to: Address
    name: str
    wait: float = 5.0

    def check(self) -> None:
        """Raises ValueError: it cannot be asked; the text names the word and its value."""
        if self.to == ANY:
            raise ValueError(f"to {self.to} is no server")
        if not 0 < self.wait <= LONGEST:
            raise ValueError(f"wait {self.wait:g} is out of range; it may be up to {LONGEST:g} s")

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "to": str(self.to)}

    @classmethod
    def parse(cls, value: Mapping[str, Json]) -> LookupAsked:
        """What `to_json` gives. Raises ValueError: it is none."""
        row = Fields(value, KIND)
        wait = row.number("wait")
        made = cls(row.address("to"), row.name("name"), cls(ANY, "").wait if wait is None else wait)
        made.check()
        return made


class LookedUp(NamedTuple):
    """What was answered: the response code (`NOERROR`; empty: nothing) and the addresses. `truncated`: the answer is
    too large for UDP, and so has none of them. `error`: why there is no answer, in words.
    """

    status: str = ""
    addresses: tuple[str, ...] = ()
    truncated: bool = False
    error: str = ""

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "addresses": [*self.addresses]}

    @classmethod
    def parse(cls, value: Json) -> LookedUp:
        """Raises AnswerError: it is of another form."""
        row = Fields(value, KIND)
        addresses = row.part("addresses", words) or ()
        return cls(row.text("status"), addresses, row.flag("truncated"), row.text("error"))
