"""Why a route changed: a value for programs, with its words for people made here."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Json

__all__ = ["STARTED", "TIMED_OUT", "Cause", "Reason"]


class Reason(Enum):
    """What kind of thing changed it. The value is the field `reason` of what is told."""

    STARTED = "started"
    TIMED_OUT = "timed out"
    LINK_UP = "link up"
    LINK_DOWN = "link down"
    UPDATE = "update"
    ANSWER = "answer"
    REDISTRIBUTION = "redistribution"


_MESSAGES = (Reason.UPDATE, Reason.ANSWER)
_WORDS = {
    Reason.STARTED: "started",
    Reason.TIMED_OUT: "timed out",
    Reason.LINK_UP: "{0} came up",
    Reason.LINK_DOWN: "{0} went down",
    Reason.UPDATE: "{0}'s update",
    Reason.ANSWER: "{0}'s answer",
    Reason.REDISTRIBUTION: "route of {0}",
}


class Cause(NamedTuple):
    """`neighbour`: who sent the message; `name`: the LAN, or whose route it is that is redistributed."""

    reason: Reason
    name: str = ""
    neighbour: Address = ANY

    @property
    def message(self) -> str | None:
        """Which message of a neighbour's it was: update or answer; None: none."""
        return self.reason.value if self.reason in _MESSAGES else None

    def of(self, name_of: Callable[[Address], str]) -> str:
        """The neighbour, the LAN or the service that the reason is one of; empty where it is nobody's."""
        return name_of(self.neighbour) if self.neighbour else self.name

    def text(self, name_of: Callable[[Address], str]) -> str:
        return _WORDS[self.reason].format(self.of(name_of))

    def to_json(self, name_of: Callable[[Address], str]) -> dict[str, Json]:
        """`cause` in words; beside it, for programs, `reason` and `of`."""
        words: dict[str, Json] = {"cause": self.text(name_of), "reason": self.reason.value}
        return {**words, "of": of} if (of := self.of(name_of)) else words


STARTED = Cause(Reason.STARTED)
TIMED_OUT = Cause(Reason.TIMED_OUT)
