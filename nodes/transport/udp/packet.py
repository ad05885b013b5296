"""UDP datagrams on the wire (RFC 768).

     0      7 8     15 16    23 24    31
    +--------+--------+--------+--------+
    |     Source      |   Destination   |
    |      Port       |      Port       |
    +--------+--------+--------+--------+
    |                 |                 |
    |     Length      |    Checksum     |
    +--------+--------+--------+--------+
    |          data octets ...
    +---------------- ...

The checksum covers a pseudo-header, too:

     0      7 8     15 16    23 24    31
    +--------+--------+--------+--------+
    |          source address           |
    +--------+--------+--------+--------+
    |        destination address        |
    +--------+--------+--------+--------+
    |  zero  |protocol|   UDP length    |
    +--------+--------+--------+--------+
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError

__all__ = ["HEADER", "LARGEST", "PROTOCOL", "UdpPacket"]

PROTOCOL = 17
"""UDP's number in the IP header."""
HEADER = 8
"""Octets."""
LARGEST = 65_507
"""Octets of data: an IPv4 packet has 65,535, of which its header takes 20 and UDP's 8."""
_LAYOUT = struct.Struct(">HHHH")
_ALL_ONES = 0xFFFF


class UdpPacket(NamedTuple):
    """One datagram. `data`: its octets behind the header."""

    source_port: int
    destination_port: int
    data: bytes

    @classmethod
    def parse(cls, payload: bytes, source: Address, destination: Address) -> UdpPacket:
        """What an IPv4 packet between these addresses carries → UdpPacket.

        Raises:
            DecodeError: it is cut short, its length does not fit, or its checksum is wrong.

        """
        if len(payload) < HEADER:
            raise DecodeError("length", len(payload), f"a UDP header has {HEADER} octets")
        source_port, destination_port, length, told = _LAYOUT.unpack_from(payload)
        if not HEADER <= length <= len(payload):
            raise DecodeError("UDP length", length, f"{len(payload)} octets are there")
        if length != len(payload):
            payload = payload[:length]
        # "An all zero transmitted checksum value means that the transmitter generated no checksum".
        if told and not _fits(payload, length, source, destination):
            raise DecodeError("UDP checksum", f"{told:04x}", "it does not fit the datagram")
        return cls(source_port, destination_port, payload[HEADER:])

    def to_bytes(self, source: Address, destination: Address) -> bytes:
        """The header, with its checksum between these addresses, and the data.

        Raises:
            ValueError: it is longer than a packet can be, or a port is no port.

        """
        length = HEADER + len(self.data)
        if len(self.data) > LARGEST:
            raise ValueError(f"{len(self.data)} octets, and a datagram has room for {LARGEST}")
        if not (0 <= self.source_port <= _ALL_ONES and 0 <= self.destination_port <= _ALL_ONES):
            raise ValueError(f"{self.source_port} or {self.destination_port} is no port")
        words = self.source_port + self.destination_port + length
        # "If the computed checksum is zero, it is transmitted as all ones (the equivalent in one's complement
        # arithmetic)." So it is never 0 here: a sum of 0xFFFF would be, and its remainder is 0.
        total = (words + _sum(self.data) + _pseudo(length, source, destination)) % _ALL_ONES
        return _LAYOUT.pack(self.source_port, self.destination_port, length, _ALL_ONES - total) + self.data


def _fits(datagram: bytes, length: int, source: Address, destination: Address) -> bool:
    return (_sum(datagram) + _pseudo(length, source, destination)) % _ALL_ONES == 0


def _sum(data: bytes) -> int:
    """Of the words, "padded with zero octets at the end (if necessary) to make a multiple of two octets", as far as it
    matters: 2 ** 16 is 1 modulo 0xFFFF."""
    return int.from_bytes(data, "big") << (8 if len(data) & 1 else 0)


def _pseudo(length: int, source: Address, destination: Address) -> int:
    return source + destination + PROTOCOL + length
