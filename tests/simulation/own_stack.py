"""A simulated node whose stack is ours: its machines' ports, packets and routes are the `Stack`'s, and of the node's
"kernel" only frames are left.

The stack is a process below the node's others, with Ethernet ports like any other machine. What its ports hear is
handed up at the same moment, after whoever is being called has returned.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ipv4 import unpacked
from node import Make, Node, Process
from sockets import Opened, Sockets, leaves_by, port_key

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.machine import (
    Datagram,
    Ethernet,
    Frame,
    Interface,
    Ip,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    NextHop,
    OpenPort,
    Port,
    Udp,
)
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.machine import Stack

if TYPE_CHECKING:
    from wire import Wire

__all__ = ["OwnStack", "OwnTable", "give", "inside"]


def give(network: Wire, node: Node, options: StackOptions | None = None) -> None:
    """From its next start on the node has a stack of ours."""
    chosen = options or StackOptions(ipv4=Ipv4Options(forward=node.forwards))
    node.own = own = OwnStack(network, node, chosen)
    node.kernel = own.table
    node.sockets = OwnSockets(node.by_lan, own)
    own.process = Process(node, own.make)


def inside(frame: Frame) -> Datagram | IpPacket | Frame:
    """The packet that a frame carries, read by other code than that which wrote it; a fragment: the frame as it is.

    Raises:
        AssertionError: a checksum is wrong, or a length.

    """
    fragment = int.from_bytes(frame.data[6:8], "big") & 0x3FFF
    return frame if fragment else unpacked(frame.data, frame.interface)[0]


class OwnStack:
    """`counters`: those of the stack alone; the node's own are its services'."""

    process: Process

    def __init__(self, network: Wire, node: Node, options: StackOptions) -> None:
        self._network = network
        self._node = node
        self._options = options
        self._owners: dict[int, tuple[Process, OpenPort]] = {}
        self.counters: Counter[str] = Counter()
        self.table = OwnTable(self)
        self._handing_up = False

    @property
    def stack(self) -> Stack | None:
        """None while the node is down."""
        return self.process.machine

    @property
    def make(self) -> Make:
        return self._make

    def _make(self, node: Node) -> Stack:
        self._owners.clear()
        stack = Stack(self._options, node.interfaces, node.random, self._count, self._network.now + node.offset)
        for interface in node.interfaces:
            if interface.up:
                stack.set_route(interface.prefix, (NextHop(ANY, interface.name),))
        return stack

    def _count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] += by

    @property
    def now(self) -> float:
        return self._network.now + self._node.offset

    # Its ports

    def open(self, process: Process, asked: OpenPort) -> tuple[int, int]:
        assert self.stack is not None
        key, number = self.stack.open(asked, self.now)
        self._owners[key] = process, asked
        return key, number

    def close(self, key: int) -> None:
        self._owners.pop(key, None)
        if self.stack is not None:
            self.stack.close(key)
            self._settle()

    def change_group(self, key: int, wanted: JoinGroup | LeaveGroup, group: Address) -> bool:
        assert self.stack is not None
        change = self.stack.join if isinstance(wanted, JoinGroup) else self.stack.leave
        done = change(key, group, wanted.interface)
        self._settle()
        return done or isinstance(wanted, LeaveGroup)

    def send(self, process: Process, unit: Datagram | IpPacket) -> None:
        assert self.stack is not None
        opened = leaves_by(process.ports, unit)
        if opened is None or not self.stack.send(opened.key, unit, self.now):
            self._node.counters["send_failures"] += 1
        self._settle()

    def _settle(self) -> None:
        self._network.settle(self.process)

    def hand_up(self) -> None:
        """What the ports have heard, after whoever is called just now has returned."""
        if not self._handing_up:
            self._handing_up = True
            self._network.at(self._network.now, self._hand_up)

    def _hand_up(self) -> None:
        self._handing_up = False
        if self.stack is None:
            return
        for key, unit in self.stack.take_delivered():
            if key in self._owners:
                process, asked = self._owners[key]
                self._network.hand(process, asked, unit)

    # Its interfaces and routes

    def interface_changed(self, interface: Interface) -> None:
        """Before the stack hears of it."""
        if self.stack is not None:
            self.tell_route(interface.prefix)

    def tell_route(self, prefix: Prefix) -> None:
        """A LAN's own route is before all others, while that is up."""
        if self.stack is None:
            return
        connected = tuple(
            NextHop(ANY, each.name) for each in self._node.interfaces if each.up and each.prefix == prefix
        )
        self.stack.set_route(prefix, connected or self.table.get(prefix, ()))


class OwnTable(dict[Prefix, tuple[NextHop, ...]]):
    """The node's table of routes, as the stack has it."""

    def __init__(self, own: OwnStack) -> None:
        super().__init__()
        self._own = own

    def __setitem__(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> None:
        super().__setitem__(prefix, next_hops)
        self._own.tell_route(prefix)

    def __delitem__(self, prefix: Prefix) -> None:
        super().__delitem__(prefix)
        self._own.tell_route(prefix)

    def pop(self, prefix: Prefix, *default: Any) -> Any:
        found = super().pop(prefix, *default)
        self._own.tell_route(prefix)
        return found

    def clear(self) -> None:
        for prefix in tuple(self):
            del self[prefix]


class OwnSockets(Sockets):
    """UDP and raw IP are the stack's; connections and frames are as in any simulated node."""

    def __init__(self, by_lan: dict[str, Interface], own: OwnStack) -> None:
        super().__init__(by_lan)
        self._own = own

    def open(self, process: Process, asked: OpenPort) -> Port:
        port = asked.port
        if not isinstance(port, Udp | Ip):
            return super().open(process, asked)
        if port_key(port) in process.ports:
            raise self.taken()
        key, number = self._own.open(process, asked)
        port = port._replace(number=number) if isinstance(port, Udp) else port
        process.ports[port_key(port)] = Opened(process, asked, port, key=key)
        return port

    def close(self, process: Process, port: Port) -> None:
        if not isinstance(port, Udp | Ip):
            super().close(process, port)
            return
        opened = process.ports.pop(port_key(port), None)
        if opened is not None:
            self._own.close(opened.key)

    def change_group(self, process: Process, wanted: JoinGroup | LeaveGroup) -> bool:
        if isinstance(wanted.port, Ethernet):
            return super().change_group(process, wanted)
        if not isinstance(wanted.group, Address):
            raise TypeError(f"group {wanted.group!r} of an IP port is no Address")
        opened = process.ports.get(port_key(wanted.port))
        return opened is not None and self._own.change_group(opened.key, wanted, wanted.group)
