"""What leaves by a port: by which interface, from which address, with which TTL, TOS and DF.

The rules are those of ip(7) as the services have them (nodes/runtime/port): what names no source, or a group or
broadcast address for one, comes from the interface's address, and what goes to one's own address from that address.
Unless the port was opened to fragment, a datagram that fits the path's MTU is sent with DF, and the path's MTU is
learned by that (IP_PMTUDISC_WANT, RFC 1191); a larger one is fragmented here.
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.ipv4.interfaces import LOOPBACK
from catenet.nodes.internet.ipv4.layer import Ipv4
from catenet.nodes.machine import Datagram, Ip, IpPacket, OpenPort
from catenet.nodes.transport.stack.paths import Paths
from catenet.nodes.transport.stack.ports import LAST_PORT, Opened
from catenet.nodes.transport.udp.packet import LARGEST, PROTOCOL, UdpPacket

__all__ = ["TTL", "Sending"]

TTL = 64
"""Of a packet that says nothing else (RFC 1700); a group's has 1 (RFC 1112 section 6.1)."""
_HEADER = 20  # octets of IPv4's without options
_OCTET = 255


class _Way(NamedTuple):
    """From which address of the node's to where; by which interface, "": the route's. `ttl`, `tos`: the unit's own, 0:
    its port's."""

    source: Address
    destination: Address
    interface: str
    ttl: int
    tos: int


class Sending:
    """By which everything leaves that services send."""

    def __init__(self, ipv4: Ipv4, paths: Paths) -> None:
        self._ipv4 = ipv4
        self._paths = paths

    def send(self, opened: Opened, unit: Datagram | IpPacket, now: float) -> bool:
        """Whether it left, or waits for its neighbour's hardware address."""
        if isinstance(unit, Datagram):
            return not isinstance(opened.port, Ip) and self._datagram(opened, unit, now)
        return isinstance(opened.port, Ip) and self._packet(opened, unit, now)

    def _datagram(self, opened: Opened, unit: Datagram, now: float) -> bool:
        number = unit.destination.port
        if not 0 < number <= LAST_PORT or len(unit.data) > LARGEST:
            return False
        way = self._way(opened, unit, unit.source.address, unit.destination.address)
        if way is None:
            return False
        payload = UdpPacket(opened.number, number, unit.data).to_bytes(way.source, way.destination)
        return self._put(opened.asked, payload, PROTOCOL, way, now)

    def _packet(self, opened: Opened, unit: IpPacket, now: float) -> bool:
        way = self._way(opened, unit, unit.source, unit.destination)
        if way is None or unit.protocol != opened.number:
            return False
        return self._put(opened.asked, unit.data, unit.protocol, way, now)

    def _way(self, opened: Opened, unit: Datagram | IpPacket, source: Address, destination: Address) -> _Way | None:
        """None: it cannot go there, not by that interface, or not from that address."""
        if not (0 <= unit.ttl <= _OCTET and 0 <= unit.tos <= _OCTET):
            return None
        bound, interface = opened.port.interface, unit.interface
        if interface == LOOPBACK and self._ipv4.interfaces.is_own(destination):
            interface = ""
        if bound and interface and bound != interface:
            return None
        interface = interface or bound
        if not self._ipv4.interfaces.is_own(source):
            if not self._is_nobodys(source):
                return None
            source = ANY
        # Asked even where the source is named: without a way there is nothing to be sent.
        chosen = self._ipv4.source_for(destination, interface)
        return None if chosen is None else _Way(source or chosen, destination, interface, unit.ttl, unit.tos)

    def _put(self, asked: OpenPort, payload: bytes, protocol: int, way: _Way, now: float) -> bool:
        source, destination, interface, ttl, tos = way
        length = _HEADER + len(payload)
        whole = not asked.fragments and length <= self._ipv4.path_mtu(destination, now)
        if whole:
            self._paths.sent(source, destination, protocol, length, now)
        why = self._ipv4.send(
            payload,
            source,
            destination,
            protocol,
            ttl=ttl or asked.ttl or (1 if destination.is_multicast else TTL),
            tos=tos or asked.tos,
            df=whole,
            interface=interface,
            now=now,
        )
        return not why

    def _is_nobodys(self, source: Address) -> bool:
        """It is none, a group's, or that of all on a LAN: what answers them comes from the interface's address."""
        return source == ANY or self._ipv4.interfaces.is_for_several(source)
