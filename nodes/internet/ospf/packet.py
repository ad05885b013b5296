"""OSPF packets on the wire (RFC 2328 section A.3).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Version (1)  |   Type (1)    |       Packet length (2)       |
    +---------------+---------------+-------------------------------+
    |                         Router ID (4)                         |
    +---------------------------------------------------------------+
    |                          Area ID (4)                          |
    +-------------------------------+-------------------------------+
    |         Checksum (2)          |          AuType (2)           |
    +-------------------------------+-------------------------------+
    |                      Authentication (8)                       |
    |                                                               |
    +---------------------------------------------------------------+
    |                      body, by its type                        |

Checksum, AuType and Authentication are authentication.py's, which also verifies version and length; here they are 0.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import HEADER_LENGTH, Lsa, LsaHeader, LsaKey
from catenet.nodes.machine import DecodeError

__all__ = [
    "ACKNOWLEDGEMENT",
    "ALL_DESIGNATED",
    "ALL_ROUTERS",
    "DESCRIPTION",
    "EXTERNAL",
    "HEADER",
    "HELLO",
    "INIT",
    "MASTER",
    "MORE",
    "NONE",
    "OPAQUE",
    "PASSWORD_LENGTH",
    "PROTOCOL",
    "REQUEST",
    "UPDATE",
    "VERSION",
    "Acknowledgement",
    "Description",
    "Hello",
    "Packet",
    "PacketBody",
    "Request",
    "Update",
]

PROTOCOL = 89
"""OSPF's number in the IP header (section A.1)."""
VERSION = 2
PASSWORD_LENGTH = 8
"""Octets of a simple password, the header's Authentication (section D.2)."""
ALL_ROUTERS = Address.parse("224.0.0.5")
"""AllSPFRouters: every router of the network (section A.1)."""
ALL_DESIGNATED = Address.parse("224.0.0.6")
"""AllDRouters: the Designated Router and its Backup."""
NONE = Address(0)
"""No router: what stands in a Hello where there is no Designated Router."""
HELLO, DESCRIPTION, REQUEST, UPDATE, ACKNOWLEDGEMENT = 1, 2, 3, 4, 5

EXTERNAL = 0x02
"""The E-bit of the Options: AS-external-LSAs are flooded here (section A.2)."""
OPAQUE = 0x40
"""The O-bit: the router takes opaque LSAs; "only set in DD packets" (RFC 5250 section 4.1)."""
INIT, MORE, MASTER = 4, 2, 1
"""Bits I, M and MS of a Database Description (section A.3.3)."""

HEADER = struct.Struct(">BBHIIHH8s")
"""Version, type, length, Router ID, Area ID, checksum, AuType, Authentication."""
_HELLO = struct.Struct(">IHBBIII")
_DESCRIPTION = struct.Struct(">HBBI")
_KEY = struct.Struct(">III")
_COUNT = struct.Struct(">I")
_WORD = 4


class Hello(NamedTuple):
    """Who is there, and whom it hears (section A.3.2). `hello` and `dead` are seconds; `designated` and `backup` are
    addresses of interfaces, `neighbours` Router IDs.
    """

    mask: int
    hello: int
    options: int
    priority: int
    dead: int
    designated: Address
    backup: Address
    neighbours: tuple[Address, ...]

    @classmethod
    def parse(cls, data: bytes) -> Hello:
        """The body → Hello.

        Raises:
            DecodeError: too short, or no whole number of neighbours.

        """
        count, rest = divmod(len(data) - _HELLO.size, _WORD)
        if count < 0 or rest:
            raise DecodeError("Hello", len(data), "not 20 octets and a whole number of neighbours")
        mask, hello, options, priority, dead, designated, backup = _HELLO.unpack_from(data)
        neighbours = struct.unpack_from(f">{count}I", data, _HELLO.size)
        return cls(
            mask, hello, options, priority, dead, Address(designated), Address(backup), tuple(map(Address, neighbours))
        )

    def __bytes__(self) -> bytes:
        return _HELLO.pack(*self[:7]) + struct.pack(f">{len(self.neighbours)}I", *self.neighbours)


