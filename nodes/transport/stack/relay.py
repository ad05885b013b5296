"""The hot path of a router: ordinary packets that are only passed on, changed where they lie.

A packet is ordinary where it came to this host's hardware in a frame of IPv4, has no options, a right checksum, a TTL
that does not run out here, a source that may have sent it, and a destination whose way out is known to the hardware
address and takes it whole (ways.py has the picture). Everything else is received as ever: what is done here is what
would have been done there.
"""

from __future__ import annotations

from struct import Struct

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.ipv4.table import ForwardingTable, choose
from catenet.nodes.machine import Count, NextHop
from catenet.nodes.transport.stack import ways
from catenet.nodes.transport.stack.ways import (
    BEYOND,
    ETHERNET,
    FIRST,
    LINK_LOCAL,
    LOOPBACK,
    SOURCE_GROUP,
    Neighbours,
    Relayed,
    Way,
    Ways,
)

__all__ = ["Relay"]

_READ = ">6sB5xHQQI"
_WRITTEN = Struct(">14sQQ")
_LEAST = 2 << 56  # `second` of the least TTL that does not run out here: "decrement the TTL field by at least one"
_LESS = (1 << 56) - (1 << 40)  # by what `second` shrinks with a TTL one less and its checksum 0x0100 more
_CARRIES = 0xFEFF  # a checksum from which on that has a carry


class Relay(Ways):
    """Of one node."""

    def __init__(self, table: ForwardingTable, neighbours: Neighbours, count: Count, *, forward: bool) -> None:
        super().__init__(table, neighbours)
        self._forward = forward
        self._count = count
        self._shared: dict[int, tuple[NextHop, ...]] = {}  # destinations with several ways
        self._by_hop: dict[NextHop, Way] = {}  # these ways: of each router next to this one

    def forget(self) -> None:
        super().forget()
        self._shared.clear()
        self._by_hop.clear()

    def relay(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        """Frames that came in there, a step apart, each of so many octets → what became of them."""
        self._forget_what_is_old()
        came = self._interfaces[interface]
        if not (self._forward and came.up):
            return list(range(len(lengths))), []
        others: list[int] = []
        here, nobody = came.hardware, self._nobody
        get, write, number = self._ways.get, _WRITTEN.pack_into, -1
        for hardware, sender, kind, first, second, destination in self._layout(step, _READ).iter_unpack(octets):
            number += 1
            total, source = first >> 32 & 0xFFFF, second & 0xFFFF_FFFF
            if (
                hardware != here
                or kind != 0x0800
                or first >> 56 != 0x45
                or (first + second + destination) % 0xFFFF  # 2 ** 16 is 1 modulo 0xFFFF (internet/ipv4/checksum)
                or second < _LEAST
                or second >> 32 & 0xFFFF >= _CARRIES
                or not 20 <= total <= lengths[number] - ETHERNET
                or sender & SOURCE_GROUP
                or not FIRST <= source < BEYOND
                or source >> 24 == LOOPBACK
                or source >> 16 == LINK_LOCAL
                or source in nobody
            ):
                others.append(number)
                continue
            way = get(destination) or self._way(destination, source, second >> 48 & 0xFF, now)
            if way is None or total > way[3]:
                others.append(number)
                continue
            write(octets, number * step, way[2], first, second - _LESS)
            way[0](number)
            way[1](total + ETHERNET)
        if len(others) <= number:
            self._count("forwarded", number + 1 - len(others))
        return others, self._take_out()

    def _way(self, destination: int, source: int, protocol: int, now: float) -> Way | None:
        """Not known yet, or one of several."""
        hops = self._shared.get(destination)
        if hops is None:
            found = self._table.lookup(destination) if self._may_be(destination) else None
            if found is None:
                return None
            hops = tuple(hop for hop in found.next_hops if self._is_up(hop.interface))
            if len(self._ways) + len(self._shared) >= ways.MOST_WAYS:
                self.forget()
            if len(hops) > 1:
                self._shared[destination] = hops
        if not hops:
            return None
        hop = choose(hops, source, destination, protocol)
        way = self._by_hop.get(hop) or self._by(hop, destination, now)
        if way is not None and len(hops) == 1:
            self._ways[destination] = way
        elif way is not None and hop.via != ANY:
            self._by_hop[hop] = way
        return way

    def _may_be(self, destination: int) -> bool:
        """Whether it is another host's address."""
        return Address(destination).is_unicast and destination not in self._nobody and destination >> 16 != LINK_LOCAL
