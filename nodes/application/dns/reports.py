"""What the events `dns.query` and `dns.answer` say (control/events.py), and the same in words for a person."""

from __future__ import annotations

from catenet.nodes.application.dns.message import Message
from catenet.nodes.application.dns.records import Ns, Rcode, Record, Type, opcode_text, rcode_text, type_text
from catenet.nodes.machine import DecodeError, Endpoint, Json, Report
from catenet.nodes.once import OncePerReason

__all__ = ["EXCHANGE", "Refusals", "answer_words", "report_answer", "report_query"]

EXCHANGE = ("dns.query", "dns.answer")
"""The events of a question that is answered at once."""

_SHOWN = 8
"""Records that an event names; the rest is counted."""

_WIDTH = 256
"""Characters of one record's data that an event shows."""

_FAILURES: dict[int, str] = {
    Rcode.FORMERR: "I cannot read that",
    Rcode.SERVFAIL: "I could not find out",
    Rcode.NXDOMAIN: "there is no such name",
    Rcode.NOTIMP: "I cannot do that",
    Rcode.REFUSED: "I do not answer for that name",
    Rcode.YXDOMAIN: "that name becomes too long",
    Rcode.BADVERS: "I do not speak that version of EDNS",
}


def report_query(message: Message, source: Endpoint, destination: Endpoint) -> Report:
    """A question was received or sent."""
    asked = "something unreadable" if message.question is None else str(message.question)
    kind = f"{opcode_text(message.opcode)} " if message.opcode else ""
    text = f"{kind}{asked}?{' (resolve it for me)' if message.recursion_desired else ''}"
    return Report("dns.query", text, {**_facts(message, source, destination), "recursion": message.recursion_desired})


def report_answer(message: Message, source: Endpoint, destination: Endpoint) -> Report:
    """An answer was received or sent."""
    data: dict[str, Json] = {
        **_facts(message, source, destination),
        "rcode": rcode_text(message.rcode),
        "answers": [_shown(record) for record in message.answers[:_SHOWN]],
        "ttl": min((record.ttl for record in message.answers), default=None),
    }
    if refers := _refers(message):
        data["refers"] = list(refers)
    return Report("dns.answer", answer_words(message), data)


class Refusals:
    """Tells what peers sent that cannot be read: once for each field that was wrong, or they could fill the log."""

    def __init__(self) -> None:
        self._once = OncePerReason()

    def report(self, source: Endpoint, error: DecodeError) -> tuple[Report, ...]:
        """The event, unless it has been told before."""
        if not self._once.first(error.field):
            return ()
        why = str(error)
        return (Report("input.refused", f"from {source}: {why}", {"source": str(source), "why": why}),)


def answer_words(message: Message) -> str:
    """`192.31.65.5, keep it 300 s`, `I don't know; ask dns.uiuc.edu`, `there is no such name`."""
    if message.truncated:
        return "too long for UDP; ask over TCP"
    if message.rcode:
        return _FAILURES.get(message.rcode, rcode_text(message.rcode))
    if message.answers:
        said = ", ".join(_short(record) for record in message.answers[:_SHOWN])
        more = len(message.answers) - _SHOWN
        keep = f", keep it {min(record.ttl for record in message.answers)} s" if message.authoritative else ""
        return f"{said}{f' and {more} more' if more > 0 else ''}{keep}"
    if refers := _refers(message):
        return f"I don't know; ask {' or '.join(refers)}"
    return "that name has no such record"


def _facts(message: Message, source: Endpoint, destination: Endpoint) -> dict[str, Json]:
    question = message.question
    return {
        "id": message.id,
        "name": "" if question is None else str(question.name),
        "type": "" if question is None else type_text(question.type),
        "source": str(source),
        "destination": str(destination),
    }


def _refers(message: Message) -> tuple[str, ...]:
    if message.answers or message.rcode:
        return ()
    return tuple(str(record.data.host) for record in message.authority[:_SHOWN] if isinstance(record.data, Ns))


def _short(record: Record) -> str:
    """An answer's data; an alias says so."""
    return f"that is {_shown(record)}" if record.type == Type.CNAME else _shown(record)


def _shown(record: Record) -> str:
    text = str(record.data)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
