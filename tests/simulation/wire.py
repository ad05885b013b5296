"""What happens in the simulated network between two faults: machines want something, packets travel, timers ring."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from math import inf
from typing import TYPE_CHECKING

import forwarding
import jobs
import own_stack
import streams
from forwarding import TTL
from lans import Hop, Lan
from node import LIMITED, LOOPBACK, Node, Process, Said
from sockets import destination_of, leaves_by
from suffering import damaged, octets

from catenet.nodes.address import Address
from catenet.nodes.link.ethernet.hardware import ARP, IPV4
from catenet.nodes.link.impairment.channel import NEVER
from catenet.nodes.machine import (
    Accepting,
    Action,
    Answering,
    ClosePort,
    Connect,
    Connecting,
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
    Work,
)

if TYPE_CHECKING:
    from catenet.nodes.runtime.tls import ServiceTls

__all__ = ["BUFFER", "Wire"]

BUFFER = 200
"""How many packets wait for a paused node, like a socket's buffer; what comes then is lost."""
HARDWARE = 6
"""Octets of a hardware address."""
LARGEST = {Datagram: 65_507, IpPacket: 65_515}
"""Octets of data at the most, by kind; what is larger than a LAN's MTU travels whole, as if in fragments."""
TURNS = 1000
_TCP = 54
"""Octets of the headers of a frame of a connection's: Ethernet's, IPv4's and TCP's."""


