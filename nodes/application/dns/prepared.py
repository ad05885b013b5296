"""Answers worked out once: equal questions, but for their id, get equal answers for as long as nothing changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from catenet.nodes.application.dns.message import UDP_SIZE, Message
from catenet.nodes.application.dns.records import rcode_text
from catenet.nodes.application.dns.reports import EXCHANGE, report_answer, report_query
from catenet.nodes.machine import Action, Count, Datagram, Send, Wants

__all__ = ["Prepared", "PreparedAnswers"]

_ROOM = 1 << 24
"""Bytes that the answers may take; when there are more, all are forgotten."""
_OVERHEAD = 1000  # bytes of Python's objects around a question and its answer


@dataclass(slots=True)  # not frozen: it is read for each datagram, and made for each new question
class Prepared:
    """An answer: its bytes but for the id, and what they say."""

    body: bytes
    code: str  # the counter of its response code
    until: float
    message: Message

    @classmethod
    def of(cls, answer: Message, limit: int, until: float = inf) -> Prepared:
        """The answer in at most `limit` bytes; it is right until then."""
        return cls(answer.pack(limit)[2:], rcode_text(answer.rcode).lower(), until, answer)

    def reply(self, question: bytes) -> bytes:
        """The bytes that answer an equal question."""
        return question[:2] + self.body

    def exchange(self, packet: Datagram) -> tuple[Action, ...]:
        """An equal question's event, its answer, and that one's event."""
        said = replace(self.message, id=int.from_bytes(packet.data[:2], "big"))
        asked = report_query(said, packet.source, packet.destination)
        return (
            asked,
            Send(packet.reply(self.reply(packet.data))),
            report_answer(said, packet.destination, packet.source),
        )


class PreparedAnswers:
    """A bounded table of prepared answers by the question's bytes."""

    def __init__(self, count: Count, wants: Wants) -> None:
        """`count` raises a counter; `wants` says whether events of these kinds are to be told."""
        self._count = count
        self._wants = wants
        self._answers: tuple[dict[bytes, Prepared], ...] = {}, {}  # over UDP, and over TCP
        self._datagrams = self._answers[False]
        self._taken = 0  # bytes
        self._given: dict[str, int] = {}  # answers of `reply` that are not counted yet, by their code
        self._untold_at: float | None = None  # when they were given, and nobody wanted to be told

    def get(self, question: bytes, now: float, stream: bool = False) -> Prepared | None:
        """The answer, where there is one that is still right."""
        prepared = self._answers[stream].get(question[2:])
        return prepared if prepared is not None and now < prepared.until else None

    def reply(self, question: bytes, now: float) -> bytes | None:
        """The bytes that answer a question over UDP, where they are prepared and nobody is to be told of it.

        It is called for each datagram: whether somebody is to be told is asked once for all of one time, and what can
        wait is done by `settle`.
        """
        prepared = self._datagrams.get(question[2:])
        if prepared is None or now >= prepared.until:
            return None
        if now != self._untold_at:
            if self._untold_at is not None:
                self.settle()
            if self._wants(EXCHANGE, now):
                return None
            self._untold_at = now
        self._given[prepared.code] += 1
        return question[:2] + prepared.body

    def settle(self) -> None:
        """Counts what `reply` has answered. It is to be called behind all datagrams that were received together."""
        if self._untold_at is None:
            return
        total = 0
        for code, times in self._given.items():
            if times:
                total += times
                self._given[code] = 0
                self._count(code, times)
        self._count("queries", total)
        if total > 1:
            self._wants(EXCHANGE, self._untold_at, total - 1)  # these too were told to nobody
        self._untold_at = None

    def give(self, prepared: Prepared, packet: Datagram, now: float) -> tuple[Action, ...]:
        """What answers an equal question with it, and tells of both."""
        self._count("queries")
        self._count(prepared.code)
        if self._wants(EXCHANGE, now):
            return prepared.exchange(packet)
        return (Send(packet.reply(prepared.reply(packet.data))),)

    def keep(self, question: bytes, prepared: Prepared, *, stream: bool) -> None:
        """Keeps an answer, unless the question is of an unusual length."""
        if len(question) > UDP_SIZE:
            return
        key = question[2:]
        known = self._answers[stream].pop(key, None)
        self._taken += _size(key, prepared) - (0 if known is None else _size(key, known))
        if self._taken > _ROOM:
            self.clear()
            self._taken = _size(key, prepared)
        self._answers[stream][key] = prepared
        self._given.setdefault(prepared.code, 0)

    def clear(self) -> None:
        for answers in self._answers:
            answers.clear()
        self._taken = 0


def _size(key: bytes, prepared: Prepared) -> int:
    return len(key) + len(prepared.body) + _OVERHEAD
