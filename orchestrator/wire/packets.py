"""A pcap stream, as tcpdump writes it, → the UDP and TCP packets in it. Pure, and safe on hostile bytes.

    pcap          magic, version, …, link type; then for each packet: seconds, fraction, captured, original, bytes
    link layer    Linux cooked v2 (what `-i any` gives), Linux cooked v1, or Ethernet
    IPv4          RFC 791 section 3.1; fragments are left out, since only the first has ports
    UDP, TCP      RFC 768; RFC 9293 section 3.1

Formats: https://www.tcpdump.org/linktypes.html, https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcap.
Memory: a stream holds back at most one packet (`SNAP_LIMIT` bytes); what is no packet of ours is dropped at once.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = [
    "ETHERNET_LINK",
    "SNAP_LIMIT",
    "TCP",
    "UDP",
    "CapturedDatagram",
    "CapturedPacket",
    "Frame",
    "PcapStream",
    "decode",
    "decode_ip",
    "pcap_header",
    "pcap_record",
]

TCP, UDP = 6, 17
SNAP_LIMIT = 262_144
"""The longest piece of a packet, in bytes, that tcpdump captures unless it is told otherwise."""

_MICROSECONDS, _NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
ETHERNET_LINK = 1
"""The link type of Ethernet frames."""
_COOKED, _COOKED_2 = 113, 276
_IPV4 = 0x0800
_OUTGOING = 4  # packet type PACKET_OUTGOING of packet(7)


class Frame(NamedTuple):
    """One packet of a capture. `at`: seconds since 1970; `length`: on the wire, in bytes: `data` may have fewer."""

    at: float
    link_type: int
    data: bytes
    length: int


class CapturedPacket(NamedTuple):
    """One UDP or TCP packet, as one node saw it on one of its interfaces, coming in or going out."""

    at: float
    node: str
    protocol: int
    source: Endpoint
    destination: Endpoint
    payload: bytes
    identification: int
    ttl: int
    outgoing: bool


class CapturedDatagram(NamedTuple):
    """One whole IPv4 packet, whatever it carries, as one node saw it, coming in or going out."""

    at: float
    node: str
    protocol: int
    source: Address
    destination: Address
    payload: bytes
    identification: int
    ttl: int
    outgoing: bool


def pcap_header(link_type: int = ETHERNET_LINK) -> bytes:
    """The beginning of a pcap file, with microseconds."""
    return struct.pack("<IHHiIII", _MICROSECONDS, 2, 4, 0, 0, SNAP_LIMIT, link_type)


def pcap_record(frame: Frame) -> bytes:
    """A frame, as it stands in such a file."""
    seconds, fraction = divmod(round(frame.at * 1e6), 1_000_000)
    return struct.pack("<IIII", seconds, fraction, len(frame.data), frame.length) + frame.data


class PcapStream:
    """Cuts a pcap stream, fed in any slicing, into frames."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._order = ""
        self._tick = 0.0
        self._link_type = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole now.

        Raises:
            DecodeError: this is no pcap stream.

        """
        self._data += data
        if not self._order and len(self._data) >= 24:
            self._read_header()
        frames = []
        while self._order and (frame := self._next_frame()) is not None:
            frames.append(frame)
        return frames

    def _read_header(self) -> None:
        for order in "<>":
            magic, _, _, _, _, _, link_type = struct.unpack_from(f"{order}IHHiIII", self._data)
            if magic in (_MICROSECONDS, _NANOSECONDS):
                self._order, self._link_type = order, link_type & 0xFFFF
                self._tick = 1e-6 if magic == _MICROSECONDS else 1e-9
                del self._data[:24]
                return
        raise DecodeError("pcap magic", bytes(self._data[:4]))

    def _next_frame(self) -> Frame | None:
        if len(self._data) < 16:
            return None
        seconds, fraction, captured, length = struct.unpack_from(f"{self._order}IIII", self._data)
        if captured > SNAP_LIMIT:
            raise DecodeError("pcap captured length", captured, f"over {SNAP_LIMIT}")
        if len(self._data) < 16 + captured:
            return None
        data = bytes(self._data[16 : 16 + captured])
        frame = Frame(seconds + fraction * self._tick, self._link_type, data, length)
        del self._data[: 16 + captured]
        return frame


def decode(frame: Frame, node: str, hardware: bytes = b"") -> CapturedPacket | None:
    """The UDP or TCP packet in a frame; None for anything else, a fragment, or where a header is cut short.

    `hardware` is the address of the interface where it was captured: by it an Ethernet frame is known to go out.
    Of a packet longer than the capture's snapshot length the payload is its beginning.
    """
    whole = decode_ip(frame, node, hardware)
    transport = None if whole is None else _transport(whole.protocol, whole.payload)
    if whole is None or transport is None:
        return None
    source_port, destination_port, payload = transport
    return CapturedPacket(
        at=whole.at,
        node=node,
        protocol=whole.protocol,
        source=Endpoint(whole.source, source_port),
        destination=Endpoint(whole.destination, destination_port),
        payload=payload,
        identification=whole.identification,
        ttl=whole.ttl,
        outgoing=whole.outgoing,
    )


def decode_ip(frame: Frame, node: str, hardware: bytes = b"") -> CapturedDatagram | None:
    """The IPv4 packet in a frame; None as for `decode`, but for what it carries: that may be anything."""
    link = _link_layer(frame, hardware)
    if link is None:
        return None
    outgoing, packet = link
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    header, total = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
    identification, fragment = struct.unpack_from("!HH", packet, 4)
    # RFC 791 section 3.1: "more fragments" is bit 2 of the flags, the offset is the low 13 bits.
    if fragment & 0x3FFF or not 20 <= header <= min(total, len(packet)):
        return None
    return CapturedDatagram(
        at=frame.at,
        node=node,
        protocol=packet[9],
        source=Address.unpack(packet[12:16]),
        destination=Address.unpack(packet[16:20]),
        payload=packet[header:total],
        identification=identification,
        ttl=packet[8],
        outgoing=outgoing,
    )


def _link_layer(frame: Frame, hardware: bytes) -> tuple[bool, bytes] | None:
    """(going out, IPv4 packet)."""
    data = frame.data
    if frame.link_type == _COOKED_2 and len(data) >= 20:
        kind, outgoing, header = int.from_bytes(data[:2], "big"), data[10] == _OUTGOING, 20
    elif frame.link_type == _COOKED and len(data) >= 16:
        kind, outgoing, header = int.from_bytes(data[14:16], "big"), data[1] == _OUTGOING, 16
    elif frame.link_type == ETHERNET_LINK and len(data) >= 14:
        kind, outgoing, header = int.from_bytes(data[12:14], "big"), data[6:12] == hardware, 14
    else:
        return None
    return (outgoing, data[header:]) if kind == _IPV4 else None


def _transport(protocol: int, data: bytes) -> tuple[int, int, bytes] | None:
    """(source port, destination port, payload)."""
    if protocol == UDP and len(data) >= 8:
        source, destination, length = struct.unpack_from("!HHH", data)
        return (source, destination, data[8:length]) if length >= 8 else None
    if protocol == TCP and len(data) >= 20:
        source, destination = struct.unpack_from("!HH", data)
        header = (data[12] >> 4) * 4
        return (source, destination, data[header:]) if 20 <= header <= len(data) else None
    return None
