"""Netlink's frame (netlink(7)), pure: messages in a datagram, attributes in a message.

     0      4     6     8        12       16
    | length|type |flags|sequence|port id | payload … padded to 4 |        a message (struct nlmsghdr)

     0      2     4
    | length|type | payload … padded to 4 |                                an attribute (struct rtattr)

Both lengths count their own header and leave the padding out. Everything is in the machine's own byte order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.machine import DecodeError

__all__ = ["NetlinkMessage", "attribute", "attributes", "messages", "u32"]

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF  # the two upper bits say "nested" and "network byte order"


class NetlinkMessage(NamedTuple):
    """One netlink message."""

    type: int
    flags: int
    sequence: int
    payload: bytes

    def __bytes__(self) -> bytes:
        return _HEADER.pack(_HEADER.size + len(self.payload), self.type, self.flags, self.sequence, 0) + self.payload


def messages(data: bytes) -> Iterator[NetlinkMessage]:
    """The messages of one datagram.

    Raises:
        DecodeError: a length that does not fit.

    """
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise DecodeError("netlink header", data[at:], "cut short")
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= length <= len(data) - at:
            raise DecodeError("netlink length", length)
        yield NetlinkMessage(kind, flags, sequence, data[at + _HEADER.size : at + length])
        at += _padded(length)


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded."""
    length = _ATTRIBUTE.size + len(payload)
    return _ATTRIBUTE.pack(length, kind) + payload + bytes(_padded(length) - length)


def u32(value: int) -> bytes:
    """A number as an attribute carries it."""
    return struct.pack("=I", value)


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes of a message, by type; of equal ones the last.

    Raises:
        DecodeError: a length that does not fit.

    """
    found: dict[int, bytes] = {}
    at = 0
    while len(data) - at >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= length <= len(data) - at:
            raise DecodeError("netlink attribute length", length)
        found[kind & _TYPE_MASK] = data[at + _ATTRIBUTE.size : at + length]
        at += _padded(length)
    return found


def _padded(length: int) -> int:
    return (length + 3) & ~3
