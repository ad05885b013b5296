"""Answers worked out once: equal questions, but for their id, get equal answers for as long as nothing changes."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from catenet.nodes.application.dns.message import UDP_SIZE, Message
from catenet.nodes.application.dns.records import rcode_text

__all__ = ["Prepared", "PreparedAnswers"]

_ROOM = 1 << 23
"""Bytes that the answers may take; when there are more, all are forgotten."""
_OVERHEAD = 300  # bytes of Python's objects around a question and its answer


class Prepared(NamedTuple):
    """An answer without its id."""

    body: bytes
    code: str  # the counter of its response code
    until: float

    @classmethod
    def of(cls, answer: Message, limit: int, until: float = inf) -> Prepared:
        """The answer in at most `limit` bytes; it is right until then."""
        return cls(answer.pack(limit)[2:], rcode_text(answer.rcode).lower(), until)

    def reply(self, question: bytes) -> bytes:
        """The answer to an equal question."""
        return question[:2] + self.body


class PreparedAnswers:
    """A bounded table of prepared answers by the question's bytes."""

    def __init__(self) -> None:
        self._answers: tuple[dict[bytes, Prepared], ...] = {}, {}  # over UDP, and over TCP
        self._taken = 0  # bytes

    def get(self, question: bytes, now: float, stream: bool = False) -> Prepared | None:
        """The answer, where there is one that is still right."""
        prepared = self._answers[stream].get(question[2:])
        return prepared if prepared is not None and now < prepared.until else None

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

    def clear(self) -> None:
        """Forget all answers."""
        self._answers = {}, {}
        self._taken = 0


def _size(key: bytes, prepared: Prepared) -> int:
    return len(key) + len(prepared.body) + _OVERHEAD
