"""A connection of a server, as a `Stream`: requests to a handler, its answers back, and how long they may take.

One request is with the handler at a time; those that come behind it (pipelining, RFC 9112 section 9.3.2) wait in the
connection until it is answered, so they are answered in their order. None is read while the answers before it wait to
be taken, so what a peer that only sends can make us hold is bounded.

The peer has `idle` seconds for a whole request (for each _PROGRESS bytes of its content, where it is long), between two
requests, and for taking an answer. While the handler is to go on, nobody waits for the peer, and no time runs.

An answer that ends the connection leads to its end; where the peer may still be sending, its close is waited for first,
for _LINGER seconds: closing at once would reset the connection, and the answer would be lost with it (section 9.6).
"""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.application.http.connection import PIECE, Connection
from catenet.nodes.application.http.events import ConnectionClosed, Data, EndOfMessage, Pause, Prepared
from catenet.nodes.application.http.exchange import Exchange
from catenet.nodes.application.http.fields import IncompleteError, MessageError
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.reports import EXCHANGE
from catenet.nodes.application.http.response import status_line, status_page
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.states import Role, State
from catenet.nodes.machine import Endpoint, Report

__all__ = ["ServerStream"]

_BACKLOG_LIMIT = 1_048_576  # bytes received but not read yet
_PROGRESS = 65_536  # bytes
_LINGER = 2.0  # seconds
_SEND_BODY, _DONE, _MUST_CLOSE = State.SEND_BODY, State.DONE, State.MUST_CLOSE  # Python 3.11 finds them slowly
_REQUEST, _RESPONSE = (("http.request",), ("http.response",))


