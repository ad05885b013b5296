"""What an address means where: realms (RFC 2663 section 2.1), in each of which an address is one node's.

Routers join LANs to one realm. A translator (a service whose declaration `separates`) joins only those behind it, and
keeps them from its LAN outside: nobody there knows their addresses, so that two homes may both be 192.168.1.0/24.
Whoever is behind it reaches the realms outside by their own addresses, but for those that a nearer realm has too. The
LANs that are behind no translator are one realm, joined or not; and so are those that are behind each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.orchestrator.lab.model import Lab, Lan, Node

__all__ = ["Place", "Realms", "UnmeantError", "View", "Views", "views"]


class UnmeantError(ValueError):
    """At a node an address is another LAN's than the one that is meant; the text says whose."""


class Place(NamedTuple):
    """Where a node stands. `outside`: the LAN from which it keeps the others, where it translates; else empty."""

    lans: tuple[str, ...]
    forward: bool = False
    outside: str = ""

    @property
    def behind(self) -> tuple[str, ...]:
        """The LANs that it keeps from the one outside."""
        return tuple(lan for lan in self.lans if lan != self.outside) if self.forward and self.outside else ()

    @property
    def joins(self) -> tuple[str, ...]:
        """The LANs that it makes one realm."""
        return (self.behind or self.lans) if self.forward else ()


class Realms:
    """The realms of a lab, each called by its first LAN."""

    def __init__(self, lans: Iterable[str], places: Iterable[Place]) -> None:
        known, order = list(places), {lan: number for number, lan in enumerate(lans)}
        joined = _joined(order, known)
        outer: dict[str, dict[str, None]] = {first: {} for first in joined.values()}
        for place in known:
            for lan in place.behind:
                outer[joined[lan]][joined[place.outside]] = None
        ways = {first: _ways(first, outer) for first in outer}  # by them, and by no others, packets get out
        realm = {
            first: min((other for other in way if first in ways[other]), key=order.__getitem__)
            for first, way in ways.items()
        }
        beyond = {first: [realm[other] for other in ways[first] if realm[other] != realm[first]] for first in ways}
        outermost = next((each for each in realm.values() if not beyond[each]), "")
        self.of = {lan: realm[first] if beyond[first] else outermost for lan, first in joined.items()}
        """LAN → its realm."""
        self._beyond = {each: [self.of[other] for other in beyond[each]] for each in self.of.values()}

    def seen_from(self, lans: Iterable[str]) -> tuple[str, ...]:
        """The realms whose addresses mean something to whoever is on these LANs: its own, then those outside, nearest
        first. A translator sees the realm behind it before that outside: it has routes into the one, and its default
        gateway is in the other.
        """
        own = list(dict.fromkeys(self.of[lan] for lan in lans))
        inmost = [realm for realm in own if not any(realm in self._beyond[other] for other in own)]
        near = list(dict.fromkeys([*inmost, *own]))
        return tuple(dict.fromkeys([*near, *(other for realm in near for other in self._beyond[realm])]))

    def contradictory(self, place: Place) -> Iterator[tuple[str, str]]:
        """(LAN of a node, LAN of a nearer realm that it is in): it could not tell them apart if they overlapped."""
        realms = self.seen_from(place.lans)
        for lan in place.lans:
            nearer = {*realms[: realms.index(self.of[lan])]} & {self.of[own] for own in place.lans}
            if nearer:
                yield from ((lan, other) for other, realm in self.of.items() if realm in nearer)


def _ways(first: str, outer: Mapping[str, Iterable[str]]) -> list[str]:
    """All that packets from there get to, the nearest first."""
    found = {first: None}
    queue = [first]
    for here in queue:
        new = [other for other in outer[here] if other not in found]
        found |= dict.fromkeys(new)
        queue += new
    return queue


def _joined(lans: Iterable[str], places: Iterable[Place]) -> dict[str, str]:
    """LAN → the first of all LANs to which routers join it."""
    members = {lan: [lan] for lan in lans}  # LAN → all that are joined to it, one list for all of them
    for place in places:
        for lan in place.joins[1:]:
            large, small = sorted((members[place.joins[0]], members[lan]), key=len, reverse=True)
            if large is not small:
                large += small
                members |= dict.fromkeys(small, large)
    firsts: dict[int, str] = {}
    return {lan: firsts.setdefault(id(members[lan]), lan) for lan in members}


