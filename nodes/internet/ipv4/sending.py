"""A packet of this node's own: its way, its source, its identification, and its fragments.

What is for the node itself never leaves it: its own addresses, and 127.0.0.0/8, which "MUST NOT appear outside a host"
(RFC 1122 section 3.2.1.3 (g)).
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.ipv4.forwarding import Forwarder
from catenet.nodes.internet.ipv4.header import LONGEST, Header
from catenet.nodes.internet.ipv4.identification import Identifications
from catenet.nodes.internet.ipv4.interfaces import LIMITED_BROADCAST, LOOPBACK, Interfaces
from catenet.nodes.internet.ipv4.options import STRICT
from catenet.nodes.internet.ipv4.outcomes import Delivered, Outcomes
from catenet.nodes.internet.ipv4.path_mtu import PathMtus
from catenet.nodes.internet.ipv4.recording import examine, record
from catenet.nodes.machine import Count, Interface, NextHop

__all__ = ["NO_ROUTE", "TOO_BIG", "Sender"]

NO_ROUTE, TOO_BIG = "no route", "too big"
"""Why a packet is not sent."""


class _Way(NamedTuple):
    hop: NextHop
    out: Interface


class Sender:
    """The part of a node's internet layer that sends what its protocols give it."""

    def __init__(
        self,
        interfaces: Interfaces,
        forwarder: Forwarder,
        paths: PathMtus,
        outcomes: Outcomes,
        *,
        numbers: Identifications,
        count: Count,
    ) -> None:
        self._interfaces = interfaces
        self._forwarder = forwarder
        self._numbers = numbers
        self._paths = paths
        self._outcomes = outcomes
        self._count = count

    def send(self, header: Header, payload: bytes, interface: str, now: float) -> str:
        """Send it, with the source (ANY: the way's), TTL, TOS, DF and options that the header has. Returns why not."""
        if header.length + len(payload) > LONGEST:
            return self._refuse(TOO_BIG)
        if self._interfaces.is_own(header.destination):
            self._loop(header, payload, interface or LOOPBACK)
            return ""
        way = self._way(header.destination, interface, header.source, header.protocol)
        if way is None or header.source.is_loopback or (way.hop.via != ANY and _is_strict(header.options)):
            return self._refuse(NO_ROUTE)
        if header.source == ANY:
            header = header._replace(source=way.out.address)
        return self._put(self._recorded(header, way.out, now), payload, way, now)

    def source_for(self, destination: Address, interface: str) -> Address | None:
        """What takes the place of the source ANY; None: there is no way."""
        if self._interfaces.is_own(destination):
            return destination
        way = self._way(destination, interface, ANY, 0)
        return None if way is None else way.out.address

    def link_mtu(self, destination: Address) -> int:
        """Octets of the largest packet on each of this node's own ways there; LONGEST where there is none."""
        if self._interfaces.is_own(destination):
            return LONGEST
        hops = self._forwarder.ways(destination)
        return min((self._interfaces.up[hop.interface].mtu for hop in hops), default=LONGEST)

    def _loop(self, header: Header, payload: bytes, interface: str) -> None:
        if header.source == ANY:
            header = header._replace(source=header.destination)
        header = header._replace(total_length=header.length + len(payload))
        self._count("looped")
        self._outcomes.delivered.append(Delivered(header, payload, interface, header.packet(payload)))

    def _way(self, destination: Address, interface: str, source: Address, protocol: int) -> _Way | None:
        up = self._interfaces.up
        if destination.is_multicast or destination == LIMITED_BROADCAST:
            interface = interface or self._interfaces.own.get(source, "")
            if not interface and len(up) == 1:
                interface = next(iter(up))
            hop = NextHop(ANY, interface) if interface else self._forwarder.way(source, destination, protocol)
        else:
            hop = self._forwarder.way(source, destination, protocol, interface)
            if hop is None and interface:
                # As the Linux kernel has it: who names the interface says that the destination is there.
                hop = NextHop(ANY, interface)
        if hop is None or hop.interface not in up:
            return None
        return _Way(hop, up[hop.interface])

    def _recorded(self, header: Header, out: Interface, now: float) -> Header:
        """With this host in what its options record (RFC 1122 sections 3.2.1.8 and 3.2.2.6)."""
        if not header.options:
            return header
        places = examine(header.options)
        return header._replace(
            options=record(header.options, places, out.address, now, self._interfaces.own.__contains__)
        )

    def _put(self, header: Header, payload: bytes, way: _Way, now: float) -> str:
        total = header.length + len(payload)
        mtu = self._paths.estimate(header.destination, way.out.mtu, now)
        if header.df and self._paths.is_locked(header.destination, now):
            header = header._replace(df=False)
        if header.df and total > mtu:
            return self._refuse(TOO_BIG)
        if not header.df:
            # That of an atomic datagram "MAY be set to any value" (RFC 6864 section 4.1).
            number = self._numbers.next(header.source, header.destination, header.protocol, now)
            header = header._replace(identification=number)
        self._count("sent")
        self._forwarder.leave(header.packet(payload), mtu, way.hop, header.destination)
        return ""

    def _refuse(self, why: str) -> str:
        self._count(f"unsent.{why.replace(' ', '_')}")
        return why


def _is_strict(options: bytes) -> bool:
    """Whether they begin a strict source route: its first router must be a neighbour."""
    place = examine(options).source_route if options else -1
    return place >= 0 and options[place] == STRICT
