"""The server's side of one connection: HTTP/1.1 on a byte stream (RFC 9112).

    state     waits for           until
    HEAD      a request's head    it is whole: then BODY where content follows, else it is answered
    BODY      the content's end   it has passed: then it is answered, and the next HEAD is waited for
    LINGER    the peer's close    the peer closes, or _LINGER has passed: then CLOSED
    CLOSED    nothing

An answer that ends the connection leads to CLOSED, or to LINGER where the peer may still be sending: closing at once
would reset the connection, and the answer would be lost with it (section 9.6).

Requests that come together are answered in their order (pipelining, section 9.3.2). None is read while the answers
before it wait to be taken, so what a peer that only sends can make us hold is bounded.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from catenet.nodes.application.http.body import Body, ChunkedBody
from catenet.nodes.application.http.fields import HEAD_END, HEAD_LIMIT, MessageError
from catenet.nodes.application.http.message import BODY_LIMIT, LINE_LIMIT, Request
from catenet.nodes.application.http.reports import EXCHANGE
from catenet.nodes.application.http.response import Page, status_line, status_page
from catenet.nodes.application.http.server import Server
from catenet.nodes.machine import Endpoint, Report

__all__ = ["ServerConnection"]

_PIECE = 65_536
"""Bytes of a long content that are in memory at a time; so many bytes of answers that wait stop the reading."""
_BACKLOG_LIMIT = 1_048_576  # bytes received but not read yet
_LINGER = 2.0  # seconds

# RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator", so that people can type requests;
# and "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
_EMPTY_LINES = re.compile(rb"(?:\r?\n)+")


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    LINGER = auto()
    CLOSED = auto()


class ServerConnection:
    """One connection, as a `Stream`."""

    def __init__(self, server: Server, peer: Endpoint, local: Endpoint, now: float) -> None:
        self._server = server
        self._ends = (str(peer), str(local))
        self._state = _State.HEAD
        self._buffer = bytearray()
        self._searched = 0  # so far the buffer has no end of a head
        self._request: Request | None = None  # the one whose content is passing
        self._body = Body(0)
        self._eof = False
        self._out = b""
        self._long: Page | None = None  # the page whose long content is being sent …
        self._offset = 0  # … and how much of it has been
        self._moved = False  # whether a piece of it was taken since the deadline was set
        self._now = now
        self._deadline = now + server.idle
        self._reports: list[Report] = []

    def receive_data(self, data: bytes, now: float) -> None:
        self._now = now
        if self._state is _State.HEAD and not self._buffer:
            if self._long is None and not self._out and self._answer_known(data):
                return
            self._set_deadline(self._server.idle)
        elif self._state is _State.LINGER or self._state is _State.CLOSED:
            return
        self._buffer += data
        self._read()
        if len(self._buffer) > _BACKLOG_LIMIT:
            self._server.reporter.refused(self._reports, self._ends, "sends requests and takes no answers")
            self._give_up()

    def receive_eof(self, now: float) -> None:
        """The peer will send no more; it still gets the answers that it is owed."""
        self._now = now
        self._eof = True
        self._read()

    def data_to_send(self) -> bytes:
        """The bytes to be written now. A long content comes piece by piece."""
        data, self._out = self._out, b""
        if not data and self._long is not None:
            data = self._next_piece(self._long)
        if data and (self._buffer or self._eof):
            self._read()
        return data

    def next_wake(self) -> float | None:
        """When the peer has been slow for too long."""
        return self._deadline

    def wake(self, now: float) -> None:
        """The peer has sent no whole request in time, or has not taken its answer."""
        if now < self._deadline:
            return
        self._now = now
        if self._moved and self._state is not _State.LINGER:
            self._set_deadline(self._server.idle)
        elif self._out or self._long is not None or self._state in (_State.LINGER, _State.CLOSED):
            self._give_up()
        elif self._buffer or self._state is _State.BODY:
            self._refuse(MessageError(408, "request", bytes(self._buffer[:40]), "not whole in time"))
        else:  # nothing was begun, so there is nothing to answer
            self._state = _State.CLOSED

    @property
    def finished(self) -> bool:
        return self._state is _State.CLOSED and not self._out and self._long is None

    def take_reports(self) -> list[Report]:
        reports = self._reports
        if reports:
            self._reports = []
        return reports

    def _set_deadline(self, wait: float) -> None:
        self._deadline = self._now + wait
        self._moved = False

    def _give_up(self) -> None:
        self._state = _State.CLOSED
        self._buffer.clear()
        self._out = b""
        self._long = None

    def _has_room(self) -> bool:
        return self._long is None and len(self._out) < _PIECE

    def _read(self) -> None:
        """Read and answer requests, as far as they have come and as long as there is room for answers."""
        try:
            while self._has_room() and (
                (self._state is _State.HEAD and self._read_head()) or (self._state is _State.BODY and self._read_body())
            ):
                pass
        except MessageError as error:
            self._refuse(error)
        if self._eof and self._has_room():
            if self._state is _State.BODY or (self._state is _State.HEAD and self._buffer):
                self._server.reporter.refused(self._reports, self._ends, "the connection ended within a request")
            self._state = _State.CLOSED

    def _read_head(self) -> bool:
        buffer = self._buffer
        if empty := _EMPTY_LINES.match(buffer):
            del buffer[: empty.end()]
        found = HEAD_END.search(buffer, max(0, self._searched - 2))
        end = self._searched = found.end() if found else len(buffer)
        line_end = buffer.find(b"\n", 0, LINE_LIMIT + 2)
        if line_end < 0 and end > LINE_LIMIT + 1:
            raise MessageError(414, "request line", bytes(buffer[:40]), f"over {LINE_LIMIT} bytes")
        if end - line_end > HEAD_LIMIT:
            raise MessageError(431, "head", end, f"over {HEAD_LIMIT} bytes")
        if found is None:
            return False
        head = bytes(buffer[:end])
        del buffer[:end]
        self._searched = 0
        self._begin(self._server.parse(head))
        return True

    def _begin(self, request: Request) -> None:
        if not request.has_body:
            self._answer(request)
        elif request.expects:
            # RFC 9110 section 10.1.1: the server "MUST send either" a 100 "or an immediate final status code". No
            # content is wanted here, so it is always the final one.
            self._answer(request, end=_State.LINGER)
        else:
            # It is read only to be thrown away: no method here wants content.
            body = ChunkedBody(BODY_LIMIT) if request.chunked else Body(request.length)
            self._state, self._request, self._body = _State.BODY, request, body

    def _read_body(self) -> bool:
        self._body.take(self._buffer)
        if not self._body.ended:
            return False
        assert self._request is not None
        request, self._request = self._request, None
        self._state = _State.HEAD
        self._answer(request)
        return True

    def _answer_known(self, head: bytes) -> bool:
        """The way of nearly every request: a head that came before, alone, when all before it is answered."""
        again = self._server.again(head, self._now)
        if again is not None:
            self._out = again
            self._set_deadline(self._server.idle)
        elif (request := self._server.known(head)) is not None:
            self._server.keep(head, self._answer(request), self._now)
        else:
            return False
        return True

    def _answer(self, request: Request, end: _State | None = None) -> bytes:
        """Make the answer; `end` is the state into which it leads if it is to be the connection's last.

        Returns it where an equal request would get the same one at the same moment, whatever the connection; else
        nothing.
        """
        status, page = self._server.answer(request)
        if not request.keep_alive:
            end = end or _State.CLOSED
        size = 0 if status == 304 or request.method == "HEAD" else page.size
        plain = b""
        if status == 200 and size and end is None and request.version != (1, 0):
            self._out += (plain := self._server.dated.ok() + page.tail)
        else:
            content = page.fields + b"\r\n" if status == 304 else page.tail if size else page.head
            self._out += self._head(status, request.version, end) + content
        if size and page.read:
            self._long, self._offset = page, 0
        self._server.statuses[status] += 1
        if self._server.wants(EXCHANGE, self._now):
            self._server.reporter.request(self._reports, self._ends, request)
            self._server.reporter.response(self._reports, self._ends, status, size, page.media_type)
        self._set_deadline(_LINGER if end is _State.LINGER else self._server.idle)
        self._state = end or _State.HEAD
        return b"" if page.read else plain

    def _head(self, status: int, version: tuple[int, int], end: _State | None) -> bytes:
        """The status line and the fields that are not the page's, among them the connection's fate (section 9.6)."""
        fate = b"Connection: close\r\n" if end else b"Connection: keep-alive\r\n" if version == (1, 0) else b""
        return status_line(status) + self._server.dated.fields() + fate

    def _refuse(self, error: MessageError) -> None:
        """Answer what is no proper request. Where the next one would begin is not known, so it is the last answer."""
        page = status_page(error.status)
        self._buffer.clear()
        self._state = _State.CLOSED if error.status == 408 else _State.LINGER
        self._out += self._head(error.status, (1, 1), self._state) + page.tail
        self._set_deadline(_LINGER)
        server = self._server
        server.statuses[error.status] += 1
        server.reporter.refused(self._reports, self._ends, error.why, str(error))
        if server.wants(("http.response",), self._now):
            server.reporter.response(self._reports, self._ends, error.status, page.size, page.media_type)

    def _next_piece(self, page: Page) -> bytes:
        assert page.read is not None
        piece = page.read(self._offset, min(_PIECE, page.size - self._offset))
        self._offset += len(piece)
        self._moved = True
        if not piece:
            # RFC 9112 section 8: the peer must see that the content is cut short, so the connection ends here.
            self._server.count("cut short")
            self._give_up()
        elif self._offset == page.size:
            self._long = None
        return piece
