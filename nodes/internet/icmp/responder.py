"""What a node answers of itself: an Echo (RFC 792; RFC 1122 section 3.2.2.6, RFC 1812 section 4.3.3.6)."""

from __future__ import annotations

from catenet.nodes.internet.icmp.packet import ECHO
from catenet.nodes.internet.ipv4.checksum import adjust, difference
from catenet.nodes.machine import DecodeError

__all__ = ["echo_reply"]

_HEADER = 8
_ASKED_TO_ANSWERED = difference(bytes((ECHO, 0)), bytes(2))


def echo_reply(message: bytes) -> bytes:
    """An Echo whose checksum is right → the answer: "the data received in the echo message must be returned". Its
    checksum is updated, not made anew, so what was wrong stays wrong.

    Raises:
        DecodeError: it is no Echo: too short, or of another code.

    """
    if len(message) < _HEADER:
        raise DecodeError("length", len(message), f"an Echo has {_HEADER} octets or more")
    if message[0] != ECHO or message[1]:
        raise DecodeError("type and code", tuple(message[:2]), f"an Echo has {ECHO} and 0")
    told = adjust(int.from_bytes(message[2:4], "big"), _ASKED_TO_ANSWERED)
    return bytes(2) + told.to_bytes(2, "big") + message[4:]
