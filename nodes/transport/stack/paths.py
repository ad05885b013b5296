"""Which news of a smaller path MTU is believed (RFC 1191 section 4; the attack of RFC 5927 section 7).

A router that could not pass a packet on quotes it. Whoever has not seen our packets has to guess them, so the quote
must be of something that this node sent not long ago: source, destination, protocol, a length that is not larger than
what was sent there, and DF. What was sent is remembered by destination alone, and only for a while.
"""

from __future__ import annotations

from collections import OrderedDict

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.error import IcmpError

__all__ = ["Paths"]

_REMEMBERED = 1024  # ways
_FOR = 60.0  # seconds: an answer that comes later is of nothing that we know


class Paths:
    """What was sent whole, with DF: (source, destination, protocol) → octets of the largest, and when the last left."""

    def __init__(self) -> None:
        self._sent: OrderedDict[tuple[Address, Address, int], tuple[int, float]] = OrderedDict()

    def sent(self, source: Address, destination: Address, protocol: int, length: int, now: float) -> None:
        """Something left, so many octets in all."""
        way = source, destination, protocol
        largest, last = self._sent.pop(way, (0, now))
        self._sent[way] = (max(largest, length) if now - last <= _FOR else length), now
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    def believes(self, error: IcmpError, now: float) -> bool:
        """Whether the packet that it quotes is one of ours, too large for the MTU that it says."""
        about = error.about
        largest, last = self._sent.get((about.source, about.destination, about.protocol), (0, now))
        return about.df and not about.offset and error.mtu < about.total_length <= largest and now - last <= _FOR

    def flush(self) -> None:
        self._sent.clear()
