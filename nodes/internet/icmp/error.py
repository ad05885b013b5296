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

The header is quoted whole, so what a source route had become by then can be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from catenet.nodes.internet.ipv4.header import UDP, Header
from catenet.nodes.machine import DecodeError

__all__ = ["NAMES", "PORT_UNREACHABLE", "TIME_EXCEEDED", "TYPES", "IcmpError"]

TYPES = (3, 11, 12)
"""Destination unreachable, time exceeded, parameter problem."""
TIME_EXCEEDED, PORT_UNREACHABLE = (11, 0), (3, 3)
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


@dataclass(frozen=True, slots=True)
class IcmpError:
    """`about`: the header of the packet; `ports`: source and destination port, where it is UDP's, else zeros."""

    type: int
    code: int
    about: Header
    ports: tuple[int, int]

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
        ports = packet[about.length : about.length + 4]
        if about.protocol != UDP or about.offset or len(ports) < 4:
            return cls(kind, code, about, (0, 0))
        return cls(kind, code, about, (int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big")))

    @property
    def name(self) -> str:
        """In words."""
        return NAMES.get((self.type, self.code), f"type {self.type} code {self.code}")
