"""A node with one data stream, and the supernodes by which it finds its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from network import Network
from node import Node

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.datastream import DataStream
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.connection import ServerConnection
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.control.units import Secret
from catenet.nodes.machine import Action, Connect, Datagram, Endpoint, Flush, OpenPort, Port, Send, Stream, Udp

__all__ = ["Talker", "introduce", "servers", "supernode"]

SECRET = "a secret of the lab's"
USERNAME = "999999:somebody"
PORT = 5000


def servers(of: Sequence[Endpoint]) -> list[Server]:
    """These supernodes, with credentials that are good there."""
    return [Server(each, USERNAME, password_of(USERNAME, SECRET.encode())) for each in of]


class Talker:
    """It keeps what it hears. `controlling`, and `more`, are as of a `DataStream`."""

    def __init__(
        self, node: Node, *, controlling: bool, servers: Sequence[Server], udp_blocked: bool = False, **more: Any
    ) -> None:
        self.node = node
        self.udp_blocked = udp_blocked
        self.servers = servers
        self.connections: dict[Endpoint, ServerConnection] = {}
        self.wanted: list[Endpoint] = []
        self.heard: list[bytes] = []
        self.actions: list[Action] = []
        self._more = {"controlling": controlling, **more}
        self._port = PORT - 1
        self.begin_anew()

    def begin_anew(self) -> None:
        """Another stream, on another port (RFC 8445 section 9: "new ufrag and pwd")."""
        self._port += 1
        self.stream = DataStream(
            Endpoint(next(iter(self.node.addresses)), self._port),
            self.servers,
            Timing(),
            entropy=self.node.random.randbytes,
            randomness=self.node.random,
            count=lambda counter, by=1: self.node.counters.update({counter: by}),
            **self._more,
        )
        self.heard.clear()
        for connection in self.connections.values():
            connection.close()
            self.actions.append(Flush(connection))
        self.connections.clear()
        self.actions.append(OpenPort(Udp(self._port)))

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        self.stream.gather(now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise AssertionError(why)

    def receive(self, packet: Datagram, now: float) -> None:
        if packet.destination.port == self._port:
            self.arrived(packet.data, packet.source, now)

    def arrived(self, message: bytes, source: Endpoint, now: float) -> None:
        data = self.stream.receive(message, source, now)
        if data is not None:
            self.heard.append(data)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        connection = ServerConnection(peer, self.arrived, self.stream.connection_ended)
        self.connections[peer] = connection
        self.stream.connected(peer, now)
        return connection

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.stream.connection_ended(self.wanted[tag])

    def wake(self, now: float) -> None:
        self.stream.wake(now)

    def next_wake(self) -> float | None:
        return self.stream.next_wake()

    def take_actions(self) -> list[Action]:
        self.stream.take_events()
        actions, self.actions = self.actions, []
        for server in self.stream.take_connections():
            self.wanted.append(server.endpoint)
            actions.append(Connect(server.endpoint, len(self.wanted) - 1, 2.0))
        for data, destination, tcp in self.stream.take_sends():
            if tcp:
                assert self.connections[destination].send(data)
                actions.append(Flush(self.connections[destination]))
            elif not self.udp_blocked:
                actions.append(Send(Datagram(data, Endpoint(Address(0), self._port), destination)))
        return actions


def supernode(node: Node, lans: Sequence[str]) -> Supernode:
    """It relays to hosts on LANs of these prefixes."""
    return Supernode(
        SupernodeOptions(secret=Secret(SECRET)),
        Policy(node.interfaces, [Prefix.parse(each) for each in lans], []),
        realm="lab",
        entropy=node.random.randbytes,
        wall_clock=lambda: 0.0,
        count=lambda counter, by=1: node.counters.update({counter: by}),
    )


def introduce(network: Network, one: Talker, other: Talker, *, late: float = 0.0) -> None:
    """The nodes `a` and `b` are told of each other's candidates, `b` so many seconds later."""
    told = [
        (each.stream.agent.credentials, [Candidate.parse(str(c)) for c in each.stream.candidates])
        for each in (one, other)
    ]
    network.call("a", lambda machine, now: one.stream.begin(told[1][0], [c for c in told[1][1] if c], now))
    network.run(late)
    network.call("b", lambda machine, now: other.stream.begin(told[0][0], [c for c in told[0][1] if c], now))
