"""Link state advertisements (RFC 2328 sections 12.1, 13.1 and A.4): what all routers of an area tell each other.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          LS age (2)           |  Options (1)  |  LS type (1)  |
    +-------------------------------+---------------+---------------+
    |                       Link State ID (4)                       |
    +---------------------------------------------------------------+
    |                    Advertising Router (4)                     |
    +---------------------------------------------------------------+
    |                   LS sequence number (4)                      |
    +-------------------------------+-------------------------------+
    |        LS checksum (2)        |          length (2)           |
    +-------------------------------+-------------------------------+
    |                    body, by its LS type                       |

Metrics by Type of Service are read over: RFC 2328 keeps their room, but no meaning (section 12.3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError

__all__ = [
    "BORDER",
    "BOUNDARY",
    "CHECK_AGE",
    "HEADER_LENGTH",
    "INFINITY",
    "INITIAL_SEQUENCE",
    "LS_REFRESH",
    "MAX_AGE",
    "MAX_AGE_DIFF",
    "MAX_SEQUENCE",
    "MIN_LS_ARRIVAL",
    "MIN_LS_INTERVAL",
    "VIRTUAL_END",
    "Body",
    "ExternalLsa",
    "LinkType",
    "Lsa",
    "LsaHeader",
    "LsaKey",
    "LsaType",
    "NetworkLsa",
    "RouterLink",
    "RouterLsa",
    "SummaryLsa",
    "newer",
]

# The architectural constants of appendix B; times in seconds.
MAX_AGE = 3600
LS_REFRESH = 1800
MAX_AGE_DIFF = 900
MIN_LS_INTERVAL = 5
MIN_LS_ARRIVAL = 1
CHECK_AGE = 300
INITIAL_SEQUENCE = -0x7FFFFFFF
MAX_SEQUENCE = 0x7FFFFFFF
INFINITY = 0xFFFFFF
"""LSInfinity: the metric of a summary-LSA or AS-external-LSA whose destination is unreachable."""

HEADER_LENGTH = 20
BORDER, BOUNDARY, VIRTUAL_END = 1, 2, 4
"""Bits B, E and V of a router-LSA (section A.4.2)."""

_HEADER = struct.Struct(">HBBIIiHH")
_AGE = struct.Struct(">H")
_AGE_LENGTH = 2
_CHECKSUM = 16
"""Where the LS checksum stands, in octets."""
_RESERVED_SEQUENCE = -0x80000000
_WORD = struct.Struct(">I")
_ROUTER = struct.Struct(">BBH")
_LINK = struct.Struct(">IIBBH")
_SUMMARY = struct.Struct(">II")
_EXTERNAL = struct.Struct(">IIII")
_TOS = 4
"""Octets of a TOS metric in a router-LSA or summary-LSA."""
_EXTERNAL_TOS = 12
_TYPE_2 = 0x80000000


class LsaType(IntEnum):
    """What an LSA describes (Table 15); the last three carry what other protocols say (RFC 5250 section 3)."""

    ROUTER = 1
    NETWORK = 2
    SUMMARY = 3
    SUMMARY_ASBR = 4
    EXTERNAL = 5
    OPAQUE_LINK = 9
    OPAQUE_AREA = 10
    OPAQUE_AS = 11


class LinkType(IntEnum):
    """What a link of a router-LSA leads to (section A.4.2)."""

    POINT_TO_POINT = 1
    TRANSIT = 2
    STUB = 3
    VIRTUAL = 4


class LsaKey(NamedTuple):
    """ "The combination of these three fields uniquely identifies the LSA" (section 12.1), within one database."""

    type: int
    id: Address
    router: Address


class LsaHeader(NamedTuple):
    """The 20 octets that name an instance of an LSA. `age` is in seconds, `sequence` signed, `length` of the whole."""

    age: int
    options: int
    type: int
    id: Address
    router: Address
    sequence: int
    checksum: int
    length: int

    @classmethod
    def parse(cls, data: bytes, start: int = 0) -> LsaHeader:
        """The 20 octets from `start` on → LsaHeader. "The age of an LSA is never incremented past MaxAge" (12.1.1): a
        greater one counts as MaxAge.

        Raises:
            DecodeError: fewer octets are left.

        """
        if len(data) - start < HEADER_LENGTH:
            raise DecodeError("LSA header", len(data) - start, "not 20 octets")
        age, options, kind, link_id, number, sequence, checksum, length = _HEADER.unpack_from(data, start)
        router = Address(number)
        link = router if link_id == number else Address(link_id)  # a router-LSA's are the same: one object for both
        return cls(min(age, MAX_AGE), options, kind, link, router, sequence, checksum, length)

    @property
    def key(self) -> LsaKey:
        """Which LSA it is an instance of."""
        return LsaKey(self.type, self.id, self.router)

    def aged(self, age: int) -> LsaHeader:
        """The same at another age, in seconds."""
        return LsaHeader(age, *self[1:])

    def __bytes__(self) -> bytes:
        return _HEADER.pack(*self)


class RouterLink(NamedTuple):
    """A link of a router-LSA. `data`: of a stub the network's mask, else the address of the router's interface."""

    type: int
    id: Address
    data: int
    metric: int


class RouterLsa(NamedTuple):
    """A router's links to an area (section A.4.2). `flags`: BORDER, BOUNDARY, VIRTUAL_END."""

    flags: int
    links: tuple[RouterLink, ...]

    @classmethod
    def parse(cls, data: bytes) -> RouterLsa:
        """The body → RouterLsa.

        Raises:
            DecodeError: the links do not fill the body, all of it.

        """
        if len(data) < _ROUTER.size:
            raise DecodeError("router-LSA", len(data), "too short")
        flags, _, count = _ROUTER.unpack_from(data)
        links, at = [], _ROUTER.size
        for _ in range(count):
            if len(data) - at < _LINK.size:
                raise DecodeError("router-LSA links", count, f"{len(data)} octets have no room for them")
            link_id, link_data, kind, services, metric = _LINK.unpack_from(data, at)
            links.append(RouterLink(kind, Address(link_id), link_data, metric))
            at += _LINK.size + services * _TOS
        if at != len(data):
            raise DecodeError("router-LSA links", count, f"they end at {at} of {len(data)} octets")
        return cls(flags, tuple(links))

    def __bytes__(self) -> bytes:
        links = [_LINK.pack(link.id, link.data, link.type, 0, link.metric) for link in self.links]
        return _ROUTER.pack(self.flags, 0, len(links)) + b"".join(links)


