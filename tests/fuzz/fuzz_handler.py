"""Requests whose handler wants their content, and answers with it: at once, or later and in pieces. The oracles are
llhttp and http.client."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from http.client import HTTPResponse, IncompleteRead
from io import BytesIO

import httptools
from fuzz_http import LOCAL, PEER, WALL, WORDS, is_beyond_llhttp, is_for_llhttp
from fuzz_target import Target, sliced

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.stream import ServerStream

LIMIT = 2_048  # bytes of content
PIECE = 100
PLAIN = (("Content-Type", "text/plain"),)


class Echo:
    """Answers each request with its content. What it is to do next, it does when it is told to: at once, or later."""

    def __init__(self, *, later: bool) -> None:
        self._later = later
        self._left = b""
        self.waiting: list[tuple[str, Exchange]] = []
        self.asked: list[tuple[str, bytes]] = []  # methods, and the contents as far as they came
        self.targets: list[tuple[str, str]] = []  # methods and targets of the same
        self.answered = 0
        self.lost = 0

    def request(self, exchange: Exchange) -> None:
        self.asked.append((exchange.request.method, b""))
        self.targets.append((exchange.request.method, exchange.request.target))
        self._do("read", exchange)

    def content(self, exchange: Exchange, data: bytes) -> None:
        assert exchange.request.has_body or not data
        method, before = self.asked[-1]
        self.asked[-1] = method, before + data
        assert len(before + data) <= LIMIT
        self._do("read" if data else "answer", exchange)

    def more(self, exchange: Exchange) -> None:
        self._do("more", exchange)

    def gone(self, exchange: Exchange) -> None:
        self.lost += 1
        self.waiting.clear()

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None

    def go_on(self) -> None:
        """Do one of the things that were left for later."""
        what, exchange = self.waiting.pop(0)
        self._do_now(what, exchange)

    def _do(self, what: str, exchange: Exchange) -> None:
        assert not self.waiting  # one request is with us at a time
        if self._later:
            self.waiting.append((what, exchange))
        else:
            self._do_now(what, exchange)

    def _do_now(self, what: str, exchange: Exchange) -> None:
        if what == "read":
            exchange.read()
        elif what == "answer":
            self.answered += 1
            self._left = self.asked[-1][1]
            if exchange.request.method in ("HEAD", "CONNECT"):
                exchange.respond(404, PLAIN, self._left)
            else:
                exchange.begin(200, PLAIN)
        elif self._left:
            data, self._left = self._left[:PIECE], self._left[PIECE:]
            exchange.send(data)
        else:
            exchange.end()


class Talk:
    """One connection to its end."""

    def __init__(self, parts: list[bytes], *, later: bool) -> None:
        self.counters: Counter[str] = Counter()
        self.handler = Echo(later=later)
        self.sent = bytearray()
        server = Server(self.handler, wall_clock=lambda: WALL, idle=10.0, count=self._count, limit=LIMIT)
        self._stream = ServerStream(server, PEER, LOCAL, 0.0, self._drain)
        self._draining = False
        for part in parts:
            self._stream.receive_data(part, 0.0)
            self._drain()
            if self.handler.waiting:
                self.handler.go_on()
        self._stream.receive_eof(0.0)
        self._drain()
        while self.handler.waiting:
            self.handler.go_on()
            self._drain()
        for _ in range(4):
            if not self._stream.finished:
                due = self._stream.next_wake()
                assert due is not None
                self._stream.wake(due)
                self._drain()
        assert self._stream.finished
        assert self._stream.connection.held == 0

    def _count(self, counter: str) -> None:
        self.counters[counter] += 1

    def _drain(self) -> None:
        while data := self._stream.data_to_send():
            self.sent += data


class _Llhttp:
    """What llhttp reads of the same bytes: methods and contents of requests."""

    def __init__(self, data: bytes) -> None:
        self.requests: list[tuple[str, bytes]] = []
        self.parser = httptools.HttpRequestParser(self)
        with suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self.requests.append((self.parser.get_method().decode(), b""))

    def on_body(self, data: bytes) -> None:
        method, before = self.requests[-1]
        self.requests[-1] = method, before + data


def _check(value: tuple[bytes, list[bytes]]) -> None:
    whole, parts = value
    now, later = Talk([whole], later=False), Talk(parts, later=True)
    assert now.sent == later.sent == Talk(parts, later=False).sent
    assert now.handler.asked[: now.handler.answered] == later.handler.asked[: later.handler.answered]
    assert now.counters["refused"] <= 1
    answered = now.handler.asked[: now.handler.answered]
    _check_answers(bytes(now.sent), answered)
    if is_beyond_llhttp(whole) or not all(is_for_llhttp(*asked) for asked in now.handler.targets):
        return
    assert _Llhttp(whole).requests[: len(answered)] == answered


def _check_answers(sent: bytes, answered: list[tuple[str, bytes]]) -> None:
    rest = BytesIO(sent)
    for method, content in answered:
        response = HTTPResponse(_Socket(rest), method=method)  # type: ignore[arg-type]
        response.begin()
        try:
            read = response.read()
        except IncompleteRead:
            raise AssertionError(f"{method}: {sent!r}") from None
        assert read == (b"" if method == "HEAD" else content) or not response.chunked
        assert read.startswith(b"" if method == "HEAD" else content)


class _Socket:
    """As much of one as http.client needs; what follows an answer is wanted still."""

    def __init__(self, data: BytesIO) -> None:
        self._data = data

    def makefile(self, _mode: str) -> _Socket:
        return self

    def readline(self, limit: int = -1) -> bytes:
        return self._data.readline(limit)

    def read(self, size: int | None = -1) -> bytes:
        return self._data.read(size)

    def readinto(self, buffer: bytearray) -> int:
        return self._data.readinto(buffer)

    def close(self) -> None: ...

    def flush(self) -> None: ...


handler = Target(
    sliced,
    check=_check,
    seeds=("tests/fuzz/corpus/http-connection/*",),
    words=(*WORDS, "PUT / HTTP/1.1\r\n", "400\r\n"),
    longest=8_000,
)
