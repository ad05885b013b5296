"""Consent to send: asked for every five seconds, gone after thirty without an answer (RFC 7675)."""

from __future__ import annotations

from catenet.nodes.machine import Randomness

__all__ = ["Consent"]

_PERIOD = 5.0  # seconds, "randomized from between 0.8 and 1.2 times" (section 5.1)
_EXPIRY = 30.0  # seconds


class Consent:
    """Of one pair. `asked` is called with each request's transaction, `answered` with that of a valid response."""

    def __init__(self, now: float, randomness: Randomness) -> None:
        self._randomness = randomness
        self._open: dict[bytes, float] = {}
        self.expires_at = now + _EXPIRY
        self.next_at = now + self._interval()

    def _interval(self) -> float:
        return self._randomness.uniform(0.8, 1.2) * _PERIOD

    def asked(self, transaction: bytes, now: float) -> None:
        """A request was sent: "each is transmitted once only", so an answer may be to an earlier one."""
        self._open = {known: since for known, since in self._open.items() if since > now - _EXPIRY}
        self._open[transaction] = now
        self.next_at = now + self._interval()

    def answered(self, transaction: bytes, now: float) -> bool:
        """Whether it is one of the requests, which then stands for thirty seconds more."""
        if self._open.pop(transaction, None) is None:
            return False
        self.expires_at = now + _EXPIRY
        return True

    def knows(self, transaction: bytes) -> bool:
        """Whether that request was one for consent."""
        return transaction in self._open
