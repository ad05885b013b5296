"""The machines of the services: a name server or a resolver, with its ports and its connections.

UDP and TCP port 53 for clients (RFC 7766 section 5: both), and for a resolver a pool of ports to ask from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from catenet.nodes.address import Address
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.prepared import PreparedAnswers
from catenet.nodes.application.dns.resolver import PORT, Resolver
from catenet.nodes.application.dns.streams import IDLE, Clients, MessageStream, TcpMessage
from catenet.nodes.machine import (
    Action,
    Connect,
    Count,
    Datagram,
    Endpoint,
    Flush,
    Json,
    OpenPort,
    Port,
    Send,
    Stream,
    Tcp,
    Udp,
)

__all__ = ["ServedNameserver", "ServedResolver"]

_PORTS = 32
"""Ports to ask from, which the kernel draws at random (RFC 5452 section 9.2)."""


class _Machine(Protocol):
    prepared: PreparedAnswers

    def receive(self, packet: Datagram, now: float, /) -> None: ...
    def wake(self, now: float) -> None: ...
    def next_wake(self) -> float | None: ...
    def take_actions(self) -> list[Action]: ...


class _Served:
    """What both have in common. `idle`: seconds after which a client's connection is closed."""

    def __init__(self, machine: _Machine, idle: float) -> None:
        self._machine = machine
        self._now = 0.0
        self._actions: list[Action] = [OpenPort(Udp(PORT), answers=True), OpenPort(Tcp(PORT))]
        self._clients = Clients(self.receive, lambda: self._now, idle)
        self.next_wake = machine.next_wake
        self.reply = machine.prepared.reply

    def receive(self, packet: Datagram, now: float) -> None:
        self._now = now
        self._machine.receive(packet, now)

    def wake(self, now: float) -> None:
        self._now = now
        self._machine.wake(now)

    def take_actions(self) -> list[Action]:
        """What goes over a connection goes to its stream."""
        self._machine.prepared.settle()
        actions = self._machine.take_actions()
        if any(type(each) is Send and isinstance(each.packet, TcpMessage) for each in actions):
            actions = [each for each in actions if not self._is_for_stream(each)]
        if self._actions:
            actions += self._actions
            self._actions.clear()
        return actions

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        self._now = now
        stream = self._clients.accept(peer, local, lambda: self._actions.append(Flush(stream)))
        return stream

    def _is_for_stream(self, action: Action) -> bool:
        if type(action) is not Send or not isinstance(action.packet, TcpMessage):
            return False
        self._send(action.packet)
        return True

    def _send(self, message: TcpMessage) -> None:
        self._clients.send(message)


class ServedNameserver(_Served):
    """An authoritative name server."""

    def __init__(self, nameserver: Nameserver) -> None:
        super().__init__(nameserver, IDLE)
        self.nameserver = nameserver

    def show(self, table: str, now: float) -> Json:
        """The only table, `nameserver`."""
        return self.nameserver.show()


class ServedResolver(_Served):
    """A resolver; `asks_from` is its list of ports, which fills as they are opened. `name_of`: of a server's address.

    A question over TCP gets a connection of its own; one that fails is like a lost datagram, and the machine's timer
    tells.
    """

    def __init__(
        self,
        resolver: Resolver,
        asks_from: list[int],
        deadline: float,
        *,
        count: Count,
        name_of: Callable[[Address], str],
    ) -> None:
        # A connection outlives the longest search, so that no answer comes to a closed one.
        super().__init__(resolver, max(IDLE, 2 * deadline))
        self.resolver = resolver
        self.flush = resolver.flush
        self._asks_from = asks_from
        self._deadline = deadline
        self._count = count
        self._name_of = name_of
        self._actions += (OpenPort(Udp(), tag=number) for number in range(1, _PORTS + 1))
        self._asking: dict[int, TcpMessage] = {}  # questions whose connections do not stand yet, by their tags
        self._asked = 0

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        if asked.tag:
            assert isinstance(port, Udp)
            self._asks_from.append(port.number)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise OSError(f"{asked.port}: {why}")

    def show(self, table: str, now: float) -> Json:
        """The only table, `resolver`."""
        return self.resolver.show(now, self._name_of)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        def deliver(data: bytes) -> None:
            stream.close()
            self.receive(TcpMessage(data, peer, local), stream.now)

        self._now = now
        stream = MessageStream(deliver, now, self._deadline)
        stream.send(self._asking.pop(tag).data, now)
        return stream

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self._asking.pop(tag, None)
        self._count("tcp_failures")

    def _send(self, message: TcpMessage) -> None:
        if message.source.port == PORT:
            super()._send(message)
            return
        self._asked += 1
        self._asking[self._asked] = message
        self._actions.append(Connect(message.destination, self._asked, self._deadline))
