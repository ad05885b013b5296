"""One client's connection: its lines, its time, what waits to be sent to it.

it is closed when                            after
nobody has logged in, and none is about to   LOGIN
nothing has come                             SILENCE (a client pings every 5 s)
a line is not of the language                at once, behind the answer that says so
it takes nothing, and OUTPUT bytes wait      at once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from catenet.nodes.application.directory.lines import Lines
from catenet.nodes.application.directory.message import (
    LINE_LIMIT,
    Answer,
    Notice,
    Ping,
    Request,
    encode,
    parse_request,
)
from catenet.nodes.machine import Count, DecodeError, Endpoint, Report, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BURST", "LOGIN", "OUTPUT", "RATE", "SILENCE", "UNDER_WAY", "Behind", "ClientStream"]

LOGIN, SILENCE = 5.0, 12.0
"""Seconds."""
UNDER_WAY = 16
"""Requests of a connection that have no answer yet; one more is not taken (`busy`)."""
RATE, BURST = 50.0, 200.0
"""Requests a second, and at once: one may be told to hundreds of others."""
OUTPUT = 262_144
"""Bytes that may wait for a client to read them."""


class Behind(Protocol):
    """Who answers."""

    def request(self, stream: ClientStream, request: Request, now: float) -> None:
        """`stream.answer` follows, once."""

    def gone(self, stream: ClientStream, now: float) -> None:
        """Its connection has ended; told once."""


class ClientStream(Stream):
    """`user` is empty until somebody has logged in; `joining`: a login is under way. `presence`: as it wants to be
    shown."""

    def __init__(self, behind: Behind, peer: Endpoint, now: float, flush: Callable[[], None], count: Count) -> None:
        """`flush` is called when there is something to send that came by no call of the stream's own."""
        self.peer = peer
        self.user = ""
        self.presence = "online"
        self.joining = False
        self._behind = behind
        self._flush = flush
        self._count = count
        self._lines = Lines(LINE_LIMIT)
        self._out = bytearray()
        self._under_way = 0
        self._now = self._heard = now
        self._login_by = now + LOGIN
        self._allowed, self._allowed_at = BURST, now
        self._finished = self._gone = False

    def receive_data(self, data: bytes, now: float) -> None:
        if self._finished:
            return
        self._now = self._heard = now
        try:
            for line in self._lines.feed(data):
                self._take(parse_request(line), now)
                if self._finished:
                    return
        except DecodeError as error:
            self._count("lines_bad")
            self._put(encode(Answer("?", error=f"malformed:{error.field}"[:64])))
            self._end(now)

    def receive_eof(self, now: float) -> None:
        self._end(now)

    def data_to_send(self) -> bytes:
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_wake(self) -> float | None:
        return None if self._finished else self._deadline()

    def wake(self, now: float) -> None:
        self._now = now
        if not self._finished and now >= self._deadline():
            self._count("connections_silent")
            self._end(now)

    @property
    def finished(self) -> bool:
        return self._finished

    def take_reports(self) -> list[Report]:
        return []

    def give_up(self) -> None:
        """The connection was reset or cut off."""
        self._out.clear()
        self._end(self._now)

    # What the directory says

    @property
    def has_room(self) -> bool:
        """Whether a client that reads slowly could bear more of others' words."""
        return len(self._out) < OUTPUT // 2

    def answer(self, answer: Answer) -> None:
        """To a request that is under way."""
        self._under_way -= 1
        self.say(answer)

    def say(self, message: Answer | Notice) -> None:
        if self._finished:
            return
        self._put(encode(message))
        self._flush()

    def end(self, now: float) -> None:
        """What was said is still sent."""
        if not self._finished:
            self._end(now)
            self._flush()

    def login_refused(self, now: float) -> None:
        """There is time for one more."""
        self.joining, self._login_by = False, now + LOGIN

    def _take(self, request: Request, now: float) -> None:
        if isinstance(request, Ping):
            self._put(encode(Answer(request.id, {})))
        elif self._under_way >= UNDER_WAY or not self._is_allowed(now):
            self._count("busy")
            self._put(encode(Answer(request.id, error="busy", retry_after=1.0)))
        else:
            self._under_way += 1
            self._behind.request(self, request, now)

    def _is_allowed(self, now: float) -> bool:
        """By how many came of late."""
        self._allowed = min(BURST, self._allowed + (now - self._allowed_at) * RATE)
        self._allowed_at = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _put(self, line: bytes) -> None:
        self._out += line
        if len(self._out) > OUTPUT:
            self._count("connections_cut")
            self._out.clear()
            self._end(self._now)

    def _deadline(self) -> float:
        silent = self._heard + SILENCE
        return silent if self.user or self.joining else min(silent, self._login_by)

    def _end(self, now: float) -> None:
        self._finished = True
        if not self._gone:
            self._gone = True
            self._behind.gone(self, now)
