"""An authoritative name server, as a machine (RFC 1034 section 4.3.2, RFC 1035, RFC 2308, RFC 6891)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from catenet.nodes.application.dns.prepared import Prepared, PreparedAnswers
from catenet.nodes.application.dns.query import NoQueryError, read_query
from catenet.nodes.application.dns.records import Rcode, type_text
from catenet.nodes.application.dns.words import EXCHANGE, Refusals, report_answer, report_query
from catenet.nodes.application.dns.zone import Zones
from catenet.nodes.machine import Action, Json, Packet, Send, Wants, always

__all__ = ["Nameserver"]


class Nameserver:
    """Answers questions about its zones; it never asks anybody.

    A packet with `stream` set came over TCP, and so does its answer. The data never change, so equal questions (but
    for the id) have equal answers: they are worked out once.
    """

    def __init__(self, zones: Zones, count: Callable[[str], None], wants: Wants = always) -> None:
        """`count` raises a counter; `wants` says whether events of these kinds are to be told."""
        self._zones = zones
        self._count = count
        self._wants = wants
        self._prepared = PreparedAnswers()
        self._actions: list[Action] = []
        self._refusals = Refusals()

    def receive(self, packet: Packet, now: float) -> None:
        """A question came in."""
        known = self.reply(packet.data, now, stream=packet.stream)
        if known is not None:
            self._actions.append(Send(packet.reply(known)))
        else:
            self._work_out(packet, now)

    def reply(self, question: bytes, now: float, *, stream: bool = False) -> bytes | None:
        """The answer, where it is prepared and nobody is to be told of it."""
        prepared = self._prepared.get(question, now, stream=stream)
        if prepared is None or self._wants(EXCHANGE, now):
            return None
        self._count("queries")
        self._count(prepared.code)
        return prepared.reply(question)

    def wake(self, now: float) -> None:
        """A name server has no timers."""

    def next_wake(self) -> float | None:
        """Never."""
        return None

    def take_actions(self) -> list[Action]:
        """The answers, and the events."""
        actions, self._actions = self._actions, []
        return actions

    def show(self) -> Json:
        """The zones and their records."""
        return {
            "zones": [
                {
                    "origin": str(zone.origin),
                    "records": [
                        {"name": str(r.name), "ttl": r.ttl, "type": type_text(r.type), "data": str(r.data)}
                        for r in zone.records
                    ],
                }
                for zone in self._zones.by_origin.values()
            ]
        }

    def _work_out(self, packet: Packet, now: float) -> None:
        try:
            query, rcode, fault = read_query(packet.data)
        except NoQueryError as error:
            self._count("ignored")
            self._actions += self._refusals.report(packet.source, error)
            return
        if fault is not None:
            self._actions += self._refusals.report(packet.source, fault)
        answer = query.reply(rcode)
        if rcode == Rcode.NOERROR:
            assert query.question is not None
            found = self._zones.find(query.question.name, query.question.type)
            answer = replace(
                answer,
                rcode=found.rcode,
                authoritative=found.authoritative,
                answers=found.answers,
                authority=found.authority,
                additional=found.additional,
            )
        prepared = Prepared.of(answer, query.size_limit(stream=packet.stream))
        self._prepared.keep(packet.data, prepared, stream=packet.stream)
        self._count("queries")
        self._count(prepared.code)
        send = Send(packet.reply(prepared.reply(packet.data)))
        if self._wants(EXCHANGE, now):
            asked = report_query(query, packet.source, packet.destination)
            self._actions += (asked, send, report_answer(answer, packet.destination, packet.source))
        else:
            self._actions.append(send)
