"""Captured packets of a protocol that floods → each of them once, with who sent it, and who heard it. Pure.

A packet is known again by its octets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from catenet.nodes.address import Address
from catenet.nodes.catalogue import services
from catenet.nodes.control.flooding import Flooding, Said
from catenet.orchestrator.wire.clocks import sent_first
from catenet.orchestrator.wire.packets import CapturedDatagram

__all__ = ["FloodPacket", "Places", "floodings", "lsa_types", "read_flooding"]

Places = Mapping[str, Mapping[tuple[str, Address], str]]
"""Node → (one of its LANs, an address there) → the node that has it."""

_UNDER_WAY = 1.0
"""Seconds for which a packet may be under way from one end of a LAN to the other."""
_ALIKE = 16
"""Packets of the same octets on a LAN, the last ones, of which one may be that which comes in."""


@dataclass(slots=True)
class FloodPacket:
    """One packet on a LAN. `at`: when it was sent, in seconds since 1970 (where nobody saw that: when it was heard
    first). `heard`: node → when it came in there; whether it was taken is another question. `left`: it was seen to
    leave its sender.
    """

    at: float
    lan: str
    source: str
    destination: Address
    said: Said
    heard: dict[str, float] = field(default_factory=dict)
    left: bool = False


def floodings() -> dict[str, Flooding]:
    """Service → how it floods, of those that do."""
    routing = ((name, each.routing) for name, each in services().items())
    return {name: each.flooding() for name, each in routing if each is not None and each.flooding is not None}


def lsa_types() -> dict[str, str]:
    """The types of advertisements that can be followed, and how they are written in a sentence."""
    return {word: text for flooding in floodings().values() for word, text in flooding.types.items()}


def read_flooding(
    seen: Iterable[CapturedDatagram],
    read: Callable[[bytes], Said | None],
    places: Places,
    deaf: Collection[tuple[str, str]] = (),
    *,
    one_clock: bool = True,
) -> list[FloodPacket]:
    """In the order of time. What cannot be read, and whatever is from no node of the LAN, is left out. `deaf`: (node,
    LAN) where what comes in is dropped behind the capture; `one_clock`: all captures were made on one host.
    """
    packets: list[FloodPacket] = []
    last: dict[tuple[str, Address, Address, bytes], deque[FloodPacket]] = {}
    for each in sent_first(seen, one_clock=one_clock):
        place = _place(places.get(each.node, {}), each.source)
        said = read(each.payload) if place is not None else None
        if place is None or said is None:
            continue
        lan, source = place
        if not each.outgoing and source == each.node:
            continue  # the kernel gives a node what it sends to a group, too
        key = lan, each.source, each.destination, each.payload
        alike = last.setdefault(key, deque(maxlen=_ALIKE))
        known = None if each.outgoing else _nearest(alike, each)
        if known is None:
            known = FloodPacket(each.at, lan, source, each.destination, said, left=each.outgoing)
            alike.append(known)
            packets.append(known)
        if not each.outgoing and (each.node, lan) not in deaf:
            known.heard[each.node] = each.at
    packets.sort(key=lambda each: each.at)
    return packets


def _nearest(alike: Iterable[FloodPacket], each: CapturedDatagram) -> FloodPacket | None:
    """Of those that may have come in there now, the nearest in time."""
    waiting = (one for one in alike if each.node not in one.heard and each.at - one.at <= _UNDER_WAY)
    return min(waiting, key=lambda one: abs(each.at - one.at), default=None)


def _place(own: Mapping[tuple[str, Address], str], source: Address) -> tuple[str, str] | None:
    """The LAN by which a node hears that address, and who has it."""
    return next(((lan, node) for (lan, address), node in own.items() if address == source), None)
