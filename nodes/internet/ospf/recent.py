"""What happened of late to whom, forgotten after some seconds: bounded by what can happen within them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Recent"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The last time that something happened to a key, and what it was."""

    __slots__ = ("_noted", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._noted: dict[Key, tuple[float, Value]] = {}

    def note(self, key: Key, value: Value, now: float) -> None:
        """It has happened now."""
        noted = self._noted
        noted.pop(key, None)  # the last one stands last
        noted[key] = now, value
        while (first := next(iter(noted))) is not key and noted[first][0] + self._seconds <= now:
            del noted[first]

    def forget(self, now: float) -> None:
        """Everything, if it is too long ago: called now and then, it keeps nothing for a quiet time."""
        if self._noted and next(reversed(self._noted.values()))[0] + self._seconds <= now:
            self._noted = {}

    def get(self, key: Key, now: float) -> tuple[float, Value] | None:
        """When it happened, and what; None: not within these seconds."""
        noted = self._noted.get(key)
        return noted if noted is not None and now < noted[0] + self._seconds else None
