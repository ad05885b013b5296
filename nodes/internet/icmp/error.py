"""ICMP errors, and the packet that each is about (RFC 792).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     Code      |          Checksum             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                             unused                            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Internet Header + 64 bits of Original Data Datagram      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The header is quoted whole, so what a source route had become by then can be read. Of what is unused here, a parameter
problem has the pointer in the first octet, and "fragmentation needed" the next-hop MTU in the last two (RFC 1191
section 4).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.header import UDP, Header
from catenet.nodes.machine import DecodeError

__all__ = [
    "ERRORS",
    "FRAGMENTATION_NEEDED",
    "HOST_UNREACHABLE",
    "NAMES",
    "PORT_UNREACHABLE",
    "PROTOCOL_UNREACHABLE",
    "QUOTED",
    "TIME_EXCEEDED",
    "TYPES",
    "IcmpError",
    "error_about",
]

TYPES = (3, 11, 12)
"""Destination unreachable, time exceeded, parameter problem: the errors that are read and sent."""
ERRORS = (3, 4, 5, 11, 12)
"""All that are errors, about none of which one is sent: source quench and redirect, too (RFC 1122 section 3.2.2)."""
TIME_EXCEEDED, PORT_UNREACHABLE = (11, 0), (3, 3)
HOST_UNREACHABLE, PROTOCOL_UNREACHABLE, FRAGMENTATION_NEEDED = (3, 1), (3, 2), (3, 4)
QUOTED = 548
"""Octets of the packet that an error quotes at the most: "as much of the original datagram as possible without the
length of the ICMP datagram exceeding 576 bytes" (RFC 1812 section 4.3.2.3)."""
NAMES = {
    (3, 0): "net unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    PORT_UNREACHABLE: "port unreachable",
    (3, 4): "fragmentation needed",
    (3, 5): "source route failed",
    (3, 13): "communication prohibited",
    TIME_EXCEEDED: "time exceeded",
    (12, 0): "parameter problem",
}
"""(type, code) → what RFC 792 calls it; 13 is RFC 1812's (section 5.2.7.1)."""
_HEADER = 8
_LAYOUT = struct.Struct(">BBH4s")


@dataclass(frozen=True, slots=True)
class IcmpError:
    """`about`: the header of the packet; `ports`: source and destination port, where it is UDP's, else zeros; `rest`:
    the four octets before the packet; `quoted`: the packet's own behind its header, as many as are there."""

    type: int
    code: int
    about: Header
    ports: tuple[int, int]
    rest: bytes = bytes(4)
    quoted: bytes = b""

    @classmethod
    def parse(cls, message: bytes) -> IcmpError:
        """An ICMP message → IcmpError.

        Raises:
            DecodeError: it is no error, or not enough of the packet is there.

        """
        if len(message) < _HEADER:
            raise DecodeError("length", len(message), f"an ICMP error has {_HEADER} octets and a packet")
        kind, code = message[:2]
        if kind not in TYPES:
            raise DecodeError("type", kind, "no ICMP error")
        packet = message[_HEADER:]
        about = Header.parse(packet)
        quoted = packet[about.length :]
        if about.protocol != UDP or about.offset or len(quoted) < 4:
            return cls(kind, code, about, (0, 0), message[4:_HEADER], quoted)
        ports = int.from_bytes(quoted[:2], "big"), int.from_bytes(quoted[2:4], "big")
        return cls(kind, code, about, ports, message[4:_HEADER], quoted)

    @property
    def mtu(self) -> int:
        """Of "fragmentation needed": the next-hop MTU in octets; 0: a router that is older than RFC 1191 said it."""
        return int.from_bytes(self.rest[2:], "big")

    @property
    def name(self) -> str:
        """In words."""
        return NAMES.get((self.type, self.code), f"type {self.type} code {self.code}")


def error_about(kind: int, code: int, rest: bytes, packet: bytes) -> bytes:
    """The message, with its checksum. `rest`: pointer or next-hop MTU, where it has one; `packet`: as it came, "this
    header and data MUST be unchanged from the received datagram" (RFC 1122 section 3.2.2)."""
    message = _LAYOUT.pack(kind, code, 0, rest) + packet[:QUOTED]
    return message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
