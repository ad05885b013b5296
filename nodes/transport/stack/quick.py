"""The hot path of a name server: datagrams of ends that are known, in and out, without all that was judged before.

A datagram that a port has heard says who hears the next one between the same ends; one that was sent says how the next
one goes. Both are forgotten with whatever they stand on: a port, an interface, a route, a neighbour, a path's MTU; and
what was sent after a second, so that ARP hears that its neighbour is in use. Whatever is unusual, a wrong checksum too,
goes the way of all others, so what is done here is what would have been done there.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.link.arp.machine import Arp
from catenet.nodes.link.ethernet.hardware import IPV4
from catenet.nodes.machine import Action, Count, Datagram, Endpoint, Frame, IpPacket, Send
from catenet.nodes.transport.stack.paths import Paths
from catenet.nodes.transport.udp.packet import PROTOCOL

__all__ = ["MOST", "Out", "Quick"]

MOST = 4096
"""Ends that are known at a time, each way; then all are forgotten, since peers choose them."""
_FOR = 1.0  # seconds that a way is known
_BOTH = 28  # octets of both headers
_PLAIN = 0x45  # version 4, no options
_DF, _FRAGMENT = 0x4000, 0x3FFF
_ONES = 0xFFFF
_IN = Struct(">BxHxxHxBxx12sHH")  # version and IHL, total length, fragment, protocol, ends, UDP length, checksum
_OUT = Struct(">HHIHH12sHH")  # version to TOS, total length, ID to fragment, TTL and protocol, checksum, ends, UDP's
_make = tuple.__new__


class Out(NamedTuple):
    """By which interface, to which hardware address; `mtu`: octets of the largest packet that the path takes whole."""

    interface: str
    hardware: bytes
    mtu: int


class _Hears(NamedTuple):
    key: int
    peer: Endpoint
    own: Endpoint
    pseudo: int  # the sum of the pseudo-header without its length


class _Way(NamedTuple):
    """`began`: the header's first words; `sum`, `pseudo`: of all words but the lengths, and the data."""

    until: float
    most: int  # octets of data that go whole
    began: tuple[int, int, int]
    ends: bytes
    sum: int
    pseudo: int
    interface: str
    hardware: bytes
    recorded: tuple[Address, Address]


class Quick:
    """Of one stack. `heard` gets what ports hear, as they do of Delivering."""

    def __init__(
        self, table: ForwardingTable, arp: Arp, paths: Paths, heard: list[tuple[int, Datagram | IpPacket]], count: Count
    ) -> None:
        self._table = table
        self._arp = arp
        self._paths = paths
        self._heard = heard
        self._count = count
        self._versions = (-1, -1, -1)
        self._hears: dict[tuple[bytes, str], _Hears] = {}
        self._ways: dict[tuple[int, Endpoint, str, Address], _Way] = {}

    def forget(self) -> None:
        """An interface has changed, or somebody hears UDP's packets, too."""
        self._hears.clear()
        self._ways.clear()

    def close(self, key: int) -> None:
        """That port is closed. What was sent by it is forgotten by itself."""
        gone = [ends for ends, known in self._hears.items() if known.key == key]
        for ends in gone:
            del self._hears[ends]

    # In

    def learn_ends(self, key: int, peer: Endpoint, own: Endpoint, interface: str) -> None:
        """A port has heard a datagram in a frame for this host alone, between these ends."""
        ends = peer.address.pack() + own.address.pack() + peer.port.to_bytes(2, "big") + own.port.to_bytes(2, "big")
        if len(self._hears) >= MOST:
            self._hears.clear()
        self._hears[ends, interface] = _Hears(key, peer, own, peer.address + own.address + PROTOCOL)

    def hear(self, packet: bytes, interface: str) -> bool:
        """Whether it was all that it needs: its port has it. Else nothing has been done."""
        if len(packet) < _BOTH:
            return False
        first, total, fragment, protocol, ends, length, told = _IN.unpack_from(packet)
        known = self._hears.get((ends, interface))
        if known is None or first != _PLAIN or protocol != PROTOCOL or fragment & _FRAGMENT:
            return False
        if length != total - 20 or total > len(packet) or int.from_bytes(packet[:20], "big") % _ONES:
            return False
        if told:
            words = int.from_bytes(packet[20:total], "big") << (8 if total & 1 else 0)
            if (words + known.pseudo + length) % _ONES:
                return False
        self._count("delivered")
        unit = _make(Datagram, (packet[_BOTH:total], known.peer, known.own, interface, 0, 0))
        self._heard.append((known.key, unit))
        return True

    # Out

    def learn_way(self, key: int, unit: Datagram, packet: bytes, out: Out, now: float) -> None:
        """This packet has just left for it."""
        self._keep_up()
        version, total, fragment, ttl, _, ends, _, _ = _OUT.unpack_from(packet)
        if version >> 8 != _PLAIN or fragment != _DF or total != _BOTH + len(unit.data) or unit.ttl or unit.tos:
            return
        if len(self._ways) >= MOST:
            self._ways.clear()
        source, destination = Address.unpack(packet[12:16]), Address.unpack(packet[16:20])
        addresses = source + destination
        self._ways[key, unit.destination, unit.interface, unit.source.address] = _Way(
            now + _FOR,
            out.mtu - _BOTH,
            (version, fragment, ttl),
            ends,
            version + fragment + ttl + addresses,
            addresses + PROTOCOL + int.from_bytes(ends[8:], "big"),
            out.interface,
            out.hardware,
            (source, destination),
        )

    def send(self, key: int, unit: Datagram, now: float, actions: list[Action]) -> bool:
        """Whether it left. Else nothing has been done."""
        data, source, destination, interface, ttl, tos = unit
        self._keep_up()
        way = self._ways.get((key, destination, interface, source[0]))
        if way is None or ttl or tos:
            return False
        until, most, (version, fragment, rest), ends, words, pseudo, lan, hardware, recorded = way
        octets = len(data)
        if now > until or octets > most:
            return False
        total, length = octets + 28, octets + 8
        summed = int.from_bytes(data, "big") << (8 if octets & 1 else 0)
        packet = _OUT.pack(
            version,
            total,
            fragment,
            rest,
            ((words + total) % _ONES or _ONES) ^ _ONES,
            ends,
            length,
            _ONES - (summed + pseudo + 2 * length) % _ONES,
        )
        self._count("sent")
        self._paths.sent(*recorded, PROTOCOL, total, now)
        actions.append(_make(Send, (_make(Frame, (packet + data, b"", hardware, IPV4, lan)),)))
        return True

    def _keep_up(self) -> None:
        """With routes, neighbours, and the MTUs of paths."""
        versions = self._table.version, self._arp.version, self._paths.version
        if versions != self._versions:
            self._versions = versions
            self._ways.clear()