class ServerStream:
    """One connection of a server."""

    def __init__(self, server: Server, peer: Endpoint, local: Endpoint, now: float, flush: Callable[[], None]) -> None:
        """`flush` is called when there is something to be sent, or to be woken for, that no call of the owner's made:
        a handler answered later."""
        self.server = server
        self.connection = Connection(Role.SERVER, limit=server.limit, parse=server.parse)
        self._ends = (str(peer), str(local))
        self._flush = flush
        self._exchange: Exchange | None = None  # the request that is with the handler, or whose content still passes
        self._rests = True  # between two exchanges, with nothing to read or to send but …
        self._whole = b""  # … an answer that was given as a whole
        self._inside = False  # whether our owner's call is under way
        self._asked = False  # whether the handler was asked for more of its answer, and has given none yet
        self._lingers = False
        self._closed = False
        self._eof = False
        self._content = 0  # bytes of the request's content since the deadline was set
        self._moved = False  # whether the wait begins anew at the deadline
        self._now = now
        self._set_deadline(server.idle)
        self._reports: list[Report] = []

    @property
    def now(self) -> float:
        """When our owner last called us."""
        return self._now

    def receive_data(self, data: bytes, now: float) -> None:
        self._now = now
        if self._rests and not self._whole and self._answer_whole(data, now):
            return
        if self._lingers or self._closed:
            return
        if self._exchange is None and not self.connection.held:
            self._set_deadline(self.server.idle)
        self.connection.receive_data(data)
        self._run()
        if self.connection.held > _BACKLOG_LIMIT:
            self.server.reporter.refused(self._reports, self._ends, "sends requests and takes no answers")
            self.give_up()

    def reply(self, data: bytes, now: float) -> bytes | None:
        """The answer to these bytes, if that is all there is to do: they are one request that came before, alone, and
        its answer is ready. None: nothing is done; they are for `receive_data`."""
        if not self._rests or self._whole:
            return None
        whole = self.server.whole(data, now)
        if whole is None or self.server.wants(EXCHANGE, now):
            return None
        self._deadline, self._moved = now + self.server.idle, False
        self.server.statuses[whole.status] += 1
        return whole.data

    def receive_eof(self, now: float) -> None:
        """The peer will send no more; it still gets the answers that it is owed."""
        self._now = now
        self._eof = True
        self.connection.receive_eof()
        if self._lingers:
            self._closed = True
        self._run()

    def data_to_send(self) -> bytes:
        """The bytes to be written now. A long content comes piece by piece."""
        data = self._whole
        if data:
            self._whole = b""
        if self._rests:
            return data
        data = data or self.connection.data_to_send() or self._ask_for_more()
        self._run()  # there is room for answers again
        return data or self.connection.data_to_send()

    def next_wake(self) -> float | None:
        """When the peer has been slow for too long."""
        return None if self._exchange is not None and self._waits_for_handler(self._exchange) else self._deadline

    def wake(self, now: float) -> None:
        """The peer has sent no whole request in time, or has not taken its answer."""
        exchange = self._exchange
        if now < self._deadline or (exchange is not None and self._waits_for_handler(exchange)):
            return
        self._now = now
        if self._moved:
            self._set_deadline(self._wait)
        elif self._unsent or self._lingers or self._closed or (exchange and exchange.begun and not exchange.ended):
            self.give_up()
        elif self.connection.held or exchange is not None:
            self._refuse(self.connection.refuse(408, "not whole in time"))
        else:  # nothing was begun, so there is nothing to answer
            self._closed = True
            self._rests = False

    @property
    def finished(self) -> bool:
        return self._closed and not self._unsent

    @property
    def wants_data(self) -> bool:
        """Whether more is to be received of the peer now; else what it sends is better left to wait outside."""
        return self.connection.held < PIECE

    def take_reports(self) -> list[Report]:
        reports = self._reports
        if reports:
            self._reports = []
        return reports

    def give_up(self) -> None:
        """The peer is gone, or is to go: nothing is sent any more."""
        self._closed = True
        self._rests = False
        self._whole = b""
        self.connection.refuse(408, "given up")
        self.connection.data_to_send()
        self._lose()

    # What the exchange calls.

    def answered(self, exchange: Exchange, status: int, size: int, media_type: str) -> None:
        """The head of its answer is sent."""
        server = self.server
        server.statuses[status] += 1
        if server.wants(_RESPONSE if exchange.told else EXCHANGE, self._now):
            if not exchange.told:
                server.reporter.request(self._reports, self._ends, exchange.request)
            server.reporter.response(self._reports, self._ends, status, size, media_type)
        self._set_deadline(server.idle)

    def go_on(self) -> None:
        """The handler did something: if it did so later, what follows from it is done now.

        The wait for the peer begins when the owner wakes us next, which it does at once: it knows the time.
        """
        if self._inside:
            return
        self._asked = False
        self._run()
        self._moved, self._deadline = True, self._now
        self._flush()

    # What we do.

    @property
    def _unsent(self) -> int:
        return len(self._whole) + self.connection.unsent

    def _set_deadline(self, wait: float) -> None:
        self._wait = wait
        self._deadline = self._now + wait
        self._moved = False
        self._content = 0

    def _waits_for_handler(self, exchange: Exchange) -> bool:
        """Whether the handler is to go on, and the peer has taken all that there was before."""
        return not (exchange.ended or exchange.reads or self._unsent) and (not exchange.begun or self._asked)

    def _lose(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.lose()

    def _answer_whole(self, head: bytes, now: float) -> bool:
        """The way of nearly every request: a head that came before, alone, when all before it is answered."""
        server = self.server
        whole = server.whole(head, now)
        if whole is None:
            return False
        self._whole = whole.data
        self._deadline, self._moved = now + server.idle, False
        server.statuses[whole.status] += 1
        if server.wants(EXCHANGE, now) and (request := server.known(head)) is not None:
            server.reporter.request(self._reports, self._ends, request)
            server.reporter.response(self._reports, self._ends, whole.status, whole.size, whole.media_type)
        return True

    def _run(self) -> None:
        """Read and answer requests, as far as they have come and as long as there is room for answers."""
        self._inside = True
        try:
            while self._step():
                pass
        except MessageError as error:
            self._refuse(error)
        finally:
            self._inside = False
        ended = self._eof or self._lingers or self._closed
        self._rests = not (ended or self._exchange or self.connection.held or self.connection.unsent)

    def _step(self) -> bool:
        """One event of the peer's, or the end of an exchange; whether there may be another."""
        exchange = self._exchange
        if self._closed or self._lingers or self._unsent >= PIECE:
            return False
        if exchange is None:
            if not (self._eof or self.connection.held):
                return False
        elif exchange.ended:
            if self._end_exchange(exchange):
                return True
        elif not exchange.reads:
            return False
        event = self.connection.next_event()
        if isinstance(event, Pause):
            return False
        if isinstance(event, Request):
            self._begin(event)
        elif isinstance(event, ConnectionClosed):
            self._closed = True
        elif exchange is not None and not exchange.ended:
            self._pass_on(exchange, event.data if isinstance(event, Data) else b"")
        return True

    def _begin(self, request: Request) -> None:
        exchange = self._exchange = Exchange(self, request, self.server.handler)
        exchange.handler.request(exchange)
        if not request.has_body:
            self._tell(exchange)

    def _pass_on(self, exchange: Exchange, data: bytes) -> None:
        """A piece of the content; empty: its end."""
        exchange.reads = False
        exchange.received = not data
        self._content += len(data)
        if self._content >= _PROGRESS:
            self._set_deadline(self.server.idle)
        exchange.handler.content(exchange, data)
        if not data:
            self._tell(exchange)

    def _tell(self, exchange: Exchange) -> None:
        """A request that is whole and waits for its answer."""
        if not exchange.begun:
            exchange.told = True
            if self.server.wants(_REQUEST, self._now):
                self.server.reporter.request(self._reports, self._ends, exchange.request)

    def _end_exchange(self, exchange: Exchange) -> bool:
        """What follows the answer, once the request is whole too; whether that was done."""
        ours, theirs = self.connection.our_state, self.connection.their_state
        if ours is _DONE and theirs is _DONE:
            self.connection.start_next_cycle()
            self._exchange = None
        elif ours is _MUST_CLOSE and theirs is not _SEND_BODY:
            self._closed = True
        elif ours is _MUST_CLOSE and exchange.request.has_body:
            self._linger()
        else:
            return False
        return True

    def _linger(self) -> None:
        self._lingers = True
        self._set_deadline(_LINGER)
        self._closed = self._eof  # it has closed

    def _refuse(self, error: MessageError) -> None:
        """Answer what is no proper request. Where the next one would begin is not known, so it is the last answer."""
        server = self.server
        if isinstance(error, IncompleteError):
            server.reporter.refused(self._reports, self._ends, error.why)
            self._closed = True
            self._lose()
            return
        server.reporter.refused(self._reports, self._ends, error.why, str(error))
        if self.connection.our_state in (State.IDLE, State.SEND_RESPONSE):
            page = status_page(error.status)
            head = status_line(error.status) + server.dated.fields()
            self.connection.send(Prepared(error.status, head, page.tail))
            self.connection.send(EndOfMessage())
            server.statuses[error.status] += 1
            if server.wants(_RESPONSE, self._now):
                server.reporter.response(self._reports, self._ends, error.status, page.size, page.media_type)
        elif self.connection.our_state is _SEND_BODY:
            self.give_up()  # its answer cannot be made whole
            return
        self._lose()
        self._linger()
        if error.status == 408:  # it sends nothing
            self._closed = True

    def _ask_for_more(self) -> bytes:
        """The next piece of an answer that was begun; empty: the handler has none yet, or it was whole."""
        exchange = self._exchange
        if exchange is None or not exchange.begun or exchange.ended or self._asked:
            return b""
        self._inside = True
        try:
            exchange.handler.more(exchange)
        finally:
            self._inside = False
        data = self.connection.data_to_send()
        self._asked = not data and not exchange.ended
        self._moved = self._moved or bool(data)
        return data
