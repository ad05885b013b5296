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
from typing import NamedTuple

from catenet.nodes.application.ice.agent import Agent
from catenet.nodes.application.ice.candidate import Candidate, Foundations, Kind, priority_of
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.events import Event, Selected
from catenet.nodes.application.ice.pair import Pair
from catenet.nodes.application.ice.relay import MOST_SERVERS, Relay, Server
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.machine import Count, Endpoint, Entropy, Randomness

__all__ = ["DataStream", "Leaving"]

_UDP_PATIENCE = 1.2
"""Seconds: a server that has answered neither the first request nor the second is asked over TCP."""
_GATHERING = 3.0
"""Seconds after which what was gathered has to do."""
_UNWANTED_AFTER = 3.0
"""Seconds after its nomination for which a pair's like may still be checked by the peer (RFC 8445 section 8.3.1)."""
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
        self._gathered_at: float | None = None  # when it is, at the latest
        self._gathered = False
        self._tcp_at: float | None = None
        self._begun = False
        self._release_at: float | None = None
        self._connections: list[Server] = []
        self._leaving: list[Leaving] = []
        self._events: list[Event] = []

    # Gathering.

    def gather(self, now: float) -> None:
        """Ask each server for a relayed address; its answer says how it sees the port, too (section 5.1.1.2)."""
        for relay in self._relays.values():
            relay.client.allocate(now)
        self._gathered_at = now + _GATHERING
        self._tcp_at = now + _UDP_PATIENCE
        self._collect(now)

    def is_gathered(self, now: float) -> bool:
        """Whether nothing more is waited for."""
        over = self._gathered_at is not None and now >= self._gathered_at
        return over or self._gathered or all(relay.is_settled for relay in self._relays.values())

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
        relay = self._relays.get(server)
        if relay is not None and not relay.is_settled:
            relay.over_tcp()
            relay.client.allocate(now)
            self._collect(now)

    def connection_ended(self, server: Endpoint) -> None:
        """There is none any more, or could be none."""
        relay = self._relays.get(server)
        if relay is not None and (relay.tcp or relay.client.relayed is None):
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
        self._collect(now)

    def receive(self, data: bytes, source: Endpoint, now: float) -> bytes | None:
        """What came to the port, or from a server on its connection → what the peer's application has sent."""
        relay, base = self._relays.get(source), self.base
        if relay is not None:  # what comes from a server's own port is the server's: its relayed addresses have others
            arrived = relay.receive(data, now)
            if arrived is None or relay.client.relayed is None:
                self._collect(now)
                return None
            source, data, base = *arrived, relay.client.relayed
        is_data = not self.agent.receive(data, source, base, now)
        self._collect(now)
        return data if is_data else None

    @property
    def usable(self) -> Pair | None:
        """The selected pair, while the peer consents to it and its relay, if it has one, is there."""
        pair = self.agent.selected
        if pair is None or not self.agent.may_send:
            return None
        base = pair.local.base
        return pair if base == self.base or self._relay_of(base) is not None else None

    def send(self, data: bytes) -> bool:
        """By the selected pair → whether there is one that is usable."""
        pair = self.usable
        if pair is None:
            return False
        self._leave(data, *pair.way)
        return True

    @property
    def is_released(self) -> bool:
        """Whether no server is waited for any more, after `release`."""
        return all(relay.client.next_wake() is None for relay in self._relays.values())

    def release(self, now: float) -> None:
        """Give the relays back."""
        for relay in self._relays.values():
            relay.client.release(now)
        self._collect(now)

    # Time.

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        if self._tcp_at is not None and now >= self._tcp_at:
            self._tcp_at = None
            self._connections += [each.server for each in self._relays.values() if not each.is_settled]
        if self._gathered_at is not None and now >= self._gathered_at:
            self._gathered, self._gathered_at = True, None
        for relay in self._relays.values():
            relay.wake(now)
        if self._release_at is not None and now >= self._release_at:
            self._release_unwanted(now)
        if self._begun:
            self.agent.wake(now)
        self._collect(now)

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        times = [relay.client.next_wake() for relay in self._relays.values()]
        times += [self._tcp_at, self._release_at, self._gathered_at]
        if self._begun:
            times.append(self.agent.next_wake())
        return min((at for at in times if at is not None), default=None)

    def take_sends(self) -> list[Leaving]:
        """What is to be sent now, in order."""
        leaving, self._leaving = self._leaving, []
        return leaving

    def take_events(self) -> list[Event]:
        """What the agent has to say."""
        events, self._events = self._events, []
        return events

    def _collect(self, now: float) -> None:
        for event in self.agent.take_events():
            self._events.append(event)
            if isinstance(event, Selected):
                self._concluded(event.pair, now)
        for data, base, destination in self.agent.take_sends():
            self._leave(data, base, destination)
        for server, relay in self._relays.items():
            self._leaving += [Leaving(data, server, relay.tcp) for data in relay.client.take_sends()]

    def _concluded(self, pair: Pair, now: float) -> None:
        """A channel to the peer, now that there is one pair (RFC 8445 section 7.2.1 has none before)."""
        relay = self._relay_of(pair.local.base)
        if relay is not None:
            relay.client.bind(pair.remote.endpoint, now)
        self._release_at = now + _UNWANTED_AFTER

    def _release_unwanted(self, now: float) -> None:
        """The relays that do not carry the selected pair (section 8.3)."""
        self._release_at = None
        pair = self.agent.selected
        for relay in self._relays.values():
            if pair is None or relay.client.relayed != pair.local.base:
                relay.client.release(now)

    def _relay_of(self, base: Endpoint) -> Relay | None:
        return next((each for each in self._relays.values() if each.client.relayed == base), None)

    def _leave(self, data: bytes, base: Endpoint, destination: Endpoint) -> None:
        if base == self.base:
            self._leaving.append(Leaving(data, destination))
            return
        relay = self._relay_of(base)
        if relay is not None:
            self._leaving.append(Leaving(relay.client.wrap(destination, data), relay.server.endpoint, relay.tcp))
