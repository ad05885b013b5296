"""One request and its answer, as a handler of requests sees them; the answer may come later.

A handler is told of a request when its head is there. It answers at once, or keeps the exchange and answers whenever it
likes; the connection's next request is read when this one is answered. Both contents are pulled: a piece of the
request's comes for each `read`, and `more` asks for a piece of the answer's when all before it is taken. So neither a
peer that sends fast nor one that reads slowly makes anybody hold much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from catenet.nodes.application.http.body import has_no_content
from catenet.nodes.application.http.events import Data, EndOfMessage, Prepared
from catenet.nodes.application.http.fields import LocalError, by_name
from catenet.nodes.application.http.message import Fields, Request, Response
from catenet.nodes.application.http.response import REASONS, DatedFields, status_line

if TYPE_CHECKING:
    from catenet.nodes.application.http.connection import Connection
    from catenet.nodes.application.http.server import Server

__all__ = ["Exchange", "Handler", "Waking", "Whole"]


_END = EndOfMessage()


class Whole(NamedTuple):
    """An answer that is whole, ready to be sent: its bytes, and what is told of it."""

    data: bytes
    status: int
    size: int  # bytes of content
    media_type: str


class Handler(Protocol):
    """Who answers the requests of a server's connections. It is called with the exchange that is meant, and may use it
    at once."""

    def request(self, exchange: Exchange) -> None:
        """The head of a request is there."""

    def content(self, exchange: Exchange, data: bytes) -> None:
        """The piece of the request's content that `read` asked for; empty: it has ended."""

    def more(self, exchange: Exchange) -> None:
        """All that was sent of the answer is taken, and it has not ended: the next piece, now or later."""

    def gone(self, exchange: Exchange) -> None:
        """The peer is gone, or broke the protocol, before its answer was whole: nothing can be said to it any more."""

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        """The answer to a request of HTTP/1.1 that has no content and leaves the connection open, where it can be given
        at once and every equal request gets the same one at this moment; None: `request` is asked."""


@runtime_checkable
class Waking(Protocol):
    """A handler that does something at a time of its own, on the clock of `Exchange.now`."""

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""

    def wake(self, now: float) -> None:
        """Do what has fallen due. Waking early or late is harmless."""


class _Owner(Protocol):
    """The connection that the exchange is on."""

    server: Server
    connection: Connection

    @property
    def now(self) -> float: ...
    def answered(self, exchange: Exchange, status: int, size: int, media_type: str) -> None: ...
    def give_up(self) -> None: ...
    def go_on(self) -> None: ...


class Exchange:
    """A request, and the means to answer it. Each method may be called at any time until the answer has ended.

    Methods raise LocalError where the answer would break the protocol; after `gone` they do nothing, and what an answer
    was thrown away is counted (`answers lost`).
    """

    def __init__(self, owner: _Owner, request: Request, handler: Handler) -> None:
        self.request = request
        self.handler = handler  # who is told of what comes; whoever was asked first may name another one
        self.server = owner.server
        self.begun = False  # whether the head of its answer is sent
        self.ended = False  # whether all of it is
        self.reads = False  # whether a piece of the content was asked for
        self.received = False  # whether its content has ended, and its handler knows
        self.told = False  # whether the user was told of the request
        self._owner: _Owner | None = owner

    @property
    def now(self) -> float:
        """When what the handler was last told of happened, on the machines' clock; 0 once the peer is gone."""
        return 0.0 if self._owner is None else self._owner.now

    def read(self) -> None:
        """Ask for a piece of the request's content: `content` is called with it once. A client that waits for a word
        before it sends its content gets it (RFC 9110 section 10.1.1)."""
        owner = self._owner
        if owner is None or self.ended:
            return
        if self.received:
            raise LocalError(f"{self._name}: its content has ended")
        if owner.connection.waits_for_100:
            owner.connection.send(Response(100, REASONS[100]))
        self.reads = True
        owner.go_on()

    def respond(self, status: int, fields: Fields, content: bytes = b"") -> None:
        """The whole answer. Date, Server and Content-Length are added."""
        self._begin(status, (*fields, *self._length(status, len(content))), len(content))
        if content and not has_no_content(status, self.request.method):
            self._send(Data(content))
        self.end()

    def begin(self, status: int, fields: Fields, size: int = 0) -> None:
        """The head of an answer whose content follows by `send`. Date and Server are added; where the fields say no
        length, the content goes in chunks. `size`: the bytes of content, for whoever is told."""
        self._begin(status, fields, size)
        self._go_on()

    def begin_prepared(self, status: int, tail: bytes, *, size: int, media_type: str, left: int = 0) -> None:
        """The same of prepared bytes: `tail` is all behind Date and Server, with the first of the content; `left` bytes
        follow by `send`."""
        self._send(Prepared(status, status_line(status) + self.server.dated.fields(), tail, left))
        self._begun(status, size, media_type)

    def send(self, data: bytes) -> None:
        """A piece of the answer's content."""
        self._send(Data(data))
        self._go_on()

    def end(self) -> None:
        """The answer is whole."""
        self._send(_END)
        self.ended = True
        self._go_on()

    def abort(self) -> None:
        """The answer cannot be made whole. The peer must see that it is cut short, so the connection ends here (RFC
        9112 section 8)."""
        owner, self._owner = self._owner, None
        if owner is not None and not self.ended:
            self.ended = True
            self.server.count("cut short")
            owner.give_up()
            owner.go_on()

    def lose(self) -> None:
        """The peer is gone: its handler is told. (For the connection alone.)"""
        if self._owner is not None and not self.ended:
            self._owner = None
            self.handler.gone(self)

    def _begin(self, status: int, fields: Fields, size: int) -> None:
        if status < 200 or (self.request.method == "CONNECT" and status < 300):
            raise LocalError(f"{self._name}: status {status} is no answer here")
        lines = (*self.server.dated.lines(), *fields)
        self._send(Response(status, REASONS.get(status, ""), fields=lines))
        self._begun(status, size, by_name(fields).get("content-type", ""))

    def _begun(self, status: int, size: int, media_type: str) -> None:
        if self._owner is not None:
            self.begun = True
            self._owner.answered(self, status, size, media_type)
        elif not self.begun:
            self.begun = True
            self.server.count("answers lost")

    def _length(self, status: int, size: int) -> Fields:
        # RFC 9110 section 8.6: in an answer to HEAD, and in 304, it is what a GET would have had, or is left out.
        return () if status == 204 or (status == 304 and not size) else (("Content-Length", str(size)),)

    def _send(self, event: Response | Prepared | Data | EndOfMessage) -> None:
        if self._owner is not None:
            if self.ended:
                raise LocalError(f"{self._name}: it is answered")
            self._owner.connection.send(event)

    @property
    def _name(self) -> str:
        return f"{self.request.method} {self.request.target[:80]}"

    def _go_on(self) -> None:
        if self._owner is not None:
            self._owner.go_on()
