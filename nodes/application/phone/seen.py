"""Which calls a phone has been offered: an offer rings once, whoever says it again (the directory could)."""

from __future__ import annotations

from collections import Counter

__all__ = ["EACH", "MOST", "REMEMBERED", "Seen"]

REMEMBERED = 600.0
"""Seconds: twice as long as an offer is fresh (offer.FRESH), for clocks that differ."""
MOST, EACH = 1_000, 50
"""Offers that are remembered, and those of one user; while they are, one more is refused."""


class Seen:
    """By call and user."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}  # the oldest first
        self._of: Counter[str] = Counter()

    def first(self, user: str, call: str, now: float) -> bool:
        """Whether this user's offer of this call is to ring; then it counts as seen."""
        for key in [key for key, until in self._until.items() if now >= until]:
            del self._until[key]
            self._of[key[0]] -= 1
        if (user, call) in self._until or len(self._until) >= MOST or self._of[user] >= EACH:
            return False
        self._until[user, call] = now + REMEMBERED
        self._of[user] += 1
        return True
