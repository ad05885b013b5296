"""Mappings and their sessions: which inside endpoint has which outside port, and towards whom (RFC 4787 sections 4, 5).

A mapping lives as long as one of its sessions does. Each session has its deadline, which is only written when a packet
refreshes it; its timer is set again when it runs out too early. So every look-up tests the deadline itself: a machine
that was paused is woken late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.flow import Flow, key_of
from catenet.nodes.internet.nat.header import ICMP, TCP, UDP
from catenet.nodes.internet.nat.ports import PortPool
from catenet.nodes.internet.nat.tcp import STEADY, State, lifetimes
from catenet.nodes.machine import Endpoint
from catenet.nodes.timers import Timers

__all__ = ["SESSIONS", "Mapping", "Mappings", "Session"]

SESSIONS = 4
"""So many sessions for each mapping are allowed, of all mappings of a host, and of all hosts, together: a mapping may
have more of them (`peers_per_mapping`) while others have fewer."""

_Towards = tuple[()] | tuple[Address] | tuple[Address, int]


class Session:
    """What passes between a mapping and one peer. Times in seconds, lengths in octets of IP packets.

    `solicited`: inside has sent to the peer; only then it lets others in. `lifetime`: for how long it need not be
    refreshed. `steady`: a segment of TCP without FIN, SYN and RST changes no more than its times. `seen_out`,
    `seen_in`: the last segment each way (tcp.py).
    """

    __slots__ = (
        "bytes_in",
        "bytes_out",
        "expires",
        "last",
        "lifetime",
        "mapping",
        "peer",
        "seen_in",
        "seen_out",
        "solicited",
        "state",
        "steady",
    )

    def __init__(self, mapping: Mapping, peer: Endpoint, state: State, lifetime: float, now: float) -> None:
        self.mapping = mapping
        self.peer = peer
        self.state = state
        self.lifetime = lifetime
        self.steady = self.solicited = False
        self.last = now
        self.expires = now + lifetime
        self.bytes_out = self.bytes_in = 0
        self.seen_out = self.seen_in = b""


class Mapping:
    """`inside` is known as `outside` to the peers that it is `towards`, of one protocol: to all, to those of one
    address, or to one. Where nothing is translated both are the same endpoint. `sessions`: by their peers, the oldest
    first; `solicited`: those of them to whose peers inside has sent."""

    __slots__ = ("inside", "made", "outside", "protocol", "sessions", "solicited", "towards")

    def __init__(self, protocol: int, inside: Endpoint, outside: Endpoint, towards: _Towards, now: float) -> None:
        self.protocol = protocol
        self.inside = inside
        self.outside = outside
        self.towards = towards
        self.made = now
        self.sessions: dict[Endpoint, Session] = {}
        self.solicited: dict[Endpoint, Session] = {}

    def session(self, peer: Endpoint, now: float) -> Session | None:
        """That with the peer, if it is alive."""
        session = self.sessions.get(peer)
        return session if session is not None and session.expires > now else None


class Mappings:
    """All of them, found by their inside and by their outside, within the bounds of the options.

    `flows`: protocol → the octets 12 to 23 of a packet → its flow; a flow goes when its session does.
    """

    def __init__(
        self,
        options: NatOptions,
        public: Address | None,
        pool: PortPool,
        made: Callable[[Mapping], None],
        gone: Callable[[Mapping], None],
    ) -> None:
        """`public`: the address of all outside endpoints; None: nothing is translated. `made` and `gone` are told of
        each mapping."""
        self._options = options
        self._public = public
        self._pool = pool
        self._made = made
        self._gone = gone
        self._tcp = lifetimes(options)
        self._out: dict[tuple[int, Endpoint, _Towards], Mapping] = {}
        self._back: dict[tuple[int, Endpoint], Mapping] = {}
        self._hosts: Counter[Address] = Counter()
        self._host_sessions: Counter[Address] = Counter()
        self._count = 0
        self._timers: Timers[Session] = Timers()
        self.flows: dict[int, dict[bytes, Flow]] = {TCP: {}, UDP: {}}

    def __len__(self) -> int:
        return len(self._back)

    def sessions(self, now: float) -> Iterator[Session]:
        """Those that are alive, the oldest mapping's first."""
        return (each for mapping in self._back.values() for each in mapping.sessions.values() if each.expires > now)

    def of_inside(self, protocol: int, inside: Endpoint, peer: Endpoint, now: float) -> Mapping | None:
        """The mapping by which the inside endpoint is known to the peer."""
        return self._alive(self._out.get((protocol, inside, self._towards(protocol, peer))), now)

    def of_outside(self, protocol: int, outside: Endpoint, now: float) -> Mapping | None:
        """The mapping that has the outside endpoint."""
        return self._alive(self._back.get((protocol, outside)), now)

    def begin(self, protocol: int, inside: Endpoint, peer: Endpoint, now: float) -> Session | None:
        """The session of a packet from inside to the peer; it, and its mapping, are made where they are not there.
        None: there are too many."""
        mapping = self.of_inside(protocol, inside, peer, now)
        session = None if mapping is None else mapping.session(peer, now)
        if session is None:
            if not self._has_room(mapping, inside.address, by_outside=False):
                return None
            mapping = mapping or self._map(protocol, inside, self._towards(protocol, peer), now)
            if mapping is None:
                return None
            session = self._add(mapping, peer, now)
        session.solicited = True
        session.mapping.solicited[peer] = session
        return session

    def admit(self, mapping: Mapping, peer: Endpoint, until: float, now: float) -> Session | None:
        """The session of a packet that came in by the mapping from a peer to which inside has not sent. It dies at the
        time `until` which it was let in, unless inside sends to it. None: there are too many."""
        session = mapping.session(peer, now)
        if session is None and self._has_room(mapping, mapping.inside.address, by_outside=True):
            session = self._add(mapping, peer, now)
            session.expires = min(session.expires, until)
            self._timers.set(session, session.expires)
        return session

    def set_state(self, session: Session, state: State) -> None:
        """Of a TCP connection."""
        session.state = state
        session.lifetime = self._tcp[state]
        session.steady = state in STEADY

    def shorten(self, session: Session, until: float) -> None:
        """It dies at this time, unless it does before."""
        session.expires = min(session.expires, until)
        self.watch(session)

    def watch(self, session: Session) -> None:
        """Its deadline may be an earlier one than before."""
        self._timers.set(session, session.expires)

    def expire(self, now: float) -> None:
        """Forget what has run out."""
        for session in self._timers.due(now):
            if session.expires > now:
                self._timers.set(session, session.expires)
            else:
                self._drop(session)

    def next_expiry(self) -> float | None:
        """When `expire` has something to look at."""
        return self._timers.next()

    def _towards(self, protocol: int, peer: Endpoint) -> _Towards:
        # "NAT mapping of ICMP Query Identifiers SHOULD be external-host independent." (RFC 5508 section 3.1)
        if self._options.mapping == "endpoint-independent" or protocol == ICMP or self._public is None:
            return ()
        return (peer.address,) if self._options.mapping == "address-dependent" else (peer.address, peer.port)

    def _alive(self, mapping: Mapping | None, now: float) -> Mapping | None:
        if mapping is None or any(session.expires > now for session in mapping.sessions.values()):
            return mapping
        self._drop_mapping(mapping)
        return None

    def _map(self, protocol: int, inside: Endpoint, towards: _Towards, now: float) -> Mapping | None:
        options = self._options
        if len(self._back) >= options.max_mappings or self._hosts[inside.address] >= options.per_host:
            return None
        if self._public is None:
            outside = inside
        else:
            port = self._pool.take(protocol, inside.port)
            if port is None:
                return None
            outside = Endpoint(self._public, port)
        mapping = Mapping(protocol, inside, outside, towards, now)
        self._out[protocol, inside, towards] = self._back[protocol, outside] = mapping
        self._hosts[inside.address] += 1
        self._made(mapping)
        return mapping

    def _has_room(self, mapping: Mapping | None, host: Address, *, by_outside: bool) -> bool:
        """Whether there may be one session more. Where its mapping has some, one makes room: the oldest of those from
        outside; else, and only for one from inside, that which was silent longest."""
        options, sessions = self._options, {} if mapping is None else mapping.sessions
        share = SESSIONS // 2 if by_outside else SESSIONS  # who is outside cannot take from inside all that there is
        full = (
            len(sessions) >= options.peers_per_mapping
            or self._count >= options.max_mappings * share
            or self._host_sessions[host] >= options.per_host * share
        )
        if not full:
            return True
        victim = next((session for session in sessions.values() if not session.solicited), None)
        if victim is None and not by_outside:
            victim = min(sessions.values(), key=lambda session: session.last, default=None)
        if victim is not None:
            self._drop(victim, keep_mapping=True)
        return victim is not None

    def _add(self, mapping: Mapping, peer: Endpoint, now: float) -> Session:
        options = self._options
        stale = mapping.sessions.get(peer)
        if stale is not None:
            self._drop(stale, keep_mapping=True)
        if mapping.protocol == TCP:
            session = Session(mapping, peer, State.OPENING, options.tcp_opening, now)
        else:
            lifetime = options.udp_timeout if mapping.protocol == UDP else options.icmp_timeout
            session = Session(mapping, peer, State.OPEN, lifetime, now)
        mapping.sessions[peer] = session
        self._count += 1
        self._host_sessions[mapping.inside.address] += 1
        self._timers.set(session, session.expires)
        return session

    def _drop(self, session: Session, *, keep_mapping: bool = False) -> None:
        mapping, peer = session.mapping, session.peer
        del mapping.sessions[peer]
        mapping.solicited.pop(peer, None)
        self._timers.cancel(session)
        self._count -= 1
        _less(self._host_sessions, mapping.inside.address)
        flows = self.flows.get(mapping.protocol)
        if flows is not None:
            flows.pop(key_of(mapping.inside, peer), None)
            flows.pop(key_of(peer, mapping.outside), None)
        if not mapping.sessions and not keep_mapping:
            self._drop_mapping(mapping)

    def _drop_mapping(self, mapping: Mapping) -> None:
        for session in [*mapping.sessions.values()]:
            self._drop(session, keep_mapping=True)
        del self._out[mapping.protocol, mapping.inside, mapping.towards]
        del self._back[mapping.protocol, mapping.outside]
        _less(self._hosts, mapping.inside.address)
        if self._public is not None:
            self._pool.give_back(mapping.protocol, mapping.outside.port)
        self._gone(mapping)


def _less(counter: Counter[Address], host: Address) -> None:
    counter[host] -= 1
    if not counter[host]:
        del counter[host]
