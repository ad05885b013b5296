"""What attributes carry, in octets and as values: a codec for each form (RFC 8489 section 14, RFC 8656 section 18).

A codec reads a value's octets, without padding; it raises DecodeError where they are not of its form. Reserved bits are
zero when sent, and may be anything when read. The transaction ID is at hand because IPv6 addresses are XORed with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol, TypeVar

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = [
    "COOKIE",
    "FIRST_BIT",
    "FLAG",
    "REASONS",
    "AddressError",
    "AddressErrors",
    "Addresses",
    "Algorithm",
    "Algorithms",
    "Codec",
    "Endpoint6",
    "Error",
    "Errors",
    "Family",
    "Icmp",
    "Icmps",
    "Numbers",
    "Octets",
    "OneAlgorithm",
    "PasswordAlgorithm",
    "Text",
    "TransportAddress",
    "Types",
]

COOKIE = 0x2112A442
"""The magic cookie (RFC 8489 section 5)."""

_LONGEST_SENT, _LONGEST_READ = 508, 763
"""Octets of a text: "fewer than 509 bytes"; "MUST be able to parse a UTF-8-encoded sequence of 763 or fewer octets"
(section 14.3)."""


class Family(IntEnum):
    """Address families (section 14.1)."""

    IPV4 = 1
    IPV6 = 2


class Algorithm(IntEnum):
    """Password algorithms (section 18.5); the key of each: `integrity.long_term_key`."""

    MD5 = 1
    SHA_256 = 2


class Endpoint6(NamedTuple):
    """An IPv6 address (16 octets) and a port. A lab has none, but a peer may send one."""

    address: bytes
    port: int


TransportAddress = Endpoint | Endpoint6


class Error(NamedTuple):
    """An error's code, from 300 to 699, and words for a person (section 14.8)."""

    code: int
    reason: str

    @classmethod
    def of(cls, code: int) -> Error:
        """With the reason phrase that its RFC recommends."""
        return cls(code, REASONS[code])


REASONS = {
    300: "Try Alternate",
    400: "Bad Request",
    401: "Unauthenticated",
    403: "Forbidden",
    420: "Unknown Attribute",
    437: "Allocation Mismatch",
    438: "Stale Nonce",
    440: "Address Family not Supported",
    441: "Wrong Credentials",
    442: "Unsupported Transport Protocol",
    443: "Peer Address Family Mismatch",
    486: "Allocation Quota Reached",
    487: "Role Conflict",
    500: "Server Error",
    508: "Insufficient Capacity",
}
"""Section 14.8, RFC 8656 section 19, RFC 8445 section 16.2."""


class AddressError(NamedTuple):
    """Why an address of that family was not allocated (RFC 8656 section 18.12)."""

    family: int
    code: int
    reason: str


class PasswordAlgorithm(NamedTuple):
    """An algorithm's number and its parameters: "empty" of both that are known (RFC 8489 section 18.5.1)."""

    number: int
    parameters: bytes = b""


class Icmp(NamedTuple):
    """Type and code of an ICMP message that came for a relayed address; `data`: a next hop's MTU in octets, or 0
    (RFC 8656 section 18.13)."""

    type: int
    code: int
    data: int = 0


T = TypeVar("T")


