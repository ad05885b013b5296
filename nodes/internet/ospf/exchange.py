"""The Database Exchange (RFC 2328 sections 10.3, and 10.6 to 10.9): how two neighbours come to have one database.

Here the neighbour machine is executed, whatever the event is.
"""

from __future__ import annotations

from catenet.nodes.internet.ospf.interface_states import InterfaceEvent
from catenet.nodes.internet.ospf.lsa import HEADER_LENGTH, MAX_AGE, LsaHeader, LsaKey
from catenet.nodes.internet.ospf.lsdb import MAX_LSAS
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.neighbour_states import (
    TRANSITIONS,
    NeighbourAction,
    NeighbourEvent,
    NeighbourState,
)
from catenet.nodes.internet.ospf.packet import INIT, MASTER, MORE, OPAQUE, Description, Request
from catenet.nodes.internet.ospf.router import FLOODED_IN_AS, KNOWN_TYPES, OPAQUE_TYPES, Router
from catenet.nodes.internet.ospf.sending import Outbox

__all__ = ["Exchange"]

_DESCRIPTION = 8
"""Octets of a Database Description before its headers."""
_KEY = 12
_AGAIN = 0.05
"""Seconds: so soon the first Database Description is sent once more to who shows that it has not heard it."""


class Exchange:
    """With all neighbours of a router."""

    def __init__(self, router: Router, outbox: Outbox) -> None:
        self._router = router
        self._outbox = outbox
        self.answered = False
        """Whether something has come that was requested."""

    # The neighbour machine (10.3)

    def event(self, neighbour: Neighbour, event: NeighbourEvent, cause: str) -> None:
        """Something happens to a conversation. `cause`: in words, why a state changes by it."""
        row = TRANSITIONS[neighbour.state, event]
        if row.action is NeighbourAction.CONSIDER:
            new = NeighbourState.EX_START if self._adjacent(neighbour) else NeighbourState.TWO_WAY
        elif row.action is NeighbourAction.RECONSIDER:
            new = neighbour.state if self._adjacent(neighbour) else NeighbourState.TWO_WAY
        elif row.action is NeighbourAction.COMPLETE:
            new = NeighbourState.LOADING if neighbour.requests else NeighbourState.FULL
        else:
            new = row.new[0] if row.new else neighbour.state
        if new < neighbour.state:
            neighbour.clear()
        if new != neighbour.state:
            self._move(neighbour, new, cause)

    def _adjacent(self, neighbour: Neighbour) -> bool:
        """Whether to become adjacent (section 10.4)."""
        circuit = neighbour.circuit
        return circuit.point_to_point or circuit.elected or neighbour.elected

    def _move(self, neighbour: Neighbour, new: NeighbourState, cause: str) -> None:
        router, was = self._router, neighbour.state
        neighbour.state, neighbour.since, neighbour.cause = new, router.now, cause
        router.reporter.neighbour_changed(neighbour, was, router.now)
        if (new >= NeighbourState.TWO_WAY) != (was >= NeighbourState.TWO_WAY):
            neighbour.circuit.due[InterfaceEvent.NEIGHBOUR_CHANGE] = None
            router.met.append(neighbour)
        if NeighbourState.FULL in (new, was):
            router.reconsider(urgent=was == NeighbourState.FULL)
        router.settling = True
        if new == NeighbourState.EX_START:
            self._begin(neighbour)
        elif new == NeighbourState.EXCHANGE:
            self._list(neighbour)
            neighbour.proceeded = router.now
            router.timers.set(("stalled", neighbour.circuit.name, neighbour.key), router.now + router.stalled)
        if new < NeighbourState.EX_START:
            self._stop_timers(neighbour)

    def _stop_timers(self, neighbour: Neighbour) -> None:
        for word in ("describe", "request", "retransmit", "stalled"):
            self._router.timers.cancel((word, neighbour.circuit.name, neighbour.key))

    def stalled_due(self, neighbour: Neighbour) -> None:
        """Where for long nothing has come that is waited for, the exchange begins anew. It would go on asking for ever,
        and while anybody is in Exchange or Loading, no LSA at MaxAge may be forgotten (section 14)."""
        router = self._router
        if not NeighbourState.EXCHANGE <= neighbour.state <= NeighbourState.LOADING:
            return
        due = neighbour.proceeded + router.stalled
        if router.now < due:
            router.timers.set(("stalled", neighbour.circuit.name, neighbour.key), due)
            return
        waits = "Database Description" if neighbour.state == NeighbourState.EXCHANGE else "LSA that was requested"
        cause = f"the exchange begins again: no {waits} has come for {router.stalled:g} s"
        self.event(neighbour, NeighbourEvent.SEQUENCE_MISMATCH, cause)

    # Describing the database (10.8)

    def _begin(self, neighbour: Neighbour) -> None:
        """ "It then declares itself master […], and starts sending Database Description Packets, with the initialize
        (I), more (M) and master (MS) bits set" (10.3, Init)."""
        self._stop_timers(neighbour)
        neighbour.master, neighbour.last = True, None
        # Never one that was used in an earlier attempt: its packets may still be under way.
        neighbour.sequence = max(self._router.next_sequence(), neighbour.sequence + 1) & 0xFFFFFFFF
        self._describe(neighbour, INIT | MORE | MASTER, ())

    def _list(self, neighbour: Neighbour) -> None:
        """ "LSAs whose age is equal to MaxAge are instead added to the neighbor's Link state retransmission list."
        (10.3, ExStart)

        Of a first packet of the master's that has come twice, the answers look alike: which of them it has taken is not
        known here. So what is new since the first list goes to that list, too.
        """
        router, circuit, now = self._router, neighbour.circuit, self._router.now
        opaque = bool(neighbour.options & OPAQUE)
        again = not neighbour.master and neighbour.adopted == neighbour.sequence
        for scope in (circuit.area.scope, circuit.links, *(() if circuit.area.stub else (router.everywhere,))):
            for stored in scope.lsdb.values():
                key = stored.lsa.key
                if key.type in OPAQUE_TYPES and not opaque:
                    continue
                valid = stored.age(now) < MAX_AGE
                if valid:
                    neighbour.summary.append(key)
                if not valid or (again and stored.received >= neighbour.listed):
                    router.await_acknowledgement(neighbour, key, now)
        neighbour.summary.reverse()
        neighbour.listed, neighbour.adopted = now, None if neighbour.master else neighbour.sequence

    def _describe(self, neighbour: Neighbour, flags: int, headers: tuple[LsaHeader, ...]) -> None:
        circuit = neighbour.circuit
        options = circuit.options | OPAQUE
        neighbour.description = Description(circuit.interface.mtu, options, flags, neighbour.sequence, headers)
        self._send_description(neighbour)

    def _send_description(self, neighbour: Neighbour) -> None:
        """Once more, too. The master sends it again every RxmtInterval "without an acknowledgment" (10.8)."""
        router, circuit = self._router, neighbour.circuit
        if neighbour.description is None:
            return
        router.send(circuit, neighbour.description, circuit.to(neighbour))
        neighbour.sent_at = router.now
        if neighbour.master:
            router.timers.set(("describe", circuit.name, neighbour.key), router.now + router.options.retransmit)

    def describe_due(self, neighbour: Neighbour) -> None:
        """The timer for the last Database Description has run out."""
        if neighbour.state in (NeighbourState.EX_START, NeighbourState.EXCHANGE):
            self._send_description(neighbour)

    def _describe_next(self, neighbour: Neighbour) -> None:
        """ "Describes the current top of the Database summary list" (10.8)."""
        router, circuit = self._router, neighbour.circuit
        fit = max((circuit.room(router.auth.overhead) - _DESCRIPTION) // HEADER_LENGTH, 1)
        headers: list[LsaHeader] = []
        while neighbour.summary and len(headers) < fit:
            key = neighbour.summary.pop()
            scope = router.scope(key.type, circuit)
            stored = scope.lsdb.get(key)
            if stored is not None:
                headers.append(scope.header(stored, router.now))
                if stored.own:
                    scope.said.add(key)
        flags = (MASTER if neighbour.master else 0) | (MORE if neighbour.summary else 0)
        self._describe(neighbour, flags, tuple(headers))

    # Hearing it described (10.6)

    def receive_description(self, neighbour: Neighbour, said: Description) -> None:
        """A Database Description came in; its MTU is one that we can take."""
        if neighbour.state == NeighbourState.INIT:
            self.event(neighbour, NeighbourEvent.TWO_WAY_RECEIVED, "it sends Database Descriptions")
        if neighbour.state < NeighbourState.EX_START:
            self._router.counters["ignored.description"] += 1
        elif neighbour.state == NeighbourState.EX_START:
            self._negotiate(neighbour, said)
        elif neighbour.last == said._replace(mtu=0):
            self._repeat(neighbour)
        elif why := self._out_of_order(neighbour, said):
            self.event(neighbour, NeighbourEvent.SEQUENCE_MISMATCH, f"the exchange begins again: {why}")
        else:
            self._accept(neighbour, said)

    def _negotiate(self, neighbour: Neighbour, said: Description) -> None:
        router = self._router
        first = INIT | MORE | MASTER
        if said.flags & first == first and not said.headers and neighbour.router > router.me:
            neighbour.master, neighbour.sequence = False, said.sequence
            router.timers.cancel(("describe", neighbour.circuit.name, neighbour.key))
        elif said.flags & INIT and neighbour.router < router.me:
            # It has not heard ours, or would have become the slave; no need to let RxmtInterval pass.
            again = max(router.now, neighbour.sent_at + _AGAIN)
            router.timers.set(("describe", neighbour.circuit.name, neighbour.key), again)
            return
        elif said.flags & (INIT | MASTER) or said.sequence != neighbour.sequence or neighbour.router > router.me:
            router.counters["ignored.description"] += 1
            return
        neighbour.options = said.options
        who = "this router" if neighbour.master else "it"
        self.event(neighbour, NeighbourEvent.NEGOTIATION_DONE, f"{who} is master of the database exchange")
        self._accept(neighbour, said)

    def _repeat(self, neighbour: Neighbour) -> None:
        """A duplicate: "discarded by the master, and cause the slave to retransmit the last Database Description packet
        that it had sent", for RouterDeadInterval after the end (10.6, 10.8)."""
        router = self._router
        if neighbour.master:
            return
        if neighbour.state > NeighbourState.EXCHANGE and router.now >= neighbour.completed + router.dead:
            self.event(
                neighbour, NeighbourEvent.SEQUENCE_MISMATCH, "the exchange begins again: a late Database Description"
            )
        else:
            self._send_description(neighbour)

    def _out_of_order(self, neighbour: Neighbour, said: Description) -> str:
        """Why a Database Description cannot be the next one; "" where it is."""
        if neighbour.state > NeighbourState.EXCHANGE:
            return "another Database Description, after the last one"
        if bool(said.flags & MASTER) == neighbour.master:
            return "it changes its mind about who is master"
        if said.flags & INIT:
            return "it begins anew"
        if said.options != neighbour.options:
            return "its Options have changed"
        expected = neighbour.sequence if neighbour.master else neighbour.sequence + 1 & 0xFFFFFFFF
        return "" if said.sequence == expected else f"DD sequence number {said.sequence}, not {expected}"

    def _accept(self, neighbour: Neighbour, said: Description) -> None:
        """The next in sequence."""
        neighbour.last, neighbour.proceeded = said._replace(mtu=0), self._router.now
        for header in said.headers:
            if why := self._take_header(neighbour, header):
                self.event(neighbour, NeighbourEvent.SEQUENCE_MISMATCH, f"the exchange begins again: {why}")
                return
        sent_more = neighbour.description is not None and bool(neighbour.description.flags & MORE)
        if neighbour.master:
            neighbour.sequence = neighbour.sequence + 1 & 0xFFFFFFFF
            over = not sent_more and not said.flags & MORE
            if not over:
                self._describe_next(neighbour)
        else:
            neighbour.sequence = said.sequence
            self._describe_next(neighbour)
            over = (
                not said.flags & MORE and neighbour.description is not None and not neighbour.description.flags & MORE
            )
        if over:
            self._complete(neighbour)
        self._request(neighbour)

    def _complete(self, neighbour: Neighbour) -> None:
        self._router.timers.cancel(("describe", neighbour.circuit.name, neighbour.key))
        neighbour.completed = self._router.now
        self.event(neighbour, NeighbourEvent.EXCHANGE_DONE, "both know what the other has")

    def _take_header(self, neighbour: Neighbour, header: LsaHeader) -> str:
        """Request an LSA where it is newer than ours. Why its being there is an error; "": it is none."""
        router, circuit = self._router, neighbour.circuit
        if header.type not in KNOWN_TYPES:
            return f"it lists an LSA of the unknown type {header.type}"
        if header.type in FLOODED_IN_AS and circuit.area.stub:
            return f"it lists an LSA of type {header.type} in a stub area"
        scope = router.scope(header.type, circuit)
        stored = scope.lsdb.get(header.key)
        if stored is None or scope.order(header, stored, router.now) > 0:
            if len(neighbour.requests) >= MAX_LSAS:
                return f"it lists more than {MAX_LSAS} LSAs"
            neighbour.requests[header.key] = header
        return ""

    # Requests (10.7, 10.9)

    def _request(self, neighbour: Neighbour) -> None:
        """ "There should be at most one Link State Request packet outstanding at any one time." (10.9)"""
        if neighbour.requests and not neighbour.requested:
            fit = max(neighbour.circuit.room(self._router.auth.overhead) // _KEY, 1)
            neighbour.requested.update(key for key, _ in zip(neighbour.requests, range(fit), strict=False))
            self._send_request(neighbour)

    def _send_request(self, neighbour: Neighbour) -> None:
        router, circuit = self._router, neighbour.circuit
        router.send(circuit, Request(tuple(sorted(neighbour.requested))), circuit.to(neighbour))
        router.timers.set(("request", circuit.name, neighbour.key), router.now + router.options.retransmit)

    def request_due(self, neighbour: Neighbour) -> None:
        """What was requested has not come: ask again."""
        if neighbour.requested:
            self._send_request(neighbour)

    def has_come(self, neighbour: Neighbour, key: LsaKey) -> None:
        """An LSA on its request list, or a newer instance, has been installed."""
        if neighbour.requests.pop(key, None) is not None:
            neighbour.requested.discard(key)
            self.answered = True
            neighbour.proceeded = self._router.now

    def proceed(self) -> None:
        """LSAs have come that were requested: ask for more, or end it."""
        self.answered = False
        for neighbour in tuple(self._router.neighbours):
            if neighbour.state >= NeighbourState.EXCHANGE:
                self._proceed(neighbour)

    def _proceed(self, neighbour: Neighbour) -> None:
        if not neighbour.requested:
            self._router.timers.cancel(("request", neighbour.circuit.name, neighbour.key))
        if neighbour.state == NeighbourState.LOADING and not neighbour.requests:
            self.event(neighbour, NeighbourEvent.LOADING_DONE, "all has come that was requested")
        else:
            self._request(neighbour)

    def receive_request(self, neighbour: Neighbour, asked: Request) -> None:
        """ "If an LSA cannot be found in the database, something has gone wrong" (10.7)."""
        if neighbour.state < NeighbourState.EXCHANGE:
            self._router.counters["ignored.request"] += 1
            return
        for key in asked.keys:
            scope = self._router.scope(key.type, neighbour.circuit) if key.type in KNOWN_TYPES else None
            if scope is None or scope.lsdb.get(key) is None:
                cause = "the exchange begins again: it requests an LSA that is not here"
                self.event(neighbour, NeighbourEvent.BAD_REQUEST, cause)
                return
            self._outbox.answer_request(neighbour, scope, key)