class Wire:
    """LANs, nodes, the clock, and what is under way."""

    def __init__(self, seed: int, *, record: bool, reports: bool, icmp: bool) -> None:
        self.now = 0.0
        self.lans: dict[str, Lan] = {}
        self.nodes: dict[str, Node] = {}
        self.sent = 0
        self.record: list[Hop] | None = [] if record else None
        self.slicing = random.Random(f"{seed} slicing")
        self.icmp = icmp
        self._reports = reports
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
                    process.set_route(action)
                else:
                    again = self._perform(process, action) or again
            if not again:
                break
        else:
            raise AssertionError(f"{node.name} wants something for ever")
        if node.own is not None and process is node.own.process:
            node.own.hand_up()
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
            process.close_port(action.port)
        elif isinstance(action, JoinGroup | LeaveGroup):
            process.change_group(action)
        elif isinstance(action, Connect):
            streams.connect(self, process, action)
        elif isinstance(action, Work):
            jobs.perform(self, process, action)
        elif isinstance(action, Flush):
            if not isinstance(process.machine, Accepting | Connecting):
                raise TypeError(f"{process.machine!r} is neither Accepting nor Connecting, and wants {action!r}")
            end = process.ends.get(id(action.stream))
            if end is not None:
                self.at(self.now, end.pump)
        return False

    def _open(self, process: Process, asked: OpenPort) -> bool:
        machine, now = process.machine, self.now + process.node.offset
        aware = machine if isinstance(machine, PortAware) else None
        try:
            port = process.open_port(asked)
        except OSError as error:
            if aware is None:
                raise OSError(error.errno, f"{process.node.name}: {asked.port}: {error.strerror}") from None
            aware.port_failed(asked, error.strerror or str(error), now)
        else:
            if aware is not None:
                aware.port_opened(asked, port, now)
        return aware is not None

    def path(self, source: str, target: Address, limit: int = 32) -> list[str]:
        """The nodes that a packet passes from a node to an address, by the kernels' tables; [] if it gets lost.

        Raises:
            AssertionError: it runs in circles.

        """
        way = self.way(source, target, limit)
        return [] if way is None else [source, *(name for name, _ in way)]

    def way(self, source: str, target: Address, limit: int = 32) -> list[tuple[str, str]] | None:
        """As `path`: each node behind the first, and by which LAN it is reached."""
        way: list[tuple[str, str]] = []
        while len(way) < limit:
            node = self.nodes[way[-1][0] if way else source]
            if not node.running:
                return None
            if target in node.addresses:
                return way
            hop = node.next_hop(target)
            if hop is None or not self.lans[hop.interface].up or not node.by_lan[hop.interface].up:
                return None
            following = self.lans[hop.interface].owners.get(hop.via)
            if following is None:
                return None
            way.append((following, hop.interface))
        passed = [source, *(name for name, _ in way)]
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

    def ephemeral(self) -> int:
        """The number of a port that nobody has had."""
        self._connection += 1
        return self._connection

    def delay_by(self, source: str, way: Iterable[tuple[str, str]], size: int) -> float | None:
        """Seconds that so many octets of a connection's take by it now; None: they are lost, or one bit of them is
        another, which TCP's checksum finds out. A copy changes nothing.
        """
        delay = 0.0
        for there, by in way:
            channel = self.nodes[source].channels.get(by)
            if channel is not None:
                due = channel.take(size + _TCP, self.now + delay)
                if due == NEVER or channel.flaw != NEVER:
                    return None
                delay = due - self.now
            if not self._hears(there, by):
                return None
            delay += self.lans[by].delay
            source = there
        return delay

    def _hears(self, name: str, lan: str) -> bool:
        node = self.nodes[name]
        condition = node.conditions.get(lan)
        return node.by_lan[lan].up and not (condition is not None and condition.drop)

    def _send(self, process: Process, packet: Unit) -> None:
        """By the port that it names, as that was asked for."""
        node, ttl = process.node, 0
        if node.own is not None and not isinstance(packet, Frame):
            node.own.send(process, packet)
            return
        if not process.hears_all:
            opened = leaves_by(process.ports, packet)
            sent = None if opened is None else node.as_sent(opened, packet)
            if opened is None or sent is None:
                node.counters["send_failures"] += 1
                return
            packet, ttl = sent, opened.asked.ttl
        if isinstance(packet, Frame):
            self._send_frame(node, packet)
        else:
            self.route(node, packet, packet.ttl or ttl or (1 if destination_of(packet).is_multicast else TTL))

    def _send_frame(self, node: Node, frame: Frame) -> None:
        interface = node.by_lan.get(frame.interface)
        if interface is None or len(frame.data) > interface.mtu:
            node.counters["send_failures"] += 1
            return
        frame = frame if frame.source else frame._replace(source=interface.hardware)
        if len(frame.source) != HARDWARE or len(frame.destination) != HARDWARE:
            raise ValueError(f"{frame!r}: a hardware address has {HARDWARE} octets")
        self.transmit(node, frame, 0)

    def route(self, node: Node, packet: Datagram | IpPacket, ttl: int) -> None:
        """To the next node on its way. The address to which it goes on the LAN is the LAN's business."""
        target, lan = destination_of(packet), packet.interface
        fits = len(packet.data) <= LARGEST[type(packet)]
        if target in node.addresses and fits:
            packet = node.from_address(packet, target)
            self.at(self.now, self.deliver_here, node, packet._replace(interface=lan or LOOPBACK), ttl)
            return
        way = node.way_out(target, lan) if fits else None
        if way is None:
            node.counters["send_failures"] += 1
            return
        interface, via = way
        packet = node.from_address(packet, interface.address)
        if packet.interface != interface.name:
            packet = packet._replace(interface=interface.name)
        self.transmit(node, packet, ttl, via)

    def transmit(self, node: Node, packet: Unit, ttl: int, via: Address | None = None) -> None:
        if not node.by_lan[packet.interface].up:
            node.counters["send_failures"] += 1
            return
        self._note(node, packet)
        lan = self.lans[packet.interface]
        if not lan.up:
            return
        if via is None:
            assert isinstance(packet, Frame)
            one = lan.hardware.get(packet.destination)
            everybody = packet.destination[0] & 1
        else:
            one = lan.owners.get(via)
            everybody = via.is_multicast or via in (lan.prefix.broadcast, LIMITED)
        alone = [] if one is None else [one]
        receivers = [name for name in lan.members if name != node.name] if everybody else alone
        channel = node.channels.get(lan.name)
        if channel is None:
            self._carry(lan, receivers, packet, ttl)
            return
        due = channel.take(octets(packet), self.now)
        if channel.copy != NEVER:
            self.at(channel.copy, self._carry, lan, receivers, packet, ttl)
        if due != NEVER:
            sent = packet if channel.flaw == NEVER else damaged(packet, channel.flaw)
            self.at(due, self._carry, lan, receivers if sent is not None else [], packet if sent is None else sent, ttl)

    def _note(self, node: Node, packet: Unit) -> None:
        """What is counted and recorded: of a stack of ours the packets in its frames, and not its ARP."""
        if node.own is not None and isinstance(packet, Frame):
            if packet.ethertype == ARP:
                return
            if self.record is not None and packet.ethertype == IPV4:
                packet = own_stack.inside(packet)
        self.sent += 1
        if self.record is not None:
            self.record.append(Hop(self.now, node.name, packet))

    def _carry(self, lan: Lan, receivers: list[str], packet: Unit, ttl: int) -> None:
        if not lan.up:
            return
        if receivers:
            self.at(self.now + lan.delay, self._deliver, receivers, packet, ttl)

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
            if isinstance(packet, Frame):
                self.deliver_here(node, packet, ttl)
            else:
                forwarding.take(self, node, packet, ttl)

    def deliver_here(self, node: Node, packet: Unit, ttl: int) -> None:
        hearers = node.hearers(packet, ttl)
        if not isinstance(packet, Frame):
            forwarding.answer(self, node, packet, ttl, heard=bool(hearers))
        for process, asked, heard in hearers:
            self.hand(process, asked, heard)

    def hand(self, process: Process, asked: OpenPort | None, heard: Unit) -> None:
        """To a machine what one of its ports has heard."""
        if process.machine is not None:
            if asked is None or not self._answer(process, asked, heard):
                process.machine.receive(heard, self.now + process.node.offset)
            self.settle(process)

    def _answer(self, process: Process, asked: OpenPort, heard: Unit) -> bool:
        """By the way that it came, if the machine knows the answer before it has received it."""
        machine = process.machine
        if (
            asked.hears_ttl
            or not asked.answers
            or not isinstance(heard, Datagram)
            or not isinstance(machine, Answering)
        ):
            return False
        answer = machine.reply(heard.data, self.now + process.node.offset)
        if answer is not None:
            self._send(process, heard.reply(answer))
        return answer is not None
