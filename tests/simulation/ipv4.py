"""Packets of the simulated network as the bytes that they are on a wire, for machines that are shown those.

 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|Version|  IHL  |Type of Service|          Total Length         |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|         Identification        |Flags|      Fragment Offset    |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|  Time to Live |    Protocol   |         Header Checksum       |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                 Source Address, Destination Address           |    RFC 791 section 3.1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

import struct

from catenet.nodes.address import Address
from catenet.nodes.machine import Datagram, Endpoint, IpPacket

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

ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, ACK = 1, 2, 4, 16
"""Control bits of a TCP segment."""
_SUMS = {TCP: 16, UDP: 6}  # where the checksum stands that covers the addresses, too
_HEADER = struct.Struct(">BBHHHBBH4s4s")
_UDP = struct.Struct(">HHHH")
_TCP = struct.Struct(">HHIIBBHHH")
_ERRORS = (3, 4, 5, 11, 12)  # RFC 1122 section 3.2.2
_QUOTED = 548  # octets of the packet, header and all: an error has 576 at most (RFC 1812 section 4.3.2.3)


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    return ~((total - 1) % 0xFFFF + 1) & 0xFFFF if total else 0xFFFF


def packed(unit: Datagram | IpPacket, ttl: int) -> bytes:
    """A whole packet, every checksum right; what an IpPacket carries has its own already, but TCP's."""
    if isinstance(unit, Datagram):
        source, destination, protocol = unit.source.address, unit.destination.address, UDP
        data = _UDP.pack(unit.source.port, unit.destination.port, _UDP.size + len(unit.data), 0) + unit.data
        covered = _covered(protocol, source, destination, data)
        data = data[:6] + (checksum(covered) or 0xFFFF).to_bytes(2, "big") + data[8:]
    else:
        source, destination, protocol, data = unit.source, unit.destination, unit.protocol, unit.data
    length = _HEADER.size + len(data)
    head = _HEADER.pack(0x45, unit.tos, length, 0, 0, ttl, protocol, 0, source.pack(), destination.pack())
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + data


def unpacked(packet: bytes, interface: str) -> tuple[Datagram | IpPacket, int]:
    """A packet, and its TTL.

    Raises:
        AssertionError: a checksum is wrong, or a length.

    """
    begin = (packet[0] & 15) * 4
    _, tos, length, _, _, ttl, protocol, _, first, second = _HEADER.unpack_from(packet)
    source, destination, data = Address.unpack(first), Address.unpack(second), packet[begin:]
    assert packet[0] >> 4 == 4 and length == len(packet), f"a header is wrong: {packet.hex()}"
    assert checksum(packet[:begin]) == 0, f"the header's checksum is wrong: {packet.hex()}"
    at = _SUMS.get(protocol)
    if at is not None and (protocol == TCP or data[at : at + 2] != b"\0\0"):
        assert checksum(_covered(protocol, source, destination, data)) == 0, f"a checksum is wrong: {packet.hex()}"
    assert protocol != ICMP or checksum(data) == 0, f"ICMP's checksum is wrong: {packet.hex()}"
    if protocol != UDP:
        return IpPacket(data, source, destination, protocol, interface, 0, tos), ttl
    number, other, _, _ = _UDP.unpack_from(data)
    return Datagram(data[8:], Endpoint(source, number), Endpoint(destination, other), interface, 0, tos), ttl


def segment(
    source: Endpoint, destination: Endpoint, flags: int, *, seq: int = 0, ack: int = 0, data: bytes = b""
) -> IpPacket:
    """A TCP segment (RFC 9293 section 3.1)."""
    ports = source.port, destination.port
    bare = _TCP.pack(*ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 65_535, 0, 0) + data
    total = checksum(_covered(TCP, source.address, destination.address, bare))
    return IpPacket(bare[:16] + total.to_bytes(2, "big") + bare[18:], source.address, destination.address, TCP)


def ends(packet: IpPacket) -> tuple[Endpoint, Endpoint]:
    """Of a segment: from where to where."""
    source, destination = struct.unpack_from(">HH", packet.data)
    return Endpoint(packet.source, source), Endpoint(packet.destination, destination)


def error_about(packet: bytes, kind: int, code: int, own: Address) -> IpPacket:
    """An ICMP error (RFC 792) that quotes it, to who sent it."""
    bare = bytes((kind, code, 0, 0)) + bytes(4) + packet[:_QUOTED]
    data = bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]
    return IpPacket(data, own, Address.unpack(packet[12:16]), ICMP)


def is_error(unit: Datagram | IpPacket) -> bool:
    """About which no error is sent."""
    return isinstance(unit, IpPacket) and unit.protocol == ICMP and unit.data[:1] in map(bytes, zip(_ERRORS))


def _covered(protocol: int, source: Address, destination: Address, data: bytes) -> bytes:
    """With the pseudo-header (RFC 768, RFC 9293 section 3.1)."""
    return source.pack() + destination.pack() + struct.pack(">BBH", 0, protocol, len(data)) + data
