"""Which entries of a response are fit to be heard (RFC 2453 section 3.9.2, "the basic validation tests").

"If any check fails, ignore that entry and proceed to the next." Each check has its own word, which counts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix, mask
from catenet.nodes.internet.rip.packet import INET, INFINITY, RESPONSE, Entry, Message, split

__all__ = ["Heard", "Offer", "check", "prefix_of", "read"]

_KNOWN_ENTRIES = 1 << 14
"""So many entries are remembered as they were judged: 4,096 routes, each at some metrics."""
_LENGTHS = {mask(length): length for length in range(33)}


class Offer(NamedTuple):
    """A neighbour's word that it can reach a prefix: at that metric, over itself or over `next_hop` (0: itself)."""

    prefix: Prefix
    metric: int
    tag: int
    next_hop: Address


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A datagram. Of a request the message is whole; a response's entries are its `offers`, and those `skipped`, each
    with the reason.

    Compared by identity: a repeated datagram is the same object, as long as `read` remembers it.
    """

    message: Message
    offers: tuple[Offer, ...]
    skipped: tuple[tuple[str, Entry], ...]


@lru_cache(maxsize=1024)
def read(data: bytes) -> Heard:
    """One datagram, decoded and checked. A neighbour repeats itself: the last thousand datagrams are remembered.

    Raises:
        DecodeError: see `split`.

    """
    command, version, entries = split(data)
    if command != RESPONSE:
        return Heard(Message.parse(data), (), ())
    offers, skipped = [], []
    for entry in entries:
        offer = check(entry)
        if isinstance(offer, str):
            skipped.append((offer, Entry.parse(entry)))
        else:
            offers.append(offer)
    return Heard(Message(command, (), version), tuple(offers), tuple(skipped))


@lru_cache(maxsize=_KNOWN_ENTRIES)
def check(data: bytes) -> Offer | str:
    """The offer in an entry's 20 bytes, or the word for what is wrong with it. A route is told many times, by many."""
    entry = Entry.parse(data)
    if entry.family != INET:
        return "family"
    # "is the metric valid (i.e., between 1 and 16, inclusive)" (3.9.2)
    if not 1 <= entry.metric <= INFINITY:
        return "metric"
    prefix = prefix_of(entry)
    if isinstance(prefix, str):
        return prefix
    return Offer(prefix, entry.metric, entry.tag, Address(entry.next_hop) if entry.next_hop else ANY)


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
