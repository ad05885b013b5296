"""One connection of HTTP/1.1, for either side: bytes in and events out, events in and bytes out (RFC 9112).

    connection.receive_data(data)         bytes came from the peer
    connection.receive_eof()              it will send no more
    connection.next_event()               the next part of its message; NEED_DATA or PAUSED where there is none now
    connection.send(event)                a part of our own message
    connection.data_to_send()             its bytes
    connection.start_next_cycle()         both messages are whole: another exchange may begin

The states of both sides are a table (states). What the peer must not do is a MessageError, and nothing of it is read
after that; what our own side must not do is a LocalError, and nothing of it is sent. Content comes in pieces, and no
more is read than is asked for: who asks for no event holds what was received, and nothing else (`held`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from catenet.nodes.application.http.body import Body, UnendedBody, request_body, response_body
from catenet.nodes.application.http.events import (
    NEED_DATA,
    PAUSED,
    ConnectionClosed,
    Data,
    EndOfMessage,
    Event,
    Pause,
    Prepared,
)
from catenet.nodes.application.http.fields import (
    HEAD_END,
    HEAD_LIMIT,
    IncompleteError,
    LocalError,
    MessageError,
    by_name,
    members,
)
from catenet.nodes.application.http.message import (
    LINE_LIMIT,
    Request,
    Response,
    keeps_alive,
    parse_request,
    parse_response,
)
from catenet.nodes.application.http.outgoing import check_interim, framed, switches
from catenet.nodes.application.http.states import (
    BEGIN,
    SWITCHED,
    Kind,
    Role,
    Sides,
    State,
    after,
    failed,
    kind_of,
    last,
    next_cycle,
)

__all__ = ["PIECE", "Connection"]

PIECE = 65_536
"""The most bytes of content in one event that comes in."""
_END = EndOfMessage()
_INTERIM_LIMIT = 32  # responses before the final one
_BEGIN = b"HTTP/"
_IDLE, _SEND_RESPONSE, _SEND_BODY = State.IDLE, State.SEND_RESPONSE, State.SEND_BODY  # Python 3.11 finds them slowly
_DONE, _SWITCHED = State.DONE, State.SWITCHED
_DEAF = frozenset((State.MUST_CLOSE, State.CLOSED, State.ERROR))  # nothing that comes is read any more
_FATES = {"": b"", "close": b"Connection: close\r\n", "keep-alive": b"Connection: keep-alive\r\n"}
_NO_REQUEST = Request("", "", "", "", "", (1, 1), False, 0, False, False, False, {})  # of what is answered without one

# RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator", so that people can type requests;
# and "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
_EMPTY_LINES = re.compile(rb"(?:\r?\n)+")


class Connection:
    """One side of a connection, sans I/O."""

    def __init__(
        self, role: Role, *, limit: int | None = None, parse: Callable[[bytes], Request] | None = None
    ) -> None:
        """`limit`: the most bytes of content that a message of the peer's may have; over it the message is refused.

        `parse` reads the heads of requests in the place of `parse_request`, as strictly: one that remembers them.
        """
        self.role = role
        self.request = _NO_REQUEST  # the one of this cycle
        self.waits_for_100 = False  # whether the client waits for a word before it sends the content
        self._other = role.other
        self._is_client = role is Role.CLIENT
        self._sides = BEGIN
        self.our_state = self.their_state = State.IDLE
        self._limit = limit
        self._parse = parse or partial(parse_request, limit=limit)
        self._buffer = bytearray()
        self._searched = 0  # so far the buffer has no end of a head
        self._eof = False
        self._error: MessageError | None = None
        self._incoming = self._outgoing = Body(0)
        self._taken = 0  # bytes of the content that came
        self._interim = 0
        self._out = b""

    @property
    def held(self) -> int:
        """Bytes that were received and not read yet."""
        return len(self._buffer)

    @property
    def unsent(self) -> int:
        """Bytes that `data_to_send` would give."""
        return len(self._out)

    # What comes in.

    def receive_data(self, data: bytes) -> None:
        """Bytes came from the peer, in any slicing."""
        if self.their_state in _DEAF:
            return
        self._buffer += data
        if self._is_client and self.our_state is _IDLE:
            self._refuse_unasked()

    def receive_eof(self) -> None:
        """The peer will send no more."""
        self._eof = True

    def next_event(self) -> Event | Pause:
        """The next part of the peer's message.

        Raises:
            MessageError: the peer breaks the protocol or a limit; the same again, if it is asked again.

        """
        if self._error is not None:
            raise self._error
        try:
            event = self._read()
            if not isinstance(event, Pause):
                self._received(event)
        except MessageError as error:
            self._fail(error)
            raise
        return event

    def refuse(self, status: int, why: str) -> MessageError:
        """The owner gives the peer up, as if it had broken the protocol: nothing of it is read any more."""
        error = MessageError(status, "response" if self._is_client else "request", bytes(self._buffer[:40]), why)
        self._fail(error)
        return error

    def _fail(self, error: MessageError) -> None:
        self._error = error
        self._enter(failed(self._sides, self._other))

    def _enter(self, sides: Sides) -> None:
        self._sides = sides
        client, server, _ = sides
        self.our_state, self.their_state = (client, server) if self._is_client else (server, client)
        if self.their_state in _DEAF:
            self._buffer.clear()

    def trailing_data(self) -> bytes:
        """What came behind HTTP, once both sides are SWITCHED; it is taken out of the connection."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def start_next_cycle(self) -> None:
        """Begin another exchange.

        Raises:
            LocalError: a message is not whole, or the connection does not persist.

        """
        sides = next_cycle(self._sides)
        if sides is None:
            raise LocalError(f"no next cycle: {self._said(self.role)}, {self._said(self._other)}")
        self._enter(sides)
        self._interim = 0
        self.request = _NO_REQUEST
        if self._is_client:
            self._refuse_unasked()

    def _read(self) -> Event | Pause:
        state = self.their_state
        if state in (_IDLE, _SEND_RESPONSE):
            return self._read_head() or (self._at_eof() if self._eof else NEED_DATA)
        if state is _SEND_BODY:
            return self._read_content()
        if state is _SWITCHED or (state is _DONE and self._buffer):
            return PAUSED
        return ConnectionClosed() if self._eof else NEED_DATA

    def _at_eof(self) -> Event:
        """Where a head should have come (RFC 9112 section 8)."""
        if not self._is_client and self._buffer:
            raise IncompleteError(400, "request", bytes(self._buffer[:40]), "the connection ended within a request")
        if self.their_state is _SEND_RESPONSE:
            why = "the connection ended within its head" if self._buffer else "the connection ended without one"
            raise IncompleteError(400, "response", bytes(self._buffer[:40]), why)
        return ConnectionClosed()

    def _read_head(self) -> Request | Response | None:
        buffer = self._buffer
        found, end = self._find_end()
        if found:
            head = bytes(buffer[:end])
            del buffer[:end]
            self._searched = 0
            return parse_response(head) if self._is_client else self._parse(head)
        return None

    def _find_end(self) -> tuple[bool, int]:
        """Whether the buffer has a whole head, and where it ends; every limit is looked at before."""
        buffer = self._buffer
        if not self._is_client:
            if empty := _EMPTY_LINES.match(buffer):
                del buffer[: empty.end()]
        elif not buffer.startswith(_BEGIN[: len(buffer)]):
            raise MessageError(400, "response", bytes(buffer[:40]), "no HTTP")
        found = HEAD_END.search(buffer, max(0, self._searched - 2))
        end = self._searched = found.end() if found else len(buffer)
        if self._is_client:
            if end > LINE_LIMIT + HEAD_LIMIT:
                raise MessageError(431, "head", end, f"over {LINE_LIMIT + HEAD_LIMIT} bytes")
            return found is not None, end
        line_end = buffer.find(b"\n", 0, LINE_LIMIT + 2)
        if line_end < 0 and end > LINE_LIMIT + 1:
            raise MessageError(414, "request line", bytes(buffer[:40]), f"over {LINE_LIMIT} bytes")
        if end - line_end > HEAD_LIMIT:
            raise MessageError(431, "head", end, f"over {HEAD_LIMIT} bytes")
        return found is not None, end

    def _read_content(self) -> Event | Pause:
        body = self._incoming
        if not body.ended and (data := body.take(self._buffer, PIECE)):
            self._taken += len(data)
            if self._limit is not None and self._taken > self._limit:
                raise MessageError(413, "content", self._taken, f"over {self._limit} bytes")
            return Data(data)
        if body.ended:
            return _END
        if not self._eof:
            return NEED_DATA
        if isinstance(body, UnendedBody):
            return _END
        if not self._is_client:
            raise IncompleteError(400, "content", f"{self._taken} bytes", "the connection ended within a request")
        why = f"the connection ended, and {body.missing} should have come"
        raise IncompleteError(400, "content", f"{self._taken} bytes", why)

    def _received(self, event: Event) -> None:
        kind = kind_of(event)
        if isinstance(event, Request):
            self._begin(event)
            self._incoming = request_body(event, self._limit)
        elif isinstance(event, Response):
            self._answered_by_peer(event)
        elif kind is Kind.DATA:
            self.waits_for_100 = False  # it waits no longer
        self._enter(after(self._sides, self._other, kind) or self._sides)  # nothing moves who is SWITCHED

    def _begin(self, request: Request) -> None:
        self.request = request
        self._taken = 0
        self.waits_for_100 = request.expects and request.has_body
        if not request.keep_alive:
            self._enter(last(self._sides))

    def _answered_by_peer(self, response: Response) -> None:
        if response.status == 101 and "upgrade" not in self.request.fields:
            raise MessageError(400, "status", 101, "no other protocol was asked for")
        # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
        # response, even if the client does not expect one."
        self._interim += response.status < 200
        if self._interim > _INTERIM_LIMIT:
            raise MessageError(400, "status", response.status, f"over {_INTERIM_LIMIT} interim responses")
        self._incoming = response_body(response, self.request.method, self._limit)
        self._taken = 0
        self.waits_for_100 = self.waits_for_100 and response.status in range(101, 200)
        if switches(response.status, self.request):
            self._enter(SWITCHED)
        elif response.status >= 200 and not (
            keeps_alive(by_name(response.fields), response.version) and not isinstance(self._incoming, UnendedBody)
        ):
            self._enter(last(self._sides))

    def _refuse_unasked(self) -> None:
        """RFC 9112 section 9.2: data where no answer is due "MUST NOT" be taken for one."""
        if self._buffer.strip(b"\r\n"):
            self._fail(MessageError(400, "response", bytes(self._buffer[:40]), "nobody asked for it"))
        self._buffer.clear()

    # What goes out.

    def send(self, event: Event | Prepared) -> None:
        """Send the next part of our own message; `data_to_send` has its bytes then.

        A final response that does not say how its content ends is sent in chunks, or to a client of HTTP/1.0 until the
        connection's end. What the connection says of its own end is added (RFC 9112 sections 9.3 and 9.6).

        Raises:
            LocalError: it may not be sent now, or not in this form.

        """
        kind = kind_of(event)
        sides, before = after(self._sides, self.role, kind), self._sides
        if sides is None:
            raise LocalError(f"no {kind.value} now: {self._said(self.role)}")
        self._out += self._written(event)
        if self._sides is not before:  # what it says of the connection's end; nothing moves who is SWITCHED
            sides = after(self._sides, self.role, kind) or self._sides
        self._enter(sides)

    def data_to_send(self) -> bytes:
        """The bytes to be written now."""
        data, self._out = self._out, b""
        return data

    def _written(self, event: Event | Prepared) -> bytes:
        if isinstance(event, Data):
            return self._outgoing.write(event.data)
        if isinstance(event, EndOfMessage):
            return self._outgoing.finish()
        if isinstance(event, Request):
            self._begin(event)
            self._outgoing = request_body(event, None)
            return event.head
        if isinstance(event, ConnectionClosed):
            return b""
        if self.our_state is _IDLE and self.their_state is not State.ERROR:
            raise LocalError("no response now: there is no request")
        if isinstance(event, Prepared):
            self._outgoing = Body(event.left)
            return event.head + _FATES[self._fate(not self.waits_for_100)] + event.tail
        return self._interim_response(event) if event.status < 200 else self._final_response(event)

    def _interim_response(self, response: Response) -> bytes:
        check_interim(response, self.request)
        head = response.head
        if response.status == 101:
            self._switch()
        self.waits_for_100 = self.waits_for_100 and response.status != 100
        return head

    def _final_response(self, response: Response) -> bytes:
        response, body = framed(response, self.request)
        head = response.head
        if switches(response.status, self.request):
            self._switch()
            return head
        fields = by_name(response.fields)
        persists = keeps_alive(fields, (1, 1)) and not isinstance(body, UnendedBody) and not self.waits_for_100
        self._outgoing = body
        fate = self._fate(persists)
        said = fate in members(fields.get("connection", "").lower())
        return head if said else head[:-2] + _FATES[fate] + head[-2:]

    def _fate(self, persists: bool) -> str:
        """The option that says what becomes of the connection (RFC 9112 sections 9.3 and 9.6); this cycle is the last
        one where it does not persist."""
        # RFC 9110 section 10.1.1: whether the content still comes behind a final answer, no server knows.
        if not persists:
            self._enter(last(self._sides))
        if not self._sides.persists:
            return "close"
        return "keep-alive" if self.request.version < (1, 1) else ""

    def _switch(self) -> None:
        if self.request.has_body and self.their_state is not _DONE:
            raise LocalError("another protocol, and the content of the request is not whole")
        self._enter(SWITCHED)

    def _said(self, role: Role) -> str:
        return f"the {role.value} is {self._sides.of(role).name}"
