"""Which entries of a response are valid (RFC 2453 section 3.9.2, "the basic validation tests").

"If any check fails, ignore that entry and proceed to the next." Each check has its own word, which counts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix, mask
from catenet.nodes.internet.rip.packet import INET, INFINITY, RESPONSE, Entry, Message, split

__all__ = ["AdvertisedRoute", "ReceivedMessage", "check_entry", "parse_message", "prefix_of"]

_KNOWN_ENTRIES = 1 << 14
"""So many entries are remembered as they were checked: 4,096 routes, each at some metrics."""
_LENGTHS = {mask(length): length for length in range(33)}


class AdvertisedRoute(NamedTuple):
    """A route as a neighbour advertises it: a prefix at that metric, over itself or over `next_hop` (0: itself)."""

    prefix: Prefix
    metric: int
    tag: int
    next_hop: Address


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedMessage:
    """A datagram. Of a request the message is whole; a response's entries are its `routes`, and those `skipped`, each
    with the reason.

    Compared by identity: a repeated datagram is the same object, as long as `read` remembers it.
    """

    message: Message
    routes: tuple[AdvertisedRoute, ...]
    skipped: tuple[tuple[str, Entry], ...]


@lru_cache(maxsize=1024)
def parse_message(data: bytes) -> ReceivedMessage:
    """One datagram, decoded and checked. A neighbour repeats itself: the last thousand datagrams are remembered.

    Raises:
        DecodeError: see `split`.

    """
    command, version, entries = split(data)
    if command != RESPONSE:
        return ReceivedMessage(Message.parse(data), (), ())
    routes, skipped = [], []
    for entry in entries:
        advertised = check_entry(entry)
        if isinstance(advertised, str):
            skipped.append((advertised, Entry.parse(entry)))
        else:
            routes.append(advertised)
    return ReceivedMessage(Message(command, (), version), tuple(routes), tuple(skipped))


@lru_cache(maxsize=_KNOWN_ENTRIES)
def check_entry(data: bytes) -> AdvertisedRoute | str:
    """The route in an entry's 20 bytes, or the word for what is wrong with it. Most are sent again and again."""
    entry = Entry.parse(data)
    if entry.family != INET:
        return "family"
    # "is the metric valid (i.e., between 1 and 16, inclusive)" (3.9.2)
    if not 1 <= entry.metric <= INFINITY:
        return "metric"
    prefix = prefix_of(entry)
    if isinstance(prefix, str):
        return prefix
    return AdvertisedRoute(prefix, entry.metric, entry.tag, Address(entry.next_hop) if entry.next_hop else ANY)


def prefix_of(entry: Entry) -> Prefix | str:
    """The destination of an entry, or the word for what is wrong with it.

    "is the destination address valid (e.g., unicast; not net 0 or 127)" (3.9.2); 0.0.0.0 with no mask is the default
    route (3.7).
    """
    address, length = entry.address, _LENGTHS.get(entry.mask)
    if length is None:
        return "mask"
    if length == 0 and address:
        # "If this field is zero, then no subnet mask has been included for this entry." (4.3): the class's mask.
        length = 8 if address >> 31 == 0 else 16 if address >> 30 == 0b10 else 24
    if address >> 28 >= 0b1110:
        return "class"
    if address >> 24 == 0 and length:
        return "net-0"
    if address >> 24 == 127:
        return "net-127"
    if address & ~mask(length):
        return "host-bits"
    return Prefix(Address(address), length)
