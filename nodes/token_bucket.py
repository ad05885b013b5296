"""So many things a second, and a few more at once: a token bucket (RFC 1812 section 4.3.2.8 (2))."""

from __future__ import annotations

__all__ = ["TokenBucket"]


class TokenBucket:
    """So many things a second, and a few more at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Whether one more (or so many) is allowed at this time (in seconds)."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True

    def ready_at(self) -> float:
        """When `take` will allow one more (a time that may have passed)."""
        return self._at + (1.0 - self._tokens) / self._rate
