"""Saying a thing once: what peers send wrongly is counted each time, and told once, or they could fill the log."""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

__all__ = ["OncePerReason"]


class OncePerReason:
    """Which reasons were told of late. At most `most` are remembered; while they are, another one is not told."""

    def __init__(self, interval: float = inf, most: int = 256) -> None:
        """`interval`: seconds for which nothing is said again of the same."""
        self._interval = interval
        self._most = most
        self._told: dict[Hashable, float] = {}

    def first(self, reason: Hashable, now: float = 0.0) -> bool:
        """Whether it is to be told now; then it counts as told."""
        if now < self._told.get(reason, -inf) + self._interval:
            return False
        if len(self._told) >= self._most:
            self._told = {known: at for known, at in self._told.items() if now < at + self._interval}
            if len(self._told) >= self._most:
                return False
        self._told[reason] = now
        return True