class NetworkLsa(NamedTuple):
    """The routers of a network, as its Designated Router says (section A.4.3)."""

    mask: int
    routers: tuple[Address, ...]

    @classmethod
    def parse(cls, data: bytes) -> NetworkLsa:
        """The body → NetworkLsa.

        Raises:
            DecodeError: no mask, or no whole number of routers, one at least: "the Designated Router includes itself
            in this list". FRR throws away the whole packet in which one without is passed on to it.

        """
        if len(data) < 2 * _WORD.size or len(data) % _WORD.size:
            raise DecodeError("network-LSA", len(data), "no mask and whole number of routers, one at least")
        mask, *routers = struct.unpack(f">{len(data) // _WORD.size}I", data)
        return cls(mask, tuple(map(Address, routers)))

    def __bytes__(self) -> bytes:
        return struct.pack(f">I{len(self.routers)}I", self.mask, *self.routers)


class SummaryLsa(NamedTuple):
    """A destination in another area: a network (type 3) or an AS boundary router (type 4) (section A.4.4)."""

    mask: int
    metric: int

    @classmethod
    def parse(cls, data: bytes) -> SummaryLsa:
        """The body → SummaryLsa.

        Raises:
            DecodeError: not 8 octets and whole TOS metrics.

        """
        if len(data) < _SUMMARY.size or (len(data) - _SUMMARY.size) % _TOS:
            raise DecodeError("summary-LSA", len(data), "not 8 octets and whole TOS metrics")
        mask, metric = _SUMMARY.unpack_from(data)
        return cls(mask, metric & INFINITY)

    def __bytes__(self) -> bytes:
        return _SUMMARY.pack(self.mask, self.metric)


class ExternalLsa(NamedTuple):
    """A destination outside of the Autonomous System (section A.4.5). `type_2`: the metric is "larger than any link
    state path"; a `forwarding` address of 0 stands for the LSA's originator."""

    mask: int
    type_2: bool
    metric: int
    forwarding: Address
    tag: int

    @classmethod
    def parse(cls, data: bytes) -> ExternalLsa:
        """The body → ExternalLsa.

        Raises:
            DecodeError: not 16 octets and whole TOS metrics.

        """
        if len(data) < _EXTERNAL.size or (len(data) - _EXTERNAL.size) % _EXTERNAL_TOS:
            raise DecodeError("AS-external-LSA", len(data), "not 16 octets and whole TOS metrics")
        mask, metric, forwarding, tag = _EXTERNAL.unpack_from(data)
        return cls(mask, bool(metric & _TYPE_2), metric & INFINITY, Address(forwarding), tag)

    def __bytes__(self) -> bytes:
        return _EXTERNAL.pack(self.mask, self.type_2 * _TYPE_2 | self.metric, self.forwarding, self.tag)


Body = RouterLsa | NetworkLsa | SummaryLsa | ExternalLsa
_PARSERS: Mapping[int, Callable[[bytes], Body]] = {
    LsaType.ROUTER: RouterLsa.parse,
    LsaType.NETWORK: NetworkLsa.parse,
    LsaType.SUMMARY: SummaryLsa.parse,
    LsaType.SUMMARY_ASBR: SummaryLsa.parse,
    LsaType.EXTERNAL: ExternalLsa.parse,
}


