"""What one end of a LAN is like: one value, ordered by the orchestrator, carried out and told by the node, compared by
whoever asks. What a LAN may suffer beside that is a field more here, a bool or a number whose 0 is well, and a state
more: all who order, tell, compare, draw and undo go by these; only the node has to do it (runtime/lans).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from catenet.nodes.machine import Json

__all__ = ["BROKEN", "CUT", "HEALTHY", "KEYS", "LinkCondition", "StateWords"]


class StateWords(NamedTuple):
    """How people say it: a LAN is `word`; it became so: `past`; `place` these ends; an absent end will be: `later`."""

    word: str
    past: str
    place: str
    later: str


UP = StateWords("up", "healed", "up at", "comes up")
CUT = StateWords("cut", "cut", "down at", "is cut")
SILENT = StateWords("silent", "silent", "every packet is dropped at", "goes silent")
BROKEN = (CUT, SILENT)
"""All but the one that is well, the worst one first."""


class LinkCondition(NamedTuple):
    """`up`: the interface is. `drop`: though it is up, it drops every frame that comes in.

    Between a node and who asks it, `drop` is called silent.
    """

    up: bool = True
    drop: bool = False

    @property
    def state(self) -> StateWords:
        """As people say it."""
        if not self.up:
            return CUT
        return SILENT if self.drop else UP

    @property
    def word(self) -> str:
        """The state in a word: up, cut, silent."""
        return self.state.word

    def to_json(self) -> dict[str, Json]:
        """Its keys in an order, and in the rows of `show links`."""
        return dict(zip(KEYS, self, strict=True))

    @classmethod
    def parse(cls, value: Json) -> LinkCondition:
        """What was ordered; what is left out is well.

        Raises:
            ValueError: it is no condition; the text names the field.

        """
        if not isinstance(value, Mapping):
            raise ValueError(f"condition {value!r} is no object, like {HEALTHY.to_json()}")
        for key, each in value.items():
            if key not in KEYS:
                raise ValueError(f"condition: {key!r} is none of {', '.join(KEYS)}")
            if not _fits(KEYS[key], each):
                raise ValueError(f"condition: {key} {each!r} is no {type(KEYS[key]).__name__}")
        return cls(*(value.get(key, well) for key, well in KEYS.items()))

    @staticmethod
    def worst(conditions: Iterable[LinkCondition]) -> LinkCondition:
        """Of several ends, of which there is one at least: a cut is worse than a loss."""
        return max(conditions, key=lambda each: (not each.up, *each[1:]))


HEALTHY = LinkCondition()
"""As after `up`."""
_CALLED = {"drop": "silent"}
KEYS: Mapping[str, Any] = {_CALLED.get(name, name): well for name, well in HEALTHY._asdict().items()}
"""The key of each field → its value where all is well."""


def _fits(well: Any, value: object) -> bool:
    """Whether a value is of the field's type, and none that nobody could carry out."""
    if isinstance(well, bool):
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
