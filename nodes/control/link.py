"""What one end of a LAN is like: one value, ordered by the orchestrator, carried out and told by the node, compared by
whoever asks. What a LAN may suffer beside that is a field more here, and is then known everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from catenet.nodes.machine import Json

__all__ = ["WELL", "LinkCondition"]


class LinkCondition(NamedTuple):
    """`up`: the interface is. `drop`: though it is up, it drops every frame that comes in."""

    up: bool = True
    drop: bool = False

    @property
    def word(self) -> Literal["up", "cut", "silent"]:
        """As people say it."""
        if not self.up:
            return "cut"
        return "silent" if self.drop else "up"

    def to_json(self) -> dict[str, Json]:
        """Its keys in an order, and in the rows of `show links`."""
        return {"up": self.up, "silent": self.drop}

    @classmethod
    def parse(cls, value: Json) -> LinkCondition:
        """What was ordered; what is left out is well.

        Raises:
            ValueError: it is no condition; the text names the field.

        """
        if not isinstance(value, Mapping):
            raise ValueError(f"condition {value!r} is no object, like {WELL.to_json()}")
        for key, each in value.items():
            if key not in _KEYS:
                raise ValueError(f"condition: {key!r} is none of {', '.join(_KEYS)}")
            if not isinstance(each, bool):
                raise ValueError(f"condition: {key} {each!r} is no bool")
        return cls(bool(value.get("up", True)), bool(value.get("silent", False)))

    @staticmethod
    def worst(conditions: Iterable[LinkCondition]) -> LinkCondition:
        """Of several ends, of which there is one at least: a cut is worse than a loss."""
        return min(conditions, key=lambda each: (each.up, not each.drop))


WELL = LinkCondition()
"""As after `up`."""
_KEYS = tuple(WELL.to_json())
