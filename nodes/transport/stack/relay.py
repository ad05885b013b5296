"""The hot path of a router: ordinary packets that are only passed on, changed where they lie.

    octets 0   6   12  14               22               30    34
          +---+---+---+----------------+----------------+-----+---
          | D | S | T | first          | second         | to  |
          +---+---+---+----------------+----------------+-----+---
          Ethernet     version and IHL,  TTL, protocol,  destination
                       TOS, length, ID,  checksum,
                       fragment          source

A packet is ordinary where it came to this host's hardware in a frame of IPv4, has no options, a right checksum, a TTL
that does not run out here, a source that may have sent it, and a destination whose way out is known to the hardware
address and takes it whole. Everything else is received as ever, and so is the first packet after each change: what is
done here is what would have been done there. No state of any flow is kept: of a destination, its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from struct import Struct
from typing import Protocol

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.table import ForwardingTable, choose, towards
from catenet.nodes.machine import Count, Interface, NextHop

__all__ = ["MOST_WAYS", "Neighbours", "Relay", "Relayed"]

MOST_WAYS = 8_192
"""Destinations whose ways are known at a time; then all are forgotten, since peers choose them."""
_ETHERNET = 14  # octets of its header
_PACKET = 34  # octets of both headers
_SOURCE_GROUP = 0x01  # of the first octet of a hardware address: no host sends from one
_LINK_LOCAL = 0xA9FE  # 169.254.0.0/16
_TYPE = b"\x08\x00"
_LEAST = 2 << 56  # `second` of the least TTL that does not run out here: "decrement the TTL field by at least one"
_LESS = (1 << 56) - (1 << 40)  # by what `second` shrinks with a TTL one less and its checksum 0x0100 more
_CARRIES = 0xFEFF  # a checksum from which on that has a carry
_FIRST, _BEYOND = 0x0100_0000, 0xE000_0000  # between them are the addresses of hosts, but for network 127
_WRITTEN = Struct(">14sQQ")

Relayed = tuple[list[int], list[tuple[str, list[int], list[int]]]]
_Way = tuple[Callable[[int], None], Callable[[int], None], bytes, int]
"""Where its number and its octets are noted, the Ethernet header, and the octets of the longest packet."""


class Neighbours(Protocol):
    """Whose hardware is known."""

    @property
    def known(self) -> Mapping[tuple[str, Address], bytes]: ...
    @property
    def version(self) -> int: ...
    def resolve(self, interface: str, address: Address, packet: bytes, now: float, /) -> bytes | None: ...


class Relay:
    """Of one node."""

    def __init__(self, table: ForwardingTable, neighbours: Neighbours, count: Count, *, forward: bool) -> None:
        self._forward = forward
        self._table = table
        self._neighbours = neighbours
        self._count = count
        self._versions = (-1, -1)
        self._ways: dict[int, _Way] = {}
        self._shared: dict[int, tuple[NextHop, ...]] = {}  # destinations with several ways
        self._interfaces: dict[str, Interface] = {}
        self._nobody: frozenset[int] = frozenset()  # addresses from which nothing comes
        self._out: dict[str, tuple[list[int], list[int]]] = {}
        self._layouts: dict[int, Struct] = {}  # by their step

    def set_interface(self, interface: Interface) -> None:
        """It is so from now on."""
        self._interfaces[interface.name] = interface
        self._out.setdefault(interface.name, ([], []))
        self._nobody = frozenset(_no_sources(self._interfaces.values()))
        self.forget()

    def forget(self) -> None:
        """Every way is to be found anew."""
        self._ways.clear()
        self._shared.clear()

    def relay(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        """Frames that came in there, a step apart, each of so many octets → the numbers of those that are to be
        received, and of each LAN the numbers of those that go out there, as they stand now, with the octets of each."""
        versions = self._table.version, self._neighbours.version
        if versions != self._versions:
            self._versions = versions
            self.forget()
        came = self._interfaces[interface]
        if not (self._forward and came.up):
            return list(range(len(lengths))), []
        others: list[int] = []
        here, nobody = came.hardware, self._nobody
        get, write, number = self._ways.get, _WRITTEN.pack_into, -1
        for hardware, sender, kind, first, second, destination in self._layout(step).iter_unpack(octets):
            number += 1
            total, source = first >> 32 & 0xFFFF, second & 0xFFFF_FFFF
            if (
                hardware != here
                or kind != 0x0800
                or first >> 56 != 0x45
                or (first + second + destination) % 0xFFFF  # 2 ** 16 is 1 modulo 0xFFFF (internet/ipv4/checksum)
                or second < _LEAST
                or second >> 32 & 0xFFFF >= _CARRIES
                or not 20 <= total <= lengths[number] - _ETHERNET
                or sender & _SOURCE_GROUP
                or not _FIRST <= source < _BEYOND
                or source >> 24 == 127
                or source >> 16 == _LINK_LOCAL
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
            way[1](total + _ETHERNET)
        return others, self._take_out()

    def _take_out(self) -> list[tuple[str, list[int], list[int]]]:
        taken = []
        for name, (numbers, lengths) in self._out.items():
            if numbers:
                self._count("forwarded", len(numbers))
                taken.append((name, numbers.copy(), lengths.copy()))
                numbers.clear()
                lengths.clear()
        return taken

    def _layout(self, step: int) -> Struct:
        layout = self._layouts.get(step)
        if layout is None:
            layout = self._layouts[step] = Struct(f">6sB5xHQQI{step - _PACKET}x")
        return layout

    def _way(self, destination: int, source: int, protocol: int, now: float) -> _Way | None:
        """Not known yet, or one of several."""
        hops = self._shared.get(destination)
        if hops is None:
            found = self._table.lookup(destination) if self._may_be(destination) else None
            if found is None:
                return None
            hops = tuple(hop for hop in found.next_hops if self._is_up(hop))
            if len(self._ways) + len(self._shared) >= MOST_WAYS:
                self.forget()
            if len(hops) > 1:
                self._shared[destination] = hops
        if not hops:
            return None
        hop = choose(hops, source, destination, protocol)
        way = self._by(hop, towards(hop, Address(destination)), now)
        if way is not None and len(hops) == 1:
            self._ways[destination] = way
        return way

    def _may_be(self, destination: int) -> bool:
        """Whether it is another host's address."""
        return Address(destination).is_unicast and destination not in self._nobody and destination >> 16 != _LINK_LOCAL

    def _is_up(self, hop: NextHop) -> bool:
        interface = self._interfaces.get(hop.interface)
        return interface is not None and interface.up

    def _by(self, hop: NextHop, neighbour: Address, now: float) -> _Way | None:
        if (hop.interface, neighbour) not in self._neighbours.known:
            return None
        hardware = self._neighbours.resolve(hop.interface, neighbour, b"", now)  # it is in use now
        interface = self._interfaces[hop.interface]
        if hardware is None:
            return None
        numbers, lengths = self._out[hop.interface]
        return numbers.append, lengths.append, hardware + interface.hardware + _TYPE, interface.mtu


def _no_sources(interfaces: Iterable[Interface]) -> Iterable[int]:
    """The node's own addresses, and those of networks and of all on them: nothing comes from there."""
    for each in interfaces:
        yield from (each.address, each.prefix.network, each.prefix.broadcast)
