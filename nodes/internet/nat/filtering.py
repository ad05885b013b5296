"""Who is let in by a mapping, and what a packet that passes does to its session: deadlines, a connection's state."""

from __future__ import annotations

from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.header import ICMP, RST, SYN, TCP, Header
from catenet.nodes.internet.nat.mapping import Mapping, Mappings, Session
from catenet.nodes.internet.nat.tcp import SEEN, State, acceptable_reset, next_state
from catenet.nodes.machine import Endpoint

__all__ = ["Filter", "went_in", "went_out"]

_SEEN_FROM, _SEEN_TO = SEEN.start - 20, SEEN.stop - 20
"""Counted from the segment's begin."""


class Filter:
    """The filtering behaviour (RFC 4787 section 5, RFC 5382 section 4.3)."""

    def __init__(self, options: NatOptions, mappings: Mappings) -> None:
        self._behaviour = options.filtering
        self._mappings = mappings

    def allows(self, mapping: Mapping, peer: Endpoint, now: float) -> float | None:
        """Until when it lets packets of the peer in, with no packet from inside; None: it does not."""
        asked = (each for each in mapping.solicited.values() if each.expires > now and self._covers(each, peer))
        return max((each.expires for each in asked), default=None)

    def admit(self, mapping: Mapping, header: Header, until: float, now: float) -> Session | None:
        """The session of a packet that is allowed in; None: it cannot have one.

        A connection begins with a SYN.
        """
        session = mapping.session(header.source, now)
        if session is None and header.protocol == TCP and not header.kind & SYN:
            return None
        return self._mappings.admit(mapping, header.source, until, now)

    def _covers(self, session: Session, peer: Endpoint) -> bool:
        if session.mapping.protocol == ICMP:  # an answer comes from who was asked
            return session.peer.address == peer.address
        if self._behaviour == "endpoint-independent":
            return True
        if self._behaviour == "address-dependent":
            return session.peer.address == peer.address
        return session.peer == peer


def went_out(mappings: Mappings, session: Session, packet: bytes, header: Header, now: float) -> None:
    """A packet from inside: "NAT Outbound refresh behavior" is "True" (RFC 4787 REQ-6)."""
    session.last = now
    session.bytes_out += len(packet)
    if header.protocol == TCP:
        _track(mappings, session, packet, header, now, out=True)
    else:
        session.expires = now + session.lifetime


def went_in(mappings: Mappings, session: Session, packet: bytes, header: Header, now: float) -> None:
    """A packet from a peer. It refreshes connections only: else "an external attacker or misbehaving application" could
    "keep a mapping alive indefinitely" (RFC 4787 section 4.3)."""
    session.last = now
    session.bytes_in += len(packet)
    if header.protocol == TCP:
        _track(mappings, session, packet, header, now, out=False)


def _track(mappings: Mappings, session: Session, packet: bytes, header: Header, now: float, *, out: bool) -> None:
    seen = packet[header.start + _SEEN_FROM : header.start + _SEEN_TO]
    if header.kind & RST:
        same_way, other_way = (session.seen_out, session.seen_in) if out else (session.seen_in, session.seen_out)
        if acceptable_reset(seen, same_way, other_way):
            # "the NAT SHOULD wait for 4 minutes before deleting the session" (RFC 7857 section 2.2); a RST refreshes
            # nothing (section 7.1).
            mappings.set_state(session, State.RESET)
            mappings.shorten(session, now + session.lifetime)
        return
    state = next_state(session.state, header.kind, out=out)
    changed = state is not session.state
    if changed:
        mappings.set_state(session, state)
    if changed and state is State.OPENING:
        session.seen_out = session.seen_in = b""
    if out:
        session.seen_out = seen
    else:
        session.seen_in = seen
    if session.solicited:
        session.expires = now + session.lifetime
        if changed:  # it may be due earlier than before
            mappings.watch(session)
