"""Both sides of a connection, and what comes of the bytes between them, for the tests of HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.application.http.connection import Connection
from catenet.nodes.application.http.events import ConnectionClosed, Data, EndOfMessage, Event, Pause
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.states import Role, State

HOST = ("Host", "dragon.cs.uiuc.edu")
CHUNKED = ("Transfer-Encoding", "chunked")
END = EndOfMessage()


def request(*lines: tuple[str, str], method: str = "GET", target: str = "/") -> Request:
    return Request.of(method, target, (HOST, *lines))


def length(size: int) -> tuple[str, str]:
    return "Content-Length", str(size)


def events(connection: Connection) -> Iterator[Event]:
    """All that there are now."""
    while not isinstance(event := connection.next_event(), Pause):
        yield event
        if isinstance(event, ConnectionClosed):
            return


def joined(found: list[Event]) -> list[object]:
    """Pieces that follow each other as one: how content is cut is the network's."""
    whole: list[object] = []
    for event in found:
        if isinstance(event, Data) and whole and isinstance(last := whole[-1], Data):
            whole[-1] = Data(last.data + event.data)
        else:
            whole.append(event)
    return whole


def pair() -> tuple[Connection, Connection]:
    return Connection(Role.CLIENT), Connection(Role.SERVER)


def deliver(source: Connection, destination: Connection, step: int = 0) -> list[Event]:
    """What comes of the bytes that one has to send, whole or in pieces."""
    data = source.data_to_send()
    found: list[Event] = []
    step = step or max(1, len(data))
    for start in range(0, len(data), step):
        destination.receive_data(data[start : start + step])
        found += events(destination)
    return found


def asked(*lines: tuple[str, str], method: str = "GET", target: str = "/") -> tuple[Connection, Connection]:
    """A client that has sent a request, and a server that has read it."""
    client, server = pair()
    client.send(request(*lines, method=method, target=target))
    if not (client.request.has_body):
        client.send(END)
    deliver(client, server)
    return client, server


def states(connection: Connection) -> tuple[State, State]:
    return connection.our_state, connection.their_state
