"""A simulated network: runs any machines of nodes/machine.py, whole topologies in one process, on a virtual clock.

    network = Network(seed=1)
    network.add_lan("link1", "10.0.1.0/24")
    network.add_node("a", {"link1": "10.0.1.1"}, lambda node: RipMachine(options, node.interfaces, node.random))
    network.run(60.0)
    network.cut("link1")

A LAN carries a packet to the node that has its destination address, or to all others where that is a group's; it
delays, loses, repeats and reorders as `impair` says. Nothing is random but by the seed, so a run can be repeated.
What the machines want done is done: `Send` puts packets on a LAN, `SetRoute` and `DeleteRoute` change the node's
`kernel`, `Report`s are kept. A node can be killed and started again (a new machine), paused and resumed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Datagram, DeleteRoute, Interface, Machine, NextHop, Report, Send, SetRoute

__all__ = ["Lan", "Network", "Node"]

BUFFER = 200
"""How many packets wait for a paused node, like a socket's buffer; what comes then is lost."""


@runtime_checkable
class InterfaceAware(Protocol):
    """A machine that wants to know of its interfaces' ups and downs."""

    def set_interface(self, interface: Interface, now: float) -> None: ...


class Said(NamedTuple):
    """A report, and when it was made."""

    at: float
    report: Report


class Hop(NamedTuple):
    """A packet that a node put on a LAN, and when."""

    at: float
    node: str
    packet: Datagram


