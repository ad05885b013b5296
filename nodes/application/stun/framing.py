"""STUN and ChannelData on a byte stream (RFC 8489 section 6.2.2, RFC 8656 sections 12.4 to 12.6).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Channel Number        |            Length             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    /                       Application Data                        /
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The first two bits tell which it is: 00 STUN, 01 ChannelData.
"""

from __future__ import annotations

from catenet.nodes.application.stun.attributes import HEADER_SIZE
from catenet.nodes.application.stun.values import COOKIE
from catenet.nodes.machine import DecodeError

__all__ = ["CHANNEL_HEADER", "LONGEST", "Frames", "channel_data", "is_channel_data", "padded", "read_channel_data"]

CHANNEL_HEADER = 4
"""Octets of a ChannelData message before its data."""
LONGEST = HEADER_SIZE + 0xFFFC
"""Octets of the longest frame, a STUN message."""
_COOKIE = COOKIE.to_bytes(4, "big")


def is_channel_data(data: bytes) -> bool:
    """Whether it is a ChannelData message, by its first two bits (RFC 8656 section 12, Table 3)."""
    return bool(data) and data[0] >> 6 == 1


def channel_data(number: int, data: bytes) -> bytes:
    """A ChannelData message: up to 65,535 octets of data on that channel."""
    return number.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data


def read_channel_data(message: bytes) -> tuple[int, bytes]:
    """A ChannelData message → the channel's number, which may be any, and the data without padding.

    Raises:
        DecodeError: it is "too short to contain the claimed length" (section 12.6).

    """
    end = CHANNEL_HEADER + int.from_bytes(message[2:4], "big")
    if len(message) < max(end, CHANNEL_HEADER):
        raise DecodeError("length of ChannelData", end - CHANNEL_HEADER, f"the message has {len(message)} octets")
    return int.from_bytes(message[:2], "big"), message[CHANNEL_HEADER:end]


def padded(message: bytes) -> bytes:
    """A message as it goes on a stream: "the ChannelData message MUST be padded to a multiple of four bytes" (section
    12.5); a STUN message is one already."""
    return message + bytes(-len(message) % 4)


class Frames:
    """What has come on one stream: bytes in, in any slicing; whole messages out, ChannelData without its padding.

    `longest`: the octets of the longest frame that is taken; it may change at any time.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self.longest = longest
        self._waiting = bytearray()

    def receive(self, data: bytes) -> None:
        """Bytes came in. Who then takes all that `next` gives, keeps no more than one frame that is not whole."""
        self._waiting += data

    def next(self) -> bytes | None:
        """The next message; None: it is not whole yet.

        Raises:
            DecodeError: neither STUN nor ChannelData, a STUN message with a length that is not in fours or without the
                magic cookie, or a frame that is too long. Where the next one begins is not known then, and the
                connection is to be closed.

        """
        size = self._size()
        end = size + -size % 4
        if not size or end > len(self._waiting):
            return None
        message = bytes(self._waiting[:size])
        del self._waiting[:end]
        return message

    def _size(self) -> int:
        """The octets of the next message, without padding; 0: too little of it has come to tell."""
        head = self._waiting[:8]
        if not head:
            return 0
        if head[0] & 0x80:
            raise DecodeError("first octet", head[0], "neither STUN nor ChannelData")
        if len(head) < CHANNEL_HEADER:
            return 0
        length = int.from_bytes(head[2:4], "big")
        if head[0] & 0x40:
            size = CHANNEL_HEADER + length
        elif length & 3:
            raise DecodeError("message length", length, "not in fours")
        elif not _COOKIE.startswith(head[4:8]):
            raise DecodeError("magic cookie", head[4:8].hex())
        else:
            size = HEADER_SIZE + length
        if size > self.longest:
            raise DecodeError("length of a frame", size, f"over {self.longest} octets")
        return size
