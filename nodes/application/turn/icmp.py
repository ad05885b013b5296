"""ICMP errors that come back for what was relayed (RFC 792, RFC 8656 section 11.5).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     Code      |          Checksum             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            unused             |    MTU of the next hop        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Internet Header + 64 bits of Original Data Datagram      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The MTU stands there where a datagram was too long (RFC 1191 section 4).
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = ["PROTOCOL", "IcmpError"]

PROTOCOL = 1
"""The number of ICMP."""
_HEADER = 8  # octets of ICMP's own
_IP_HEADER = 20  # the least octets of an IP header
_PORTS = 4  # octets of UDP's ports
_UDP = 17
_UNREACHABLE, _TIME_EXCEEDED = 3, 11
_TOO_LONG = 4


class IcmpError(NamedTuple):
    """Of a UDP datagram: from where it was sent, and to where. `mtu`: octets; 0: it does not say."""

    type: int
    code: int
    mtu: int
    source: Endpoint
    destination: Endpoint

    @classmethod
    def parse(cls, data: bytes) -> IcmpError:
        """An ICMP message, without its own IP header.

        Raises:
            DecodeError: it is of another type than 3 and 11, too short, not whole, or of something else than UDP.

        """
        kind = data[0] if data else -1
        if kind not in (_UNREACHABLE, _TIME_EXCEEDED):
            raise DecodeError("ICMP type", kind, "neither 3 nor 11")
        inner = data[_HEADER:]
        length = (inner[0] & 15) * 4 if inner else 0
        if length < _IP_HEADER or len(inner) < length + _PORTS:
            raise DecodeError("length of ICMP", len(data), "there is no whole header of IP and of UDP in it")
        if inner[0] >> 4 != 4 or inner[9] != _UDP:
            raise DecodeError("protocol in ICMP", inner[9], "no UDP")
        if _sum(data) != 0xFFFF:
            raise DecodeError("ICMP checksum", int.from_bytes(data[2:4], "big"))
        ports = inner[length:]
        too_long = (kind, data[1]) == (_UNREACHABLE, _TOO_LONG)
        return cls(
            kind,
            data[1],
            int.from_bytes(data[6:8], "big") if too_long else 0,
            Endpoint(Address.unpack(inner[12:16]), int.from_bytes(ports[:2], "big")),
            Endpoint(Address.unpack(inner[16:20]), int.from_bytes(ports[2:4], "big")),
        )


def _sum(data: bytes) -> int:
    """The one's complement sum, which with a right checksum among it is all ones (RFC 1071 section 1)."""
    whole = data + bytes(len(data) % 2)
    total = sum(int.from_bytes(whole[at : at + 2], "big") for at in range(0, len(whole), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total
