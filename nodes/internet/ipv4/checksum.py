"""The Internet checksum (RFC 1071), and its update (RFC 1624).

It is "the 16-bit one's complement of the one's complement sum" of all words: of an IP header, of an ICMP message, of a
TCP segment or a UDP datagram with its pseudo-header.
"""

from __future__ import annotations

__all__ = ["adjust", "checksum", "difference"]


def checksum(data: bytes | bytearray) -> int:
    """Of so many octets; 0 where they have their right checksum in them."""
    whole = int.from_bytes(data + b"\0" if len(data) & 1 else data, "big")
    # 2 ** 16 is 1 modulo 0xFFFF, so the sum of the words is their number's remainder; 0 is all ones unless all are 0.
    return (whole % 0xFFFF or (0xFFFF if whole else 0)) ^ 0xFFFF


def difference(old: bytes, new: bytes) -> int:
    """By what a checksum's complement grows when these octets become those, of the same even number: the sum of ~m + m'
    over all the words (RFC 1624 section 3, equation 3)."""
    return (int.from_bytes(new, "big") - int.from_bytes(old, "big")) % 0xFFFF or 0xFFFF


def adjust(was: int, changed: int) -> int:
    """A checksum after such a difference: HC' = ~(~HC + ~m + m') (RFC 1624 section 3, equation 3)."""
    total = (was ^ 0xFFFF) + changed
    return ((total & 0xFFFF) + (total >> 16)) ^ 0xFFFF
