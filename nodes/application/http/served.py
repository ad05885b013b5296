"""The machine of the service `web`: a server with its port and its connections."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.application.http.exchange import Waking
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.stream import ServerStream
from catenet.nodes.machine import Action, Datagram, Endpoint, Flush, Json, OpenPort, Stream, Tcp

__all__ = ["ServedSite"]


class ServedSite:
    """A server at its port. `table`: → what `show` shows; `flush`: what it keeps of its pages is forgotten."""

    def __init__(
        self, server: Server, port: int, table: Callable[[], Json], flush: Callable[[], None], *, tls: bool = False
    ) -> None:
        self.flush = flush
        self._server = server
        self._table = table
        self._waking = server.handler if isinstance(server.handler, Waking) else None
        self._actions: list[Action] = [OpenPort(Tcp(port, tls))]

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        stream = ServerStream(self._server, peer, local, now, lambda: self._actions.append(Flush(stream)))
        return stream

    def receive(self, packet: Datagram, now: float) -> None:
        """It has no port for datagrams."""

    def wake(self, now: float) -> None:
        """The handler's time has come; the connections have timers of their own."""
        if self._waking is not None:
            self._waking.wake(now)

    def next_wake(self) -> float | None:
        return None if self._waking is None else self._waking.next_wake()

    def take_actions(self) -> list[Action]:
        actions = self._actions
        if actions:
            self._actions = []
        return actions

    def show(self, table: str, now: float) -> Json:
        """The only table, `web`."""
        return self._table()
