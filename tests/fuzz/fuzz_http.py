"""Requests: their heads alone, and whole connections in any slicing. The oracles are llhttp and http.client."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from http.client import HTTPResponse
from io import BytesIO

import httptools
from fuzz_target import Target, sliced

from catenet.nodes.address import Address
from catenet.nodes.application.http.fields import MessageError, members
from catenet.nodes.application.http.message import Request, parse_request
from catenet.nodes.application.http.response import REASONS, Absence, Page
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.site import StaticSite
from catenet.nodes.application.http.stream import ServerStream
from catenet.nodes.machine import Endpoint, Report

PEER = Endpoint(Address.parse("192.31.33.7"), 40_000)
LOCAL = Endpoint(Address.parse("192.31.65.5"), 80)
WALL = 784111777.0  # the example of RFC 9110 section 5.6.7
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")
LONG = bytes(range(256)) * 300
WORDS = (
    *(
        "GET / HTTP/1.1\r\n",
        "HEAD /long HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\n",
        "Host: a\r\n",
        "\r\n\r\n",
        " HTTP/1.0\r\n",
    ),
    *("Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n"),
    *("Expect: 100-continue\r\n", "0\r\n\r\n", "5;a=b\r\nhello\r\n", "If-None-Match: *\r\n", 'If-Match: "one"\r\n'),
    *("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "%2f", "%00", "..", "/folder", "http://a/", "[::1]:80"),
    *(
        "\r\n ",
        "Range: bytes=0-1\r\n",
        "Upgrade: h2c\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\n",
    ),
)
TOLD = 512
"""Characters of a target that are told."""


class Llhttp:
    """What llhttp reads of the same bytes: the methods and targets of whole requests."""

    def __init__(self, data: bytes) -> None:
        self.requests: list[tuple[str, str]] = []
        self.fields: list[tuple[bytes, bytes]] = []
        self.refuses = False
        self.keeps_alive = False  # after the last one
        self._url = b""
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.refuses = True

    def on_message_begin(self) -> None:
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.requests.append((self.parser.get_method().decode(), self._url.decode("latin-1")))
        self.keeps_alive = self.parser.should_keep_alive()


def _read_head(data: bytes) -> tuple[bytes, Request]:
    end = data.find(b"\r\n\r\n")
    whole = data[: end + 4] if end >= 0 else data
    return whole, parse_request(whole)


def _check_head(value: tuple[bytes, Request]) -> None:
    data, request = value
    is_for_it = is_for_llhttp(request.method, request.target) and not is_beyond_llhttp(data)
    if not data.endswith(b"\r\n\r\n") or not is_for_it:
        return
    oracle = Llhttp(data)
    assert not oracle.refuses
    assert oracle.requests == [(request.method, request.target)]
    # RFC 9112 section 9.3: where close and keep-alive are both there, close counts; llhttp keeps the connection.
    if not {"close", "keep-alive"} <= set(members(request.fields.get("connection", "").lower())):
        assert oracle.keeps_alive == request.keep_alive
    theirs: dict[str, str] = {}
    for name, value_ in oracle.fields:
        key, text = name.decode().lower(), value_.decode("latin-1").strip(" \t")
        theirs[key] = f"{theirs[key]}, {text}" if key in theirs else text
    assert theirs == request.fields


def is_for_llhttp(method: str, target: str) -> bool:
    """It knows few methods. Of one that is not allowed here the target does not matter to us: its status refuses it."""
    return method in METHODS and target.lower().startswith(("/", "http://"))


head = Target(_read_head, (MessageError,), _check_head, words=WORDS, longest=20_000)


class Site:
    """A few pages in memory."""

    def __init__(self) -> None:
        html = "text/html; charset=utf-8"
        self._pages: Mapping[str, Page | Absence] = {
            "/": Page.of(html, int(WALL), '"one"', content=b"<p>Hello</p>\n"),
            "/empty": Page.of("text/plain", int(WALL), '"none"', content=b""),
            "/long": Page.of("application/octet-stream", int(WALL), '"long"', size=len(LONG), read=self._read),
            "/folder": Absence.FOLDER,
            "/private/": Absence.FORBIDDEN,
        }

    def find(self, path: str) -> Page | Absence:
        return self._pages.get(path, Absence.MISSING)

    @staticmethod
    def _read(offset: int, length: int) -> bytes:
        return LONG[offset : offset + length]


SITE = Site()


class Talk:
    """One connection to its end."""

    def __init__(self, parts: list[bytes]) -> None:
        self.counters: Counter[str] = Counter()
        handler = StaticSite(SITE, self._count)
        self.server = Server(handler, wall_clock=lambda: WALL, idle=10.0, count=self._count)
        self._connection = ServerStream(self.server, PEER, LOCAL, 0.0, self._drain)
        self.sent = bytearray()
        self.reports: list[Report] = []
        for part in parts:
            if not self._connection.finished:
                self._connection.receive_data(part, 0.0)
                self._drain()
        self._connection.receive_eof(0.0)
        self._drain()
        for _ in range(3):
            if self._connection.finished:
                return
            due = self._connection.next_wake()
            assert due is not None
            self._connection.wake(due)
            self._drain()
        assert self._connection.finished

    def _count(self, counter: str) -> None:
        self.counters[counter] += 1

    def _drain(self) -> None:
        while data := self._connection.data_to_send():
            self.sent += data
        self.reports += self._connection.take_reports()

    def requests(self) -> list[tuple[str, str]]:
        """Those that were answered, and told of."""
        told = (report.data for report in self.reports if report.kind == "http.request")
        return [(str(data["method"]), str(data["path"])) for data in told]


def _check_connection(value: tuple[bytes, list[bytes]]) -> None:
    whole, parts = value
    talk = Talk(parts)
    assert talk.sent == Talk([whole]).sent
    assert talk.counters["refused"] <= 1
    requests = talk.requests()
    _check_answers(talk, requests)
    if is_beyond_llhttp(whole) or not all(is_for_llhttp(*request) for request in requests):
        return
    oracle = Llhttp(whole)
    # What we take for requests, llhttp takes for the same ones; where we hang up, it may go on, or complain.
    theirs = [(method, target[:TOLD]) for method, target in oracle.requests]
    assert theirs[: len(requests)] == requests


def is_beyond_llhttp(whole: bytes) -> bool:
    """We take a line of its LF alone, and a later HTTP/1.x; and it stops where the protocol would be changed."""
    return bool(re.search(rb"(?<!\r)\n|HTTP/1\.[2-9]|upgrade", whole, re.IGNORECASE))


def _check_answers(talk: Talk, requests: list[tuple[str, str]]) -> None:
    """Each answer can be read, by its request's method; what is refused is answered last."""
    rest = BytesIO(talk.sent)
    answered = sum(talk.server.statuses.values())
    methods = [method for method, _ in requests]
    if answered > 100:  # those beyond are counted, and not told of
        return
    for method in [*methods, *["GET"] * (answered - len(methods))]:
        response = HTTPResponse(_Socket(rest), method=method)  # type: ignore[arg-type]
        response.begin()
        response.read()
        assert response.status in REASONS
    assert not rest.read()


class _Socket:
    """As much of one as http.client needs; it closes what it reads, and what follows is wanted still."""

    def __init__(self, data: BytesIO) -> None:
        self._data = data

    def makefile(self, _mode: str) -> _Open:
        return _Open(self._data)


class _Open:
    def __init__(self, data: BytesIO) -> None:
        self.readline, self.read, self.readinto = data.readline, data.read, data.readinto

    def close(self) -> None: ...

    def flush(self) -> None: ...


connection = Target(sliced, (), _check_connection, words=WORDS, longest=8_000)
