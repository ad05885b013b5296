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

RFC 791 section 3.1. The type of service is called DSCP and ECN today (RFC 2474, RFC 3168); it stays one octet here.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.options import Option, SourceRouteOption, parse_options
from catenet.nodes.machine import DecodeError

__all__ = ["ICMP", "LONGEST", "MINIMUM", "TCP", "UDP", "Header"]

ICMP, TCP, UDP = 1, 6, 17
MINIMUM = 20
"""Octets of a header without options."""
LONGEST = 65_535
"""Octets of a packet, header and all: its length is a number of sixteen bits."""
_LAYOUT = Struct("!BBHHHBBHII")
_SUM = Struct("!H")
_RESERVED, _DF, _MF, _OFFSET = 0x8000, 0x4000, 0x2000, 0x1FFF
_make = tuple.__new__


class Header(NamedTuple):
    """All that it says. `offset`: where the fragment's data begin in the datagram's, in octets; `options`: as they
    stand there, in whole words; `reserved`: the flag that "must be zero", and that nobody may drop a packet for (RFC
    1812 section 5.2.5). `total_length` is what the packet says of itself, in octets; `packet` sets it."""

    source: Address
    destination: Address
    protocol: int
    ttl: int = 64
    tos: int = 0
    identification: int = 0
    df: bool = False
    mf: bool = False
    offset: int = 0
    options: bytes = b""
    total_length: int = MINIMUM
    reserved: bool = False

    @classmethod
    def parse(cls, packet: bytes) -> Header:
        """A packet, or its beginning, as an ICMP error has it: neither its length nor its checksum is looked at.

        Raises:
            DecodeError: it is no IPv4 header, or not all of one.

        """
        if len(packet) < MINIMUM:
            raise DecodeError("length", len(packet), f"an IPv4 header has {MINIMUM} octets")
        first, tos, total, number, fragment, ttl, protocol, _, source, destination = _LAYOUT.unpack_from(packet)
        length = (first & 15) * 4
        if first >> 4 != 4 or not MINIMUM <= length <= len(packet):
            raise DecodeError("version and IHL", first, f"no IPv4 header in {len(packet)} octets")
        return _make(
            cls,
            (
                Address(source),
                Address(destination),
                protocol,
                ttl,
                tos,
                number,
                fragment & _DF != 0,
                fragment & _MF != 0,
                (fragment & _OFFSET) << 3,
                packet[MINIMUM:length],
                total,
                fragment & _RESERVED != 0,
            ),
        )

    @classmethod
    def received(cls, packet: bytes) -> Header:
        """A packet as a LAN has it, with what may stand behind it there to fill the frame (RFC 1122 section 3.2.1).

        Raises:
            DecodeError: it is no IPv4, is cut short, or its header's checksum is wrong (RFC 1812 section 5.2.2).

        """
        header = cls.parse(packet)
        if not header.length <= header.total_length <= len(packet):
            raise DecodeError("total length", header.total_length, f"{len(packet)} octets, {header.length} of header")
        if checksum(packet[: header.length]):
            raise DecodeError("header checksum", f"{packet[10]:02x}{packet[11]:02x}", "it does not fit the header")
        return header

    def __bytes__(self) -> bytes:
        """The header alone, with its right checksum."""
        fragment = self.offset >> 3 | self.df << 14 | self.mf << 13 | self.reserved << 15
        bare = _LAYOUT.pack(
            0x40 | self.length >> 2,
            self.tos,
            self.total_length,
            self.identification,
            fragment,
            self.ttl,
            self.protocol,
            0,
            self.source,
            self.destination,
        )
        bare += self.options
        return bare[:10] + _SUM.pack(checksum(bare)) + bare[12:]

    def packet(self, payload: bytes) -> bytes:
        """The whole packet, whose total length is that of these data.

        Raises:
            ValueError: it would be longer than LONGEST.

        """
        total = self.length + len(payload)
        if total > LONGEST:
            raise ValueError(f"{total} octets, and an IPv4 packet has {LONGEST} at most (RFC 791 section 3.1)")
        return bytes(self if self.total_length == total else self._replace(total_length=total)) + payload

    @property
    def length(self) -> int:
        """Octets of the header."""
        return MINIMUM + len(self.options)

    @property
    def is_fragment(self) -> bool:
        """Whether it has not all of a datagram."""
        return self.mf or self.offset > 0

    @property
    def parsed_options(self) -> tuple[Option | SourceRouteOption, ...]:
        """Its options.

        Raises:
            DecodeError: one of them is wrong.

        """
        return parse_options(self.options)

    @property
    def source_route(self) -> SourceRouteOption | None:
        """Its source route, where it has one.

        Raises:
            DecodeError: an option is wrong.

        """
        return next((each for each in self.parsed_options if isinstance(each, SourceRouteOption)), None)
