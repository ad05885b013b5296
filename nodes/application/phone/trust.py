"""Whose key is believed: the first one that a contact was seen with, until the user says otherwise.

That is all that the directory is trusted with: a directory that lies at the very first sight is found out only by the
two people who compare fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

__all__ = ["MOST_PINS", "Sight", "Trust"]

MOST_PINS = 1_024
"""Keys that are remembered; of one more contact none is believed."""


class Sight(Enum):
    """How a key was seen: for the first time; as before; another one than before, for the first time."""

    FIRST = auto()
    SAME = auto()
    CHANGED = auto()


class Trust:
    """`pins`: user → key, as they are to be kept."""

    def __init__(self, pins: Mapping[str, bytes]) -> None:
        self.pins = dict(pins)
        self.changed: dict[str, bytes] = {}
        """Users who are seen with another key now → that one."""

    def see(self, user: str, key: bytes) -> Sight:
        """The directory says that this is a contact's key."""
        pinned = self.pins.get(user)
        if pinned is None:
            if len(self.pins) >= MOST_PINS:
                return Sight.SAME
            self.pins[user] = key
            return Sight.FIRST
        if key == pinned:
            self.changed.pop(user, None)
            return Sight.SAME
        known = self.changed.get(user) == key
        self.changed[user] = key
        return Sight.SAME if known else Sight.CHANGED

    def key_of(self, user: str) -> bytes | None:
        """The key that is believed; None: there is none, or it has changed."""
        return None if user in self.changed else self.pins.get(user)

    def seen_key_of(self, user: str) -> bytes | None:
        """The key with which he is seen now, believed or not; None: there is none."""
        return self.changed.get(user, self.pins.get(user))

    def believe(self, user: str, key: bytes) -> bool:
        """The user says that this key is his → whether it was the changed one, which is believed then. Another one
        may be there by now than he has looked at."""
        if self.changed.get(user) != key:
            return False
        self.pins[user] = self.changed.pop(user)
        return True
