"""Questions to a node, over the Unix socket inside it: one JSON line asks, one JSON line answers, and so on.

    {"ask": "status"}
    {"ok": true, "answer": {…}}      or      {"ok": false, "error": "…"}
    {"ok": false, "error": "…", "known": ["links", …]}      where a word of the question is none of these

The stream ends when whoever asks ends it, or has not asked for 10 s.

What every node answers:

    status                          node, lab, ready, uptime (s), interfaces (as in show links), memory (bytes),
                                    services: name → state (starting, ready, failed), restarts, counters, error
    show    what                    the answer of the service that offers that word (rip, resolver, …);
                                    `what` "" lists the words
    show    what="routes"           the kernel's table: prefix, via, node, lan, protocol, metric of each route
    show    what="links"            the interfaces: lan, address, length, engine, up, silent, interface, hardware, mtu
    show    what="arp"              whom it knows on its LANs: lan, address, node, hardware, state, seconds
    route   prefix                  where its route to a prefix comes from: `kernel`, the rows of show routes that
                                    hold it, the one taken first; `services`, name → what that service knows
                                    (RIP: nodes/internet/rip/history), or null
    link    lan, condition, [at]    the interface of that LAN becomes so, {"up": bool, "silent": bool}: silent, it is up
                                    and drops what comes in. With `at` (seconds since 1970) it is done then, in 10 s at
                                    the latest; the answer comes before
    flush                           every cache of every service is emptied, and that of ARP
    report  service, kind, text, data    a program inside the node puts an event into the log, of a kind that its
                                    service declares or that any program may say (control/events)
    events  after                   the events later than that (seconds since 1970), as lines with their JSON, of a node
                                    that leaves it out of its log: the last thousand, and those by which each link,
                                    route and service is as it is
    originate  type, [id, area]     it says one of its advertisements anew, where a service floods such: the one of that
                                    type whose id is that address, or lies in that prefix (control/flooding)
    probe   kind, …                 what it finds out by packets of its own (nodes/probes has the kinds, control/probes
                                    what each answers)
    health                          an error where the node is not ready; answered when that changes, or after 25 s

A service can offer more (`context.answer`): the browser `browse`; the phone `call` and others (services/phone).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catenet.nodes.control.printable import printable
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Json

__all__ = [
    "ASK_COMMAND",
    "FAILED",
    "LIMIT",
    "READY",
    "SOCKET_PATH",
    "STARTING",
    "Answer",
    "Question",
    "QuestionError",
    "UnknownWordError",
]

SOCKET_PATH = "/run/catenet.sock"
ASK_COMMAND = ("nc", "-N", "-U", SOCKET_PATH)
"""The program to run inside a node: questions on standard input, answers on standard output. It ends with its standard
input, once all is answered, and when the node hangs up."""
STARTING, READY, FAILED = "starting", "ready", "failed"
"""States of a service; another is `stopped`."""
LIMIT = 4 * 1024 * 1024
"""The longest line, in bytes, that either side takes."""


class QuestionError(ValueError):
    """The question, or the answer, is not of this form; the text names what is wrong."""


class UnknownWordError(QuestionError):
    """A word of the question is none of those that there are, `known`."""

    def __init__(self, message: str, known: Iterable[str]) -> None:
        super().__init__(message)
        self.known = tuple(known)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: a word and its arguments."""

    ask: str
    arguments: Mapping[str, Json] = field(default_factory=dict)

    def __bytes__(self) -> bytes:
        return json.dumps({"ask": self.ask, **self.arguments}).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Question:
        """One line → Question.

        Raises:
            QuestionError: no JSON object with the key `ask`.

        """
        whole = _object(data)
        ask = whole.pop("ask", None)
        if not isinstance(ask, str):
            raise QuestionError(f"ask {ask!r} is no word")
        return cls(ask, whole)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `answer`, or an `error` in words for the user. `known`: where a word of the question is wrong,
    those that there are.
    """

    answer: Json = None
    error: str | None = None
    known: tuple[str, ...] = ()

    def __bytes__(self) -> bytes:
        whole: dict[str, Json] = {"ok": True, "answer": self.answer}
        if self.error is not None:
            whole = {"ok": False, "error": self.error, **({"known": list(self.known)} if self.known else {})}
        return json.dumps(whole).encode() + b"\n"

    @classmethod
    def refusal(cls, error: ValueError) -> Answer:
        """The question cannot be answered; the text says why."""
        return cls(error=str(error), known=error.known if isinstance(error, UnknownWordError) else ())

    @classmethod
    def parse(cls, data: bytes) -> Answer:
        """One line → Answer.

        Raises:
            QuestionError: no JSON object, or one without `ok`.

        """
        whole = _object(data)
        if whole.get("ok") is True:
            return cls(answer=whole.get("answer"))
        if whole.get("ok") is False:
            known = whole.get("known")
            words = (printable(word) for word in known if isinstance(word, str)) if isinstance(known, list) else ()
            return cls(error=printable(str(whole.get("error"))), known=tuple(words))
        raise QuestionError(f"ok {whole.get('ok')!r} is neither true nor false")


def _object(data: bytes) -> dict[str, Json]:
    try:
        whole = read_json(data.decode())
    except ValueError as error:
        raise QuestionError(f"{data[:80]!r} is no JSON: {error}") from None
    if not isinstance(whole, dict):
        raise QuestionError(f"{data[:80]!r} is no JSON object")
    return whole
