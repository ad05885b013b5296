"""What one end of a LAN is like: one value, ordered by the orchestrator, carried out and told by the node, compared by
whoever asks. All who order, tell, compare, draw and undo go by its fields and states; only the node has to do it
(runtime/lans). Every end of a LAN is told the same, what only one sender's packets suffer too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from catenet.nodes.control.impairment import Impairment, in_words, parse_all
from catenet.nodes.machine import Json

__all__ = ["BROKEN", "CUT", "HEALTHY", "LinkCondition", "StateWords"]


class StateWords(NamedTuple):
    """How people say it: a LAN is `word`; it became so: `past`; `place` these ends; an absent end will be: `later`."""

    word: str
    past: str
    place: str
    later: str


UP = StateWords("up", "healed", "up at", "comes up")
CUT = StateWords("cut", "cut", "down at", "is cut")
SILENT = StateWords("silent", "silent", "every packet is dropped at", "goes silent")
IMPAIRED = StateWords("impaired", "impaired", "carried out by", "is impaired")
BROKEN = (CUT, SILENT, IMPAIRED)
"""All but the one that is well, the worst one first."""


class LinkCondition(NamedTuple):
    """`up`: the interface is. `drop`: though it is up, it drops every frame that comes in. `impairments`: what packets
    suffer, of each sender once, sorted.

    Between a node and who asks it, `drop` is called silent.
    """

    up: bool = True
    drop: bool = False
    impairments: tuple[Impairment, ...] = ()

    @property
    def state(self) -> StateWords:
        """As people say it."""
        if not self.up:
            return CUT
        if self.drop:
            return SILENT
        return IMPAIRED if self.impairments else UP

    @property
    def word(self) -> str:
        """The state in a word: up, cut, silent, impaired."""
        return self.state.word

    @property
    def words(self) -> str:
        """The state, and what packets suffer where they come through."""
        return f"{self.word}: {in_words(self.impairments)}" if self.state == IMPAIRED else self.word

    def to_json(self) -> dict[str, Json]:
        """Its keys in an order, and in the rows of `show links`; of impairments only where there are some."""
        state: dict[str, Json] = {"up": self.up, "silent": self.drop}
        return {**state, "impairments": [each.to_json() for each in self.impairments]} if self.impairments else state

    @classmethod
    def parse(cls, value: Json) -> LinkCondition:
        """What was ordered; what is left out is well.

        Raises:
            ValueError: it is no condition; the text names the field.

        """
        if not isinstance(value, Mapping):
            raise ValueError(f"condition {value!r} is no object, like {HEALTHY.to_json()}")
        for key, each in value.items():
            if key not in _KEYS:
                raise ValueError(f"condition: {key!r} is none of {', '.join(_KEYS)}")
            if key != "impairments" and not isinstance(each, bool):
                raise ValueError(f"condition: {key} {each!r} is no bool")
        impairments = parse_all(value.get("impairments", ()))
        return cls(value.get("up") is not False, value.get("silent") is True, impairments)

    @staticmethod
    def worst(conditions: Iterable[LinkCondition]) -> LinkCondition:
        """Of several ends, of which there is one at least: a cut is worse than a loss."""
        return max(conditions, key=lambda each: (not each.up, *each[1:]))


HEALTHY = LinkCondition()
"""As after `up`, but for what the lab file says that a LAN suffers."""
_KEYS = ("up", "silent", "impairments")
