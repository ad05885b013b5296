"""Deadlines by key, and which of them are due: the timers of a machine that has many."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from heapq import heapify, heappop, heappush, heapreplace
from typing import Generic, TypeVar

__all__ = ["Timers"]

Key = TypeVar("Key", bound=Hashable)

_Entry = tuple[float, int, Key]  # when it is due; the number of the call that set it, for equal times; of whom

_SPARE = 64
"""Entries that no timer stands behind and that are let be, however few timers there are."""


class Timers(Generic[Key]):
    """A deadline for each key, in the machine's time.

    Most timers never run out: they are set again, and later, whenever the peer is heard, or cancelled. So both leave
    the heap as it is; what is in the way there goes when it comes to the front, or when it is more than the rest.
    """

    def __init__(self) -> None:
        self._heap: list[_Entry[Key]] = []
        self._standing: dict[Key, tuple[_Entry[Key], _Entry[Key]]] = {}  # what was set, and what is in the heap for it
        self._calls = 0

    def set(self, key: Key, when: float) -> None:
        """It is due at that time, and at no other one that was set before."""
        self._calls += 1
        entry = when, self._calls, key
        standing = self._standing.get(key)
        if standing is not None and standing[1][0] <= when:
            self._standing[key] = entry, standing[1]
            return
        self._standing[key] = entry, entry
        heappush(self._heap, entry)
        self._tidy()

    def cancel(self, key: Key) -> None:
        """It is not due any more. Where it was not set, nothing happens."""
        if self._standing.pop(key, None) is not None:
            self._tidy()

    def next(self) -> float | None:
        """The earliest time that is set."""
        heap = self._heap
        while heap:
            first = heap[0]
            standing = self._standing.get(first[2])
            if standing is None or standing[1] is not first:
                heappop(heap)
            elif standing[0] is first:
                return first[0]
            else:
                entry = standing[0]
                self._standing[first[2]] = entry, entry
                heapreplace(heap, entry)
        return None

    def due(self, now: float) -> Iterator[Key]:
        """Each key whose time has come, by their times; of equal ones the one that was set first. It is set no more
        when it is given.

        What is set or cancelled meanwhile counts: a key that is set to a time that has come is given too, so who sets
        one again and again has to set it later than now. Who takes no more of them leaves the others as they are.
        """
        while (when := self.next()) is not None and when <= now:
            key = heappop(self._heap)[2]
            del self._standing[key]
            self._tidy()
            yield key

    def _tidy(self) -> None:
        """The heap has at most `2 * n + 64` entries for n timers: who sets and cancels for ever fills no memory."""
        if len(self._heap) > 2 * len(self._standing) + _SPARE:
            self._heap = [entry for entry, _ in self._standing.values()]
            heapify(self._heap)
            self._standing = {entry[2]: (entry, entry) for entry in self._heap}
