"""STUN messages on the wire (RFC 8489 section 5).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |0 0|     STUN Message Type     |         Message Length        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Magic Cookie                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     Transaction ID (96 bits)                  |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The message type has the method and the class in it; the class is called kind here:

      2  3  4 5 6 7 8 9 0 1 2 3 4 5
     +--+--+-+-+-+-+-+-+-+-+-+-+-+-+
     |M |M |M|M|M|C|M|M|M|C|M|M|M|M|
     |11|10|9|8|7|1|6|5|4|0|3|2|1|0|
     +--+--+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

from catenet.nodes.application.stun.attributes import (
    ERROR_CODE,
    FINGERPRINT,
    HEADER_SIZE,
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    TYPES,
    UNKNOWN_ATTRIBUTES,
    Attribute,
    Type,
    is_required,
    pack,
    walk,
)
from catenet.nodes.application.stun.integrity import fingerprint_of, with_fingerprint, with_integrity
from catenet.nodes.application.stun.values import COOKIE, Error
from catenet.nodes.machine import DecodeError

__all__ = ["TRANSACTION_SIZE", "Kind", "Message", "Method", "is_stun"]

T = TypeVar("T")

TRANSACTION_SIZE = 12
"""Octets of a transaction ID."""

_HEADER = struct.Struct(">HHI12s")


class Method(IntEnum):
    """What a message is for (RFC 8489 section 18.2; all but the first: RFC 8656 section 17)."""

    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    SEND = 0x006
    DATA = 0x007
    CREATE_PERMISSION = 0x008
    CHANNEL_BIND = 0x009


class Kind(IntEnum):
    """The class of a message."""

    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


_INDICATIONS = frozenset({Method.BINDING, Method.SEND, Method.DATA})
_ONLY_INDICATIONS = frozenset({Method.SEND, Method.DATA})


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `transaction`: 12 octets; `data`: the octets from which it was read, b"" where it was not."""

    method: Method
    kind: Kind
    transaction: bytes
    attributes: tuple[Attribute, ...] = ()
    data: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Message:
        """One whole message → Message. Its FINGERPRINT, where it has one, is right; its integrity is still to be
        checked (`integrity.verify`). What must be ignored, behind MESSAGE-INTEGRITY, is left out (section 9).

        Raises:
            DecodeError: no STUN, a length that is not the message's, a method or class that is not known, an attribute
                whose value is not of its type's form, more than 64 attributes, a wrong FINGERPRINT or one that is not
                the last attribute.

        """
        method, kind, transaction = _read_header(data)
        return cls(method, kind, transaction, tuple(_read_attributes(data, transaction)), data)

    def get(self, wanted: Type[T]) -> T | None:
        """What the first attribute of that type carries: "only the first occurrence needs to be processed by a
        receiver" (section 14); None: there is none."""
        number = wanted.number
        return next((value for other, value in self.attributes if other == number), None)

    def all(self, wanted: Type[T]) -> list[T]:
        """What each attribute of that type carries."""
        number = wanted.number
        return [value for other, value in self.attributes if other == number]

    def has(self, *wanted: Type[Any]) -> bool:
        """Whether it has an attribute of one of these types."""
        numbers = {each.number for each in wanted}
        return any(number in numbers for number, _ in self.attributes)

    @property
    def unknown(self) -> tuple[int, ...]:
        """The comprehension-required types that are not understood, each once."""
        found = (number for number, _ in self.attributes if is_required(number) and number not in TYPES)
        return tuple(dict.fromkeys(found))

    def success(self, *attributes: Attribute) -> Message:
        """The success response to this request (section 6.3.1.1)."""
        return Message(self.method, Kind.SUCCESS, self.transaction, attributes)

    def error(self, code: int, *attributes: Attribute) -> Message:
        """The error response to this request, with the reason phrase that goes with its code."""
        return Message(self.method, Kind.ERROR, self.transaction, (ERROR_CODE.of(Error.of(code)), *attributes))

    def unknown_error(self, types: tuple[int, ...]) -> Message:
        """The error response that lists the attributes that were not understood (section 6.3.1)."""
        return self.error(420, UNKNOWN_ATTRIBUTES.of(types))

    def encode(self, key: bytes | None = None, *, fingerprint: bool = False, sha256: bool = False) -> bytes:
        """The octets. With a key they end with MESSAGE-INTEGRITY, or with MESSAGE-INTEGRITY-SHA256 instead; then
        comes FINGERPRINT, if it is wanted.

        Raises:
            ValueError: a text of more than 508 octets (section 14.3).

        """
        body = b"".join([_pack(number, value, self.transaction) for number, value in self.attributes])
        data = _HEADER.pack(_type_of(self.method, self.kind), len(body), COOKIE, self.transaction) + body
        if key is not None:
            data = with_integrity(data, key, sha256=sha256)
        return with_fingerprint(data) if fingerprint else data


