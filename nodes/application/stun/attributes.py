"""The attributes of a STUN message, and what each carries (RFC 8489 section 14, RFC 8656 section 18, RFC 8445 16.1).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Type                  |            Length             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Value (variable)                ....
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

Length is the value's, in octets, without the zeros behind it that fill the last four.

    USERNAME.of("alice")        an attribute of that type
    message.get(USERNAME)       its value in a message: "alice", or None
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from catenet.nodes.application.stun.values import (
    FIRST_BIT,
    FLAG,
    AddressErrors,
    Addresses,
    Algorithms,
    Codec,
    Errors,
    Icmps,
    Numbers,
    Octets,
    OneAlgorithm,
    Text,
    Types,
)
from catenet.nodes.machine import DecodeError

__all__ = [
    "ADDITIONAL_ADDRESS_FAMILY",
    "ADDRESS_ERROR_CODE",
    "ALTERNATE_DOMAIN",
    "ALTERNATE_SERVER",
    "CHANNEL_NUMBER",
    "DATA",
    "DONT_FRAGMENT",
    "ERROR_CODE",
    "EVEN_PORT",
    "FINGERPRINT",
    "HEADER_SIZE",
    "ICE_CONTROLLED",
    "ICE_CONTROLLING",
    "ICMP",
    "LIFETIME",
    "MAPPED_ADDRESS",
    "MESSAGE_INTEGRITY",
    "MESSAGE_INTEGRITY_SHA256",
    "NONCE",
    "PASSWORD_ALGORITHM",
    "PASSWORD_ALGORITHMS",
    "PRIORITY",
    "REALM",
    "REQUESTED_ADDRESS_FAMILY",
    "REQUESTED_TRANSPORT",
    "RESERVATION_TOKEN",
    "SOFTWARE",
    "TYPES",
    "UNKNOWN_ATTRIBUTES",
    "USERHASH",
    "USERNAME",
    "USE_CANDIDATE",
    "XOR_MAPPED_ADDRESS",
    "XOR_PEER_ADDRESS",
    "XOR_RELAYED_ADDRESS",
    "Attribute",
    "Type",
    "is_required",
    "pack",
    "walk",
]

T = TypeVar("T")

HEADER_SIZE = 20
"""Octets of a message before its attributes (RFC 8489 section 5)."""

_LIMIT = 64
"""Attributes of one message: several times what any method has; a peer cannot have us read more."""


class Attribute(NamedTuple):
    """One attribute. `value` is what its type carries; of a type that is not in `TYPES` the octets."""

    type: int
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Type(Generic[T]):
    """A type of attributes: its number, its name in the RFC, how its value is read and written."""

    number: int
    name: str
    codec: Codec[T]

    def of(self, value: T) -> Attribute:
        """An attribute of this type."""
        return Attribute(self.number, value)


TYPES: dict[int, Type[Any]] = {}
"""What is understood, by number."""


def _type(number: int, name: str, codec: Codec[T]) -> Type[T]:
    made = Type(number, name, codec)
    TYPES[number] = made
    return made


MAPPED_ADDRESS = _type(0x0001, "MAPPED-ADDRESS", Addresses())
USERNAME = _type(0x0006, "USERNAME", Text())
MESSAGE_INTEGRITY = _type(0x0008, "MESSAGE-INTEGRITY", Octets(20, 20))
ERROR_CODE = _type(0x0009, "ERROR-CODE", Errors())
UNKNOWN_ATTRIBUTES = _type(0x000A, "UNKNOWN-ATTRIBUTES", Types())
CHANNEL_NUMBER = _type(0x000C, "CHANNEL-NUMBER", Numbers(2, spare=2))
LIFETIME = _type(0x000D, "LIFETIME", Numbers(4))
"""Seconds."""
XOR_PEER_ADDRESS = _type(0x0012, "XOR-PEER-ADDRESS", Addresses(xor=True))
DATA = _type(0x0013, "DATA", Octets(0, 0xFFFF))
REALM = _type(0x0014, "REALM", Text())
NONCE = _type(0x0015, "NONCE", Octets(0, 763))
XOR_RELAYED_ADDRESS = _type(0x0016, "XOR-RELAYED-ADDRESS", Addresses(xor=True))
REQUESTED_ADDRESS_FAMILY = _type(0x0017, "REQUESTED-ADDRESS-FAMILY", Numbers(1, spare=3))
EVEN_PORT = _type(0x0018, "EVEN-PORT", FIRST_BIT)
"""Whether the next-higher port is to be reserved."""
REQUESTED_TRANSPORT = _type(0x0019, "REQUESTED-TRANSPORT", Numbers(1, spare=3))
"""The number of an IP protocol; 17 is UDP."""
DONT_FRAGMENT = _type(0x001A, "DONT-FRAGMENT", FLAG)
MESSAGE_INTEGRITY_SHA256 = _type(0x001C, "MESSAGE-INTEGRITY-SHA256", Octets(16, 32, step=4))
PASSWORD_ALGORITHM = _type(0x001D, "PASSWORD-ALGORITHM", OneAlgorithm())
USERHASH = _type(0x001E, "USERHASH", Octets(32, 32))
XOR_MAPPED_ADDRESS = _type(0x0020, "XOR-MAPPED-ADDRESS", Addresses(xor=True))
RESERVATION_TOKEN = _type(0x0022, "RESERVATION-TOKEN", Octets(8, 8))
PRIORITY = _type(0x0024, "PRIORITY", Numbers(4))
USE_CANDIDATE = _type(0x0025, "USE-CANDIDATE", FLAG)
ADDITIONAL_ADDRESS_FAMILY = _type(0x8000, "ADDITIONAL-ADDRESS-FAMILY", Numbers(1, spare=3))
ADDRESS_ERROR_CODE = _type(0x8001, "ADDRESS-ERROR-CODE", AddressErrors())
PASSWORD_ALGORITHMS = _type(0x8002, "PASSWORD-ALGORITHMS", Algorithms())
ALTERNATE_DOMAIN = _type(0x8003, "ALTERNATE-DOMAIN", Text(255, 255))
ICMP = _type(0x8004, "ICMP", Icmps())
SOFTWARE = _type(0x8022, "SOFTWARE", Text(errors="replace"))
ALTERNATE_SERVER = _type(0x8023, "ALTERNATE-SERVER", Addresses())
FINGERPRINT = _type(0x8028, "FINGERPRINT", Numbers(4))
ICE_CONTROLLED = _type(0x8029, "ICE-CONTROLLED", Numbers(8))
ICE_CONTROLLING = _type(0x802A, "ICE-CONTROLLING", Numbers(8))


def is_required(number: int) -> bool:
    """Whether who does not understand an attribute of that type cannot process its message: "comprehension-required"
    (section 14)."""
    return number < 0x8000


def pack(number: int, value: bytes) -> bytes:
    """An attribute's octets: "The padding bits MUST be set to zero on sending" (section 14)."""
    return number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)


def walk(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """A message's attributes, as they stand: type, offset in the message, value; the padding may be anything.

    Raises:
        DecodeError: one does not end where the message does, or before; or there are more than 64.

    """
    at, end, left = HEADER_SIZE, len(data), _LIMIT
    while at < end:
        number, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        after = at + 4 + (length + 3 & ~3)
        if after > end:
            raise DecodeError(f"length of attribute {number:#06x}", length, "it runs past the end of the message")
        if not left:
            raise DecodeError("attributes", _LIMIT + 1, f"more than {_LIMIT}")
        yield number, at, data[at + 4 : at + 4 + length]
        at, left = after, left - 1
