"""Which identification a datagram gets: none that another one of the same source, destination and protocol has, which
may still be under way (RFC 6864 section 4.3).

Each such triple counts on from a number drawn at random, so that who sees those of one cannot tell those of another
(RFC 7739 section 2 says the same of IPv6). Triples are bounded: while all that are kept were used of late, what is
beyond them shares one count, whose numbers are then at least unlike each other.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.machine import Randomness

__all__ = ["MOST", "Identifications"]

MOST = 4096
"""Triples at a time."""
_LIFETIME = 120.0
"""Seconds: what TCP takes for the longest that a datagram may be under way (RFC 6864 section 2)."""
_NUMBERS = 1 << 16

_Key = tuple[Address, Address, int]


class Identifications:
    """The counts of one node."""

    def __init__(self, random: Randomness, most: int = MOST) -> None:
        self._random = random
        self._most = most
        self._used: dict[
            _Key, tuple[int, float]
        ] = {}  # the next one, and when the last was used; the latest at the end
        self._shared = self._drawn()

    def next(self, source: Address, destination: Address, protocol: int, now: float) -> int:
        """The identification of a datagram that is sent now."""
        key = source, destination, protocol
        number = self._used.pop(key, (None, 0.0))[0]
        if number is None:
            if not self._room(now):
                self._shared = (self._shared + 1) % _NUMBERS
                return self._shared
            number = self._drawn()
        self._used[key] = (number + 1) % _NUMBERS, now
        return number

    def _room(self, now: float) -> bool:
        while len(self._used) >= self._most:
            oldest, (_, used) = next(iter(self._used.items()))
            if now < used + _LIFETIME:
                return False
            del self._used[oldest]
        return True

    def _drawn(self) -> int:
        return int(self._random.uniform(0, _NUMBERS)) % _NUMBERS
