"""A data stream: one port, the relays that it has, and the agent that finds a way through them (RFC 8445 section 5).

    stream.gather(now)                          the servers are asked; `is_gathered` says when `candidates` are complete
    stream.begin(credentials, candidates, now)  the peer's: the checks begin
    stream.receive(data, source, now)           what came to the port → the application's data, if it is that
    stream.send(data)                           by the selected pair
    stream.take_sends()                         what leaves from the port, or on the connection to a server

A server that is silent over UDP is asked over TCP: `take_connections` names it, `connected` says that there is a
connection, and each whole message that comes on it goes to `receive` as well, with the server as its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from catenet.nodes.application.ice.agent import Agent
from catenet.nodes.application.ice.candidate import Candidate, Foundations, Kind, priority_of
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.events import Event
from catenet.nodes.application.ice.relay import MOST_SERVERS, Relay, Server
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.machine import Count, Endpoint, Entropy, Randomness

__all__ = ["DataStream", "Leaving"]

_UDP_PATIENCE = 1.2
"""Seconds: a server that has answered neither the first request nor the second is asked over TCP."""
_GATHERING = 3.0
"""Seconds after which what was gathered has to do."""
_LOCAL_PREFERENCE = 65_535


class Leaving(NamedTuple):
    """A message to be sent: from the port, or with `tcp` on the connection to that server."""

    data: bytes
    destination: Endpoint
    tcp: bool = False


class DataStream:
    """`base`: the port, by the address from which its datagrams leave."""

    def __init__(
        self,
        base: Endpoint,
        servers: Sequence[Server],
        timing: Timing,
        *,
        controlling: bool,
        entropy: Entropy,
        randomness: Randomness,
        count: Count,
        relayed_only: bool = False,
    ) -> None:
        """`relayed_only`: the peer learns no address but those of relays."""
        self.agent = Agent(timing, controlling=controlling, entropy=entropy, randomness=randomness, count=count)
        self.base = base
        self._relayed_only = relayed_only
        self._relays = {each.endpoint: Relay(each, entropy, count) for each in servers[:MOST_SERVERS]}
        self._foundations = Foundations()
        self._gathered_at = inf
        self._waits_until: float | None = None
        self._tcp_at: float | None = None
        self._begun = False
        self._connections: list[Server] = []
        self._leaving: list[Leaving] = []

    # Gathering.

    def gather(self, now: float) -> None:
        """Ask each server for a relayed address; its answer says how it sees the port, too (section 5.1.1.2)."""
        for relay in self._relays.values():
            relay.client.allocate(now)
        self._gathered_at = self._waits_until = now + _GATHERING
        self._tcp_at = now + _UDP_PATIENCE
        self._collect()

    def is_gathered(self, now: float) -> bool:
        """Whether nothing more is waited for."""
        over = now >= self._gathered_at
        return over or all(relay.is_settled for relay in self._relays.values())

    @property
    def candidates(self) -> list[Candidate]:
        """All that it has, without those that say nothing new (section 5.1.3)."""
        address = self.base.address
        host = Candidate(
            Kind.HOST,
            self.base,
            self.base,
            priority_of(Kind.HOST, _LOCAL_PREFERENCE),
            self._foundations.of(Kind.HOST, address),
        )
        found = {self.base: host}
        for number, (server, relay) in enumerate(self._relays.items()):
            preference = _LOCAL_PREFERENCE - number
            for kind, endpoint in ((Kind.SERVER_REFLEXIVE, relay.mapped), (Kind.RELAYED, relay.client.relayed)):
                if endpoint is not None and endpoint not in found:
                    base = endpoint if kind is Kind.RELAYED else self.base
                    foundation = self._foundations.of(kind, base.address, server.address)
                    found[endpoint] = Candidate(kind, endpoint, base, priority_of(kind, preference), foundation)
        return [each for each in found.values() if each.kind is Kind.RELAYED or not self._relayed_only]

    def take_connections(self) -> list[Server]:
        """The servers to which a connection is wanted now."""
        wanted, self._connections = self._connections, []
        return wanted

    def connected(self, server: Endpoint, now: float) -> None:
        """There is a connection to this server."""
        relay = self._relays[server]
        if not relay.is_settled:
            relay.over_tcp()
            relay.client.allocate(now)
            self._collect()

    def connection_ended(self, server: Endpoint) -> None:
        """There is none any more, or could be none."""
        relay = self._relays[server]
        if relay.tcp or relay.client.relayed is None:
            relay.lose("the connection has ended")

    # The peer.

    def begin(self, peer: Credentials, candidates: Iterable[Candidate], now: float) -> None:
        """The peer's credentials and candidates: the checks begin."""
        known = tuple(candidates)
        self._begun = True
        self.agent.set_local(self.candidates)
        for relay in self._relays.values():
            if relay.client.relayed is not None:
                relay.client.permit({each.endpoint.address for each in known}, now)
        self.agent.set_remote(peer, known, now)
        self._collect()

    def receive(self, data: bytes, source: Endpoint, now: float) -> bytes | None:
        """What came to the port, or from a server on its connection → what the peer's application has sent."""
        relay, base = self._relays.get(source), self.base
        if relay is not None:  # what comes from a server's own port is the server's: its relayed addresses have others
            arrived = relay.receive(data, now)
            if arrived is None or relay.client.relayed is None:
                self._collect()
                return None
            source, data, base = *arrived, relay.client.relayed
        is_data = not self.agent.receive(data, source, base, now)
        self._collect()
        return data if is_data else None

    def send(self, data: bytes) -> bool:
        """By the selected pair → whether there is one to which the peer consents."""
        pair = self.agent.selected
        if pair is None or not self.agent.may_send:
            return False
        self._leave(data, *pair.way)
        return True

    def release(self, now: float) -> None:
        """Give the relays back."""
        for relay in self._relays.values():
            relay.client.release(now)
        self._collect()

    # Time.

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        if self._tcp_at is not None and now >= self._tcp_at:
            self._tcp_at = None
            self._connections += [each.server for each in self._relays.values() if not each.is_settled]
        if now >= self._gathered_at:
            self._waits_until = None
        for relay in self._relays.values():
            relay.wake(now)
        if self._begun:
            self.agent.wake(now)
        self._collect()

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        times = [relay.client.next_wake() for relay in self._relays.values()]
        times += [self._tcp_at, self._waits_until]
        if self._begun:
            times.append(self.agent.next_wake())
        return min((at for at in times if at is not None), default=None)

    def take_sends(self) -> list[Leaving]:
        """What is to be sent now, in order."""
        leaving, self._leaving = self._leaving, []
        return leaving

    def take_events(self) -> list[Event]:
        """What the agent has to say."""
        return self.agent.take_events()

    def _collect(self) -> None:
        for data, base, destination in self.agent.take_sends():
            self._leave(data, base, destination)
        for server, relay in self._relays.items():
            self._leaving += [Leaving(data, server, relay.tcp) for data in relay.client.take_sends()]

    def _leave(self, data: bytes, base: Endpoint, destination: Endpoint) -> None:
        if base == self.base:
            self._leaving.append(Leaving(data, destination))
            return
        for server, relay in self._relays.items():
            if base == relay.client.relayed:
                self._leaving.append(Leaving(relay.client.wrap(destination, data), server, relay.tcp))
                return