@dataclass(frozen=True, slots=True)
class View:
    """What addresses mean at a node.

    `lans`: those that are meant by their prefixes; `names`: prefix → LAN. `addresses`: node → the address by which it
    is reached from there, the nearest one; `outward`: node → how many realms away that is; `owners`: address → node.
    `serving`: the nodes but for translators that are reached from outside: they serve who is behind them.
    """

    lans: Mapping[str, Lan]
    names: Mapping[str, str]
    addresses: Mapping[str, Address]
    outward: Mapping[str, int]
    owners: Mapping[Address, str]
    serving: frozenset[str]

    def holding(self, address: Address) -> Lan | None:
        """The LAN in which the address lies; of several, the one with the longest prefix."""
        held = (lan for lan in self.lans.values() if lan.prefix.holds(address))
        return max(held, key=lambda lan: lan.prefix.length, default=None)


class Views:
    """What addresses mean at each node of a lab."""

    def __init__(self, lans: Mapping[str, Lan], nodes: Mapping[str, Node]) -> None:
        self._lans, self._nodes = lans, nodes
        self._places = {
            name: Place(tuple(each.lan for each in node.attachments), node.forward, node.outside)
            for name, node in nodes.items()
        }
        self._realms = Realms(lans, self._places.values())
        self._known: dict[tuple[str, ...], View] = {}

    def at(self, node: str) -> View:
        """As the node sees it; one that the lab has not, as if it stood on every LAN."""
        realms = self._realms.seen_from(self._places[node].lans if node in self._places else self._lans)
        if realms not in self._known:
            self._known[realms] = self._view(realms)
        return self._known[realms]

    def address(self, node: str, at: str) -> Address:
        """By which `at` reaches the node: the nearest one; where it knows none of them, the first may be tried.

        Raises:
            UnmeantError: that one is another LAN's there.

        """
        nearest, first = self.at(at).addresses.get(node), self._nodes[node].attachments[0]
        return self.as_meant(first.address, first.lan, at) if nearest is None else nearest

    def as_meant(self, address: Address, lan: str, at: str) -> Address:
        """The address: of a LAN that is unknown at a node one may be tried, but not where it is another LAN's.

        Raises:
            UnmeantError: it is.

        """
        if self.at(at).holding(address) is not None and (why := self.unknown(lan, at, address)):
            raise UnmeantError(why)
        return address

    def unknown(self, lan: str, node: str, address: Address | None = None) -> str:
        """Why that LAN's prefix, or that address on it, does not mean it at the node, in words; empty: it does."""
        view, prefix = self.at(node), self._lans[lan].prefix
        if address is not None and (held := view.holding(address)) is not None:
            return "" if held.name == lan else f"{address} is in LAN {held.name} at {node}, not in LAN {lan}"
        if lan in view.lans:
            return ""
        there = next((other for other, each in view.lans.items() if each.prefix.overlaps(prefix)), "")
        if there:
            return f"{prefix} is LAN {there} at {node}, not LAN {lan}"
        realm = self._realms.of[lan]
        keep = [name for name, each in self._places.items() if realm in map(self._realms.of.get, each.behind)]
        return f"LAN {lan} is behind {' and '.join(keep)}, unknown at {node}"

    def _view(self, realms: tuple[str, ...]) -> View:
        depths = {lan: realms.index(realm) for lan, realm in self._realms.of.items() if realm in realms}
        nearer = [[self._lans[lan].prefix for lan, at in depths.items() if at < depth] for depth in range(len(realms))]
        lans = {
            lan: self._lans[lan]
            for lan, depth in depths.items()
            if not any(near.covers(self._lans[lan].prefix) for near in nearer[depth])
        }
        addresses: dict[str, Address] = {}
        outward: dict[str, int] = {}
        owners: dict[Address, str] = {}
        serving: set[str] = set()
        for name, node in self._nodes.items():
            for place in node.attachments:
                depth = depths.get(place.lan)
                if depth is None or any(near.holds(place.address) for near in nearer[depth]):
                    continue
                owners[place.address] = name
                if depth < outward.get(name, len(realms)):
                    addresses[name], outward[name] = place.address, depth
                if place.lan != node.outside:
                    serving.add(name)
        by_prefix = {str(lan.prefix): name for name, lan in lans.items()}
        return View(lans, by_prefix, addresses, outward, owners, frozenset(serving))


def views(lab: Lab) -> Views:
    """Those of a whole lab."""
    return Views(lab.lans, lab.nodes)
