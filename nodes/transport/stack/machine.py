"""`Stack`: a node's Ethernet, ARP, IPv4, ICMP, UDP and ports of raw IP, as one machine of frames.

It only hands on between its layers, until none of them has anything left for another.
"""

from __future__ import annotations

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.icmp.error import HOST_UNREACHABLE
from catenet.nodes.internet.ipv4.layer import Ipv4, Outgoing, Trouble
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.link.arp.machine import Arp
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST, IPV4, group_hardware
from catenet.nodes.machine import (
    Action,
    Count,
    Datagram,
    Ethernet,
    Frame,
    Interface,
    IpPacket,
    JoinGroup,
    Json,
    LeaveGroup,
    NextHop,
    OpenPort,
    Randomness,
    Send,
    Udp,
)
from catenet.nodes.token_bucket import TokenBucket
from catenet.nodes.transport.stack.answering import Answering, Reply
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.delivering import Delivering
from catenet.nodes.transport.stack.paths import Paths
from catenet.nodes.transport.stack.ports import Ports
from catenet.nodes.transport.stack.relay import Relay
from catenet.nodes.transport.stack.sending import Sending
from catenet.nodes.transport.stack.show import show
from catenet.nodes.transport.stack.telling import Telling
from catenet.nodes.transport.stack.ways import Relayed

__all__ = ["Stack"]

_ALL_HOSTS = group_hardware(Address.parse("224.0.0.1"))
"""In it every host is always, on every interface (RFC 1112 section 7.1)."""


