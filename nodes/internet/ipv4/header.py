"""The header of an IPv4 packet.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |Version|  IHL  |Type of Service|          Total Length         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Identification        |Flags|      Fragment Offset    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Time to Live |    Protocol   |         Header Checksum       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Source Address                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Destination Address                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Options                    |    Padding    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

RFC 791 section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.options import Option, SourceRouteOption, parse_options
from catenet.nodes.machine import DecodeError

__all__ = ["ICMP", "UDP", "Header"]

ICMP, UDP = 1, 17
_LAYOUT = Struct("!BxHxxHBBxxII")
_OFFSET = 0x1FFF


@dataclass(frozen=True, slots=True)
class Header:
    """What is read of one. `length`: its own octets; `offset`: the fragment's, in units of 8 octets."""

    source: Address
    destination: Address
    protocol: int
    ttl: int
    length: int = 20
    offset: int = 0
    options: tuple[Option | SourceRouteOption, ...] = ()

    @classmethod
    def parse(cls, packet: bytes) -> Header:
        """A packet, or its beginning, as an ICMP error has it. The checksum is the kernel's work.

        Raises:
            DecodeError: it is cut short or no IPv4, or an option is wrong.

        """
        if len(packet) < _LAYOUT.size:
            raise DecodeError("length", len(packet), f"an IPv4 header has {_LAYOUT.size} octets")
        first, _, fragment, ttl, protocol, source, destination = _LAYOUT.unpack_from(packet)
        length = (first & 15) * 4
        if first >> 4 != 4 or not _LAYOUT.size <= length <= len(packet):
            raise DecodeError("version and IHL", first, f"no IPv4 header in {len(packet)} octets")
        options = parse_options(packet[_LAYOUT.size : length])
        return cls(Address(source), Address(destination), protocol, ttl, length, fragment & _OFFSET, options)

    @property
    def source_route(self) -> SourceRouteOption | None:
        """Its source route, where it has one."""
        return next((each for each in self.options if isinstance(each, SourceRouteOption)), None)
