"""Packets of the simulated network as the bytes that they are on a wire, for machines that are shown those: by the
nodes' own codecs, which scapy and the Linux kernel have judged."""

from __future__ import annotations

import struct

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.error import ERRORS
from catenet.nodes.internet.icmp.error import error_about as quoting
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.header import ICMP, TCP, UDP, Header
from catenet.nodes.machine import Datagram, DecodeError, Endpoint, IpPacket
from catenet.nodes.transport.udp.packet import UdpPacket

__all__ = [
    "ACK",
    "FIN",
    "ICMP",
    "RST",
    "SYN",
    "TCP",
    "UDP",
    "checksum",
    "ends",
    "error_about",
    "is_error",
    "packed",
    "segment",
    "unpacked",
]

FIN, SYN, RST, ACK = 1, 2, 4, 16
"""Control bits of a TCP segment."""
_TCP = struct.Struct(">HHIIBBHHH")


def packed(unit: Datagram | IpPacket, ttl: int) -> bytes:
    """A whole packet, every checksum right; what an IpPacket carries has its own already."""
    if isinstance(unit, Datagram):
        (source, port), (destination, other) = unit.source, unit.destination
        data = UdpPacket(port, other, unit.data).to_bytes(source, destination)
        return Header(source, destination, UDP, ttl, unit.tos).packet(data)
    return Header(unit.source, unit.destination, unit.protocol, ttl, unit.tos).packet(unit.data)


def unpacked(packet: bytes, interface: str) -> tuple[Datagram | IpPacket, int]:
    """A packet, and its TTL.

    Raises:
        AssertionError: a checksum is wrong, or a length.

    """
    try:
        header = Header.received(packet)
        assert header.total_length == len(packet), f"a header's length is wrong: {packet.hex()}"
        return _unit(header, packet[header.length :], interface), header.ttl
    except DecodeError as error:
        raise AssertionError(f"{error.field} is wrong: {packet.hex()}") from None


def _unit(header: Header, data: bytes, interface: str) -> Datagram | IpPacket:
    source, destination, protocol, tos = header.source, header.destination, header.protocol, header.tos
    if protocol == UDP:
        port, other, data = UdpPacket.parse(data, source, destination)
        return Datagram(data, Endpoint(source, port), Endpoint(destination, other), interface, 0, tos)
    covered = _covered(header, data) if protocol == TCP else data
    assert protocol not in (ICMP, TCP) or checksum(covered) == 0, f"a checksum is wrong: {data.hex()}"
    return IpPacket(data, source, destination, protocol, interface, 0, tos)


def segment(
    source: Endpoint, destination: Endpoint, flags: int, *, seq: int = 0, ack: int = 0, data: bytes = b""
) -> IpPacket:
    """A TCP segment (RFC 9293 section 3.1)."""
    ports = source.port, destination.port
    bare = _TCP.pack(*ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 65_535, 0, 0) + data
    total = checksum(_covered(Header(source.address, destination.address, TCP), bare))
    return IpPacket(bare[:16] + total.to_bytes(2, "big") + bare[18:], source.address, destination.address, TCP)


def ends(packet: IpPacket) -> tuple[Endpoint, Endpoint]:
    """Of a segment: from where to where."""
    source, destination = struct.unpack_from(">HH", packet.data)
    return Endpoint(packet.source, source), Endpoint(packet.destination, destination)


def error_about(packet: bytes, kind: int, code: int, own: Address) -> IpPacket:
    """An ICMP error (RFC 792) that quotes it, to who sent it."""
    return IpPacket(quoting(kind, code, bytes(4), packet), own, Header.parse(packet).source, ICMP)


def is_error(unit: Datagram | IpPacket) -> bool:
    """About which no error is sent."""
    return isinstance(unit, IpPacket) and unit.protocol == ICMP and unit.data[:1] in map(bytes, zip(ERRORS))


def _covered(header: Header, data: bytes) -> bytes:
    """With the pseudo-header (RFC 9293 section 3.1)."""
    ends = header.source.pack() + header.destination.pack()
    return ends + struct.pack(">BBH", 0, header.protocol, len(data)) + data
