"""What becomes of a packet that is for this node: its ports hear it, or its sender is told that nobody does."""

from __future__ import annotations

from catenet.nodes.internet.icmp.error import PORT_UNREACHABLE, PROTOCOL_UNREACHABLE
from catenet.nodes.internet.icmp.packet import PROTOCOL as ICMP
from catenet.nodes.internet.ipv4.layer import Delivered, Trouble
from catenet.nodes.machine import Count, Datagram, DecodeError, Endpoint, IpPacket
from catenet.nodes.transport.stack.ports import Ports
from catenet.nodes.transport.stack.telling import Telling
from catenet.nodes.transport.udp.packet import PROTOCOL as UDP
from catenet.nodes.transport.udp.packet import UdpPacket

__all__ = ["Delivering"]

_make = tuple.__new__
"""Makes a named tuple in a third of the time."""


class Delivering:
    """`heard` gets what ports hear, each by its key, in order."""

    def __init__(
        self, ports: Ports, telling: Telling, heard: list[tuple[int, Datagram | IpPacket]], count: Count
    ) -> None:
        self._ports = ports
        self._telling = telling
        self._heard = heard
        self._count = count

    def receive(self, delivered: Delivered, now: float) -> None:
        """A whole datagram of IPv4's: to the ports of raw IP first, as in the kernel (raw(7)), then to its protocol."""
        protocol = delivered.header.protocol
        raw = self._ports.has_ip(protocol) and self._receive_raw(delivered)
        if protocol == UDP:
            self._receive_udp(delivered, now)
        elif protocol == ICMP:
            self._telling.receive(delivered, now)
        elif not raw:
            # "2 = protocol unreachable": "generated if the transport protocol designated in a datagram is not supported
            # in the transport layer of the final destination" (RFC 1812 section 5.2.7.1). TCP's segments are such.
            self._count(f"refused.protocol {protocol}")
            self._refuse(delivered, PROTOCOL_UNREACHABLE, now)

    def _receive_raw(self, delivered: Delivered) -> bool:
        header, payload, interface, *_ = delivered
        hearing = self._ports.hearing_ip(header.protocol, header.destination, interface, payload)
        for opened in hearing:
            unit = IpPacket(
                payload, header.source, header.destination, header.protocol, interface, header.ttl, header.tos
            )
            self._heard.append((opened.key, unit))
        return bool(hearing)

    def _receive_udp(self, delivered: Delivered, now: float) -> None:
        header, payload, interface, *_ = delivered
        source, destination = header.source, header.destination
        try:
            from_port, number, data = UdpPacket.parse(payload, source, destination)
        except DecodeError:
            self._count("udp.malformed")
            return
        opened = self._ports.hearing_udp(number, destination, interface)
        if opened is None:
            # A group's that nobody joined, and what is for everybody, dies in silence (RFC 1122 section 3.2.2).
            self._count("refused.port")
            self._refuse(delivered, PORT_UNREACHABLE, now)
            return
        ttl, tos = (header.ttl, header.tos) if opened.asked.hears_ttl else (0, 0)
        ends = Endpoint(source, from_port), Endpoint(destination, number)
        self._heard.append((opened.key, _make(Datagram, (data, *ends, interface, ttl, tos))))

    def _refuse(self, delivered: Delivered, error: tuple[int, int], now: float) -> None:
        if not delivered.to_group:
            self._telling.tell(Trouble(*error, bytes(4), delivered.packet, delivered.interface), now)
