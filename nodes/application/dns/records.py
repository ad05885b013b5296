"""Resource records (RFC 1035 section 3): types, codes, and the data of each type as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name

__all__ = [
    "CLASS_IN",
    "TTL_LIMIT",
    "A",
    "Aaaa",
    "Cname",
    "Data",
    "Mx",
    "Ns",
    "Opaque",
    "Ptr",
    "Rcode",
    "Record",
    "Soa",
    "Txt",
    "Type",
    "rcode_text",
    "type_text",
]

TTL_LIMIT = 2**31 - 1
"""The highest TTL, in seconds; "implementations should treat TTL values received with the most significant bit set as
if the entire value received was zero" (RFC 2181 section 8)."""

CLASS_IN = 1
"""The Internet; the only class that is served (RFC 1035 section 3.2.4)."""


class Type(IntEnum):
    """The types that are known by name (RFC 1035 sections 3.2.2 and 3.2.3, RFC 3596, RFC 6891)."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    MX = 15
    TXT = 16
    AAAA = 28
    OPT = 41
    IXFR = 251
    AXFR = 252
    ANY = 255


class Rcode(IntEnum):
    """Response codes (RFC 1035 section 4.1.1; BADVERS: RFC 6891 section 9)."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    BADVERS = 16


def type_text(number: int) -> str:
    """`A`; `TYPE65` for a type without a name here (RFC 3597 section 5)."""
    return Type(number).name if number in _TYPES else f"TYPE{number}"


def rcode_text(number: int) -> str:
    """`NXDOMAIN`; `RCODE9` for a code without a name here."""
    return Rcode(number).name if number in _RCODES else f"RCODE{number}"


_TYPES = frozenset(Type)
_RCODES = frozenset(Rcode)


@dataclass(frozen=True, slots=True)
class A:
    """A host's address (RFC 1035 section 3.4.1)."""

    address: Address

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Aaaa:
    """A host's IPv6 address, 16 octets (RFC 3596 section 2.2)."""

    packed: bytes

    def __str__(self) -> str:
        from ipaddress import IPv6Address

        return str(IPv6Address(self.packed))


@dataclass(frozen=True, slots=True)
class Ns:
    """A name server of the zone that begins at the owner (RFC 1035 section 3.3.11)."""

    host: Name

    def __str__(self) -> str:
        return str(self.host)


@dataclass(frozen=True, slots=True)
class Cname:
    """The canonical name of the owner, which is an alias (RFC 1035 section 3.3.1)."""

    target: Name

    def __str__(self) -> str:
        return str(self.target)


@dataclass(frozen=True, slots=True)
class Ptr:
    """A pointer to another name (RFC 1035 section 3.3.12)."""

    target: Name

    def __str__(self) -> str:
        return str(self.target)


@dataclass(frozen=True, slots=True)
class Mx:
    """A mail exchange; the lowest preference is tried first (RFC 1035 section 3.3.9)."""

    preference: int
    exchange: Name

    def __str__(self) -> str:
        return f"{self.preference} {self.exchange}"


@dataclass(frozen=True, slots=True)
class Txt:
    """Text: one or more strings of up to 255 octets (RFC 1035 section 3.3.14)."""

    strings: tuple[bytes, ...]

    def __str__(self) -> str:
        return " ".join(f'"{string.decode("ascii", "backslashreplace")}"' for string in self.strings)


@dataclass(frozen=True, slots=True)
class Soa:
    """The start of a zone of authority (RFC 1035 section 3.3.13); the times are in seconds."""

    primary: Name
    mailbox: Name
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int  # how long a negative answer may be kept (RFC 2308 section 4)

    def __str__(self) -> str:
        numbers = f"{self.serial} {self.refresh} {self.retry} {self.expire} {self.minimum}"
        return f"{self.primary} {self.mailbox} {numbers}"


@dataclass(frozen=True, slots=True)
class Opaque:
    """The data of a type that is not known here: passed on untouched (RFC 3597 section 3)."""

    data: bytes

    def __str__(self) -> str:
        return f"\\# {len(self.data)} {self.data.hex()}"


Data = A | Aaaa | Ns | Cname | Ptr | Mx | Txt | Soa | Opaque


class Record(NamedTuple):
    """One resource record of class IN; `ttl` is in seconds."""

    name: Name
    type: int
    ttl: int
    data: Data

    def __str__(self) -> str:
        return f"{self.name} {self.ttl} {type_text(self.type)} {self.data}"
