"""A client's connection to the directory: its lines, its time, and which requests still wait for their answer.

it is ended when                            after
nothing has come                            SILENCE (it pings every PING)
a request has no answer                     ANSWER, whatever else comes: pings are answered by less than requests are
the directory says what it should not       at once
"""

from __future__ import annotations

from typing import Protocol

from catenet.nodes.application.directory.lines import Lines
from catenet.nodes.application.directory.message import Answer, Notice, Ping, Request, encode, parse_said, word_of
from catenet.nodes.application.directory.stream import SILENCE
from catenet.nodes.machine import DecodeError, Report, Stream

__all__ = ["ANSWER", "PING", "Client", "Link"]

PING = 5.0
ANSWER = 20.0
"""Seconds. A login may wait behind fifteen others, and a hash takes a second on a slow node. A request counts from when
the connection next hears of the time, so that it may have up to PING more, and never less."""
_LINE_LIMIT = 262_144  # bytes: a login's answer has all contacts


class Client(Protocol):
    """Whose connection it is."""

    def heard(self, message: Answer | Notice, now: float) -> None:
        """Raises DecodeError: an answer has not what it should."""

    def unanswered(self, ask: str) -> None:
        """A request of that word has had its time; `lost` follows."""

    def lost(self, why: str) -> None:
        """The connection has ended otherwise than by `end`."""


class Link(Stream):
    """The connection."""

    def __init__(self, client: Client, now: float) -> None:
        self._client = client
        self._lines = Lines(_LINE_LIMIT)
        self._out = bytearray()
        self._heard = self._pinged = now
        self._waiting: dict[str, tuple[str, float]] = {}  # id → its word, and by when; in order
        self._new: dict[str, str] = {}  # the same of those that have no time yet
        self._finished = False

    def say(self, request: Request) -> None:
        self._out += encode(request)
        self._new[request.id] = word_of(request)

    def end(self) -> None:
        self._finished = True

    def receive_data(self, data: bytes, now: float) -> None:
        if self._finished:
            return
        self._heard = now
        self._date(now)
        try:
            for line in self._lines.feed(data):
                message = parse_said(line)
                if isinstance(message, Answer):
                    self._waiting.pop(message.id, None)
                self._client.heard(message, now)
                if self._finished:
                    return
        except DecodeError as error:
            self._lose(f"the directory said {error}")
        self._date(now)

    def receive_eof(self, now: float) -> None:
        self._lose("the directory ended the connection")

    def give_up(self) -> None:
        self._out.clear()
        self._lose("the connection was lost")

    def data_to_send(self) -> bytes:
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_wake(self) -> float | None:
        if self._finished:
            return None
        _, answer = next(iter(self._waiting.values()), ("", self._heard + SILENCE))
        return min(self._pinged + PING, self._heard + SILENCE, answer)

    def wake(self, now: float) -> None:
        if self._finished:
            return
        self._date(now)
        oldest, by = next(iter(self._waiting.values()), ("", now + ANSWER))
        if now >= self._heard + SILENCE:
            self._lose("nothing was heard")
        elif now >= by:
            self._client.unanswered(oldest)
            self._lose(f"{oldest} was not answered")
        elif now >= self._pinged + PING:
            self._pinged = now
            self._out += encode(Ping("ping"))

    @property
    def finished(self) -> bool:
        return self._finished

    def take_reports(self) -> list[Report]:
        return []

    def _date(self, now: float) -> None:
        """From now on their time runs."""
        self._waiting.update((name, (word, now + ANSWER)) for name, word in self._new.items())
        self._new.clear()

    def _lose(self, why: str) -> None:
        if not self._finished:
            self._finished = True
            self._client.lost(why)