class Stack:
    """The stack of one node, host or router. `forget` and the methods about ports are for who carries it."""

    def __init__(
        self,
        options: StackOptions,
        interfaces: tuple[Interface, ...],
        random: Randomness,
        count: Count,
        now: float = 0.0,
    ) -> None:
        """`now`: when it is made; `count` raises one of its counters."""
        self._options = options
        self._count = count
        self._interfaces: dict[str, Interface] = {}
        self._actions: list[Action] = []
        self._heard: list[tuple[int, Datagram | IpPacket]] = []
        self._hardware_groups: set[tuple[str, bytes]] = set()
        self.table = ForwardingTable()
        self.ports = Ports(self._interfaces.keys(), random)
        self.arp = Arp(options.arp, random, count)
        self.arp.may_proxy = self._may_proxy
        self.ipv4 = Ipv4(options.ipv4, self.table, random, count)
        self.paths = Paths()
        self._relay = Relay(self.table, self.arp, count, forward=options.ipv4.forward)
        errors = TokenBucket(options.icmp.errors_per_second, options.icmp.burst, now)
        self._telling = Telling(self.ipv4, self.paths, self._interfaces, errors, count)
        self._delivering = Delivering(self.ports, self._telling, self._heard, count)
        self._sending = Sending(self.ipv4, self.paths)
        self._answering = Answering(self.table, self.arp, self.ipv4, self.ports, self.paths, self._sending, count)
        for interface in interfaces:
            self.set_interface(interface, now)

    # A machine

    def receive(self, frame: Frame, now: float) -> None:
        """A frame came in."""
        data, source, destination, ethertype, interface = frame
        to_group = destination[0] & 1 == 1
        mine = self._interfaces.get(interface)
        if mine is None or (not to_group and destination != mine.hardware):
            self._count("ethernet.not for us")
        elif source[0] & 1:
            self._count("ethernet.source is a group")
        elif ethertype == ARP:
            self.arp.receive(frame, now)
            self._settle(now)
        elif ethertype == IPV4:
            self.ipv4.receive(data, interface, to_group, now)
            self._settle(now)
        else:
            self._count("ethernet.unknown type")

    def relay(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        """Frames of IPv4 came in together: what `receive` would send of ordinary ones goes out from where they are."""
        return self._relay.relay(octets, step, lengths, interface, now)

    def answer(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        """The same of datagrams whose answers are at hand (`reply_by`)."""
        answered = self._answering.answer(octets, step, lengths, interface, now)
        self._settle(now)
        return answered

    def wake(self, now: float) -> None:
        self.arp.wake(now)
        self.ipv4.wake(now)
        self._settle(now)

    def next_wake(self) -> float | None:
        due = [each for each in (self.arp.next_wake(), self.ipv4.next_wake()) if each is not None]
        return min(due, default=None)

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    # What it hears of its node

    def set_interface(self, interface: Interface, now: float) -> None:
        """It is new, went up or down, or has another address, MTU or hardware address."""
        new = interface.name not in self._interfaces
        self._interfaces[interface.name] = interface
        if new:
            self._actions += [OpenPort(Ethernet(kind, interface.name)) for kind in (IPV4, ARP)]
            self._hardware_groups.add((interface.name, _ALL_HOSTS))
            self._actions.append(JoinGroup(Ethernet(IPV4, interface.name), _ALL_HOSTS))
        self.arp.set_interface(interface, now)
        self.ipv4.set_interface(interface, now)
        self._relay.set_interface(interface)
        self._answering.set_interface(interface)
        self._settle(now)

    def set_route(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> None:
        """That is the way to a prefix from now on; (): there is none. A LAN's own goes via ANY."""
        if next_hops:
            self.table.set(prefix, next_hops)
        else:
            self.table.remove(prefix)

    def forget(self, interface: str, now: float) -> None:
        """The LAN was silent: what is known of its hosts may be old, and what they know of this one."""
        lan = self._interfaces[interface]
        self.arp.set_interface(lan._replace(up=False), now)
        self.arp.set_interface(lan, now)
        self._settle(now)

    def flush(self) -> None:
        """Forget what was learned: hardware addresses, fragments, path MTUs."""
        self.arp.flush()
        self.ipv4.flush()
        self.paths.flush()

    def show(self, table: str, now: float) -> Json:
        return show(self, table, now)

    # Ports

    def open(self, asked: OpenPort, now: float) -> tuple[int, int]:
        """Its key, and its number.

        Raises:
            PortError: it is taken, or not to be had here.

        """
        opened = self.ports.open(asked)
        return opened.key, opened.number

    def reply_by(self, key: int, reply: Reply) -> None:
        """A UDP port's owner has answers at hand, until it is closed."""
        opened = self.ports.get(key)
        if opened is not None and isinstance(opened.port, Udp):
            self._answering.reply_by(opened, reply)

    def close(self, key: int) -> None:
        opened = self.ports.get(key)
        if opened is not None:
            self._answering.close(opened)
        self.ports.close(key)
        self._follow_groups()

    def join(self, key: int, group: Address, interface: str) -> bool:
        """Hear a group on an interface ("": the port's own, or all that there are) → whether it does."""
        joined = self.ports.join(key, group, interface)
        self._follow_groups()
        return joined

    def leave(self, key: int, group: Address, interface: str) -> bool:
        """The reverse of `join` → whether it was in it."""
        left = self.ports.leave(key, group, interface)
        self._follow_groups()
        return left

    def send(self, key: int, unit: Datagram | IpPacket, now: float) -> bool:
        """Send by a port → whether it left, or waits for its neighbour's hardware address."""
        opened = self.ports.get(key)
        sent = opened is not None and self._sending.send(opened, unit, now)
        self._settle(now)
        return sent

    def take_delivered(self) -> list[tuple[int, Datagram | IpPacket]]:
        """What ports have heard since the last call, in order: the port's key, and what came."""
        heard = self._heard[:]
        self._heard.clear()
        return heard

    # Inside

    def _settle(self, now: float) -> None:
        """Hand on until nothing is left. It ends: about an error, an answer and what is sent to oneself comes no
        other."""
        ipv4, arp = self.ipv4, self.arp
        again = True
        while again:
            again = False
            for trouble in ipv4.take_trouble():
                self._telling.tell(trouble, now)
                again = True
            for delivered in ipv4.take_delivered():
                self._delivering.receive(delivered, now)
                again = True
            for outgoing in ipv4.take_outgoing():
                self._put(outgoing, now)
            for interface, hardware, packet in arp.take_ready():
                self._frame(interface, hardware, packet)
            for _, _, packet in arp.take_failed():
                # By which interface it had come nobody knows any more: the error comes from that towards its source.
                self._telling.tell(Trouble(*HOST_UNREACHABLE, bytes(4), packet, ""), now)
                again = True
        self._actions += arp.take_actions()

    def _put(self, outgoing: Outgoing, now: float) -> None:
        interface, next_hop, packet = outgoing
        if next_hop.is_multicast:
            self._frame(interface, group_hardware(next_hop), packet)
        elif self.ipv4.interfaces.is_broadcast_on(next_hop, interface):
            self._frame(interface, BROADCAST, packet)
        else:
            hardware = self.arp.resolve(interface, next_hop, packet, now)
            if hardware is not None:
                self._frame(interface, hardware, packet)

    def _frame(self, interface: str, hardware: bytes, packet: bytes) -> None:
        self._actions.append(Send(Frame(packet, b"", hardware, IPV4, interface)))

    def _follow_groups(self) -> None:
        """Of hardware addresses: those of the groups in which some port is."""
        wanted = {(lan, group_hardware(group)) for group, lan in self.ports.groups}
        wanted |= {(lan, _ALL_HOSTS) for lan in self._interfaces}
        for lan, hardware in sorted(wanted - self._hardware_groups):
            self._actions.append(JoinGroup(Ethernet(IPV4, lan), hardware))
        for lan, hardware in sorted(self._hardware_groups - wanted):
            self._actions.append(LeaveGroup(Ethernet(IPV4, lan), hardware))
        self._hardware_groups = wanted

    def _may_proxy(self, interface: str, address: Address) -> bool:
        """Whether to answer a request on that interface for another's address: where this router has a way to it, and
        not by the same LAN (RFC 1027 section 2.1). A default route is no knowledge of it. Its own address on another
        LAN is behind it, too."""
        if not self._options.proxy_arp or not address.is_unicast or self.ipv4.interfaces.is_broadcast(address):
            return False
        found = self.table.lookup(address)
        if found is None or not found.prefix.length:
            return False
        return all(hop.interface != interface for hop in found.next_hops)
