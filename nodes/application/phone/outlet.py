"""Where a conversation meets the network: its two UDP ports, and its connections to supernodes.

outlet.open()             two ports are asked for; `opened` is true once both are there
outlet.conversation = …   from then on what comes in goes to it, and `send` does what it wants
outlet.close()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from catenet.nodes.address import ANY
from catenet.nodes.application.phone.conversation import Conversation
from catenet.nodes.application.phone.terms import Wanted
from catenet.nodes.application.turn.connection import ServerConnection
from catenet.nodes.machine import Action, ClosePort, Connect, Datagram, Endpoint, Flush, OpenPort, Send, Stream, Udp

__all__ = ["Outlet"]

_PORTS = 2
_CONNECT = 3.0  # seconds


class Outlet:
    """`ports`: the numbers of those that are open."""

    def __init__(self, tags: Iterator[int], act: Callable[[Action], None], settle: Callable[[float], None]) -> None:
        """`tags`: such as no other action has; `settle` is called when a connection has brought something."""
        self.ports: list[int] = []
        self.conversation: Conversation | None = None
        self.closed = False
        self._tags = tags
        self._act = act
        self._settle = settle
        self._opening: set[int] = set()
        self._wanted: dict[int, Wanted] = {}  # by the tag of its Connect
        self._connections: dict[tuple[int, Endpoint], ServerConnection] = {}
        self._gone: list[tuple[int, Endpoint]] = []

    def open(self) -> None:
        for _ in range(_PORTS):
            tag = next(self._tags)
            self._opening.add(tag)
            self._act(OpenPort(Udp(), tag))

    def owns(self, tag: int) -> bool:
        """Whether it has asked for the port or the connection of this tag."""
        return tag in self._opening or tag in self._wanted

    @property
    def waits(self) -> bool:
        """Whether something that it has asked for is still to come."""
        return bool(self._opening or self._wanted)

    @property
    def is_open(self) -> bool:
        """Whether all its ports are."""
        return len(self.ports) == _PORTS

    def opened(self, tag: int, number: int) -> bool:
        """→ whether all are open now."""
        self._opening.discard(tag)
        if self.closed:
            self._act(ClosePort(Udp(number)))
            return False
        self.ports.append(number)
        return self.is_open

    def not_opened(self, tag: int) -> None:
        """The port of this tag cannot be."""
        self._opening.discard(tag)

    def receive(self, packet: Datagram, now: float) -> None:
        """A datagram that came to one of its ports."""
        if self.conversation is not None:
            self.conversation.receive(packet.data, packet.source, packet.destination.port, now)

    def send(self) -> None:
        """Do what the conversation wants done."""
        if self.conversation is None:
            return
        for wanted in self.conversation.take_connections():
            self._connect(wanted)
        for port, data, destination, tcp in self.conversation.take_sends():
            if not tcp:
                self._act(Send(Datagram(data, Endpoint(ANY, port), destination)))
            elif (connection := self._connections.get((port, destination))) is not None and connection.send(data):
                self._act(Flush(connection))

    def close(self) -> None:
        self.closed = True
        for port in self.ports:
            self._act(ClosePort(Udp(port)))
        for connection in self._connections.values():
            connection.close()
            self._act(Flush(connection))
        self.ports, self._connections = [], {}

    # Time.

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        if self.closed or self.conversation is None:
            return None
        return 0.0 if self._gone else self.conversation.next_wake()

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        if self.closed or self.conversation is None:
            return
        gone, self._gone = self._gone, []
        for port, server in gone:
            self.conversation.connection_ended(port, server, now)
        self.conversation.wake(now)

    # Connections.

    def _connect(self, wanted: Wanted) -> None:
        standing = self._connections.pop((wanted.port, wanted.server.endpoint), None)
        if standing is not None:
            standing.close()
            self._act(Flush(standing))
        tag = next(self._tags)
        self._wanted[tag] = wanted
        self._act(Connect(wanted.server.endpoint, tag, _CONNECT))

    def connected(self, tag: int, now: float) -> Stream:
        port, (server, *_) = self._wanted.pop(tag)
        connection = ServerConnection(server, partial(self._deliver, port), partial(self._left, port))
        if self.closed or self.conversation is None:
            connection.close()
            return connection
        self._connections[port, server] = connection
        self.conversation.connected(port, server, now)
        return connection

    def connect_failed(self, tag: int, now: float) -> None:
        port, (server, *_) = self._wanted.pop(tag)
        if self.conversation is not None and not self.closed:
            self.conversation.connection_ended(port, server, now)

    def _deliver(self, port: int, message: bytes, server: Endpoint, now: float) -> None:
        if self.conversation is not None:
            self.conversation.receive(message, server, port, now)
            self._settle(now)

    def _left(self, port: int, server: Endpoint) -> None:
        """It is told of no time, so it is seen to at the next wake, which is at once."""
        self._connections.pop((port, server), None)
        self._gone.append((port, server))
