"""ICMP of a node: what it tells others of packets that could not go on or arrive, and what it answers.

An error comes from the address to which the packet went, where that is the node's, else from that of the interface by
which it came in. RFC 1812 section 4.3.2.4 wants that by which the error goes out; the kernels of the labs do as it is
done here (icmp_errors_use_inbound_ifaddr): traceroute then shows the path that a packet takes and not the way back.
"""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.icmp.error import FRAGMENTATION_NEEDED, TYPES, IcmpError, error_about
from catenet.nodes.internet.icmp.limits import refusal
from catenet.nodes.internet.icmp.packet import ECHO, ECHO_REPLY, PROTOCOL
from catenet.nodes.internet.icmp.responder import echo_reply
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.layer import Delivered, Ipv4, Trouble
from catenet.nodes.internet.ipv4.recording import records
from catenet.nodes.machine import Count, DecodeError, Interface
from catenet.nodes.token_bucket import TokenBucket
from catenet.nodes.transport.stack.paths import Paths
from catenet.nodes.transport.stack.sending import TTL

__all__ = ["Telling"]

_INTERNETWORK_CONTROL = 6 << 5  # precedence (RFC 791 section 3.1): "SHOULD have their precedence value set to 6"
_TOS = 0x1E  # its bits without the precedence (RFC 1349)
_PARAMETER_PROBLEM = 12
_SHORTEST = 8  # octets of a message


class Telling:
    """`interfaces`: by name, as they are now; `errors`: how many are sent (RFC 1812 section 4.3.2.8)."""

    def __init__(
        self,
        ipv4: Ipv4,
        paths: Paths,
        interfaces: Mapping[str, Interface],
        errors: TokenBucket,
        count: Count,
    ) -> None:
        self._ipv4 = ipv4
        self._paths = paths
        self._interfaces = interfaces
        self._count = count
        self._errors = errors

    def tell(self, trouble: Trouble, now: float) -> None:
        """An error about a packet, to its source, if one may be sent."""
        kind, code, rest, packet, interface = trouble
        why = refusal(packet, self._ipv4.interfaces.is_for_several)
        if not why and not self._errors.take(now):
            why = "limit"
        if why:
            self._count(f"icmp.not sent.{why}")
            return
        came = self._interfaces.get(interface)
        source, destination = (Address.unpack(packet[at : at + 4]) for at in (12, 16))
        # What came to an address of this node's is answered from it, as the kernel does.
        to_us = self._ipv4.interfaces.is_own(destination)
        own = destination if to_us else ANY if came is None else came.address
        to, options = (source, b"") if kind == _PARAMETER_PROBLEM else _way_back(packet)
        tos = _INTERNETWORK_CONTROL | packet[1] & _TOS
        self._send(error_about(kind, code, rest, packet), own, to, tos=tos, options=options, now=now)

    def receive(self, delivered: Delivered, now: float) -> None:
        """An ICMP message for this node."""
        message = delivered.payload
        if len(message) < _SHORTEST or checksum(message):
            self._count("icmp.malformed")
        elif message[0] == ECHO:
            self._answer(delivered, now)
        elif message[0] in TYPES:
            self._learn(message, now)
        elif message[0] != ECHO_REPLY:
            # "If an ICMP message of unknown type is received, it MUST be silently discarded" (RFC 1122 section 3.2.2);
            # so are redirects, source quenches (RFC 6633) and the queries that this node does not answer.
            self._count("icmp.ignored")

    def _answer(self, delivered: Delivered, now: float) -> None:
        header, message, interface, *_ = delivered
        try:
            answer = echo_reply(message)
        except DecodeError:
            self._count("icmp.malformed")
            return
        own = header.destination
        if not self._ipv4.interfaces.is_own(own):
            # "A router/host MUST NOT use a broadcast or multicast address as the source": it is the interface's.
            came = self._interfaces.get(interface)
            own = ANY if came is None else came.address
        self._count("icmp.echoes")
        to, options = _way_back(delivered.packet, recorded=True)
        self._send(answer, own, to, tos=header.tos, options=options, now=now)

    def _learn(self, message: bytes, now: float) -> None:
        """Of the errors about what this node sent, the path's MTU alone changes what it does."""
        try:
            error = IcmpError.parse(message)
        except DecodeError:
            self._count("icmp.malformed")
            return
        self._count("icmp.errors heard")
        if (error.type, error.code) != FRAGMENTATION_NEEDED:
            return
        if self._paths.believes(error, now):
            self._ipv4.set_path_mtu(error.about.destination, error.mtu, now, error.about.total_length)
        else:
            self._count("icmp.not believed")

    def _send(
        self, message: bytes, source: Address, destination: Address, *, tos: int, options: bytes, now: float
    ) -> None:
        why = self._ipv4.send(
            message, source, destination, PROTOCOL, ttl=TTL, tos=tos, df=False, interface="", options=options, now=now
        )
        self._count("icmp.send failures" if why else "icmp.sent")


def _way_back(packet: bytes, *, recorded: bool = False) -> tuple[Address, bytes]:
    """Where what answers a packet goes first, and its options: "the return route MUST be reversed and used as a Source
    Route option" (RFC 1122 section 3.2.2.6; RFC 1812 section 4.3.2.6 for errors). `recorded`: with its record route and
    timestamp, too, which an echo's answer has, "updated to include the current host": who sends writes itself in."""
    header = Header.parse(packet)
    if not header.options:
        return header.source, b""
    try:
        route = header.source_route
        kept = records(header.options) if recorded else b""
    except DecodeError:
        return header.source, b""
    first, back = (header.source, None) if route is None else route.back(header.source)
    options = (b"" if back is None else bytes(back)) + kept
    return first, options + bytes(-len(options) % 4)
