"""A node of the simulated network: its machines, their ports and groups, its table of routes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs import Jobs, Lane
from sockets import BROADCAST, PORTS, Opened, Own, Sockets, destination_of, group_hardware

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.link.impairment.channel import Channel
from catenet.nodes.machine import (
    Answering,
    Datagram,
    Endpoint,
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
    SetRoute,
    Udp,
    Unit,
)

if TYPE_CHECKING:
    from own_stack import OwnStack
    from shared_table import SharedTable
    from streams import End

__all__ = ["BROADCAST", "LIMITED", "LOOPBACK", "Make", "Node", "Process", "Said", "group_hardware"]

LOOPBACK = "lo"
"""The interface by which what a node sends to itself comes in."""
LIMITED = Address.parse("255.255.255.255")

IpUnit = Datagram | IpPacket


class Said(NamedTuple):
    """A report, and when it was made."""

    at: float
    report: Report


class Process:
    """A machine on a node. One that opens no port hears every datagram: whoever runs it opens its ports then."""

    def __init__(self, node: Node, make: Make) -> None:
        self.node = node
        self.make = make
        self.machine: Machine[Any] | None = None
        self.alarm = inf
        self.hears_all = True
        self.ports: Own = {}
        self.routes: dict[Prefix, tuple[NextHop, ...]] = {}
        self.connections: dict[int, End] = {}  # its ends, by their own identity,
        self.ends: dict[int, End] = {}  # and by that of the machine's stream
        self.lanes: dict[str, Lane] = {}  # of what it has done beside it
        self.held: list[tuple[Callable[..., None], tuple[Any, ...]]] = []  # what was done while its node was paused

    def end(self) -> None:
        """It is gone, without a word, and so is all that it had."""
        self.reset_connections()
        if self.node.table is not None:
            self.node.table.end(self)
        self.machine, self.alarm, self.hears_all = None, inf, True
        self.lanes, self.held = {}, []
        self.node.direct.clear()
        for opened in tuple(self.ports.values()):
            self.close_port(opened.port)
        for prefix in tuple(self.routes):
            self.delete_route(prefix)

    def reset_connections(self) -> None:
        for end in tuple(self.connections.values()):
            end.reset()

    def set_route(self, action: SetRoute) -> None:
        prefix, next_hops, *_ = action
        self.routes[prefix] = next_hops
        if self.node.table is not None:
            self.node.table.set(self, action)
        elif self is self.node.processes[0]:
            self.node.kernel[prefix] = next_hops
        else:
            self.node.choose_route(prefix)

    def delete_route(self, prefix: Prefix) -> None:
        self.routes.pop(prefix, None)
        if self.node.table is not None:
            self.node.table.delete(self, prefix)
        else:
            self.node.choose_route(prefix)

    # Its ports

    def open_port(self, asked: OpenPort) -> Port:
        """Raises OSError and TypeError as `Sockets.open` does."""
        self.hears_all = False
        self.node.direct.clear()
        return self.node.sockets.open(self, asked)

    def close_port(self, port: Port) -> None:
        self.node.direct.clear()
        self.node.sockets.close(self, port)

    def change_group(self, wanted: JoinGroup | LeaveGroup) -> None:
        self.node.direct.clear()
        if not self.node.sockets.change_group(self, wanted):
            self.node.counters["group_failures"] += 1


Make = Callable[["Node"], Machine[Any]]


class Node:
    """Its machines are made anew at each start. `offset`: how far its clock is ahead of the network's, in seconds;
    `forwards`: what is not for it goes on by its table. `jobs`: what its machines may have done beside them.
    `table`: where its machines are sources of different distance; else the first one's routes are taken. `counters`:
    what was thrown away, and why."""

    def __init__(
        self,
        name: str,
        interfaces: dict[str, Interface],
        makes: Iterable[Make],
        *,
        offset: float,
        forwards: bool,
        jobs: Jobs,
    ) -> None:
        self.name = name
        self.jobs = jobs
        self.by_lan = interfaces
        self.processes = [Process(self, make) for make in makes]
        self.offset = offset
        self.forwards = forwards
        self.random = random.Random()
        self.paused = False
        self.backlog: list[tuple[Unit, int]] = []
        self.conditions: dict[str, LinkCondition] = {}
        self.channels: dict[str, Channel] = {}  # LAN → what the frames suffer that it sends there
        self.kernel: dict[Prefix, tuple[NextHop, ...]] = {}
        self.table: SharedTable | None = None
        self.own: OwnStack | None = None  # where its stack is ours
        self.sockets = Sockets(interfaces)
        self.addresses = {interface.address for interface in interfaces.values()}
        self._everybodys = {LIMITED, *(interface.prefix.broadcast for interface in interfaces.values())}
        self.said: list[Said] = []
        self.counters: Counter[str] = Counter()
        self.direct: dict[tuple[Endpoint, str], Process] = {}  # who alone hears what goes there, as it is

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces as they are now."""
        return tuple(self.by_lan.values())

    @property
    def all_processes(self) -> list[Process]:
        """Its services', and behind them that of its own stack, on which they stand."""
        return self.processes if self.own is None else [*self.processes, self.own.process]

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
        if self.table is not None:
            self.table.refresh()
            return
        for prefix, hops in tuple(self.kernel.items()):
            left = tuple(hop for hop in hops if hop.interface != lan)
            if not left:
                del self.kernel[prefix]
            elif left != hops:
                self.kernel[prefix] = left

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

    def way_out(self, target: Address, lan: str) -> tuple[Interface, Address] | None:
        """By which interface and neighbour a packet leaves; `lan`: by that one alone. None: there is no way."""
        interface = self.by_lan.get(lan)
        if lan and interface is None:
            return None
        if interface is not None and (target.is_multicast or target == LIMITED or interface.prefix.holds(target)):
            return interface, target
        hop = self.next_hop(target, lan)
        return None if hop is None else (self.by_lan[hop.interface], target if target.is_multicast else hop.via)

    # What comes in, and from where it goes out

    def hearers(self, unit: Unit, ttl: int) -> list[tuple[Process, OpenPort | None, Unit]]:
        """Which of its machines hear what came in for this node, by which port, and as what."""
        heard: list[tuple[Process, OpenPort | None, Unit]] = []
        for opened in self.sockets.hearing(unit):
            given = unit
            if isinstance(unit, IpPacket):
                given = unit._replace(ttl=ttl)
            elif isinstance(unit, Datagram) and (opened.asked.hears_ttl or unit.ttl or unit.tos):
                hears = opened.asked.hears_ttl
                given = unit._replace(ttl=ttl if hears else 0, tos=unit.tos if hears else 0)
            heard.append((opened.process, opened.asked, given))
        if isinstance(unit, Datagram):
            if len(heard) == 1 and self.sockets.crossing is None and self._is_direct(*heard[0][:2]):
                self.direct[unit.destination, unit.interface] = heard[0][0]
            heard += [
                (process, None, unit) for process in self.processes if process.hears_all and process.machine is not None
            ]
        if not heard:
            self.counters["refused.port"] += 1
        return heard

    def _is_direct(self, process: Process, asked: OpenPort | None) -> bool:
        """Whether it alone hears this, and as it is."""
        by_itself = not any(each.hears_all for each in self.processes)
        return by_itself and asked is not None and not asked.hears_ttl and not isinstance(process.machine, Answering)

    def is_for_us(self, unit: IpUnit) -> bool:
        """Else it goes on."""
        address = destination_of(unit)
        return (
            address in self.addresses
            or address.is_multicast
            or address == self.by_lan[unit.interface].prefix.broadcast
            or address == LIMITED
        )

    def as_sent(self, opened: Opened, unit: Unit) -> Unit | None:
        """What leaves by that port; None: the kernel refuses it."""
        if isinstance(unit, Frame):
            return unit
        port, tos = opened.port, opened.asked.tos
        if isinstance(unit, Datagram):
            source, number = unit.source
            if not 0 < unit.destination.port <= PORTS:
                return None
            if not number and isinstance(port, Udp):
                unit = unit._replace(source=Endpoint(source, port.number))
        else:
            source = unit.source
        if source not in self.addresses and not self._is_nobodys(source):
            return None
        if (unit.ttl or unit.tos) and not (0 <= unit.ttl <= 255 and 0 <= unit.tos <= 255):
            return None
        if not unit.interface and isinstance(port, Udp | Ip):
            unit = unit._replace(interface=port.interface)
        return unit._replace(tos=tos) if tos and not unit.tos else unit

    def from_address(self, unit: IpUnit, own: Address) -> IpUnit:
        """The same from this address of the node's, where it names none, or one that is many nodes': what answers a
        packet to a group does."""
        source = unit.source.address if isinstance(unit, Datagram) else unit.source
        if source in self.addresses or not self._is_nobodys(source):
            return unit
        if isinstance(unit, Datagram):
            return unit._replace(source=Endpoint(own, unit.source.port))
        return unit._replace(source=own)

    def _is_nobodys(self, source: Address) -> bool:
        return source == ANY or source.is_multicast or source in self._everybodys
