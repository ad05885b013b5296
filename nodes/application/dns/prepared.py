"""Answers worked out once: equal questions, but for their id, get equal answers for as long as nothing changes."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from catenet.nodes.application.dns.message import UDP_SIZE, Message
from catenet.nodes.application.dns.records import rcode_text
from catenet.nodes.application.dns.words import report_answer, report_query
from catenet.nodes.machine import Action, Json, Packet, Report, Send

__all__ = ["Prepared", "PreparedAnswers"]

_LIMIT = 2048
"""Answers that are kept; when there are more, all are forgotten."""


class Prepared(NamedTuple):
    """An answer without its id, and the events of question and answer, whose ids and addresses change."""

    body: bytes
    code: str  # the counter of its response code
    query: Report
    answer: Report
    until: float

    @classmethod
    def of(cls, packet: Packet, query: Message, answer: Message, until: float = inf) -> Prepared:
        """The answer to the query that came in `packet`; it is right until then."""
        return cls(
            answer.pack(query.size_limit(stream=packet.stream))[2:],
            rcode_text(answer.rcode).lower(),
            report_query(query, packet.source, packet.destination),
            report_answer(answer, packet.destination, packet.source),
            until,
        )

    def reply(self, packet: Packet) -> tuple[Send, Report]:
        """The answer to an equal question, and its event."""
        back = Packet(packet.data[:2] + self.body, packet.destination, packet.source, packet.interface, packet.stream)
        return Send(back), self.answer._replace(data={**self.answer.data, **_ends(back, packet.data)})

    def actions(self, packet: Packet) -> tuple[Action, ...]:
        """The event of an equal question, its answer, and the answer's event."""
        asked = self.query._replace(data={**self.query.data, **_ends(packet, packet.data)})
        return (asked, *self.reply(packet))


class PreparedAnswers:
    """A bounded table of prepared answers by the question's bytes."""

    def __init__(self) -> None:
        self._answers: dict[tuple[bool, bytes], Prepared] = {}

    def get(self, packet: Packet, now: float) -> Prepared | None:
        """The answer, where there is one that is still right."""
        prepared = self._answers.get((packet.stream, packet.data[2:]))
        return prepared if prepared is not None and now < prepared.until else None

    def keep(self, packet: Packet, prepared: Prepared) -> None:
        """Keeps an answer, unless the question is of an unusual length."""
        if len(packet.data) > UDP_SIZE:
            return
        if len(self._answers) >= _LIMIT:
            self._answers.clear()
        self._answers[packet.stream, packet.data[2:]] = prepared

    def clear(self) -> None:
        """Forget all answers."""
        self._answers.clear()


def _ends(packet: Packet, question: bytes) -> dict[str, Json]:
    return {
        "id": int.from_bytes(question[:2], "big"),
        "source": str(packet.source),
        "destination": str(packet.destination),
    }
