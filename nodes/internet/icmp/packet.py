"""ICMP messages on the wire (RFC 792).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     Code      |          Checksum             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Identifier          |        Sequence Number        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Data ...
    +-+-+-+-+-

This is "Echo or Echo Reply Message" of RFC 792: type 8 asks, type 0 answers with the same identifier, sequence number
and data.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.machine import DecodeError

__all__ = ["ECHO", "ECHO_REPLY", "PROTOCOL", "Echo"]

PROTOCOL = 1
"""ICMP's number in the IP header."""
ECHO, ECHO_REPLY = 8, 0
"""Types of message."""

_HEADER = struct.Struct(">BBHHH")
"""Type, code, checksum, identifier, sequence number."""
_SUM = struct.Struct(">H")


class Echo(NamedTuple):
    """An Echo, or the reply to one. `identifier`: whose it is, "used like a port"; `sequence`: which one of theirs."""

    identifier: int
    sequence: int
    data: bytes = b""
    reply: bool = False

    @classmethod
    def parse(cls, message: bytes) -> Echo:
        """An ICMP message → Echo.

        Raises:
            DecodeError: too short, another type or code than Echo has, a wrong checksum.

        """
        if len(message) < _HEADER.size:
            raise DecodeError("length", len(message), f"an Echo has {_HEADER.size} octets or more")
        kind, code, told, identifier, sequence = _HEADER.unpack_from(message)
        if kind not in (ECHO, ECHO_REPLY):
            raise DecodeError("type", kind, f"an Echo has {ECHO} or {ECHO_REPLY}")
        if code:
            raise DecodeError("code", code, "an Echo has 0")
        if checksum(message):
            raise DecodeError("checksum", f"{told:04x}", "it does not fit the message")
        return cls(identifier, sequence, message[_HEADER.size :], kind == ECHO_REPLY)

    def __bytes__(self) -> bytes:
        """The message, with its checksum."""
        kind = ECHO_REPLY if self.reply else ECHO
        message = _HEADER.pack(kind, 0, 0, self.identifier, self.sequence) + self.data
        return message[:2] + _SUM.pack(checksum(message)) + message[4:]

    def answer(self) -> Echo:
        """What answers it: "the data received in the echo message must be returned"."""
        return self._replace(reply=True)
