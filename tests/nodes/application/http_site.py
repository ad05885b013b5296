"""A site in memory and a client that drives one connection, for the tests of HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from http.client import HTTPResponse
from io import BytesIO

from catenet.nodes.address import Address
from catenet.nodes.application.http.response import Absence, Page
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.site import StaticSite
from catenet.nodes.application.http.stream import ServerStream
from catenet.nodes.machine import Endpoint, Report

PEER = Endpoint(Address.parse("192.31.33.7"), 40000)
LOCAL = Endpoint(Address.parse("192.31.65.5"), 80)
MODIFIED = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7
WALL = 784111777 + 3600
IDLE = 10.0
HELLO = b"<p>Hello</p>\n"
LONG = bytes(range(256)) * 2000


class Memory:
    """A site of a few pages. `short` is how much of the long page is left when it is read."""

    def __init__(self) -> None:
        self.left = len(LONG)
        self.longest_read = 0
        self.looks = 0
        html = "text/html; charset=utf-8"
        self.pages: Mapping[str, Page | Absence] = {
            "/": Page.of(html, MODIFIED, '"one"', content=HELLO),
            "/empty": Page.of("text/plain", MODIFIED, '"none"', content=b""),
            "/long": Page.of("application/octet-stream", MODIFIED, '"long"', size=len(LONG), read=self.read),
            "/folder": Absence.FOLDER,
            "/private/": Absence.FORBIDDEN,
        }

    def read(self, offset: int, length: int) -> bytes:
        self.longest_read = max(self.longest_read, length)
        return LONG[: self.left][offset : offset + length]

    def find(self, path: str) -> Page | Absence:
        self.looks += 1
        return self.pages.get(path, Absence.MISSING)


class Client:
    """The peer of one connection."""

    def __init__(self, server: Server | None = None) -> None:
        self.site = Memory()
        self.counters: Counter[str] = Counter()
        self.telling = True
        self.server = server or Server(
            StaticSite(self.site, self.count),
            wall_clock=lambda: WALL,
            idle=IDLE,
            count=self.count,
            wants=lambda kinds, now: self.telling,
        )
        self.connection = ServerStream(self.server, PEER, LOCAL, 0.0, self.take)
        self.received = b""

    def count(self, name: str) -> None:
        self.counters[name] += 1

    def send(self, data: bytes, *, now: float = 0.0, piece: int = 0) -> Client:
        """Send it whole, or in pieces; take what comes back."""
        step = piece or max(len(data), 1)
        for start in range(0, len(data), step):
            self.connection.receive_data(data[start : start + step], now)
            self.take()
        return self

    def eof(self) -> Client:
        self.connection.receive_eof(0.0)
        self.take()
        return self

    def take(self) -> None:
        while data := self.connection.data_to_send():
            self.received += data

    def pass_time(self, until: float) -> None:
        """Wake it whenever it asks for it."""
        while (wake := self.connection.next_wake()) is not None and wake <= until and not self.connection.finished:
            self.connection.wake(wake)
            self.take()

    def reports(self) -> list[Report]:
        return self.connection.take_reports()


class _Source:
    def __init__(self, file: BytesIO) -> None:
        self._file = file

    def makefile(self, _: str) -> BytesIO:
        return self._file


def read_responses(data: bytes, *methods: str) -> list[tuple[HTTPResponse, bytes]]:
    """What Python's own client makes of the bytes: the responses to requests of these methods; no byte may be left."""
    file = BytesIO(data)
    found = []
    for method in methods:
        rest = BytesIO(file.read())
        response = HTTPResponse(_Source(rest), method=method)  # type: ignore[arg-type]
        response.begin()
        length = int(response.headers.get("Content-Length", 0))
        body = b"" if method == "HEAD" or response.status == 304 else rest.read(length)
        found.append((response, body))
        file = BytesIO(rest.read())
    assert not file.read()
    return found


def get(target: str = "/", *fields: str, version: str = "1.1", method: str = "GET") -> bytes:
    """A request with a Host."""
    lines = [f"{method} {target} HTTP/{version}", "Host: dragon.cs.uiuc.edu", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def status_of(data: bytes) -> int:
    """Of the first response in these bytes."""
    return int(data.split(b" ", 2)[1])
