"""What a translator reads in a packet, and rewrites: addresses, ports, query identifiers and their checksums.

The IP header is read by its own room (internet/ipv4/header). Of TCP (RFC 9293 section 3.1) and UDP (RFC 768) the first
four octets are the ports; of an ICMP query (RFC 792) the fifth and sixth are its identifier.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from catenet.nodes.internet.ipv4 import header as ipv4
from catenet.nodes.internet.ipv4.checksum import adjust, checksum, difference
from catenet.nodes.internet.ipv4.header import ICMP, TCP, UDP
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = [
    "ACK",
    "FIN",
    "ICMP",
    "ICMP_ERRORS",
    "ICMP_QUERIES",
    "ICMP_REPLIES",
    "PROTOCOLS",
    "RST",
    "SYN",
    "TCP",
    "UDP",
    "FragmentError",
    "Header",
    "rewrite",
    "with_checksum",
]

PROTOCOLS = {ICMP: "icmp", TCP: "tcp", UDP: "udp"}
"""Those that have something to tell hosts apart by, with their names."""
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

ICMP_QUERIES = frozenset((8, 13, 15, 17))
"""Echo, timestamp, information request, address mask request: each has an identifier (RFC 5508 section 2)."""
ICMP_REPLIES = frozenset((0, 14, 16, 18))
ICMP_ERRORS = frozenset((3, 11, 12))
"""Destination unreachable, time exceeded, parameter problem: each has the packet that it is about. Source quench is
ignored everywhere (RFC 6633)."""

_PORTS = Struct("!HH")
_SUM = Struct("!H")
_SUM_AT = {ICMP: 2, TCP: 16, UDP: 6}
"""Protocol → where in its header its checksum is, in octets."""
_LEAST = {ICMP: 8, TCP: 20, UDP: 8}
"""Octets of a protocol's header without options. Of a packet in an ICMP error eight are there at least (RFC 792)."""
_EMBEDDED = 8


class FragmentError(DecodeError):
    """It is a fragment: what tells its flow is not in it, or not in the others."""


class Header(NamedTuple):
    """A packet's protocol and ends. `start`: octets of its IP header. `kind`: a TCP segment's flags, or the type of an
    ICMP message. The port of who sent an ICMP query, and is answered, is the query's identifier; other ends of ICMP
    have none."""

    protocol: int
    source: Endpoint
    destination: Endpoint
    start: int
    kind: int = 0

    @classmethod
    def parse(cls, packet: bytes, *, embedded: bool = False) -> Header:
        """A whole IPv4 packet, or as much as an ICMP error has of one.

        Raises:
            FragmentError: it is a fragment.
            DecodeError: a length does not fit.

        """
        whole = ipv4.Header.parse(packet)
        if whole.offset or (whole.mf and not embedded):
            raise FragmentError("fragment", whole.offset)
        protocol, start, total = whole.protocol, whole.length, whole.total_length
        least = start + (_EMBEDDED if embedded else _LEAST.get(protocol, 0))
        if len(packet) < least or total < least or (len(packet) < total and not embedded):
            raise DecodeError("total length", total, f"{len(packet)} octets are there, of {least} that are the least")
        ports = _ports(packet, protocol, start)
        source, destination = Endpoint(whole.source, ports[0]), Endpoint(whole.destination, ports[1])
        return cls(protocol, source, destination, start, ports[2])

    @property
    def is_query(self) -> bool:
        """Whether it is an ICMP query, not what answers it."""
        return self.protocol == ICMP and self.kind in ICMP_QUERIES

    @property
    def is_error(self) -> bool:
        """Whether it is an ICMP error."""
        return self.protocol == ICMP and self.kind in ICMP_ERRORS


def _ports(packet: bytes, protocol: int, start: int) -> tuple[int, int, int]:
    if protocol == UDP:
        return *_PORTS.unpack_from(packet, start), 0
    if protocol == TCP:
        return *_PORTS.unpack_from(packet, start), packet[start + 13] if len(packet) > start + 13 else 0
    if protocol != ICMP:
        return 0, 0, 0
    kind = packet[start]
    identifier = _SUM.unpack_from(packet, start + 4)[0]
    if kind in ICMP_QUERIES:
        return identifier, 0, kind
    return 0, identifier if kind in ICMP_REPLIES else 0, kind


def rewrite(packet: bytes, header: Header, source: Endpoint, destination: Endpoint) -> bytes:
    """The packet with other ends, and its checksums put right; the same object where they are no others.

    Of what an ICMP error has of a packet, a checksum that is not there is left out.
    """
    if source == header.source and destination == header.destination:
        return packet
    protocol, start = header.protocol, header.start
    made = bytearray(packet)
    addresses = source.address.pack() + destination.address.pack()
    made[12:20] = addresses
    _SUM.pack_into(made, 10, adjust(_SUM.unpack_from(packet, 10)[0], difference(packet[12:20], addresses)))
    if protocol in (TCP, UDP):
        ports = _PORTS.pack(source.port, destination.port)
        made[start : start + 4] = ports
        changed = difference(packet[12:20] + packet[start : start + 4], addresses + ports)
        _adjust_transport(made, protocol, start, changed)
    elif protocol == ICMP and header.kind in ICMP_QUERIES | ICMP_REPLIES:
        identifier = _SUM.pack(source.port if header.is_query else destination.port)
        # An ICMP checksum covers no addresses (RFC 792).
        changed = difference(packet[start + 4 : start + 6], identifier)
        made[start + 4 : start + 6] = identifier
        _adjust_transport(made, protocol, start, changed)
    return bytes(made)


def _adjust_transport(made: bytearray, protocol: int, start: int, changed: int) -> None:
    at = start + _SUM_AT[protocol]
    if len(made) < at + 2:
        return
    was = _SUM.unpack_from(made, at)[0]
    if protocol != UDP:
        _SUM.pack_into(made, at, adjust(was, changed))
    elif was:
        # "If the computed checksum is zero, it is transmitted as all ones […]. An all zero transmitted checksum value
        # means that the transmitter generated no checksum" (RFC 768).
        _SUM.pack_into(made, at, adjust(was, changed) or 0xFFFF)


def with_checksum(message: bytes) -> bytes:
    """An ICMP message with its right checksum, whatever it had."""
    return message[:2] + _SUM.pack(checksum(message[:2] + b"\0\0" + message[4:])) + message[4:]
