"""RIP messages on the wire (RFC 2453 sections 3.6 and 4).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  command (1)  |  version (1)  |       must be zero (2)        |
    +---------------+---------------+-------------------------------+
    | address family identifier (2) |         route tag (2)         |  \\
    +-------------------------------+-------------------------------+   |
    |                        IP address (4)                         |   |
    +---------------------------------------------------------------+   |  one entry,
    |                        subnet mask (4)                        |   |  0 to 25 of
    +---------------------------------------------------------------+   |  which follow
    |                         next hop (4)                          |   |
    +---------------------------------------------------------------+   |
    |                          metric (4)                           |  /
    +---------------------------------------------------------------+
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = [
    "AUTHENTICATION",
    "GROUP",
    "INET",
    "INFINITY",
    "MAX_ENTRIES",
    "PASSWORD_LENGTH",
    "PORT",
    "REQUEST",
    "RESPONSE",
    "VERSION",
    "WHOLE_TABLE",
    "Entry",
    "Message",
    "pack_entry",
    "response",
    "split",
]

PORT = 520
GROUP = Endpoint(Address.parse("224.0.0.9"), PORT)
"""All RIPv2 routers of a network (section 4.5)."""
VERSION = 2
REQUEST, RESPONSE = 1, 2
INET = 2
AUTHENTICATION = 0xFFFF
"""The address family of an entry that is no route but a password (section 4.1)."""
PASSWORD_LENGTH = 16
"""Octets of a simple password (section 4.1)."""
INFINITY = 16
"""The metric that means unreachable (section 3.6)."""
MAX_ENTRIES = 25

_HEADER = struct.Struct(">BBH")
_ENTRY = struct.Struct(">HHIIII")


class Entry(NamedTuple):
    """One entry as it is on the wire; nothing in it has been checked."""

    family: int
    tag: int
    address: int
    mask: int
    next_hop: int
    metric: int

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        """The 20 bytes of an entry → Entry."""
        return cls._make(_ENTRY.unpack(data))

    def __bytes__(self) -> bytes:
        return pack_entry(*self)


pack_entry = _ENTRY.pack
"""The bytes of an entry, from its fields in order: `bytes(Entry(…))` without the Entry, for who says thousands."""


WHOLE_TABLE = Entry(0, 0, 0, 0, 0, INFINITY)
"""In a request, alone: "send the entire routing table" (section 3.9.1)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One datagram."""

    command: int
    entries: tuple[Entry, ...]
    version: int = VERSION

    @classmethod
    def parse(cls, data: bytes) -> Message:
        """One datagram → Message.

        Raises:
            DecodeError: see `split`.

        """
        command, version, entries = split(data)
        return cls(command, tuple(map(Entry.parse, entries)), version)

    @property
    def asks_for_all(self) -> bool:
        """Of a request: "there is exactly one entry in the request, and it has an address family identifier of zero and
        a metric of infinity" (3.9.1). What else stands in that entry means nothing.
        """
        return len(self.entries) == 1 and (self.entries[0].family, self.entries[0].metric) == (0, INFINITY)

    def __bytes__(self) -> bytes:
        return _HEADER.pack(self.command, self.version, 0) + b"".join(map(bytes, self.entries))


def split(data: bytes) -> tuple[int, int, list[bytes]]:
    """One datagram → its command, its version, and the 20 bytes of each entry. What must be zero may be anything, as
    section 5 wants from version 2 on.

    Raises:
        DecodeError: no whole number of entries, more than 25 of them, an unknown command, or version 0.

    """
    count, rest = divmod(len(data) - _HEADER.size, _ENTRY.size)
    if count < 0 or rest:
        raise DecodeError("length", len(data), "not 4 bytes and a whole number of entries of 20")
    # "There may be between 1 and 25 (inclusive) RIP entries." (3.6); 3.9.1 also knows a request without any.
    if count > MAX_ENTRIES:
        raise DecodeError("entries", count, f"more than {MAX_ENTRIES}")
    command, version, _ = _HEADER.unpack_from(data)
    if command not in (REQUEST, RESPONSE):
        raise DecodeError("command", command, "neither request nor response")
    # "RIP messages of version 0 are to be discarded" (5)
    if version == 0:
        raise DecodeError("version", version)
    starts = range(_HEADER.size, len(data), _ENTRY.size)
    return command, version, [data[start : start + _ENTRY.size] for start in starts]


def response(entries: Iterable[bytes]) -> bytes:
    """A response of entries that are bytes already."""
    return _RESPONSE + b"".join(entries)


_RESPONSE = _HEADER.pack(RESPONSE, VERSION, 0)
