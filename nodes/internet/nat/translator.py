"""What becomes of a packet whose flow is not known yet: outbound, inbound, hairpinned, or an ICMP error."""

from __future__ import annotations

from collections.abc import Collection

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.config import KERNEL_PORTS, NatOptions
from catenet.nodes.internet.nat.filtering import Filter, went_in, went_out
from catenet.nodes.internet.nat.flow import Flow
from catenet.nodes.internet.nat.header import ACK, ICMP, ICMP_REPLIES, PROTOCOLS, RST, SYN, TCP, UDP, Header, rewrite
from catenet.nodes.internet.nat.icmp import translate
from catenet.nodes.internet.nat.mapping import Mapping, Mappings, Session
from catenet.nodes.internet.nat.refusals import PORT_UNREACHABLE, Refusals, Refused
from catenet.nodes.internet.nat.unsolicited import Syn, UnsolicitedSyns
from catenet.nodes.machine import Count, DecodeError

__all__ = ["Translator"]

_PLAIN = 20  # octets of an IP header without options


class Translator:
    """Each method takes a packet and its header, and gives what goes on: the same object where that is the packet as it
    is. It raises `Refused` where nothing does."""

    def __init__(
        self,
        options: NatOptions,
        public: Address | None,
        kept: Collection[tuple[int, int]],
        mappings: Mappings,
        *,
        refusals: Refusals,
        count: Count,
    ) -> None:
        """`public`: the outside address; None: addresses stay as they are. `kept`: protocols and ports of the node's
        own services."""
        self._options = options
        self._public = public
        self._kept = frozenset(kept)
        self._mappings = mappings
        self._filter = Filter(options, mappings)
        self._refusals = refusals
        self._count = count
        self._unsolicited = UnsolicitedSyns()

    def outbound(self, packet: bytes, header: Header, came: str, goes: str, now: float) -> bytes:
        """From inside to a host outside."""
        if header.is_error:
            return self.error(packet, header, now, from_outside=False, otherwise=None)
        if header.protocol not in PROTOCOLS or (header.protocol == ICMP and not header.is_query):
            raise Refused("other", "neither TCP, UDP nor an ICMP query")
        session = self._begin(packet, header, now)
        self._remember(session, header, came, goes, out=True)
        self._count("out")
        return rewrite(packet, header, session.mapping.outside, header.destination)

    def inbound(self, packet: bytes, header: Header, came: str, goes: str, now: float) -> bytes:
        """From outside: to the outside address, or, where nothing is translated, to a host inside."""
        if header.is_error:
            about = self._own_error(packet, header)
            return self.error(packet, header, now, from_outside=True, otherwise=about)
        own = self._own(packet, header.protocol, header.destination.port)
        mapping = session = None
        if header.protocol in (TCP, UDP) or header.kind in ICMP_REPLIES:
            mapping = self._mappings.of_outside(header.protocol, header.destination, now)
        if mapping is not None:
            session = self._let_in(mapping, packet, header, now)
        if mapping is not None and session is not None:
            self._remember(session, header, came, goes, out=False)
            self._count("in")
            return rewrite(packet, header, header.source, mapping.inside)
        if own is not None and (mapping is None or header.protocol == ICMP):
            return own
        if header.protocol == TCP and header.kind & (SYN | ACK | RST) == SYN:
            syn = Syn(packet, header.source.address, came)
            self._unsolicited.hold(header.source, header.destination, syn, now)
        raise _not_let_in(mapping)

    def hairpin(self, packet: bytes, header: Header, came: str, now: float) -> bytes:
        """From inside to the outside address: both ends are translated (RFC 4787 REQ-9a)."""
        if header.is_error:
            about = self._own_error(packet, header)
            return self.error(packet, header, now, from_outside=False, otherwise=about)
        own = self._own(packet, header.protocol, header.destination.port)
        mapping = self._mappings.of_outside(header.protocol, header.destination, now)
        if own is not None and (mapping is None or header.protocol == ICMP):
            return own
        if self._options.hairpin == "off":
            raise Refused("filtered", "hairpinning is off")
        # What is sent from inside opens its own mapping in any case: of two hosts inside that open towards each other
        # one has to begin.
        source = self._begin(packet, header, now).mapping.outside
        mapping = self._mappings.of_outside(header.protocol, header.destination, now)
        if mapping is None or self._let_in(mapping, packet, header._replace(source=source), now) is None:
            raise _not_let_in(mapping)
        self._count("hairpinned")
        return rewrite(packet, header, source, mapping.inside)

    def error(self, packet: bytes, header: Header, now: float, *, from_outside: bool, otherwise: bytes | None) -> bytes:
        """An ICMP error. `otherwise`: what becomes of one that is about no session."""
        made = translate(packet, header, self._mappings, self._public, now, from_outside=from_outside)
        if made is not None:
            self._count("icmp_translated")
            return made
        if otherwise is None:
            raise Refused("icmp_dropped", "an ICMP error about no session")
        return otherwise

    def next_due(self) -> float | None:
        """When somebody whose connection was not let in is to be told so."""
        return self._unsolicited.next_due()

    def tell_due(self, now: float) -> None:
        """Tell them: "the NAT SHOULD send an ICMP Port Unreachable error" (RFC 5382 REQ-4)."""
        for syn in self._unsolicited.due(now):
            self._refusals.send(PORT_UNREACHABLE, syn.packet, syn.peer, syn.lan)

    # The two halves: a packet leaves the inside, a packet is let in

    def _begin(self, packet: bytes, header: Header, now: float) -> Session:
        """The session of a packet from inside, refreshed by it."""
        protocol, inside, peer = header.protocol, header.source, header.destination
        if protocol == UDP and self._options.udp == "off":
            raise Refused("udp_blocked", "UDP is off", tells=True)
        if protocol == TCP and header.kind & RST:
            # There is nothing for it to end.
            mapping = self._mappings.of_inside(protocol, inside, peer, now)
            if mapping is None or mapping.session(peer, now) is None:
                raise Refused("no_mapping", "a RST of no connection")
        session = self._mappings.begin(protocol, inside, peer, now)
        if session is None:
            raise Refused("full", "too many mappings", tells=True)
        if protocol == TCP and header.kind & SYN:
            self._unsolicited.answered(peer, session.mapping.outside)
        went_out(self._mappings, session, packet, header, now)
        return session

    def _let_in(self, mapping: Mapping, packet: bytes, header: Header, now: float) -> Session | None:
        """The session of a packet that the mapping lets in; None: it does not, and what is refused refreshes nothing
        (RFC 7857 section 7)."""
        until = self._filter.allows(mapping, header.source, now)
        session = None if until is None else self._filter.admit(mapping, header, until, now)
        if session is not None:
            went_in(self._mappings, session, packet, header, now)
        return session

    def _own(self, packet: bytes, protocol: int, port: int) -> bytes | None:
        """The packet, where it is for this node itself: for a service or a connection of its own, or for its kernel.
        None: it is not."""
        if self._public is None:
            return None
        ours = protocol not in (TCP, UDP) or port in KERNEL_PORTS or (protocol, port) in self._kept
        return packet if ours else None

    def _own_error(self, packet: bytes, header: Header) -> bytes | None:
        """An ICMP error, where it is about a packet of this node itself."""
        try:
            inner = Header.parse(packet[header.start + 8 :], embedded=True)
        except DecodeError:
            return None
        return self._own(packet, inner.protocol, inner.source.port)

    def _remember(self, session: Session, header: Header, came: str, goes: str, *, out: bool) -> None:
        flows = self._mappings.flows.get(header.protocol)
        if flows is not None and header.start == _PLAIN:
            flow = Flow(session, came, goes, out=out)
            flows[flow.key] = flow


def _not_let_in(mapping: Mapping | None) -> Refused:
    if mapping is None:
        return Refused("no_mapping", "for no mapping")
    return Refused("filtered", "of a peer that is not let in")