class Description(NamedTuple):
    """What a router has in its database (section A.3.3). `mtu` is in octets; `flags`: INIT, MORE, MASTER."""

    mtu: int
    options: int
    flags: int
    sequence: int
    headers: tuple[LsaHeader, ...]

    @classmethod
    def parse(cls, data: bytes) -> Description:
        """The body → Description.

        Raises:
            DecodeError: too short, or no whole number of LSA headers.

        """
        if len(data) < _DESCRIPTION.size:
            raise DecodeError("Database Description", len(data), "too short")
        mtu, options, flags, sequence = _DESCRIPTION.unpack_from(data)
        return cls(mtu, options, flags, sequence, _headers(data, _DESCRIPTION.size))

    def __bytes__(self) -> bytes:
        return _DESCRIPTION.pack(*self[:4]) + b"".join(map(bytes, self.headers))


class Request(NamedTuple):
    """Which LSAs a router wants to have (section A.3.4)."""

    keys: tuple[LsaKey, ...]

    @classmethod
    def parse(cls, data: bytes) -> Request:
        """The body → Request.

        Raises:
            DecodeError: no whole number of requests.

        """
        if len(data) % _KEY.size:
            raise DecodeError("Link State Request", len(data), "no whole number of requests of 12 octets")
        return cls(
            tuple(LsaKey(kind, Address(link_id), Address(router)) for kind, link_id, router in _KEY.iter_unpack(data))
        )

    def __bytes__(self) -> bytes:
        return b"".join(_KEY.pack(*key) for key in self.keys)


class Update(NamedTuple):
    """LSAs, one hop further from their origin (section A.3.5). `broken`: so many more were in it, but not whole."""

    lsas: tuple[Lsa, ...]
    broken: int = 0

    @classmethod
    def parse(cls, data: bytes) -> Update:
        """A broken LSA is left out: "discard the LSA and get the next one" (section 13 (1)).

        Raises:
            DecodeError: the LSAs do not fill the packet, all of it.

        """
        if len(data) < _COUNT.size:
            raise DecodeError("Link State Update", len(data), "too short")
        (count,) = _COUNT.unpack_from(data)
        lsas, at, broken = [], _COUNT.size, 0
        for _ in range(count):
            end = at + LsaHeader.parse(data, at).length
            if not at + HEADER_LENGTH <= end <= len(data):
                raise DecodeError("LSA length", end - at, f"of {len(data) - at} octets")
            try:
                lsas.append(Lsa.parse(data[at:end]))
            except DecodeError:
                broken += 1
            at = end
        if at != len(data):
            raise DecodeError("Link State Update LSAs", count, f"they end at {at} of {len(data)} octets")
        return cls(tuple(lsas), broken)

    def __bytes__(self) -> bytes:
        return _COUNT.pack(len(self.lsas)) + b"".join(lsa.data for lsa in self.lsas)


class Acknowledgement(NamedTuple):
    """Which LSAs have come (section A.3.6)."""

    headers: tuple[LsaHeader, ...]

    @classmethod
    def parse(cls, data: bytes) -> Acknowledgement:
        """The body → Acknowledgement.

        Raises:
            DecodeError: no whole number of LSA headers.

        """
        return cls(_headers(data, 0))

    def __bytes__(self) -> bytes:
        return b"".join(map(bytes, self.headers))


PacketBody = Hello | Description | Request | Update | Acknowledgement
_BODIES: tuple[type[PacketBody], ...] = (Hello, Description, Request, Update, Acknowledgement)
"""By their types, 1 to 5."""


class Packet(NamedTuple):
    """One packet: the Router ID of who sends it, the area, what it says."""

    router: Address
    area: Address
    body: PacketBody

    @classmethod
    def parse(cls, data: bytes) -> Packet:
        """One packet, as long as its header says → Packet.

        Raises:
            DecodeError: an unknown type, or a body that is not whole.

        """
        if len(data) < HEADER.size:
            raise DecodeError("length", len(data), "no header")
        _, kind, _, router, area, *_ = HEADER.unpack_from(data)
        if not 1 <= kind <= len(_BODIES):
            raise DecodeError("type", kind, "none of 1 to 5")
        return cls(Address(router), Address(area), _BODIES[kind - 1].parse(data[HEADER.size :]))

    @property
    def type(self) -> int:
        """HELLO to ACKNOWLEDGEMENT."""
        return _BODIES.index(type(self.body)) + 1

    def __bytes__(self) -> bytes:
        body = bytes(self.body)
        return HEADER.pack(VERSION, self.type, HEADER.size + len(body), self.router, self.area, 0, 0, b"") + body


def _headers(data: bytes, start: int) -> tuple[LsaHeader, ...]:
    if (len(data) - start) % HEADER_LENGTH:
        raise DecodeError("LSA headers", len(data) - start, "no whole number of 20 octets")
    return tuple(LsaHeader.parse(data, at) for at in range(start, len(data), HEADER_LENGTH))
