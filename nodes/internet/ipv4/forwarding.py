"""What a router does with a packet for others (RFC 1812 section 5.2): no state of any flow, only the table.

    is there a way        no: net unreachable
    TTL                   it would be 0: time exceeded. Only here: what is for this node has any TTL (section 4.2.2.9)
    a strict source route the next one must be on the way's LAN, else: source route failed
    MTU                   larger, and not to be cut: fragmentation needed, with the MTU (RFC 1191 section 4)
    then                  TTL, checksum, what its options ask to be recorded; cut, where it is larger

The order is the Linux kernel's (its ip_forward): who traces a path sees the same errors.
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.ipv4.checksum import adjust
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.interfaces import Interfaces, is_link_local
from catenet.nodes.internet.ipv4.options import SourceRouteOption
from catenet.nodes.internet.ipv4.outcomes import NOTHING, Outcomes, Outgoing, Trouble
from catenet.nodes.internet.ipv4.recording import NOWHERE, Places, record
from catenet.nodes.internet.ipv4.table import ForwardingTable, choose, towards
from catenet.nodes.machine import Count, Interface, NextHop

__all__ = ["Came", "Forwarder", "NextStop"]

_UNREACHABLE, _TIME_EXCEEDED = 3, 11
_NET, _TOO_BIG, _ROUTE_FAILED = 0, 4, 5
_TTL_STEP = 0xFEFF
"""What a header's sum changes by where its TTL is one less: ~0x0100, in one's complement."""


class Came(NamedTuple):
    """A packet that came from a LAN. `places`: where its options are that a router has work with."""

    header: Header
    packet: bytes
    interface: str
    places: Places = NOWHERE
    to_group: bool = False


class NextStop(NamedTuple):
    """Whom a source route names next; `at`: where its address stands in the packet's options."""

    address: Address
    at: int
    strict: bool

    @classmethod
    def of(cls, came: Came, own: Interfaces) -> NextStop | None:
        """Of a packet for this node: whom it is to visit next; None: its source route ends here. The node's own other
        addresses are passed at once (RFC 1812 section 5.2.3)."""
        begin = came.places.source_route
        option = SourceRouteOption.parse(came.header.options[begin : begin + came.header.options[begin + 1]])
        at = begin + option.pointer - 1
        for address in option.left:
            if not own.is_own(address):
                return cls(address, at, option.strict)
            at += 4
        return None


class Forwarder:
    """The part of a node's internet layer that makes it a router."""

    def __init__(
        self, options: Ipv4Options, interfaces: Interfaces, table: ForwardingTable, outcomes: Outcomes, count: Count
    ) -> None:
        self._options = options
        self._interfaces = interfaces
        self._table = table
        self._outcomes = outcomes
        self._count = count

    def forward(self, came: Came, now: float, stop: NextStop | None = None) -> None:
        """A packet for others. `stop`: whom its source route names next."""
        header = came.header
        target = header.destination if stop is None else stop.address
        refused = self._refused(header, target)
        if refused:
            self._count(refused)
            return
        hop = self.way(header.source, target, header.protocol)
        if hop is None and stop is not None:
            self._count("dropped.source_route")  # and silently, as the Linux kernel does
        elif hop is None:
            self.trouble("dropped.no_route", _UNREACHABLE, _NET, came)
        elif header.ttl <= 1:
            self.trouble("dropped.ttl", _TIME_EXCEEDED, 0, came)
        elif stop is not None and stop.strict and hop.via != ANY:
            self.trouble("dropped.strict_route", _UNREACHABLE, _ROUTE_FAILED, came)
        else:
            self._pass_on(came, hop, self._interfaces.up[hop.interface], now, stop)

    def way(self, source: Address, destination: Address, protocol: int, interface: str = "") -> NextHop | None:
        """The hop to a destination, over an interface that is up; `interface`: over this one alone."""
        hops = self.ways(destination, interface)
        return choose(hops, source, destination, protocol) if hops else None

    def ways(self, destination: Address, interface: str = "") -> tuple[NextHop, ...]:
        """All such hops."""
        found = self._table.lookup(destination)
        if found is None:
            return ()
        up = self._interfaces.up
        return tuple(
            hop for hop in found.next_hops if hop.interface in up and (not interface or hop.interface == interface)
        )

    def _refused(self, header: Header, target: Address) -> str:
        """Why nobody is to forward it, or this node does not: the counter."""
        if not self._options.forward:
            return "dropped.not_forwarded"
        if is_link_local(header.source) or is_link_local(target):
            return "dropped.link_local"
        if self._interfaces.is_broadcast(target):
            return "dropped.directed_broadcast"
        if header.source == ANY or not target.is_unicast or self._interfaces.is_bad_destination(target):
            return "dropped.destination"
        return ""

    def _pass_on(self, came: Came, hop: NextHop, out: Interface, now: float, stop: NextStop | None) -> None:
        header = came.header
        if header.total_length > out.mtu and header.df:
            self.trouble("dropped.too_big", _UNREACHABLE, _TOO_BIG, came, out.mtu.to_bytes(4, "big"))
            return
        packet = self._rewritten(came, out, now, stop) if header.options else _one_less(came.packet)
        self._count("forwarded")
        self.leave(packet, out.mtu, hop, header.destination if stop is None else stop.address)

    def leave(self, packet: bytes, mtu: int, hop: NextHop, target: Address) -> None:
        """It goes out by that hop, cut where it is larger than so many octets; `target`: to whom."""
        packets = fragment(packet, mtu)
        if len(packets) > 1:
            self._count("fragments.made", len(packets))
        next_hop = towards(hop, target)
        self._outcomes.outgoing += [Outgoing(hop.interface, next_hop, each) for each in packets]

    def _rewritten(self, came: Came, out: Interface, now: float, stop: NextStop | None) -> bytes:
        """With TTL, and what its options ask for."""
        header = came.header
        options = record(header.options, came.places, out.address, now, self._interfaces.own.__contains__)
        destination = header.destination
        if stop is not None:
            begin = came.places.source_route
            route = bytearray(options)
            route[stop.at : stop.at + 4] = out.address.pack()
            route[begin + 2] = stop.at + 5 - begin
            options, destination = bytes(route), stop.address
        made = header._replace(ttl=header.ttl - 1, options=options, destination=destination)
        return made.packet(came.packet[header.length :])

    def trouble(self, counter: str, kind: int, code: int, came: Came, rest: bytes = NOTHING) -> None:
        """It is dropped, and counted; its sender is told, unless it came in a frame for several."""
        self._count(counter)
        if not came.to_group:
            self._outcomes.trouble.append(Trouble(kind, code, rest, came.packet, came.interface))


def _one_less(packet: bytes) -> bytes:
    """A packet whose TTL is one less, and its checksum's update (RFC 1624)."""
    was = packet[10] << 8 | packet[11]
    total = adjust(was, _TTL_STEP)
    return packet[:8] + bytes((packet[8] - 1, packet[9])) + total.to_bytes(2, "big") + packet[12:]
