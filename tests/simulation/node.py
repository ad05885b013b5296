"""A node of the simulated network: its machines, their ports and groups, its table of routes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

from streams import End

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.machine import (
    ClosePort,
    Datagram,
    Endpoint,
    Ethernet,
    Frame,
    Interface,
    Ip,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    Machine,
    NextHop,
    OpenPort,
    Port,
    Report,
    Tcp,
    Udp,
    Unit,
)

__all__ = ["BROADCAST", "Make", "Node", "Opened", "Process", "Said", "group_hardware"]

BROADCAST = b"\xff" * 6
_LIMITED = Address.parse("255.255.255.255")
_EPHEMERAL = 40_000  # the kernel gives numbers above it


class Said(NamedTuple):
    """A report, and when it was made."""

    at: float
    report: Report


@dataclass(slots=True)
class Opened:
    """An open port: whose it is, what was asked, and the groups in which it is."""

    process: Process
    asked: OpenPort
    groups: set[tuple[Address | bytes, str]] = field(default_factory=set)


class Process:
    """A machine on a node. One that opens no port hears every datagram: whoever runs it opens its ports then."""

    def __init__(self, node: Node, make: Make) -> None:
        self.node = node
        self.make = make
        self.machine: Machine[Any] | None = None
        self.alarm = inf
        self.hears_all = True
        self.routes: dict[Prefix, tuple[NextHop, ...]] = {}
        self.ends: dict[int, End] = {}  # of its connections, by the stream's identity

    def end(self) -> None:
        """It is gone, without a word, and so is all that it had."""
        self.machine, self.alarm, self.hears_all = None, inf, True
        self.node.direct.clear()
        for end in tuple(self.ends.values()):
            end.reset()
        for ports in self.node.ports.values():
            for key in [key for key, opened in ports.items() if opened.process is self]:
                del ports[key]
        for prefix in tuple(self.routes):
            self.delete_route(prefix)

    def set_route(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> None:
        self.routes[prefix] = next_hops
        if self is self.node.processes[0]:
            self.node.kernel[prefix] = next_hops
        else:
            self.node.choose_route(prefix)

    def delete_route(self, prefix: Prefix) -> None:
        self.routes.pop(prefix, None)
        self.node.choose_route(prefix)


Make = Callable[["Node"], Machine[Any]]


class Node:
    """Its machines are made anew at each start. `offset`: how far its clock is ahead of the network's, in seconds;
    `forwards`: what is not for it goes on by its table. `counters`: what was thrown away, and why."""

    def __init__(
        self, name: str, interfaces: dict[str, Interface], makes: Iterable[Make], *, offset: float, forwards: bool
    ) -> None:
        self.name = name
        self.by_lan = interfaces
        self.processes = [Process(self, make) for make in makes]
        self.offset = offset
        self.forwards = forwards
        self.random = random.Random()
        self.paused = False
        self.backlog: list[tuple[Unit, int]] = []
        self.conditions: dict[str, LinkCondition] = {}
        self.kernel: dict[Prefix, tuple[NextHop, ...]] = {}
        self.ports: dict[type, dict[tuple[int, str], Opened]] = {kind: {} for kind in (Udp, Tcp, Ip, Ethernet)}
        self.addresses = {interface.address for interface in interfaces.values()}
        self.said: list[Said] = []
        self.counters: Counter[str] = Counter()
        self.direct: dict[tuple[Endpoint, str], Process] = {}  # who alone hears what goes there, as it is
        self._ephemeral = _EPHEMERAL

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces as they are now."""
        return tuple(self.by_lan.values())

    @property
    def machine(self) -> Any:
        """The only one, or the first."""
        return self.processes[0].machine

    @property
    def make(self) -> Make:
        """What makes it at each start."""
        return self.processes[0].make

    @make.setter
    def make(self, make: Make) -> None:
        self.processes[0].make = make

    @property
    def running(self) -> bool:
        return any(process.machine is not None for process in self.processes)

    # The table

    def choose_route(self, prefix: Prefix) -> None:
        """Of several machines' routes the first one's is taken."""
        for process in self.processes:
            if prefix in process.routes:
                self.kernel[prefix] = process.routes[prefix]
                return
        self.kernel.pop(prefix, None)

    def lose_routes_by(self, lan: str) -> None:
        """The kernel forgets them with the interface."""
        left = {prefix: tuple(h for h in hops if h.interface != lan) for prefix, hops in self.kernel.items()}
        self.kernel = {prefix: hops for prefix, hops in left.items() if hops}

    def next_hop(self, target: Address, lan: str = "") -> NextHop | None:
        """By which neighbour, on which LAN, a packet goes there; `lan`: by that one alone."""
        for each in self.by_lan.values():
            if each.up and each.prefix.holds(target) and lan in ("", each.name):
                return NextHop(target, each.name)
        best: tuple[int, NextHop] | None = None
        for prefix, hops in self.kernel.items():
            if prefix.holds(target) and (best is None or prefix.length > best[0]):
                hop = next((hop for hop in hops if lan in ("", hop.interface)), None)
                best = best if hop is None else (prefix.length, hop)
        return None if best is None else best[1]

    # Ports

    def open_port(self, process: Process, asked: OpenPort) -> Port | None:
        """None: it is taken."""
        port, process.hears_all = asked.port, False
        self.direct.clear()
        if isinstance(port, Udp) and not port.number:
            self._ephemeral += 1
            port = port._replace(number=self._ephemeral)
        ports, key = self.ports[type(port)], key_of(port)
        if key in ports:
            return None
        ports[key] = Opened(process, asked)
        return port

    def close_port(self, action: ClosePort) -> None:
        self.direct.clear()
        self.ports[type(action.port)].pop(key_of(action.port), None)

    def change_group(self, action: JoinGroup | LeaveGroup) -> None:
        self.direct.clear()
        opened = self.ports[type(action.port)].get(key_of(action.port))
        group = action.group
        if isinstance(action.port, Ethernet) and isinstance(group, Address):
            group = group_hardware(group)
        if opened is None:
            self.counters["group_failures"] += 1
            return
        change = opened.groups.add if isinstance(action, JoinGroup) else opened.groups.discard
        change((group, action.interface or key_of(action.port)[1]))

    def opened(self, kind: type, number: int, lan: str) -> Opened | None:
        """The port of that interface, else that of every interface."""
        ports = self.ports[kind]
        return ports.get((number, lan)) or ports.get((number, ""))

    def asked_of(self, process: Process, unit: Datagram | IpPacket) -> OpenPort | None:
        """How the port was opened by which a machine's packet leaves; None: it has none."""
        kind, number = (Udp, unit.source.port) if isinstance(unit, Datagram) else (Ip, unit.protocol)
        opened = self.opened(kind, number, unit.interface)
        if opened is None and not number:
            own = [each for each in self.ports[kind].values() if each.process is process]
            opened = own[0] if len(own) == 1 else None
        return None if opened is None or opened.process is not process else opened.asked

    def hearers(self, unit: Unit, ttl: int) -> list[tuple[Process, Unit]]:
        """Which of its machines hear what came in for this node, and as what."""
        if isinstance(unit, Datagram):
            return self._hear_datagram(unit, ttl)
        number, kind = (unit.protocol, Ip) if isinstance(unit, IpPacket) else (unit.ethertype, Ethernet)
        given = unit._replace(ttl=ttl) if isinstance(unit, IpPacket) else unit
        found = [self.ports[kind].get((number, lan)) for lan in (unit.interface, "")]
        heard = [opened for opened in found if opened is not None and self._is_for(unit, opened)]
        if not heard:
            self.counters["refused.port"] += 1
        return [(opened.process, given) for opened in heard]

    def _hear_datagram(self, unit: Datagram, ttl: int) -> list[tuple[Process, Unit]]:
        opened = self.opened(Udp, unit.destination.port, unit.interface)
        heard: list[tuple[Process, Unit]] = []
        if opened is not None and self._is_for(unit, opened):
            hears = opened.asked.hears_ttl
            if not hears and not any(process.hears_all for process in self.processes):
                self.direct[unit.destination, unit.interface] = opened.process
            if hears or unit.ttl or unit.tos:
                unit = unit._replace(ttl=ttl if hears else 0, tos=unit.tos if hears else 0)
            heard.append((opened.process, unit))
        heard += [(process, unit) for process in self.processes if process.hears_all and process.machine is not None]
        if not heard:
            self.counters["refused.port"] += 1
        return heard

    def _is_for(self, unit: Unit, opened: Opened) -> bool:
        """A group's only where the port is in it."""
        if isinstance(unit, Frame):
            one_of_many = unit.destination[0] & 1 and unit.destination != BROADCAST
            return not one_of_many or (unit.destination, unit.interface) in opened.groups
        address = destination_of(unit)
        return not address.is_multicast or (address, unit.interface) in opened.groups

    def is_for_us(self, unit: Datagram | IpPacket) -> bool:
        """Else it goes on."""
        address = destination_of(unit)
        return (
            address in self.addresses
            or address.is_multicast
            or address == self.by_lan[unit.interface].prefix.broadcast
            or address == _LIMITED
        )


def destination_of(unit: Datagram | IpPacket) -> Address:
    return unit.destination.address if isinstance(unit, Datagram) else unit.destination


def from_address(unit: Unit, address: Address) -> Unit:
    """The same with that source, where it names none."""
    if isinstance(unit, Datagram) and unit.source.address == ANY:
        return unit._replace(source=Endpoint(address, unit.source.port))
    if isinstance(unit, IpPacket) and unit.source == ANY:
        return unit._replace(source=address)
    return unit


def key_of(port: Port) -> tuple[int, str]:
    if isinstance(port, Tcp):
        return port.number, ""
    number = port.protocol if isinstance(port, Ip) else port.ethertype if isinstance(port, Ethernet) else port.number
    return number, port.interface


def group_hardware(group: Address) -> bytes:
    """RFC 1112 section 6.4."""
    return b"\x01\x00\x5e" + (group & 0x7FFFFF).to_bytes(3, "big")
