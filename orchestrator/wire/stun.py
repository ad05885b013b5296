"""STUN messages and TURN's ChannelData in packets (RFC 8489 section 5, RFC 8656 section 12.4), and what they carry.

Only for telling what was seen; bytes that are neither give nothing, whatever they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.printable import printable
from catenet.nodes.machine import Endpoint
from catenet.orchestrator.wire.packets import TCP, CapturedPacket

__all__ = ["ALLOCATE", "BINDING", "CHANNEL_BIND", "Carried", "StunSeen", "carried", "read_stun"]

BINDING, ALLOCATE, CHANNEL_BIND = 1, 3, 9
_SEND, _DATA = 6, 7
_KINDS = ("request", "indication", "success", "error")
_COOKIE = bytes.fromhex("2112a442")
_HEADER = 20
_USERNAME, _ERROR, _CHANNEL, _PEER, _BYTES = 0x0006, 0x0009, 0x000C, 0x0012, 0x0013
_RELAYED, _MAPPED, _NOMINATES = 0x0016, 0x0020, 0x0025
_ATTRIBUTES = 64
"""More than that in one message are not read."""


class StunSeen(NamedTuple):
    """A message. `kind`: request, indication, success or error; `size`: octets of it. Of its attributes None, or "",
    where they are not there; `data`: what it carries for another."""

    method: int
    kind: str
    transaction: bytes
    size: int
    username: str = ""
    nominates: bool = False
    error: int | None = None
    mapped: Endpoint | None = None
    relayed: Endpoint | None = None
    peer: Endpoint | None = None
    channel: int | None = None
    data: bytes | None = None


class Carried(NamedTuple):
    """What a packet says, with or without a relay's wrapping. `peer`: whom the relay sends it to, or has it from;
    `channel`: the number that stands for the peer."""

    data: bytes
    wrapped: bool = False
    peer: Endpoint | None = None
    channel: int | None = None


def read_stun(data: bytes) -> StunSeen | None:
    """The message with which the bytes begin."""
    if len(data) < _HEADER or data[0] >> 6 or data[4:8] != _COOKIE:
        return None
    length = int.from_bytes(data[2:4], "big")
    if length % 4 or len(data) < _HEADER + length:
        return None
    word = int.from_bytes(data[:2], "big")
    method = word & 0xF | (word >> 1) & 0x70 | (word >> 2) & 0xF80
    kind = _KINDS[(word >> 7) & 2 | (word >> 4) & 1]
    found = dict(_attributes(data[_HEADER : _HEADER + length]))
    error = found.get(_ERROR, b"")
    number = found.get(_CHANNEL, b"")
    return StunSeen(
        method,
        kind,
        data[8:_HEADER],
        _HEADER + length,
        printable(found.get(_USERNAME, b"").decode(errors="replace")),
        _NOMINATES in found,
        (error[2] & 7) * 100 + error[3] if len(error) >= 4 else None,
        _address(found.get(_MAPPED)),
        _address(found.get(_RELAYED)),
        _address(found.get(_PEER)),
        int.from_bytes(number[:2], "big") if len(number) >= 2 else None,
        found.get(_BYTES),
    )


def carried(seen: CapturedPacket) -> Iterator[Carried]:
    """What the packet says, each message by itself; over TCP those that lie whole in this segment."""
    data = seen.payload
    for _ in range(_ATTRIBUTES):
        if not data:
            return
        size, found = _first(data)
        yield found
        if seen.protocol != TCP or not size:
            return
        data = data[size + -size % 4 :]


def _first(data: bytes) -> tuple[int, Carried]:
    """The first message, and how many octets it has: 0 where it is none of ours."""
    if 0x40 <= data[0] <= 0x4F and len(data) >= 4:
        length = int.from_bytes(data[2:4], "big")
        if len(data) >= 4 + length:
            return 4 + length, Carried(data[4 : 4 + length], True, None, int.from_bytes(data[:2], "big"))
    message = read_stun(data)
    if message is None:
        return 0, Carried(data)
    if message.method in (_SEND, _DATA) and message.data is not None:
        return message.size, Carried(message.data, True, message.peer)
    return message.size, Carried(data[: message.size])


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The first of each type, which counts (RFC 8489 section 14): so they come last one first."""
    found: list[tuple[int, bytes]] = []
    while len(data) >= 4 and len(found) < _ATTRIBUTES:
        size = int.from_bytes(data[2:4], "big")
        found.append((int.from_bytes(data[:2], "big"), data[4 : 4 + size]))
        data = data[4 + size + -size % 4 :]
    return reversed(found)


def _address(value: bytes | None) -> Endpoint | None:
    """Of an XOR- attribute (RFC 8489 section 14.2)."""
    if value is None or len(value) != 8 or value[1] != 1:
        return None
    port = int.from_bytes(value[2:4], "big") ^ int.from_bytes(_COOKIE[:2], "big")
    address = int.from_bytes(value[4:8], "big") ^ int.from_bytes(_COOKIE, "big")
    return Endpoint(Address(address), port)