@dataclass(slots=True)
class Lan:
    """One network. `delay` and `jitter` are seconds, `loss` and `duplicate` are probabilities."""

    name: str
    prefix: Prefix
    members: dict[str, Address] = field(default_factory=dict)
    up: bool = True
    delay: float = 0.001
    jitter: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether every packet arrives, once, after the same time."""
        return self.up and not (self.jitter or self.loss or self.duplicate)


class Node:
    """A node: one machine, its interfaces, and what the machine did to the kernel's routes."""

    def __init__(self, name: str, interfaces: dict[str, Interface], make: Callable[[Node], Machine]) -> None:
        self.name = name
        self.by_lan = interfaces
        self.make = make
        self.machine: Machine | None = None
        self.random = random.Random()
        self.paused = False
        self.backlog: list[Datagram] = []
        self.kernel: dict[Prefix, tuple[NextHop, ...]] = {}
        self.said: list[Said] = []
        self.alarm = float("inf")

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces as they are now."""
        return tuple(self.by_lan.values())


class Network:
    """LANs, nodes, and the clock. `now` is in seconds; `sent` counts the packets put on any LAN.

    `record` keeps these packets. Reports are kept unless told otherwise: of a large network they fill the memory.
    """

    def __init__(self, seed: int = 0, *, record: bool = False, reports: bool = True) -> None:
        self.now = 0.0
        self.lans: dict[str, Lan] = {}
        self.nodes: dict[str, Node] = {}
        self.sent = 0
        self.record: list[Hop] | None = [] if record else None
        self._reports = reports
        self._random = random.Random(seed)
        self._seed = seed
        self._queue: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._order = 0

    # Building

    def add_lan(self, name: str, prefix: str) -> Lan:
        lan = self.lans[name] = Lan(name, Prefix.parse(prefix))
        return lan

    def add_node(self, name: str, lans: Mapping[str, str], make: Callable[[Node], Machine]) -> Node:
        """A node with an address on each of these LANs; `make` gives its machine at every start."""
        interfaces = {}
        for lan, text in lans.items():
            address = self.lans[lan].members[name] = Address.parse(text)
            interfaces[lan] = Interface(lan, address, self.lans[lan].prefix)
        node = self.nodes[name] = Node(name, interfaces, make)
        self.start(name)
        return node

    # Faults, by the words of the command line

    def cut(self, lan: str, *, silent: bool = False) -> None:
        """No packet passes; unless `silent`, the interfaces go down at every end."""
        self._switch(lan, up=False, tell=not silent)

    def heal(self, lan: str, *, gap: float = 0.0) -> None:
        """The reverse of `cut`; one end comes up `gap` seconds after the other."""
        self._switch(lan, up=True, tell=True, gap=gap)

    def impair(
        self, lan: str, *, delay: float = 0.001, jitter: float = 0, loss: float = 0, duplicate: float = 0
    ) -> None:
        """Jitter above the time between two packets reorders them."""
        each = self.lans[lan]
        each.delay, each.jitter, each.loss, each.duplicate = delay, jitter, loss, duplicate

    def kill(self, name: str) -> None:
        """The node is gone, without a word; so are its routes."""
        node = self.nodes[name]
        node.machine, node.paused, node.alarm = None, False, float("inf")
        node.backlog.clear()
        node.kernel.clear()

    def start(self, name: str) -> None:
        """The node starts, with a new machine that remembers nothing."""
        node = self.nodes[name]
        node.random.seed(f"{self._seed} {name} {self._order}")
        node.machine = node.make(node)
        self._settle(node)

    def pause(self, name: str) -> None:
        """The node does nothing; what is sent to it waits in its buffer."""
        self.nodes[name].paused = True

    def resume(self, name: str) -> None:
        """The reverse of `pause`: what waited is received now."""
        node = self.nodes[name]
        node.paused = False
        waiting, node.backlog = node.backlog, []
        for packet in waiting:
            self._deliver([name], packet)
        self._settle(node)

    # Time

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        self._advance(self.now + seconds)

    def run_until(self, true: Callable[[], bool], *, within: float, step: float = 0.1) -> float | None:
        """Let time pass until the condition holds, looking every `step` seconds; gives how long that took.

        None: it did not hold within the time given.
        """
        start, end = self.now, self.now + within
        while not true():
            if self.now >= end:
                return None
            self._advance(min(end, self.now + step))
        return self.now - start

    def call(self, name: str, function: Callable[[Machine, float], None]) -> None:
        """Do something with a node's machine, at the present time, and what it then wants done."""
        node = self.nodes[name]
        assert node.machine is not None, f"{name} is not running"
        function(node.machine, self.now)
        self._settle(node)

    def path(self, source: str, target: Address, limit: int = 32) -> list[str]:
        """The nodes that a packet passes from a node to an address, by the kernels' tables; [] if it gets lost.

        Raises:
            AssertionError: it runs in circles.

        """
        passed = [source]
        while len(passed) <= limit:
            node = self.nodes[passed[-1]]
            if node.machine is None:
                return []
            up = [interface for interface in node.by_lan.values() if interface.up]
            if any(interface.address == target for interface in node.by_lan.values()):
                return passed
            link = next((each for each in up if each.prefix.holds(target)), None)
            if link is not None:
                lan, hop = link.name, target
            else:
                ways = [prefix for prefix in node.kernel if prefix.holds(target)]
                if not ways:
                    return []
                hop, lan = node.kernel[max(ways, key=lambda prefix: prefix.length)][0]
            following = [name for name, address in self.lans[lan].members.items() if address == hop]
            if not following or not self.lans[lan].up:
                return []
            passed += following
        raise AssertionError(f"a packet from {source} to {target} runs in circles: {passed}")

    # Inside

    def _switch(self, name: str, *, up: bool, tell: bool, gap: float = 0.0) -> None:
        lan = self.lans[name]
        lan.up = up
        for number, member in enumerate(lan.members if tell else ()):
            if gap:
                self._at(self.now + number * gap, self._switch_end, self.nodes[member], name, up)
            else:
                self._switch_end(self.nodes[member], name, up)

    def _switch_end(self, node: Node, lan: str, up: bool) -> None:
        interface = node.by_lan[lan] = node.by_lan[lan]._replace(up=up)
        if not up:
            left = {prefix: tuple(h for h in hops if h.interface != lan) for prefix, hops in node.kernel.items()}
            node.kernel = {prefix: hops for prefix, hops in left.items() if hops}
        if node.machine is not None and isinstance(node.machine, InterfaceAware):
            node.machine.set_interface(interface, self.now)
            self._settle(node)

    def _at(self, time: float, function: Callable[..., None], *arguments: object) -> None:
        self._order += 1
        heapq.heappush(self._queue, (time, self._order, function, arguments))

    def _advance(self, until: float) -> None:
        queue = self._queue
        while queue and queue[0][0] <= until:
            self.now, _, function, arguments = heapq.heappop(queue)
            function(*arguments)
        self.now = until

    def _deliver(self, names: Iterable[str], packet: Datagram) -> None:
        for name in names:
            node = self.nodes[name]
            if node.machine is None or not node.by_lan[packet.interface].up:
                continue
            if node.paused:
                if len(node.backlog) < BUFFER:
                    node.backlog.append(packet)
                continue
            node.machine.receive(packet, self.now)
            self._settle(node)

    def _ring(self, node: Node, machine: Machine, time: float) -> None:
        if node.machine is not machine or node.alarm != time:
            return
        node.alarm = float("inf")
        if node.paused:
            return
        due = machine.next_wake()
        if due is not None and due <= self.now:
            machine.wake(self.now)
        self._settle(node)

    def _settle(self, node: Node) -> None:
        """Perform what the machine wants, and set the alarm to its next wake unless an earlier one is set."""
        machine = node.machine
        if machine is None or node.paused:
            return
        for action in machine.take_actions():
            if isinstance(action, Send):
                self._transmit(node, action.packet)
            elif isinstance(action, SetRoute):
                node.kernel[action.prefix] = action.next_hops
            elif isinstance(action, DeleteRoute):
                node.kernel.pop(action.prefix, None)
            elif self._reports:
                node.said.append(Said(self.now, action))
        due = machine.next_wake()
        if due is not None and due < node.alarm:
            node.alarm = max(due, self.now)
            self._at(node.alarm, self._ring, node, machine, node.alarm)

    def _transmit(self, node: Node, packet: Datagram) -> None:
        self.sent += 1
        if self.record is not None:
            self.record.append(Hop(self.now, node.name, packet))
        lan = self.lans[packet.interface]
        if not lan.up:
            return
        address = packet.destination.address
        if address.is_multicast or address == lan.prefix.broadcast:
            receivers = [name for name in lan.members if name != node.name]
        else:
            receivers = [name for name, member in lan.members.items() if member == address]
        if lan.plain:
            if receivers:
                self._at(self.now + lan.delay, self._deliver, receivers, packet)
            return
        for receiver in receivers:
            copies = (self._random.random() >= lan.loss) + (self._random.random() < lan.duplicate)
            for _ in range(copies):
                self._at(self.now + lan.delay + self._random.random() * lan.jitter, self._deliver, [receiver], packet)
