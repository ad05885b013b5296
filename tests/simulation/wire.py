"""What happens in the simulated network between two faults: machines want something, packets travel, timers ring."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import streams
from node import Node, Process, Said, destination_of, from_address

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import (
    Action,
    ClosePort,
    Connect,
    Datagram,
    DeleteRoute,
    Endpoint,
    Flush,
    Frame,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    Machine,
    OpenPort,
    PortAware,
    Report,
    Send,
    SetRoute,
    Unit,
)

if TYPE_CHECKING:
    from catenet.nodes.runtime.tls import ServiceTls

__all__ = ["BUFFER", "Hop", "Lan", "Wire"]

BUFFER = 200
"""How many packets wait for a paused node, like a socket's buffer; what comes then is lost."""
TTL = 64
"""Of a packet that says nothing else; a group's has 1."""
LARGEST = 65_507
"""Octets of the largest datagram; one that is larger than a LAN's MTU travels whole, as if in fragments."""
TURNS = 1000


class Hop(NamedTuple):
    """A packet that a node put on a LAN, and when."""

    at: float
    node: str
    packet: Unit


@dataclass(slots=True)
class Lan:
    """One network. `delay` and `jitter` are seconds, `loss` and `duplicate` are probabilities, `mtu` octets."""

    name: str
    prefix: Prefix
    members: dict[str, Address] = field(default_factory=dict)
    owners: dict[Address, str] = field(default_factory=dict)
    hardware: dict[bytes, str] = field(default_factory=dict)
    mtu: int = 1500
    up: bool = True
    delay: float = 0.001
    jitter: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether every packet arrives, once, after the same time."""
        return self.up and not (self.jitter or self.loss or self.duplicate)


class Wire:
    """LANs, nodes, the clock, and what is under way."""

    def __init__(self, seed: int, *, record: bool, reports: bool) -> None:
        self.now = 0.0
        self.lans: dict[str, Lan] = {}
        self.nodes: dict[str, Node] = {}
        self.sent = 0
        self.record: list[Hop] | None = [] if record else None
        self.slicing = random.Random(f"{seed} slicing")
        self._reports = reports
        self._random = random.Random(seed)
        self._owners: dict[Address, Node] = {}
        self._tls: dict[str, ServiceTls] = {}
        self.connections: list[tuple[str, Endpoint]] = []  # that stood: who opened them, and to where
        self._connection = streams.FIRST_PORT
        self._queue: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self.order = 0

    def at(self, time: float, function: Callable[..., None], *arguments: object) -> None:
        """Call it at that time of the network's."""
        self.order += 1
        heapq.heappush(self._queue, (time, self.order, function, arguments))

    def advance(self, until: float) -> None:
        queue = self._queue
        while queue and queue[0][0] <= until:
            self.now, _, function, arguments = heapq.heappop(queue)
            function(*arguments)
        self.now = until

    def _ring(self, process: Process, machine: Machine, time: float) -> None:
        node = process.node
        if process.machine is not machine or process.alarm != time:
            return
        process.alarm = inf
        if node.paused:
            return
        due = machine.next_wake()
        if due is not None and due - node.offset <= self.now:
            machine.wake(self.now + node.offset)
        self.settle(process)

    # What machines want

    def settle(self, process: Process) -> None:
        """Perform what the machine wants, and set the alarm to its next wake unless an earlier one is set."""
        machine, node = process.machine, process.node
        if machine is None or node.paused:
            return
        for _ in range(TURNS):
            again = False
            for action in machine.take_actions():
                kind = type(action)
                if kind is Send:
                    self._send(process, action.packet)
                elif kind is SetRoute:
                    process.set_route(action.prefix, action.next_hops)
                else:
                    again = self._perform(process, action) or again
            if not again:
                break
        else:
            raise AssertionError(f"{node.name} wants something for ever")
        due = machine.next_wake()
        if due is not None and due - node.offset < process.alarm:
            process.alarm = max(due - node.offset, self.now)
            self.at(process.alarm, self._ring, process, machine, process.alarm)

    def keep_reports(self, node: Node, reports: Iterable[Report]) -> None:
        if self._reports:
            node.said += [Said(self.now, report) for report in reports]

    def _perform(self, process: Process, action: Action) -> bool:
        """Gives whether the machine was called."""
        node = process.node
        if isinstance(action, DeleteRoute):
            process.delete_route(action.prefix)
        elif isinstance(action, Report):
            self.keep_reports(node, (action,))
        elif isinstance(action, OpenPort):
            return self._open(process, action)
        elif isinstance(action, ClosePort):
            node.close_port(action)
        elif isinstance(action, JoinGroup | LeaveGroup):
            node.change_group(action)
        elif isinstance(action, Connect):
            streams.connect(self, process, action)
        elif isinstance(action, Flush):
            end = process.ends.get(id(action.stream))
            if end is not None:
                self.at(self.now, end.pump)
        return False

    def _open(self, process: Process, asked: OpenPort) -> bool:
        machine, now = process.machine, self.now + process.node.offset
        port = process.node.open_port(process, asked)
        if isinstance(machine, PortAware):
            if port is None:
                machine.port_failed(asked, "Address already in use", now)
            else:
                machine.port_opened(asked, port, now)
            return True
        assert port is not None, f"{process.node.name}: {asked.port} is open already"
        return False

    def path(self, source: str, target: Address, limit: int = 32) -> list[str]:
        """The nodes that a packet passes from a node to an address, by the kernels' tables; [] if it gets lost.

        Raises:
            AssertionError: it runs in circles.

        """
        passed = [source]
        while len(passed) <= limit:
            node = self.nodes[passed[-1]]
            if not node.running:
                return []
            if target in node.addresses:
                return passed
            hop = node.next_hop(target)
            following = None if hop is None else self.lans[hop.interface].owners.get(hop.via)
            if hop is None or following is None or not self.lans[hop.interface].up:
                return []
            passed.append(following)
        raise AssertionError(f"a packet from {source} to {target} runs in circles: {passed}")

    # The wire

    def tls(self, node: Node) -> ServiceTls:
        """What a node speaks TLS with: a certificate of the authority that all trust."""
        from catenet.nodes.runtime.tls import ServiceTls
        from catenet.orchestrator.plan.authority import certify, trusted

        if node.name not in self._tls:
            told = certify("simulation", node.name, sorted(node.addresses), "tls", "on").to_json()
            self._tls[node.name] = ServiceTls(
                "tls", told, lambda word: node.counters.update([word]), trusted("simulation")
            )
        return self._tls[node.name]

    def owner(self, address: Address) -> Node | None:
        return self._owners.get(address)

    def ephemeral(self) -> int:
        """The number of a port that nobody has had."""
        self._connection += 1
        return self._connection

    def delay(self, name: str, target: Address) -> float | None:
        """Seconds that a packet takes from a node to an address now; None: it is lost."""
        if target in self.nodes[name].addresses:
            return 0.0
        delay = 0.0
        path = self.path(name, target)
        for here, there in pairwise(path):
            lan = next(
                (each for each in self.lans.values() if each.up and here in each.members and there in each.members),
                None,
            )
            if lan is None or (lan.loss and self.slicing.random() < lan.loss) or not self._hears(there, lan.name):
                return None
            delay += lan.delay + (self.slicing.random() * lan.jitter if lan.jitter else 0.0)
        return delay if path else None

    def _hears(self, name: str, lan: str) -> bool:
        node = self.nodes[name]
        condition = node.conditions.get(lan)
        return node.by_lan[lan].up and not (condition is not None and condition.drop)

    def _send(self, process: Process, packet: Unit) -> None:
        """By the port that it names, as that was asked for."""
        node = process.node
        if isinstance(packet, Frame):
            interface = node.by_lan[packet.interface]
            if len(packet.data) > self.lans[packet.interface].mtu:
                node.counters["send_failures"] += 1
                return
            self._transmit(node, packet if packet.source else packet._replace(source=interface.hardware), 0)
            return
        asked = None if process.hears_all else node.asked_of(process, packet)
        if not process.hears_all and asked is None:
            node.counters["send_failures"] += 1
            return
        ttl = packet.ttl or (asked.ttl if asked is not None else 0)
        if asked is not None and asked.tos and not packet.tos:
            packet = packet._replace(tos=asked.tos)
        self.route(node, packet, ttl or (1 if destination_of(packet).is_multicast else TTL))

    def route(self, node: Node, packet: Datagram | IpPacket, ttl: int) -> None:
        """To the next node on its way. The address to which it goes on the LAN is the LAN's business."""
        target = destination_of(packet)
        if len(packet.data) > LARGEST:
            node.counters["send_failures"] += 1
            return
        if target in node.addresses:
            self.at(self.now, self._deliver_here, node, packet, ttl)
            return
        lan, via = packet.interface, target
        if not lan or not (target.is_multicast or node.by_lan[lan].prefix.holds(target)):
            hop = node.next_hop(target, lan)
            if hop is None:
                node.counters["send_failures"] += 1
                return
            via, lan = hop
        packet = from_address(packet, node.by_lan[lan].address)
        if packet.interface != lan:
            packet = packet._replace(interface=lan)
        self._transmit(node, packet, ttl, via)

    def _transmit(self, node: Node, packet: Unit, ttl: int, via: Address | None = None) -> None:
        self.sent += 1
        if self.record is not None:
            self.record.append(Hop(self.now, node.name, packet))
        lan = self.lans[packet.interface]
        if not lan.up or not node.by_lan[packet.interface].up:
            return
        if via is None:
            assert isinstance(packet, Frame)
            one = lan.hardware.get(packet.destination)
            everybody = packet.destination[0] & 1
        else:
            one = lan.owners.get(via)
            everybody = via.is_multicast or via == lan.prefix.broadcast
        alone = [] if one is None else [one]
        receivers = [name for name in lan.members if name != node.name] if everybody else alone
        if lan.plain:
            if receivers:
                self.at(self.now + lan.delay, self._deliver, receivers, packet, ttl)
            return
        for receiver in receivers:
            copies = (self._random.random() >= lan.loss) + (self._random.random() < lan.duplicate)
            for _ in range(copies):
                late = self.now + lan.delay + self._random.random() * lan.jitter
                self.at(late, self._deliver, [receiver], packet, ttl)

    def _deliver(self, names: Iterable[str], packet: Unit, ttl: int) -> None:
        for name in names:
            node = self.nodes[name]
            if not node.running or not self._hears(name, packet.interface):
                continue
            if node.paused:
                if len(node.backlog) < BUFFER:
                    node.backlog.append((packet, ttl))
                continue
            if type(packet) is Datagram and not packet.ttl and not packet.tos:  # the usual case, for speed
                process = node.direct.get((packet.destination, packet.interface))
                if process is not None and process.machine is not None:
                    process.machine.receive(packet, self.now + node.offset)
                    self.settle(process)
                    continue
            if isinstance(packet, Frame) or node.is_for_us(packet):
                self._deliver_here(node, packet, ttl)
            elif not node.forwards or ttl <= 1:
                node.counters["not forwarded" if not node.forwards else "ttl exceeded"] += 1
            else:
                self.route(node, packet._replace(interface=""), ttl - 1)

    def _deliver_here(self, node: Node, packet: Unit, ttl: int) -> None:
        for process, heard in node.hearers(packet, ttl):
            if process.machine is not None:
                process.machine.receive(heard, self.now + node.offset)
                self.settle(process)
