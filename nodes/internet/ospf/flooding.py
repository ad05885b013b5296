"""Flooding (RFC 2328 section 13): each LSA to every router of its scope, exactly once over each link, and until
everybody has acknowledged it. Ageing (section 14) is flooding, too: what has reached MaxAge is flooded, and then gone.
"""

from __future__ import annotations

from math import inf
from typing import Protocol

from catenet.nodes.internet.ospf.area import Scope
from catenet.nodes.internet.ospf.exchange import Exchange
from catenet.nodes.internet.ospf.interface_states import InterfaceState
from catenet.nodes.internet.ospf.lsa import (
    MAX_AGE,
    MAX_SEQUENCE,
    MIN_LS_ARRIVAL,
    Lsa,
    LsaHeader,
    LsaKey,
    LsaType,
    newer,
)
from catenet.nodes.internet.ospf.lsdb import Stored
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourEvent, NeighbourState
from catenet.nodes.internet.ospf.packet import OPAQUE
from catenet.nodes.internet.ospf.router import FLOODED_IN_AS, KNOWN_TYPES, OPAQUE_TYPES, Router
from catenet.nodes.internet.ospf.sending import Outbox

__all__ = ["Flooding", "SelfOriginated"]

_KEPT = 10.0
"""Seconds for which an LSA at MaxAge is kept at least. Section 14 would have it removed as soon as all neighbours have
acknowledged it; but an older instance that was late on another way would then be news to who has just forgotten it, and
the two could chase each other around a ring for an hour. (FRR keeps it for a minute.)"""


class SelfOriginated(Protocol):
    """Who knows which LSAs are our own (section 13.4)."""

    def is_own(self, key: LsaKey) -> bool:
        """Whether it is self-originated."""

    def outdone(self, scope: Scope, key: LsaKey) -> bool:
        """Whether an instance of others was answered within MinLSInterval, so that another one could not be yet."""

    def came_back(self, scope: Scope, lsa: Lsa) -> None:
        """A newer instance than ours has come from others, and been installed."""

    def gone(self, scope: Scope, key: LsaKey) -> None:
        """It was at MaxAge, and has been removed."""


