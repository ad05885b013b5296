"""Handlers of requests, and the peer of one connection in front of them, for the tests of HTTP."""

from __future__ import annotations

from collections import Counter

from http_site import IDLE, LOCAL, PEER, WALL, get

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.stream import ServerStream

PLAIN = (("Content-Type", "text/plain"),)
MEGABYTES = 5_000_000


class Later:
    """A handler that keeps what it is told, and does nothing until a test does it."""

    def __init__(self) -> None:
        self.asked: list[Exchange] = []
        self.pieces: list[bytes] = []
        self.wanted_more: list[Exchange] = []
        self.lost: list[Exchange] = []

    def request(self, exchange: Exchange) -> None:
        self.asked.append(exchange)

    def content(self, exchange: Exchange, data: bytes) -> None:
        assert exchange is self.asked[-1]
        self.pieces.append(data)

    def more(self, exchange: Exchange) -> None:
        self.wanted_more.append(exchange)

    def gone(self, exchange: Exchange) -> None:
        self.lost.append(exchange)

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None


class Eager(Later):
    """Reads the content as it comes, and answers with how long it was."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def request(self, exchange: Exchange) -> None:
        super().request(exchange)
        exchange.read()

    def content(self, exchange: Exchange, data: bytes) -> None:
        self.size += len(data)
        if data:
            exchange.read()
        else:
            exchange.respond(200, PLAIN, str(self.size).encode())


class InPieces(Later):
    """Gives a byte of its answer each time that it is asked for more."""

    def request(self, exchange: Exchange) -> None:
        self.left = b"ok"
        exchange.begin(200, (*PLAIN, ("Content-Length", "2")))

    def more(self, exchange: Exchange) -> None:
        if self.left:
            exchange.send(self.left[:1])
            self.left = self.left[1:]
        else:
            exchange.end()


class Peer:
    """The peer of one connection, and its owner: it looks after the stream as the runtime does."""

    def __init__(self, handler: Later, limit: int | None = None) -> None:
        self.handler = handler
        self.counters: Counter[str] = Counter()
        server = Server(handler, wall_clock=lambda: WALL, idle=IDLE, count=self.count, limit=limit)
        self.stream = ServerStream(server, PEER, LOCAL, 0.0, self.flush)
        self.received = b""
        self.flushes = 0
        self.takes = True

    def count(self, name: str) -> None:
        self.counters[name] += 1

    def flush(self) -> None:
        self.flushes += 1
        self.take()

    def take(self) -> None:
        while self.takes and (data := self.stream.data_to_send()):
            self.received += data

    def send(self, data: bytes, now: float = 0.0) -> Peer:
        self.stream.receive_data(data, now)
        self.take()
        return self

    def wake(self, now: float) -> None:
        """Whenever it asked for it, up to this time."""
        while (due := self.stream.next_wake()) is not None and due <= now and not self.stream.finished:
            self.stream.wake(now)
            self.take()

    def kinds(self) -> list[str]:
        return [report.kind for report in self.stream.take_reports()]


def put(size: int, *fields: str) -> bytes:
    return get("/up", f"Content-Length: {size}", *fields, method="PUT")
