"""Packets of flooding → what became of one advertisement: each time it was sent, to whom, and what came of it. Pure.

What a router has is known by what it sends: whoever acknowledges an instance, or passes it on, has taken it. What only
came in at its interface may have been dropped there; where it is sent once more before any such sign, it was.
Our routers tell, too, from whom they took an instance (`told`); for others the first that came in counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.control.flooding import Flooding, Instance, Says
from catenet.orchestrator.trace.flood import Flood, FloodStep, Followed, How, Outcome, Reached, Receipt
from catenet.orchestrator.wire.flooding import FloodPacket

__all__ = ["find_flood"]

_TOGETHER = 0.1
"""Seconds within which one packet is taken for the answer to another."""


def find_flood(
    packets: Sequence[FloodPacket], followed: Followed, flooding: Flooding, owners: Mapping[tuple[str, Address], str]
) -> Flood:
    """What became of it. `owners`: (LAN, address) → node."""
    return _Follower(packets, followed, flooding, owners).flood()


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A packet with the advertisement in it, or with its acknowledgement; `to`: for whom it was."""

    packet: FloodPacket
    instance: Instance
    to: tuple[str, ...]

    @property
    def is_update(self) -> bool:
        return self.packet.said.says == Says.UPDATE


class _Follower:
    def __init__(
        self,
        packets: Sequence[FloodPacket],
        followed: Followed,
        flooding: Flooding,
        owners: Mapping[tuple[str, Address], str],
    ) -> None:
        self._of = followed
        self._flooding = flooding
        self._owners = owners
        everywhere = {each.said.area for each in packets if each.said.takes_all}
        areas = {followed.area} if followed.area else everywhere
        self._packets = [each for each in packets if each.said.area in areas]
        self._ends = self._find_ends()
        self._elected = self._find_elected()
        self._seen = [found for each in self._packets if (found := self._read(each)) is not None]
        self._copies = [each for each in self._seen if each.is_update]
        first = next((s.packet.at for s in self._copies if s.packet.source == followed.origin and self._is_it(s)), 0.0)
        self._began = first if followed.at is None else min(first or followed.at, followed.at)
        self._first = self._find_first()

    def flood(self) -> Flood:
        key, order = self._of.instance.key, self._of.instance.order
        reached = [
            Reached(node, (self._at(node, copy)), copy.packet.source, copy.packet.lan, node in self._of.told)
            for node, copy in self._first.items()
        ]
        steps = [self._step(each) for each in self._seen if each.packet.at >= self._began - _TOGETHER]
        return Flood(
            key,
            self._of.area,
            self._of.instance.number,
            self._of.origin,
            self._began,
            tuple(steps),
            tuple(sorted(reached, key=lambda each: each.at)),
            self._ends,
            self._elected,
            tuple(self._unacknowledged(order)),
        )

    # Who is there

    def _find_ends(self) -> dict[str, tuple[str, ...]]:
        ends: dict[str, set[str]] = {}
        for each in self._packets:
            ends.setdefault(each.lan, set()).add(each.source)
        return {lan: tuple(sorted(nodes & self._of.watched)) for lan, nodes in sorted(ends.items())}

    def _find_elected(self) -> dict[str, tuple[str, str]]:
        """By the last Hello on each LAN."""
        found: dict[str, tuple[str, str]] = {}
        for each in self._packets:
            if each.said.says == Says.HELLO:
                one, other = (self._owner(each.lan, address) for address in each.said.elected)
                found[each.lan] = one, other
        return found

    def _owner(self, lan: str, address: Address | None) -> str:
        return "" if address is None else self._owners.get((lan, address), str(address))

    def _read(self, packet: FloodPacket) -> _Seen | None:
        says, key = packet.said.says, self._of.instance.key
        instance = next((each for each in packet.said.instances if each.key == key), None)
        if instance is None or says not in (Says.UPDATE, Says.ACKNOWLEDGEMENT):
            return None
        return _Seen(packet, instance, tuple(node for node in self._addressed(packet) if node != packet.source))

    def _addressed(self, packet: FloodPacket) -> Iterable[str]:
        """For whom it is. Of who is elected nothing may be known yet: then those count that have heard it."""
        if packet.destination not in self._flooding.groups:
            return (self._owner(packet.lan, packet.destination),)
        if packet.destination != self._flooding.elected:
            return self._ends.get(packet.lan, ())
        elected = [node for node in self._elected.get(packet.lan, ()) if node]
        return elected or sorted(packet.heard)

    # Who has it

    def _is_it(self, seen: _Seen) -> bool:
        return seen.instance.order == self._of.instance.order

    def _signs(self, node: str) -> list[_Seen]:
        """By which it is seen that a node has the instance, or a newer one."""
        order = self._of.instance.order
        return [each for each in self._seen if each.packet.source == node and each.instance.order >= order]

    def _is_lost(self, copy: _Seen, node: str) -> bool:
        """Whether it was sent to that node once more, before any sign that it has it."""
        again = (each for each in self._copies if each.packet.at > copy.packet.at and node in each.to)
        same = (e for e in again if e.packet.source == copy.packet.source and e.packet.lan == copy.packet.lan)
        until = next((each.packet.at for each in same if each.instance.order == copy.instance.order), None)
        if until is None:
            return False
        told = self._of.told.get(node)
        if told is not None:
            return told.at >= until
        return not any(sign.packet.at < until for sign in self._signs(node))

    def _find_first(self) -> dict[str, _Seen]:
        """Node → the copy by which it came to have the instance."""
        first: dict[str, _Seen] = {}
        for node in sorted({node for nodes in self._ends.values() for node in nodes} - {self._of.origin}):
            came = [
                each for each in self._copies if self._is_it(each) and node in each.to and node in each.packet.heard
            ]
            came = [each for each in came if not self._is_lost(each, node)]
            told = self._of.told.get(node)
            as_told = [
                e for e in came if told is not None and (e.packet.source, e.packet.lan) == (told.source, told.lan)
            ]
            taken = min(as_told or came, key=lambda each: each.packet.heard[node], default=None)
            if taken is not None and (told is not None or self._signs(node)):
                first[node] = taken
        return first

    def _at(self, node: str, copy: _Seen) -> float:
        return copy.packet.heard[node] - self._began

    def _unacknowledged(self, order: tuple[int, int, bool]) -> Iterable[tuple[str, str]]:
        """(Router, LAN) where somebody who has sent it to the router has heard no sign there that it has come."""
        for lan in self._ends:
            here = [each for each in self._seen if each.packet.lan == lan and each.instance.order >= order]
            heard = {(node, each.packet.source) for each in here for node in each.packet.heard}
            sent = {(each.packet.source, node) for each in here if each.is_update for node in each.to}
            yield from ((node, lan) for node in sorted({node for _, node in sent - heard}))

    # What each packet was

    def _step(self, seen: _Seen) -> FloodStep:
        packet, instance = seen.packet, seen.instance
        group = self._flooding.groups.get(packet.destination)
        how = self._how(seen) if seen.is_update else self._how_acknowledged(seen)
        receipts = self._receipts(seen) if seen.is_update else self._acknowledges(seen)
        return FloodStep(
            packet.at - self._began,
            packet.lan,
            packet.source,
            group or self._owner(packet.lan, packet.destination),
            how,
            instance.number,
            instance.age,
            tuple(receipts),
            self._is_it(seen),
        )

    def _how(self, seen: _Seen) -> How:
        packet, source = seen.packet, seen.packet.source
        before = [
            each
            for each in self._copies
            if (each.packet.source, each.packet.lan) == (source, packet.lan)
            and each.packet.at < packet.at
            and each.instance.order == seen.instance.order
        ]
        if self._was_requested(seen, max((each.packet.at for each in before), default=0.0)):
            return How.REQUESTED
        if self._got_older(seen):
            return How.ANSWERED
        if any(set(each.to) & set(seen.to) for each in before) or self._is_to_one_of_many(packet):
            return How.RETRANSMITTED
        if source == self._of.origin:
            return How.ORIGINATED
        first = self._first.get(source)
        elected = self._elected.get(packet.lan, ("", ""))
        came_by_it = first is not None and self._is_it(seen) and first.packet.lan == packet.lan
        for_all = came_by_it and elected[0] == source and first is not None and first.packet.source not in elected
        return How.REFLOODED if for_all else How.FORWARDED

    def _is_to_one_of_many(self, packet: FloodPacket) -> bool:
        """On a broadcast network flooding is by multicast, and a retransmission is for one neighbour alone (13.6)."""
        return packet.destination not in self._flooding.groups and any(self._elected.get(packet.lan, ()))

    def _was_requested(self, seen: _Seen, after: float) -> bool:
        return any(
            after <= each.at <= seen.packet.at
            and each.said.says == Says.REQUEST
            and each.lan == seen.packet.lan
            and each.source in seen.to
            and self._of.instance.key in each.said.keys
            for each in self._packets
        )

    def _got_older(self, seen: _Seen) -> bool:
        """Whether it goes to one alone, who has just sent an older instance."""
        return len(seen.to) == 1 and any(
            each.packet.source in seen.to
            and each.packet.lan == seen.packet.lan
            and 0 <= seen.packet.at - each.packet.at <= _TOGETHER
            and each.instance.order < seen.instance.order
            for each in self._copies
        )

    def _receipts(self, seen: _Seen) -> Iterable[Receipt]:
        for node in seen.to:
            heard = seen.packet.heard.get(node)
            if heard is None:
                yield Receipt(node, Outcome.UNHEARD)
            else:
                yield Receipt(node, self._outcome(seen, node, heard), heard - self._began)

    def _outcome(self, seen: _Seen, node: str, heard: float) -> Outcome:
        if self._is_it(seen):
            return self._outcome_of_it(seen, node)
        has_it = node == self._of.origin or (node in self._first and self._first[node].packet.heard[node] <= heard)
        return Outcome.OLDER if has_it and seen.instance.order < self._of.instance.order else Outcome.NEW

    def _outcome_of_it(self, seen: _Seen, node: str) -> Outcome:
        first = self._first.get(node)
        if first is seen:
            return Outcome.NEW
        if self._is_lost(seen, node) or (first is None and node != self._of.origin):
            return Outcome.LOST
        on_it = (each for each in self._copies if each.packet.lan == seen.packet.lan and self._is_it(each))
        sent = any(each.packet.source == node for each in on_it)
        return Outcome.IMPLIED if sent else Outcome.DUPLICATE

    def _how_acknowledged(self, seen: _Seen) -> How:
        """On a broadcast network direct ones are unicast, and delayed ones are not (13.5). On a point-to-point link all
        are multicast (8.1): there it is direct where the last that came was a copy."""
        packet, source = seen.packet, seen.packet.source
        if packet.destination not in self._flooding.groups:
            return How.DIRECT
        if any(self._elected.get(packet.lan, ())):
            return How.DELAYED
        came = [e for e in self._copies if e.packet.lan == packet.lan and source in e.to and e.packet.at <= packet.at]
        copy = bool(came) and self._outcome(came[-1], source, packet.at) == Outcome.DUPLICATE
        return How.DIRECT if copy else How.DELAYED

    def _acknowledges(self, seen: _Seen) -> Iterable[Receipt]:
        """To those that have sent it to them."""
        order, lan, source = seen.instance.order, seen.packet.lan, seen.packet.source
        waiting = {
            each.packet.source
            for each in self._copies
            if each.packet.lan == lan and source in each.to and each.instance.order == order
            if each.packet.at <= seen.packet.at
        }
        for node in sorted(waiting & {*seen.to}):
            heard = seen.packet.heard.get(node)
            came = Outcome.UNHEARD if heard is None else Outcome.ACKNOWLEDGED
            yield Receipt(node, came, None if heard is None else heard - self._began)
