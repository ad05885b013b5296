"""`Router`: what the parts of an OSPF router share: its interfaces, areas, databases, the time, what goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.packet import ECHO_REPLY
from catenet.nodes.internet.icmp.packet import PROTOCOL as ICMP
from catenet.nodes.internet.ospf.area import Area, Scope
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.config import OnLan, OspfOptions
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.lsa import MIN_LS_INTERVAL, LsaKey, LsaType
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.packet import ALL_ROUTERS, PROTOCOL, Packet, PacketBody
from catenet.nodes.internet.ospf.reports import Reporter
from catenet.nodes.machine import Action, Interface, Ip, IpPacket, JoinGroup, OpenPort, Send
from catenet.nodes.timers import Timers

if TYPE_CHECKING:
    from catenet.nodes.internet.ospf.liveness import Liveness

__all__ = ["FLOODED_IN_AS", "KNOWN_TYPES", "OPAQUE_TYPES", "Router"]

OPAQUE_TYPES = frozenset((LsaType.OPAQUE_LINK, LsaType.OPAQUE_AREA, LsaType.OPAQUE_AS))
"""RFC 5250 section 3: we have no use for them, but pass them on."""
KNOWN_TYPES = frozenset(LsaType)
"""The LS types that may be listed and flooded; "If the LS type is unknown, discard the LSA" (section 13 (2))."""
FLOODED_IN_AS = frozenset((LsaType.EXTERNAL, LsaType.OPAQUE_AS))
"""Those flooded everywhere but in stub areas."""
_TOS = 0xC0
"""Precedence Internetwork Control, as section 4.3 wants it."""
_COLLECT, _FRESH, _PATIENCE = 0.05, 0.3, 1.0
"""Seconds for which news are collected before LSAs are made of them; for which a neighbour is awaited on a
point-to-point link that has just come up, as its ends seldom do so at once; and at most, while another neighbour is
just about to become adjacent: two instances of an LSA are 5 s apart, so the second one had better stand in the first.
"""
_ARRIVAL = 1.1
_KEPT = 1 << 16
"""Octets of Echo Replies that wait to be read: the answers of 256 neighbours, whoever floods."""

TimerKey = tuple[object, ...]
"""What is due: a word, and of whom."""


class Router:
    """One router. `me` is its Router ID, `now` the time of what is going on; `liveness`, which is to be set, its
    neighbours' BFD."""

    def __init__(
        self, me: Address, options: OspfOptions, auth: Authentication, reporter: Reporter, *, epoch: float
    ) -> None:
        """`epoch`: seconds since 1970 when the machine's clock was 0."""
        self.me = me
        self.options = options
        self.auth = auth
        self.reporter = reporter
        self.actions: list[Action] = reporter.actions
        self.counters: Counter[str] = reporter.counters
        self.now = 0.0
        self.timers: Timers[TimerKey] = Timers()
        self.interfaces: dict[str, Interface] = {}
        self.own_addresses: frozenset[Address] = frozenset()
        self.circuits: dict[str, Circuit] = {}
        self.areas: dict[Address, Area] = {}
        self.liveness: Liveness
        self.everywhere = Scope("")
        self.scopes = [self.everywhere]
        self.hello, self.dead = int(options.hello), int(options.dead)
        # So that a lab with short timers heals in its own time: MinLSInterval, and never under what the others take.
        self.min_ls_interval = max(_ARRIVAL, min(MIN_LS_INTERVAL, options.dead))
        self.stalled = max(options.dead, 4 * options.retransmit)
        """Seconds after which an exchange of which nothing comes begins again."""
        self.reconsider_at = inf
        """When it is to be looked whether our LSAs are still right."""
        self._reconsider_by = inf
        self.calculate = False
        """Whether something has changed that routes are calculated from."""
        self.met: list[Neighbour] = []
        """Neighbours that have reached 2-Way, or have left it."""
        self.settling = False
        """Whether LSAs at MaxAge may have become superfluous."""
        self._epoch = epoch
        self._last_sequence = 0

    # Its interfaces

    def add(self, interface: Interface, on: OnLan) -> Circuit:
        """Speak on an interface."""
        area = self.areas.get(on.area)
        if area is None:
            area = self.areas[on.area] = Area(on.area, on.kind, Scope(str(on.area)))
            self.scopes.append(area.scope)
        circuit = Circuit(interface, on, area, Scope(interface.name))
        self.scopes.append(circuit.links)
        self.circuits[circuit.name] = circuit
        for scope in (area.scope, circuit.links, *(() if area.stub else (self.everywhere,))):
            scope.circuits.append(circuit)
        if not on.passive:
            self.actions.append(OpenPort(circuit.port, ttl=1, tos=_TOS, fragments=True))
            self.actions.append(JoinGroup(circuit.port, ALL_ROUTERS))
        if on.measured:
            self.actions.append(OpenPort(Ip(ICMP, circuit.name), ttl=1, keeps=_KEPT, kinds=(ECHO_REPLY,)))
            self.timers.set(("echo", circuit.name), self.now)
        return circuit

    def set_interface(self, interface: Interface) -> None:
        """One of the node's interfaces is as this says."""
        self.interfaces[interface.name] = interface
        self.own_addresses = frozenset(each.address for each in self.interfaces.values())

    @property
    def up(self) -> list[Circuit]:
        """The interfaces that are not Down."""
        return [circuit for circuit in self.circuits.values() if circuit.up]

    @property
    def attached(self) -> list[Area]:
        """The areas that it is "actively attached to" (section 12.4.1)."""
        areas = {circuit.area.id: circuit.area for circuit in self.up}
        return [areas[id_] for id_ in sorted(areas)]

    @property
    def border(self) -> bool:
        """Whether it is an area border router."""
        return len(self.attached) > 1

    @property
    def neighbours(self) -> Iterator[Neighbour]:
        """Those of all interfaces."""
        return (neighbour for circuit in self.circuits.values() for neighbour in circuit.neighbours.values())

    @property
    def exchanging(self) -> bool:
        """Whether a neighbour is in state Exchange or Loading."""
        return any(NeighbourState.EXCHANGE <= each.state <= NeighbourState.LOADING for each in self.neighbours)

    # Its databases

    def scope(self, kind: int, circuit: Circuit) -> Scope:
        """Where an LSA of that type belongs that comes in on that interface."""
        if kind in FLOODED_IN_AS:
            return self.everywhere
        return circuit.links if kind == LsaType.OPAQUE_LINK else circuit.area.scope

    def next_sequence(self) -> int:
        """A DD sequence number: "some unique value (like the time of day clock)" (section 10.3)."""
        self._last_sequence = max(self._last_sequence + 1, int(self._epoch + self.now))
        return self._last_sequence & 0xFFFFFFFF

    # What goes out

    def send(self, circuit: Circuit, body: PacketBody, to: Address) -> None:
        """One packet, sealed and counted."""
        if not circuit.up or circuit.on.passive:
            return
        data = self.auth.seal(bytes(Packet(self.me, circuit.area.id, body)), circuit.name, self.now)
        if not data:
            self.counters["withheld.no-key"] += 1
            return
        self.counters[f"sent.{type(body).__name__.lower()}"] += 1
        self.actions.append(Send(IpPacket(data, circuit.address, to, PROTOCOL, circuit.name)))

    def await_acknowledgement(self, neighbour: Neighbour, key: LsaKey, due: float) -> None:
        """Put an LSA on a neighbour's Link state retransmission list: it is sent at that time, if need be."""
        neighbour.retransmissions[key] = due
        self.retransmit_at(neighbour, due)

    def retransmit_at(self, neighbour: Neighbour, due: float) -> None:
        """Look at its Link state retransmission list at that time, or earlier."""
        if due < neighbour.retransmit_at:
            neighbour.retransmit_at = due
            self.timers.set(("retransmit", neighbour.circuit.name, neighbour.key), due)

    # What has changed

    def reconsider(self, *, urgent: bool) -> None:
        """Look soon whether our LSAs are still right; `urgent`: at once, as something was lost."""
        self._reconsider_by = self.now if urgent else min(self._reconsider_by, self.now + _PATIENCE)
        self.reconsider_at = min(self.reconsider_at, self._reconsider_by, self.now + _COLLECT)

    @property
    def _expecting(self) -> bool:
        """Whether a neighbour is about to become adjacent: it is in state Exchange or Loading, or should be in a
        moment, as a point-to-point link has just come up."""
        return self.exchanging or any(
            circuit.point_to_point
            and not circuit.on.passive
            and self.now < circuit.since + _FRESH
            and not any(circuit.in_state(NeighbourState.FULL))
            for circuit in self.up
        )

    def is_time_to_reconsider(self) -> bool:
        """Whether it has come; then it is over. It is put off while another neighbour is about to become adjacent,
        unless something was lost."""
        if self.now < self.reconsider_at:
            return False
        if self.now < self._reconsider_by and self._expecting:
            self.reconsider_at = min(self.now + _COLLECT, self._reconsider_by)
            return False
        self.reconsider_at = self._reconsider_by = inf
        return True