class Flooding:
    """Over all interfaces of a router."""

    def __init__(self, router: Router, outbox: Outbox, exchange: Exchange) -> None:
        self._router = router
        self._outbox = outbox
        self._exchange = exchange
        self._removal_at = inf
        """When an LSA at MaxAge may be removed, if everybody has acknowledged it."""

    # What comes in (13)

    def receive_update(self, neighbour: Neighbour, lsas: tuple[Lsa, ...], own: SelfOriginated) -> None:
        """A Link State Update came in."""
        if neighbour.state < NeighbourState.EXCHANGE:
            self._router.counters["ignored.update"] += 1
            return
        for lsa in lsas:
            if not self._receive(neighbour, lsa, own):
                break

    def _receive(self, neighbour: Neighbour, lsa: Lsa, own: SelfOriginated) -> bool:
        """One LSA, by the steps of section 13. Whether to go on with the packet."""
        router, circuit, header = self._router, neighbour.circuit, lsa.header
        if header.type not in KNOWN_TYPES or (header.type in FLOODED_IN_AS and circuit.area.stub):
            self._skip(neighbour, "lsa-type", f"an LSA of type {header.type}, which has no place here")  # steps 2 and 3
            return True
        scope, key = router.scope(header.type, circuit), header.key
        stored = scope.lsdb.get(key)
        if stored is None and header.age == MAX_AGE and not router.exchanging:  # step 4
            self._outbox.acknowledge(neighbour, header)
            return True
        order = 1 if stored is None else scope.order(header, stored, router.now)
        if order > 0:
            self._receive_newer(neighbour, scope, lsa, stored, own)
            return True
        if key in neighbour.requests:  # step 6
            cause = "the exchange begins again: it sends an older LSA than it has listed"
            self._exchange.event(neighbour, NeighbourEvent.BAD_REQUEST, cause)
            return False
        if order == 0:
            self._receive_duplicate(neighbour, header)
        elif stored is not None:
            self._receive_older(neighbour, scope, scope.header(stored, router.now))
        return True

    def _receive_newer(
        self, neighbour: Neighbour, scope: Scope, lsa: Lsa, stored: Stored | None, own: SelfOriginated
    ) -> None:
        """Step 5."""
        router, key = self._router, lsa.header.key
        if stored is not None and _wraps_wrongly(lsa.header, stored.lsa.header):
            self._skip(neighbour, "lsa-sequence", "an LSA at MaxSequenceNumber beside another such instance")
            return
        requested = key in neighbour.requests
        if stored is not None and not requested and (scope.arrived.get(key, router.now) or own.outdone(scope, key)):
            router.counters["skipped.min-ls-arrival"] += 1
            return
        if not self.install(scope, lsa):
            self._skip(neighbour, "database-full", f"the database of {scope.area or 'the AS'} is full")
            self._exchange.has_come(neighbour, key)  # there is no room for it, however often it is requested
            return
        forged = own.is_own(key)
        if not requested:
            scope.arrived.note(key, None, router.now)
            if neighbour.state == NeighbourState.FULL and not forged:  # before that it sends what it has had for long
                neighbour.circuit.sent.note(key, lsa.header, router.now)
        back = self._keep_back(scope, lsa.header) if forged else self.flood(scope, lsa.header, neighbour)
        self._acknowledge_newer(neighbour, lsa.header, back=back)
        router.counters["received.lsas"] += 1
        router.reporter.lsa_installed(scope, neighbour, lsa.header, router.now)
        if forged:
            own.came_back(scope, lsa)

    def _keep_back(self, scope: Scope, header: LsaHeader) -> bool:
        """What others say in our name is not flooded, but outdone (section 13.4): else whoever forges an instance each
        second could have us tell it to everybody, and never our own, which they would throw away within MinLSArrival.
        """
        for circuit in scope.circuits:
            for neighbour in circuit.neighbours.values():
                self._compare_with_request(neighbour, header)
        return False

    def _skip(self, neighbour: Neighbour, word: str, why: str) -> None:
        router = self._router
        router.reporter.skipped(word, (neighbour.address, neighbour.circuit.name), why, router.now)

    def _acknowledge_newer(self, neighbour: Neighbour, header: LsaHeader, *, back: bool) -> None:
        """Table 19, its first two rows."""
        circuit = neighbour.circuit
        if not back and (circuit.state != InterfaceState.BACKUP or neighbour.address == circuit.designated):
            self._outbox.acknowledge_later(circuit, header)

    def _receive_duplicate(self, neighbour: Neighbour, header: LsaHeader) -> None:
        """Step 7, and the rows of Table 19 for duplicates."""
        circuit = neighbour.circuit
        if neighbour.retransmissions.pop(header.key, None) is None:
            self._outbox.acknowledge(neighbour, header)
            return
        self._router.settling = True  # "This is termed an 'implied acknowledgment'."
        if circuit.state == InterfaceState.BACKUP and neighbour.address == circuit.designated:
            self._outbox.acknowledge_later(circuit, header)

    def _receive_older(self, neighbour: Neighbour, scope: Scope, held: LsaHeader) -> None:
        """Step 8: "send the database copy back", unless it has just been sent, or its number is wrapping."""
        if held.age == MAX_AGE and held.sequence == MAX_SEQUENCE:
            return
        now = self._router.now
        lasts = [each.get(held.key, now) for each in (neighbour.sent, neighbour.answered, neighbour.circuit.sent)]
        if all(last is None or now >= last[0] + MIN_LS_ARRIVAL for last in lasts):
            self._outbox.answer(neighbour, scope, held.key)

    # What goes on (13.2, 13.3)

    def install(self, scope: Scope, lsa: Lsa, *, own: bool = False) -> bool:
        """Take an LSA into its database (section 13.2); whether there was room. Who waited for the acknowledgement of
        the instance before does not any more."""
        router, key = self._router, lsa.header.key
        changed = scope.lsdb.install(lsa, router.now, own=own)
        stored = scope.lsdb.get(key)
        if stored is None or stored.lsa.data is not lsa.data:
            return False
        key = stored.key  # that it is the same object everywhere saves memory
        for circuit in scope.circuits:
            for neighbour in circuit.neighbours.values():
                neighbour.retransmissions.pop(key, None)
        # "If the LSA was originated by the calculating router itself, examine the next LSA" (16.2 (2), 16.4 (2))
        if changed and key.type not in OPAQUE_TYPES and not (own and key.type > LsaType.NETWORK):
            router.calculate = True
            router.reporter.because_of(lsa.header)
        if lsa.header.age == MAX_AGE:
            self._flush(scope, key, lsa.header.sequence)
        else:
            scope.flushing.pop(key, None)
        return True

    def _flush(self, scope: Scope, key: LsaKey, sequence: int) -> None:
        """It is at MaxAge. At MaxSequenceNumber it must go at once, "before any new LSA instance can be introduced" (13
        (8))."""
        router = self._router
        scope.flushing[key] = router.now + (0.0 if sequence == MAX_SEQUENCE else _KEPT)
        self._removal_at = min(self._removal_at, scope.flushing[key])
        router.timers.set(("flushed",), max(self._removal_at, router.now))

    def flood(
        self, scope: Scope, header: LsaHeader, sender: Neighbour | None = None, again: float | None = None
    ) -> bool:
        """Send an installed LSA on (section 13.3), over all interfaces of its scope, to who has not got it. Whether it
        goes back out of the interface that it came by, from `sender` (None: it is our own). `again`: seconds after
        which it is retransmitted, if sooner than RxmtInterval."""
        router, back, key = self._router, False, header.key
        due = router.now + (router.options.retransmit if again is None else min(again, router.options.retransmit))
        for circuit in scope.circuits:
            wanting = [each for each in circuit.neighbours.values() if self._must_have(each, key, header, sender)]
            for neighbour in wanting:
                router.await_acknowledgement(neighbour, key, due)
            if not wanting:
                continue
            if sender is not None and sender.circuit is circuit:
                if sender.elected or circuit.state == InterfaceState.BACKUP:  # steps 3 and 4
                    continue
                back = True
            self._outbox.flood(circuit, scope, key)
        return back

    def _must_have(self, neighbour: Neighbour, key: LsaKey, header: LsaHeader, sender: Neighbour | None) -> bool:
        """Step 1."""
        if neighbour.state < NeighbourState.EXCHANGE:
            return False
        if key.type in OPAQUE_TYPES and not neighbour.options & OPAQUE:
            return False  # "flooded only to opaque-capable neighbors" (RFC 5250 section 3.1)
        return self._compare_with_request(neighbour, header) > 0 and neighbour is not sender

    def _compare_with_request(self, neighbour: Neighbour, header: LsaHeader) -> int:
        """As `newer`, with the instance on its Link state request list, which it leaves unless that is the newer one;
        1 where there is none."""
        listed = neighbour.requests.get(header.key)
        if listed is None:
            return 1
        order = newer(header, listed)
        if order >= 0:
            self._exchange.has_come(neighbour, header.key)
        return order

    # Until it is acknowledged (13.6, 13.7)

    def retransmit_due(self, neighbour: Neighbour) -> None:
        """ "Only the number fitting in a single Link State Update packet should be sent." (13.6)"""
        router, circuit, waiting = self._router, neighbour.circuit, neighbour.retransmissions
        late = [key for key, when in waiting.items() if when <= router.now]
        sent = self._outbox.retransmit(neighbour, [(router.scope(key.type, circuit), key) for key in late])
        neighbour.retransmit_at = inf
        again = router.now + router.options.retransmit
        for key in late[:sent]:
            router.await_acknowledgement(neighbour, key, again)
        router.counters["retransmitted.lsas"] += sent
        if waiting:
            when = min(waiting.values())
            router.retransmit_at(neighbour, when if when > router.now else again)

    def receive_acknowledgement(self, neighbour: Neighbour, headers: tuple[LsaHeader, ...]) -> None:
        """Section 13.7."""
        router, waiting = self._router, neighbour.retransmissions
        if neighbour.state < NeighbourState.EXCHANGE:
            router.counters["ignored.acknowledgement"] += 1
            return
        for header in headers:
            if header.key not in waiting:
                continue
            scope = router.scope(header.type, neighbour.circuit)
            stored = scope.lsdb.get(header.key)
            if stored is not None and scope.order(header, stored, router.now) == 0:
                del waiting[header.key]
                router.settling = True
            else:
                router.counters["skipped.acknowledgement"] += 1
        if any(when <= router.now for when in waiting.values()):
            # "Another packet of retransmissions can be sent whenever some of the LSAs are acknowledged" (13.6)
            self.retransmit_due(neighbour)

    # Ageing (14)

    @property
    def next_expiry(self) -> float:
        """When the next LSA reaches MaxAge."""
        return min([scope.lsdb.next_expiry for scope in self._router.scopes if scope.lsdb], default=inf)

    def expire(self) -> None:
        """What reaches MaxAge is flushed, "by reflooding the MaxAge LSA" as if it were newly originated (14)."""
        router = self._router
        for scope in router.scopes:
            for key in scope.lsdb.expire(router.now):
                stored = scope.lsdb.get(key)
                if stored is not None:
                    router.calculate = True
                    router.reporter.because_of(stored.lsa.header)
                    self._flush(scope, key, stored.lsa.header.sequence)
                    self.flood(scope, stored.lsa.header)
                    router.reporter.lsa_flushed(scope, key, "nobody has refreshed it", router.now)

    def remove_flushed(self, own: SelfOriginated) -> None:
        """A MaxAge LSA goes when "a) it is no longer contained on any neighbor Link state retransmission lists and b)
        none of the router's neighbors are in states Exchange or Loading" (14); and when it has been there for a while.
        After another MaxAge seconds it goes all the same: by then no older instance can be anywhere.
        """
        router, now = self._router, self._router.now
        router.settling = False
        if now < self._removal_at or router.exchanging:
            return
        self._removal_at = again = inf
        for scope in [scope for scope in router.scopes if scope.flushing]:
            awaited: set[LsaKey] = set()
            for circuit in scope.circuits:
                for neighbour in circuit.neighbours.values():
                    awaited |= neighbour.retransmissions.keys() & scope.flushing.keys()
            due = [key for key, at in scope.flushing.items() if at + MAX_AGE * (key in awaited) <= now]
            left = scope.flushing.keys() - due
            self._removal_at = min([self._removal_at, *(scope.flushing[key] for key in left)])
            again = min([again, *(scope.flushing[key] + MAX_AGE * (key in awaited) for key in left)])
            for key in due:
                self._remove(scope, key, own)
        if again < inf:
            router.timers.set(("flushed",), again)

    def flushed_due(self) -> None:
        """An LSA at MaxAge has been there for long enough."""
        self._router.settling = True

    def _remove(self, scope: Scope, key: LsaKey, own: SelfOriginated) -> None:
        del scope.flushing[key]
        scope.said.discard(key)
        scope.lsdb.remove(key)
        for circuit in scope.circuits:
            for neighbour in circuit.neighbours.values():
                neighbour.retransmissions.pop(key, None)
        own.gone(scope, key)


def _wraps_wrongly(header: LsaHeader, held: LsaHeader) -> bool:
    """Whether an instance at MaxSequenceNumber would push out another one: that "must be completely flushed before any
    new LSA instance can be introduced", else a router that has been forged could never say anything again."""
    return held.sequence == header.sequence == MAX_SEQUENCE and header.age < MAX_AGE
