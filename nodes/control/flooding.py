"""What a capture shows of a protocol that floods what its routers say of themselves: read from the wire by the room of
the protocol (its declaration's `flooding`), and laid out by whoever follows one such advertisement.

The answer to the question `originate`, by which a router of ours says one of its advertisements anew, is here too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.fields import Fields
from catenet.nodes.machine import Json

__all__ = ["Flooding", "Instance", "Key", "Originated", "Said", "Says"]


class Key(NamedTuple):
    """Which advertisement: its type, in one word, what it is of, and the number of the router that says it."""

    type: str
    id: str
    router: str


class Instance(NamedTuple):
    """One instance of an advertisement, as it is named on the wire. `age` is in seconds; `flushed`: it takes back what
    was said."""

    key: Key
    sequence: int
    checksum: int
    age: int
    flushed: bool

    @property
    def order(self) -> tuple[int, int, bool]:
        """The greater, the newer. Those of equal orders are the same instance."""
        return self.sequence, self.checksum, self.flushed

    @property
    def number(self) -> str:
        """The sequence number, as everybody writes it."""
        return f"{self.sequence & 0xFFFFFFFF:08x}"


class Says(StrEnum):
    """What kind of packet it is."""

    HELLO = "hello"
    DESCRIPTION = "description"
    REQUEST = "request"
    UPDATE = "update"
    ACKNOWLEDGEMENT = "acknowledgement"


class Said(NamedTuple):
    """One packet. `router`: the number of who sends it; `area`: where.

    `instances`: what is sent or acknowledged; `keys`: what is requested. Of a Hello, `elected`: the addresses of the
    router that floods for all on its LAN, and of its backup, as far as there are any; `takes_all`: whether what is
    flooded everywhere is flooded in this area.
    """

    says: Says
    router: str
    area: str
    instances: tuple[Instance, ...] = ()
    keys: tuple[Key, ...] = ()
    elected: tuple[Address | None, Address | None] = (None, None)
    takes_all: bool = False


class Flooding(NamedTuple):
    """How a protocol floods, for whoever looks on.

    `filter`: its packets, in pcap's words. `read`: the payload of an IP packet → what it says; None: nothing that can
    be read. `types`: those that may be followed, and how they are written in a sentence; `everywhere`: those that are
    flooded in all areas. `groups`: multicast addresses by their names; `elected`: the one that only those hear that
    are elected. `originated`, `installed`: the kinds of events by which a router tells that it has said, or taken, an
    instance: both have the `type`, `id`, `router` and `sequence`, the latter `from` and `lan`, too.
    """

    filter: str
    read: Callable[[bytes], Said | None]
    types: Mapping[str, str]
    everywhere: frozenset[str]
    groups: Mapping[Address, str]
    elected: Address
    originated: str
    installed: str


class Originated(NamedTuple):
    """What a router says anew. `area`: "" for all; `after`: seconds until it does, as it may not do so too often."""

    key: Key
    area: str
    sequence: str
    after: float

    def to_json(self) -> dict[str, Json]:
        return {
            "type": self.key.type,
            "id": self.key.id,
            "router": self.key.router,
            "area": self.area,
            "sequence": self.sequence,
            "after": self.after,
        }

    @classmethod
    def parse(cls, value: Json) -> Originated:
        row = Fields(value, "originate")
        key = Key(row.name("type"), row.name("id"), row.name("router"))
        return cls(key, row.text("area"), row.name("sequence"), row.number("after") or 0.0)
