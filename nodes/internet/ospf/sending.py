"""`Outbox`: the LSAs and acknowledgements that are to be sent, put into as few packets as they fit in.

What happens at one time leaves together: a router that gets a hundred LSAs passes them on in a few packets. An LSA is
read from its database when it leaves, so that the newest instance does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.area import Scope
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.lsa import HEADER_LENGTH, Lsa, LsaHeader, LsaKey, newer
from catenet.nodes.internet.ospf.neighbour import PACE, Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.packet import Acknowledgement, Update
from catenet.nodes.internet.ospf.recent import Recent
from catenet.nodes.internet.ospf.router import Router

__all__ = ["Outbox"]

_TRANSMIT_DELAY = 1
"""InfTransDelay, in seconds: "it must be greater than zero" (section 9)."""
_COUNT = 4
"""Octets of a Link State Update before its LSAs."""

Updates = dict[LsaKey, Scope]


class Outbox:
    """Of all interfaces, by where the packets go."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._flooded: dict[Circuit, Updates] = {}
        self._direct: dict[Neighbour, Updates] = {}
        self._requested: dict[Neighbour, Updates] = {}
        self._paced: dict[Circuit, Updates] = {}
        self._delayed: dict[Circuit, dict[LsaHeader, None]] = {}
        self._acknowledged: dict[Neighbour, dict[LsaHeader, None]] = {}
        self._acknowledge_after = min(1.0, router.options.retransmit / 4)

    # What is to be sent

    def flood(self, circuit: Circuit, scope: Scope, key: LsaKey) -> None:
        """An LSA, to all that are adjacent on an interface."""
        self._flooded.setdefault(circuit, {})[key] = scope

    def answer(self, neighbour: Neighbour, scope: Scope, key: LsaKey) -> None:
        """An LSA, to one neighbour that has sent an older one."""
        self._direct.setdefault(neighbour, {})[key] = scope

    def answer_request(self, neighbour: Neighbour, scope: Scope, key: LsaKey) -> None:
        """An LSA, to one neighbour that has requested it."""
        self._requested.setdefault(neighbour, {})[key] = scope

    def acknowledge(self, neighbour: Neighbour, header: LsaHeader) -> None:
        """ "Direct acknowledgments are sent immediately when the duplicate is received" (section 13.5)."""
        self._acknowledged.setdefault(neighbour, {})[header] = None

    def acknowledge_later(self, circuit: Circuit, header: LsaHeader) -> None:
        """ "The fixed interval between a router's delayed transmissions must be short (less than RxmtInterval)"."""
        waiting = self._delayed.setdefault(circuit, {})
        if not waiting:
            self._router.timers.set(("acknowledge", circuit.name), self._router.now + self._acknowledge_after)
        waiting[header] = None

    # Sending it

    def flush(self) -> None:
        """Send all but the delayed acknowledgements."""
        flooded, self._flooded = self._flooded, {}
        direct, self._direct = self._direct, {}
        requested, self._requested = self._requested, {}
        acknowledged, self._acknowledged = self._acknowledged, {}
        for circuit, updates in flooded.items():
            keys = [key for key, scope in updates.items() if self._may_send(circuit, scope, key)]
            self._send(circuit, ((updates[key], key) for key in keys))
        for neighbour, updates in direct.items():
            self._send_to(neighbour, updates, neighbour.sent)
        for neighbour, updates in requested.items():
            self._send_to(neighbour, updates, neighbour.answered)
        for neighbour, headers in acknowledged.items():
            self._acknowledge(neighbour.circuit, headers, neighbour.circuit.to(neighbour))

    def acknowledge_due(self, name: str) -> None:
        """Send the delayed acknowledgements of an interface."""
        circuit = self._router.circuits[name]
        self._acknowledge(circuit, self._delayed.pop(circuit, {}), circuit.to_all)

    def retransmit(self, neighbour: Neighbour, keys: Iterable[tuple[Scope, LsaKey]]) -> int:
        """As many LSAs as fit in one packet, sent "directly to the neighbor" (section 13.6); how many those are."""
        circuit = neighbour.circuit
        packets = self._packed(circuit, keys, neighbour.sent)
        lsas = next(packets, [])
        self._update(circuit, lsas, circuit.to(neighbour))
        return len(lsas)

    def _may_send(self, circuit: Circuit, scope: Scope, key: LsaKey) -> bool:
        """Whether an LSA is flooded now. Whoever has got another instance of it a moment ago would throw it away: it is
        sent to him alone, when he takes it; where that are all who wait for it, to all together.

        Who has got that in answer to a request may take it at once (13 (5a) speaks of "flooding"), as we do. He may
        have just come back, and packets be on their way through him already: so he gets it now, and once more when
        those take it that count an answer, too.

        Where everybody has sent it himself before ours could leave, nobody waits. But they wait: what would have been
        the "implied acknowledgment" of theirs (13 (7) (a)) stays here, so it is said in so many words."""
        router, stored = self._router, scope.lsdb.get(key)
        waiting = [each for each in circuit.neighbours.values() if key in each.retransmissions]
        if stored is None:
            return False
        header = scope.header(stored, router.now)
        if not waiting:
            if any(each.state >= NeighbourState.EXCHANGE for each in circuit.neighbours.values()):
                self.acknowledge_later(circuit, header)
            return False
        again = {each: when for each in waiting if (when := self._takes(each, header)) > router.now}
        if len(again) == len(waiting):
            paced = self._paced.setdefault(circuit, {})
            if not paced:
                router.timers.set(("paced", circuit.name), min(again.values()))
            paced[key] = scope
            return False
        for neighbour in waiting:
            when = max(again.get(neighbour, 0.0), self._after((neighbour.answered,), header))
            if when > router.now:
                router.await_acknowledgement(neighbour, key, when)
        return True

    def _takes(self, neighbour: Neighbour, header: LsaHeader) -> float:
        """From when on it takes this instance of an LSA."""
        return self._after((neighbour.sent, neighbour.circuit.sent), header)

    def _after(self, sent: Iterable[Recent[LsaKey, LsaHeader]], header: LsaHeader) -> float:
        """When others that were sent of late no longer stand in its way."""
        now = self._router.now
        lasts = [each.get(header.key, now) for each in sent]
        return max((last[0] + PACE for last in lasts if last is not None and newer(header, last[1]) > 0), default=now)

    def paced_due(self, name: str) -> None:
        """What has waited long enough leaves; what has not waits on."""
        circuit = self._router.circuits[name]
        for key, scope in self._paced.pop(circuit, {}).items():
            self.flood(circuit, scope, key)

    def _send(self, circuit: Circuit, keys: Iterable[tuple[Scope, LsaKey]]) -> None:
        for lsas in self._packed(circuit, keys, circuit.sent):
            self._update(circuit, lsas, circuit.to_all)

    def _send_to(self, neighbour: Neighbour, updates: Updates, sent: Recent[LsaKey, LsaHeader]) -> None:
        circuit = neighbour.circuit
        if neighbour.state >= NeighbourState.EXCHANGE:
            for lsas in self._packed(circuit, ((scope, key) for key, scope in updates.items()), sent):
                self._update(circuit, lsas, circuit.to(neighbour))

    def _packed(
        self, circuit: Circuit, keys: Iterable[tuple[Scope, LsaKey]], sent: Recent[LsaKey, LsaHeader]
    ) -> Iterator[list[Lsa]]:
        """The LSAs as they leave, noted as `sent`: as many at a time as fit in a packet; one that is too long goes
        alone."""
        router = self._router
        room = left = circuit.room(router.auth.overhead) - _COUNT
        lsas: list[Lsa] = []
        for scope, key in keys:
            stored = scope.lsdb.get(key)
            if stored is None:
                continue
            if lsas and len(stored.lsa.data) > left:
                yield lsas
                lsas, left = [], room
            # "The LSA's LS age must be incremented by InfTransDelay (which must be > 0)" (13.3 (5))
            lsa = stored.lsa.aged(stored.age(router.now) + _TRANSMIT_DELAY)
            lsas.append(lsa)
            left -= len(lsa.data)
            sent.note(stored.key, stored.lsa.header, router.now)
            if stored.own:
                scope.said.add(key)
        if lsas:
            yield lsas

    def _update(self, circuit: Circuit, lsas: list[Lsa], to: Address) -> None:
        if lsas:
            self._router.send(circuit, Update(tuple(lsas)), to)

    def _acknowledge(self, circuit: Circuit, headers: Iterable[LsaHeader], to: Address) -> None:
        waiting = list(headers)
        fit = max(circuit.room(self._router.auth.overhead) // HEADER_LENGTH, 1)
        for start in range(0, len(waiting), fit):
            self._router.send(circuit, Acknowledgement(tuple(waiting[start : start + fit])), to)