def is_stun(data: bytes) -> bool:
    """Whether it may be a STUN message, by the fields of its header that tell it from other protocols: the first two
    bits, the magic cookie, a length in fours (sections 5 and 7)."""
    return len(data) >= HEADER_SIZE and data[0] < 0x40 and data[4:8] == _COOKIE and not data[3] & 3


_COOKIE = COOKIE.to_bytes(4, "big")


def _type_of(method: Method, kind: Kind) -> int:
    return (method & 0xF80) << 2 | (method & 0x070) << 1 | method & 0xF | (kind & 2) << 7 | (kind & 1) << 4


_READ = {
    _type_of(method, kind): (method, kind)
    for method in Method
    for kind in Kind
    if (kind == Kind.INDICATION and method in _INDICATIONS)
    or (kind != Kind.INDICATION and method not in _ONLY_INDICATIONS)
}
"""The message types that there are: "It checks that the message class is allowed for the particular method" (6.3)."""


def _read_header(data: bytes) -> tuple[Method, Kind, bytes]:
    if len(data) < HEADER_SIZE:
        raise DecodeError("length", len(data), f"a header has {HEADER_SIZE} octets")
    number, length, cookie, transaction = _HEADER.unpack_from(data)
    if cookie != COOKIE:
        raise DecodeError("magic cookie", f"{cookie:#010x}")
    if length != len(data) - HEADER_SIZE or length & 3:
        raise DecodeError("message length", length, f"{len(data) - HEADER_SIZE} octets follow the header")
    if number not in _READ:
        raise DecodeError("message type", f"{number:#06x}", "no method that is known, or not of this class")
    method, kind = _READ[number]
    return method, kind, transaction


def _read_attributes(data: bytes, transaction: bytes) -> list[Attribute]:
    """ "agents MUST ignore all attributes that follow MESSAGE-INTEGRITY, with the exception of the
    MESSAGE-INTEGRITY-SHA256 and FINGERPRINT attributes"; likewise those behind MESSAGE-INTEGRITY-SHA256 (section 9).
    """
    found: list[Attribute] = []
    read = _ANY
    for number, at, value in walk(data):
        if found and found[-1].type == FINGERPRINT.number:
            raise DecodeError("FINGERPRINT", at, "it is not the last attribute")
        if read is not _ANY and number not in read:
            continue
        known = TYPES.get(number)
        found.append(Attribute(number, known.codec.read(known.name, value, transaction) if known else value))
        if number == FINGERPRINT.number and found[-1].value != fingerprint_of(data[:at]):
            raise DecodeError("FINGERPRINT", f"{found[-1].value:#010x}", "it is another message's")
        read = _BEHIND.get(number, read)
    return found


_ANY: frozenset[int] = frozenset()
_BEHIND = {
    MESSAGE_INTEGRITY.number: frozenset({MESSAGE_INTEGRITY_SHA256.number, FINGERPRINT.number}),
    MESSAGE_INTEGRITY_SHA256.number: frozenset({FINGERPRINT.number}),
}


def _pack(number: int, value: object, transaction: bytes) -> bytes:
    known = TYPES.get(number)
    if known is None:
        assert isinstance(value, bytes)
        return pack(number, value)
    return pack(number, known.codec.write(value, transaction))