class Lsa(NamedTuple):
    """An instance of an LSA. `data`: the whole, as on the wire; `body` is None where the LS type is none of 1 to 5, or
    where it is not at hand (`read_body`).
    """

    header: LsaHeader
    data: bytes
    body: Body | None

    @classmethod
    def parse(cls, data: bytes) -> Lsa:
        """One LSA, as long as its header says → Lsa.

        Raises:
            DecodeError: its length, LS sequence number, checksum or body is wrong.

        """
        header = LsaHeader.parse(data)
        if header.length != len(data):
            raise DecodeError("LSA length", header.length, f"not {len(data)}")
        # "the LS checksum field cannot take on the value of zero" (12.1.7)
        if not header.checksum or _sums(data[_AGE_LENGTH:]) != (0, 0):
            raise DecodeError("LS checksum", header.checksum)
        if header.sequence == _RESERVED_SEQUENCE:
            raise DecodeError("LS sequence number", header.sequence, "it is reserved (12.1.6)")
        parse = _PARSERS.get(header.type)
        body = parse(data[HEADER_LENGTH:]) if parse else None
        # "padded to 32-bit alignment" (RFC 5250 section 3), as the others are by their parts: FRR throws away the whole
        # packet in which another one is passed on to it
        if header.length % _WORD.size:
            raise DecodeError("LSA length", header.length, "no whole number of 32-bit words")
        return cls(header, _AGE.pack(header.age) + data[_AGE_LENGTH:], body)

    @classmethod
    def make(cls, key: LsaKey, options: int, sequence: int, body: Body, age: int = 0) -> Lsa:
        """A new instance, with its checksum."""
        octets = bytes(body)
        bare = LsaHeader(age, options, *key, sequence, 0, HEADER_LENGTH + len(octets))
        header = bare._replace(checksum=_fletcher(bytes(bare) + octets))
        return cls(header, bytes(header) + octets, body)

    @property
    def key(self) -> LsaKey:
        """Which LSA it is an instance of."""
        return self.header.key

    def aged(self, age: int) -> Lsa:
        """The same instance at another age, in seconds. The checksum stays: it leaves the LS age out (12.1.7)."""
        age = min(age, MAX_AGE)
        return Lsa(self.header.aged(age), _AGE.pack(age) + self.data[_AGE_LENGTH:], self.body)

    def read_body(self) -> Body | None:
        """The body, out of the octets: once more, where it is not at hand."""
        parse = _PARSERS.get(self.header.type)
        return parse(self.data[HEADER_LENGTH:]) if parse else None

    def says_the_same(self, other: Lsa) -> bool:
        """Whether the bodies are equal."""
        return self.data[HEADER_LENGTH:] == other.data[HEADER_LENGTH:]

    def same_contents(self, other: Lsa) -> bool:
        """Whether nothing has changed that routes are calculated from (section 13.2)."""
        mine, its = self.header, other.header
        return (
            mine.options == its.options and (mine.age == MAX_AGE) == (its.age == MAX_AGE) and self.says_the_same(other)
        )

    def __bytes__(self) -> bytes:
        return self.data


def newer(a: LsaHeader, b: LsaHeader) -> int:
    """Which instance of an LSA is more recent (section 13.1). Positive: a; negative: b; 0: they are the same."""
    if a.sequence != b.sequence:
        return 1 if a.sequence > b.sequence else -1
    if a.checksum != b.checksum:
        return 1 if a.checksum > b.checksum else -1
    if (a.age == MAX_AGE) != (b.age == MAX_AGE):
        return 1 if a.age == MAX_AGE else -1
    if abs(a.age - b.age) > MAX_AGE_DIFF:
        return 1 if a.age < b.age else -1
    return 0


def _sums(data: bytes) -> tuple[int, int]:
    """Fletcher's two sums modulo 255 (RFC 905 annex B): of the octets, and of the first sum after each octet.

    The second is Σ (n - i)·b_i. The octets as one number are Σ b_i·256^(n-1-i), and 256^k = (1 + 255)^k, which modulo
    255² is 1 + 255·k; so that number less the plain sum is 255 times Σ (n - 1 - i)·b_i. A long division by the
    interpreter instead of a loop: twenty times as fast.
    """
    plain = sum(data)
    weighted = (int.from_bytes(data, "big") - plain) % (255 * 255) // 255
    return plain % 255, (weighted + plain) % 255


def _fletcher(data: bytes) -> int:
    """The LS checksum of an LSA in which that field is 0 (section 12.1.7): both sums, without the LS age, become 0.

    0 and 255 are the same modulo 255, and 255 is written, so that the field is never 0.
    """
    first, second = _sums(data[_AGE_LENGTH:])
    high = ((len(data) - _CHECKSUM - 1) * first - second) % 255 or 255
    low = -(first + high) % 255 or 255
    return high << 8 | low
