"""By which path two people find each other: by trying all that RFC 4787's rules allow, until nothing new is learned.

It knows nothing of ICE, of STUN or of any translator's code: a place, where packets come from and go to, is a host, or
what a box has made of a place inside it for some peers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["AD", "AP", "BEHAVIOURS", "EI", "OPEN", "Box", "Home", "behind", "predicted"]

EI, AD, AP = "endpoint-independent", "address-dependent", "address-and-port-dependent"
OPEN = ("", "")
"""No translator at all."""
BEHAVIOURS = [OPEN] + [(mapping, filtering) for mapping in (EI, AD, AP) for filtering in (EI, AD, AP)]
_ROUNDS = 6
"""What depends on the peer's port gives new places without end."""


@dataclass(frozen=True, eq=False)
class Box:
    """A translator, or, where `translates` is off, a firewall. Two of the same behaviour are two."""

    mapping: str = EI
    filtering: str = AP
    hairpin: bool = True
    translates: bool = True
    udp: bool = True


Home = tuple[Box, ...]
"""The boxes between a host and the others, from inside to outside. Homes that share a box are neighbours inside it."""


class Host(NamedTuple):
    """One of the two."""

    number: int


class Mapped(NamedTuple):
    """What a box has made of a place, for those peers to whom `peer` applies."""

    box: Box
    inside: Place
    peer: object


class Server(NamedTuple):
    """It tells each how it sees him."""

    where: str = "outside"


Place = Host | Mapped | Server


def behind(behaviour: tuple[str, str]) -> Home:
    """A home with one translator, or with none."""
    return (Box(*behaviour),) if behaviour != OPEN else ()


def _for(rule: str, peer: Place) -> object:
    address = peer.box if isinstance(peer, Mapped) else peer
    return {EI: None, AD: address, AP: peer}[rule]


def _owner(place: Place) -> Host | Server:
    return _owner(place.inside) if isinstance(place, Mapped) else place


class _World:
    """Two homes, and who was let in so far."""

    def __init__(self, homes: tuple[Home, Home]) -> None:
        self._homes = homes
        self._opened: dict[tuple[Box, Place], set[object]] = {}

    def send(self, number: int, target: Place) -> Place | None:
        """A packet of this host's → from where it comes to the target; None: it does not arrive."""
        source: Place = Host(number)
        owner = _owner(target)
        for depth, box in enumerate((*self._homes[number], None)):
            inwards = self._way_in(target, owner, box)
            if inwards is not None:
                last = self._homes[number][depth - 1] if depth else None
                return source if self._enters(source, target, inwards, last) else None
            if box is None or not box.udp:
                return None
            source = self._leaves(box, source, target)
        return None

    def _leaves(self, box: Box, source: Place, target: Place) -> Place:
        place = Mapped(box, source, _for(box.mapping, target)) if box.translates else source
        self._opened.setdefault((box, place), set()).add(_for(box.filtering, target))
        return place

    def _way_in(self, target: Place, owner: Host | Server, inside_of: Box | None) -> Home | None:
        """The boxes that a packet for the target enters, the last one first, where its address is known: inside of
        this box, or of none. None: it is not known there."""
        if isinstance(owner, Server):
            return () if inside_of is None else None
        boxes = self._homes[owner.number]
        depth = boxes.index(inside_of) if inside_of in boxes else len(boxes)
        if depth == len(boxes) and inside_of is not None:
            return None
        first = boxes.index(target.box) + 1 if isinstance(target, Mapped) else 0
        if depth < first or any(box.translates for box in boxes[first:depth]):
            return None
        return boxes[:depth]

    def _enters(self, source: Place, target: Place, inwards: Home, last: Box | None) -> bool:
        """`last`: the box that it has left."""
        for box in reversed(inwards):
            if box is last and not box.hairpin:
                return False
            if _for(box.filtering, source) not in self._opened.get((box, target), ()):
                return False
            if isinstance(target, Mapped) and target.box is box:
                target = target.inside
        return True


def predicted(first: Home, second: Home) -> str:
    """`direct`: a request from one's own address to the other's gets there, and its answer comes back. `punched`: one
    from or to the address of a box does. Else `relayed`, since every one reaches a relay, by TCP where need be."""
    world = _World((first, second))
    known: list[set[Place]] = [{Host(1)}, {Host(0)}]
    for number in (0, 1):
        seen = world.send(number, Server())
        if seen is not None:
            known[1 - number].add(seen)
    ways = set()
    for _ in range(_ROUNDS):
        for number in (0, 1):
            for target in tuple(known[number]):
                source = world.send(number, target)
                if source is None:
                    continue
                known[1 - number].add(source)
                if world.send(1 - number, source) == target:
                    ways.add("direct" if {type(source), type(target)} == {Host} else "punched")
    return min(ways, default="relayed")