class Codec(Protocol[T]):
    """How one form of values is read and written. `what`: the attribute's name, for the error."""

    def read(self, what: str, value: bytes, transaction: bytes) -> T: ...

    def write(self, value: T, transaction: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Addresses:
    """A transport address, plain or XORed (sections 14.1, 14.2).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |0 0 0 0 0 0 0 0|    Family     |           Port                |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 Address (32 bits or 128 bits)                 |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    xor: bool = False

    def read(self, what: str, value: bytes, transaction: bytes) -> TransportAddress:
        family = value[1] if len(value) > 1 else 0
        if (family, len(value)) not in ((Family.IPV4, 8), (Family.IPV6, 20)):
            raise DecodeError(what, value.hex(), "neither 8 octets of IPv4 nor 20 of IPv6")
        address, port = self._mask(value[4:], transaction), int.from_bytes(value[2:4], "big") ^ self._port_mask
        return Endpoint(Address.unpack(address), port) if family == Family.IPV4 else Endpoint6(address, port)

    def write(self, value: TransportAddress, transaction: bytes) -> bytes:
        ipv6 = isinstance(value, Endpoint6)
        address = value.address if isinstance(value, Endpoint6) else value.address.pack()
        port = (value.port ^ self._port_mask).to_bytes(2, "big")
        return bytes([0, Family.IPV6 if ipv6 else Family.IPV4]) + port + self._mask(address, transaction)

    @property
    def _port_mask(self) -> int:
        return COOKIE >> 16 if self.xor else 0

    def _mask(self, address: bytes, transaction: bytes) -> bytes:
        """ "X-Address is computed by XOR'ing the mapped IP address with the concatenation of the magic cookie and the
        96-bit transaction ID"; of IPv4 with the cookie alone. Twice is not at all.
        """
        if not self.xor:
            return address
        size = len(address)
        mask = (COOKIE.to_bytes(4, "big") + transaction)[:size]
        return (int.from_bytes(address, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8. `errors`: what becomes of other octets; a text that a person alone reads need not be refused for them."""

    sent: int = _LONGEST_SENT
    read_to: int = _LONGEST_READ
    errors: str = "strict"

    def read(self, what: str, value: bytes, transaction: bytes) -> str:
        if len(value) > self.read_to:
            raise DecodeError(f"length of {what}", len(value), f"over {self.read_to} octets")
        try:
            return value.decode(errors=self.errors)
        except UnicodeDecodeError:
            raise DecodeError(what, value.hex(), "no UTF-8") from None

    def write(self, value: str, transaction: bytes) -> bytes:
        """The octets of a text.

        Raises:
            ValueError: it is too long to be sent, or has half of a surrogate pair.

        """
        data = value.encode()
        if len(data) > self.sent:
            raise ValueError(f"{value[:20]!r}… has {len(data)} octets, over {self.sent}")
        return data


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets as they are: from `least` to `most` of them, in whole steps."""

    least: int
    most: int
    step: int = 1

    def read(self, what: str, value: bytes, transaction: bytes) -> bytes:
        if not self.least <= len(value) <= self.most or len(value) % self.step:
            raise DecodeError(f"length of {what}", len(value), f"not from {self.least} to {self.most} octets")
        return value

    def write(self, value: bytes, transaction: bytes) -> bytes:
        return value


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number of `size` octets, and `spare` ones behind it that mean nothing."""

    size: int
    spare: int = 0

    def read(self, what: str, value: bytes, transaction: bytes) -> int:
        if len(value) != self.size + self.spare:
            raise DecodeError(f"length of {what}", len(value), f"not {self.size + self.spare} octets")
        return int.from_bytes(value[: self.size], "big")

    def write(self, value: int, transaction: bytes) -> bytes:
        return value.to_bytes(self.size, "big") + bytes(self.spare)


@dataclass(frozen=True, slots=True)
class _Flags:
    """A flag: by being there, or by the first bit of one octet (RFC 8656 section 18.7)."""

    size: int

    def read(self, what: str, value: bytes, transaction: bytes) -> bool:
        if len(value) != self.size:
            raise DecodeError(f"length of {what}", len(value), f"not {self.size} octets")
        return not value or value[0] >= 0x80

    def write(self, value: bool, transaction: bytes) -> bytes:
        return bytes([0x80 if value else 0])[: self.size]


FLAG = _Flags(0)
FIRST_BIT = _Flags(1)


class Errors:
    """A code and a reason phrase (section 14.8).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Reserved, should be 0         |Class|     Number    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Reason Phrase (variable)                                ..
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    def read(self, what: str, value: bytes, transaction: bytes) -> Error:
        code = (value[2] & 7) * 100 + value[3] if len(value) >= 4 else 0
        if not 300 <= code <= 699 or value[3] > 99:
            raise DecodeError(what, value[:4].hex(), "no code from 300 to 699")
        return Error(code, _PHRASE.read(what, value[4:], transaction))

    def write(self, value: Error, transaction: bytes) -> bytes:
        return bytes([0, 0, *divmod(value.code, 100)]) + _PHRASE.write(value.reason, transaction)


_PHRASE = Text(errors="replace")
_ERRORS = Errors()


class AddressErrors:
    """As an error, with an address family in the first octet (RFC 8656 section 18.12)."""

    def read(self, what: str, value: bytes, transaction: bytes) -> AddressError:
        return AddressError(value[0] if value else 0, *_ERRORS.read(what, value, transaction))

    def write(self, value: AddressError, transaction: bytes) -> bytes:
        return bytes([value.family]) + _ERRORS.write(Error(value.code, value.reason), transaction)[1:]


class Types:
    """Numbers of attributes that were not understood, two octets each (section 14.13)."""

    def read(self, what: str, value: bytes, transaction: bytes) -> tuple[int, ...]:
        if len(value) % 2:
            raise DecodeError(f"length of {what}", len(value), "no whole number of types of two octets")
        return tuple(int.from_bytes(value[at : at + 2], "big") for at in range(0, len(value), 2))

    def write(self, value: tuple[int, ...], transaction: bytes) -> bytes:
        return b"".join(number.to_bytes(2, "big") for number in value)


class Algorithms:
    """Password algorithms: number, length of the parameters, the parameters and their padding (section 14.11)."""

    def read(self, what: str, value: bytes, transaction: bytes) -> tuple[PasswordAlgorithm, ...]:
        if len(value) > _LONGEST_SENT:  # a client sends it back (section 9.2.5), beside all else that it has to say
            raise DecodeError(f"length of {what}", len(value), f"over {_LONGEST_SENT} octets")
        found: list[PasswordAlgorithm] = []
        at = 0
        while at < len(value):
            number, length = int.from_bytes(value[at : at + 2], "big"), int.from_bytes(value[at + 2 : at + 4], "big")
            end = at + 4 + length
            if end > len(value):
                raise DecodeError(f"length of parameters in {what}", length, "they run past the end of the attribute")
            found.append(PasswordAlgorithm(number, value[at + 4 : end]))
            at = end + -length % 4
        return tuple(found)

    def write(self, value: tuple[PasswordAlgorithm, ...], transaction: bytes) -> bytes:
        return b"".join(
            number.to_bytes(2, "big") + len(parameters).to_bytes(2, "big") + parameters + bytes(-len(parameters) % 4)
            for number, parameters in value
        )


_ALGORITHMS = Algorithms()


class OneAlgorithm:
    """The one that a request's key is made by (section 14.12)."""

    def read(self, what: str, value: bytes, transaction: bytes) -> PasswordAlgorithm:
        found = _ALGORITHMS.read(what, value, transaction)
        if len(found) != 1:
            raise DecodeError(what, value.hex(), "there is one algorithm in it")
        return found[0]

    def write(self, value: PasswordAlgorithm, transaction: bytes) -> bytes:
        return _ALGORITHMS.write((value,), transaction)


class Icmps:
    """Two octets that are reserved, type and code, four octets of data (RFC 8656 section 18.13). Type and code have an
    octet each, as in ICMP itself (RFC 792); the figure there draws them with seven bits and nine.
    """

    def read(self, what: str, value: bytes, transaction: bytes) -> Icmp:
        if len(value) != 8:
            raise DecodeError(f"length of {what}", len(value), "not 8 octets")
        return Icmp(value[2], value[3], int.from_bytes(value[4:], "big"))

    def write(self, value: Icmp, transaction: bytes) -> bytes:
        return bytes([0, 0, value.type, value.code]) + value.data.to_bytes(4, "big")
