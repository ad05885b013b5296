"""Which packets of a sequence have been received already (RFC 3711 section 3.3.2)."""

from __future__ import annotations

__all__ = ["WINDOW", "ReplayList"]

WINDOW = 128
"""Packets behind the highest index are taken (64 at least): 2.5 s at 50 packets a second."""
_ALL = (1 << WINDOW) - 1


class ReplayList:
    """A sliding window of the indices received, as bits. `highest`: the highest index yet; −1: none.

    It is asked before a packet is authenticated, and told only afterwards: a forged packet moves nothing.
    """

    def __init__(self, highest: int = -1) -> None:
        self.highest = highest
        self._received = 0  # bit n: the index `highest` − n

    def takes(self, index: int) -> bool:
        """ "Only packets with index ahead of the window, or, inside the window but not already received" """
        behind = self.highest - index
        return behind < 0 or (behind < WINDOW and index >= 0 and not self._received >> behind & 1)

    def add(self, index: int) -> None:
        """That packet was authentic."""
        ahead = index - self.highest
        if ahead <= 0:
            self._received |= 1 << -ahead
            return
        # A shift by a million would make a number of a million bits.
        self._received = (self._received << ahead | 1) & _ALL if ahead < WINDOW else 1
        self.highest = index
