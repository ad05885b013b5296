"""A candidate: a transport address at which an agent may be reached (RFC 8445 section 5.1, RFC 8839 section 5.1).

A data stream has one component here, since RTP and RTCP share a port (RFC 5761), and UDP is the only transport.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = ["COMPONENT", "Candidate", "Foundations", "Kind", "priority_of"]

COMPONENT = 1
_LONGEST = 200  # characters of a candidate as text
_FORM = re.compile(
    r"candidate:([A-Za-z0-9+/]{1,32}) ([0-9]{1,5}) ([A-Za-z]{1,8}) ([0-9]{1,10}) (\S{1,64}) ([0-9]{1,5})"
    r" typ (host|srflx|prflx|relay)(?: .*)?"
)
_LAST_PRIORITY = (1 << 31) - 1  # RFC 8445 section 5.1.2
_LAST_PORT = 65_535


class Kind(Enum):
    """The type of a candidate: its word in RFC 8839 section 5.1, and its preference (RFC 8445 section 5.1.2.2)."""

    HOST = "host", 126
    PEER_REFLEXIVE = "prflx", 110
    SERVER_REFLEXIVE = "srflx", 100
    RELAYED = "relay", 0

    @property
    def word(self) -> str:
        """How it is written."""
        return self.value[0]

    @property
    def preference(self) -> int:
        """The higher, the rather."""
        return self.value[1]


_KINDS = {kind.word: kind for kind in Kind}


class Candidate(NamedTuple):
    """`base` is the endpoint from which what is sent for it leaves: its own, but for a reflexive one (RFC 8445 section
    4). Of a candidate of the peer's, `base` is its own endpoint, whatever it is there."""

    kind: Kind
    endpoint: Endpoint
    base: Endpoint
    priority: int
    foundation: str

    def __str__(self) -> str:
        """As RFC 8839 section 5.1 writes it, without what only diagnosis needs."""
        address, port = self.endpoint
        return f"candidate:{self.foundation} {COMPONENT} UDP {self.priority} {address} {port} typ {self.kind.word}"

    @classmethod
    def parse(cls, text: str) -> Candidate | None:
        """A candidate of a peer; None: one of a kind that is not spoken here (TCP, IPv6, a name, another component),
        which is to be passed over (RFC 8839 section 5.1).

        Raises:
            DecodeError: it is no candidate.

        """
        found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise DecodeError("candidate", text[:_LONGEST], "not as RFC 8839 section 5.1 writes one")
        foundation, component, transport, priority, address, port, word = found.groups()
        if not 1 <= int(priority) <= _LAST_PRIORITY:
            raise DecodeError("candidate.priority", priority, "not from 1 to 2^31 - 1")
        if int(port) > _LAST_PORT:
            raise DecodeError("candidate.port", port, "no port")
        try:
            endpoint = Endpoint(Address.parse(address), int(port))
        except ValueError:  # IPv6, or a name
            return None
        spoken = transport.upper() == "UDP" and int(component) == COMPONENT
        if not spoken or not endpoint.port or not endpoint.address.is_unicast:
            return None
        return cls(_KINDS[word], endpoint, endpoint, int(priority), foundation)


def priority_of(kind: Kind, local_preference: int) -> int:
    """RFC 8445 section 5.1.2.1; `local_preference` from 0 to 65535, another one for each candidate of the kind."""
    return kind.preference << 24 | local_preference << 8 | (256 - COMPONENT)


class Foundations:
    """Which candidates are alike: of one kind, from bases of one address, by one server (RFC 8445 section 5.1.1.3)."""

    def __init__(self) -> None:
        self._known: dict[tuple[Kind, Address, Address | None], str] = {}

    def of(self, kind: Kind, base: Address, server: Address | None = None) -> str:
        """The foundation of such a candidate."""
        return self._known.setdefault((kind, base, server), str(len(self._known) + 1))

    def new(self, taken: Callable[[str], bool]) -> str:
        """An arbitrary one that nobody has (section 7.3.1.3)."""
        number = len(self._known) + 1
        while taken(str(number)):
            number += 1
        return str(number)
