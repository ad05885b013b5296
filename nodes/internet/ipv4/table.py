"""The table by which a node forwards: of all prefixes that hold an address, the longest (RFC 1812 section 5.2.4.3).

Of several next hops of equal cost one is taken by a hash of addresses and protocol, so that the packets of a
conversation stay in order and no state of it is kept (RFC 2991, RFC 2992). Fragments have no ports, so none are in it.
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix, mask
from catenet.nodes.machine import NextHop

__all__ = ["ForwardingTable", "Found", "choose", "towards"]

_WORD = 0xFFFF_FFFF


class Found(NamedTuple):
    """An entry. A hop whose `via` is ANY is the LAN itself: the packet's own destination is its next hop."""

    prefix: Prefix
    next_hops: tuple[NextHop, ...]


class ForwardingTable:
    """Prefixes, and their next hops. `version` grows with each change: who remembers what it found compares it."""

    def __init__(self) -> None:
        self.version = 0
        self._lengths: dict[int, dict[int, Found]] = {}
        self._order: list[tuple[int, dict[int, Found]]] = []  # masks, the longest first

    def set(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> None:
        """That is the way to the prefix from now on; no next hops: there is none."""
        if not next_hops:
            self.remove(prefix)
            return
        found = Found(prefix, tuple(sorted(next_hops)))
        entries = self._lengths.get(prefix.length)
        if entries is None:
            entries = self._lengths[prefix.length] = {}
            self._reorder()
        if entries.get(prefix.network) != found:
            entries[prefix.network] = found
            self.version += 1

    def remove(self, prefix: Prefix) -> None:
        """There is no way to the prefix any more. Where there was none, nothing happens."""
        entries = self._lengths.get(prefix.length)
        if entries is None or entries.pop(prefix.network, None) is None:
            return
        self.version += 1
        if not entries:
            del self._lengths[prefix.length]
            self._reorder()

    def lookup(self, address: int) -> Found | None:
        """The entry of the longest prefix that holds the address."""
        for bits, entries in self._order:
            found = entries.get(address & bits)
            if found is not None:
                return found
        return None

    def entries(self) -> list[Found]:
        """All, sorted by their prefixes."""
        return sorted(found for entries in self._lengths.values() for found in entries.values())

    def _reorder(self) -> None:
        lengths = sorted(self._lengths, reverse=True)
        self._order = [(mask(length), self._lengths[length]) for length in lengths]


def choose(next_hops: tuple[NextHop, ...], source: int, destination: int, protocol: int) -> NextHop:
    """Of several equal ones, that of this conversation's direction: always the same, whoever else there is."""
    if len(next_hops) == 1:
        return next_hops[0]
    # Multiplication by an odd number that has no pattern (2 ** 32 divided by the golden ratio) spreads neighbours'
    # addresses over the high bits (Knuth, The Art of Computer Programming, 6.4).
    mixed = (source * 0x9E37_79B1 ^ (destination + protocol) * 0x85EB_CA6B) & _WORD
    mixed = (mixed ^ mixed >> 15) * 0x2C1B_3C6D & _WORD
    return next_hops[(mixed * len(next_hops)) >> 32]


def towards(hop: NextHop, destination: Address) -> Address:
    """Whose hardware address a packet to the destination gets, by this hop."""
    return destination if hop.via == ANY else hop.via
