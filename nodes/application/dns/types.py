"""Types, classes and codes: their numbers and their words (RFC 1035 sections 3.2 and 4.1.1, RFC 6895)."""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "TTL_LIMIT",
    "Class",
    "Opcode",
    "Rcode",
    "Type",
    "class_text",
    "is_data_type",
    "opcode_text",
    "rcode_text",
    "type_number",
    "type_text",
]

TTL_LIMIT = 2**31 - 1
"""The highest TTL, in seconds; "implementations should treat TTL values received with the most significant bit set as
if the entire value received was zero" (RFC 2181 section 8)."""


class Class(IntEnum):
    """The classes that are known by name (RFC 1035 sections 3.2.4 and 3.2.5; NONE: RFC 2136 section 1.3)."""

    IN = 1  # the Internet; the only one that is served
    CH = 3
    HS = 4
    NONE = 254
    ANY = 255


class Type(IntEnum):
    """The types that are known by name."""

    A = 1  # RFC 1035 sections 3.2.2 and 3.2.3, as are those of which nothing else is said
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    HINFO = 13
    MX = 15
    TXT = 16
    RP = 17  # RFC 1183
    AFSDB = 18  # RFC 1183
    AAAA = 28  # RFC 3596
    LOC = 29  # RFC 1876
    SRV = 33  # RFC 2782
    NAPTR = 35  # RFC 3403
    DNAME = 39  # RFC 6672
    OPT = 41  # RFC 6891
    DS = 43  # RFC 4034
    SSHFP = 44  # RFC 4255
    RRSIG = 46  # RFC 4034
    NSEC = 47  # RFC 4034
    DNSKEY = 48  # RFC 4034
    TLSA = 52  # RFC 6698
    SVCB = 64  # RFC 9460
    HTTPS = 65  # RFC 9460
    SPF = 99  # RFC 7208
    TKEY = 249  # RFC 2930
    TSIG = 250  # RFC 8945
    IXFR = 251  # RFC 1995
    AXFR = 252
    MAILB = 253
    MAILA = 254
    ANY = 255
    CAA = 257  # RFC 8659


class Rcode(IntEnum):
    """Response codes (RFC 1035 section 4.1.1; YXDOMAIN: RFC 2136 and RFC 6672; BADVERS: RFC 6891 section 9)."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    YXDOMAIN = 6
    BADVERS = 16


class Opcode(IntEnum):
    """Kinds of message (RFC 6895 section 2.2)."""

    QUERY = 0
    IQUERY = 1
    STATUS = 2
    NOTIFY = 4
    UPDATE = 5


_CLASSES = frozenset(Class)
_TYPES = frozenset(Type)
_RCODES = frozenset(Rcode)
_OPCODES = frozenset(Opcode)


def is_data_type(number: int) -> bool:
    """Whether records of the type may be kept in a zone or a cache.

    Type 0 "must never be allocated for ordinary use", 128 to 255 are for questions and for what belongs to one message
    alone, as is OPT (RFC 6895 section 3.1), which "MUST NOT be cached, forwarded, or stored in or loaded from master
    files" (RFC 6891 section 6.1.1).
    """
    return 0 < number < 0xFFFF and not 128 <= number <= 255 and number != Type.OPT


def type_text(number: int) -> str:
    """`A`; `TYPE65280` for a type without a name here (RFC 3597 section 5)."""
    return Type(number).name if number in _TYPES else f"TYPE{number}"


def type_number(word: str) -> int | None:
    """`A`, `a` or `TYPE1` → 1 (RFC 3597 section 5); None: no such type."""
    word = word.upper()
    digits = word.removeprefix("TYPE")
    if digits != word and digits.isascii() and digits.isdigit() and len(digits) <= 5 and int(digits) <= 0xFFFF:
        return int(digits)
    return Type[word] if word in Type.__members__ else None


def class_text(number: int) -> str:
    """`CH`; `CLASS65280` for a class without a name here (RFC 3597 section 5)."""
    return Class(number).name if number in _CLASSES else f"CLASS{number}"


def rcode_text(number: int) -> str:
    """`NXDOMAIN`; `RCODE9` for a code without a name here."""
    return Rcode(number).name if number in _RCODES else f"RCODE{number}"


def opcode_text(number: int) -> str:
    """`NOTIFY`; `OPCODE9` for one without a name here."""
    return Opcode(number).name if number in _OPCODES else f"OPCODE{number}"
