"""An authoritative name server, as a machine (RFC 1034 section 4.3.2, RFC 1035, RFC 2308, RFC 6891)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from catenet.nodes.application.dns.message import UDP_SIZE
from catenet.nodes.application.dns.query import NoQueryError, read_query
from catenet.nodes.application.dns.records import Rcode, rcode_text, type_text
from catenet.nodes.application.dns.words import report_answer, report_query, report_refused
from catenet.nodes.application.dns.zone import Zones
from catenet.nodes.machine import Action, DecodeError, Json, Packet, Report, Send

__all__ = ["Nameserver"]

_PREPARED = 2048
"""Questions whose answers are kept ready; when there are more, all are forgotten."""


class _Prepared(NamedTuple):
    """An answer without its id, and the two events, without id and addresses."""

    body: bytes
    code: str
    query: Report
    answer: Report


class Nameserver:
    """Answers questions about its zones; it never asks anybody.

    A packet with `stream` set came over TCP, and so does its answer. The data never change, so equal questions (but
    for the id) have equal answers: they are worked out once.
    """

    def __init__(self, zones: Zones, count: Callable[[str], None]) -> None:
        """`count` is called with the name of a counter each time that something is to be counted."""
        self._zones = zones
        self._count = count
        self._prepared: dict[tuple[bool, bytes], _Prepared] = {}
        self._actions: list[Action] = []
        self._refused: set[str] = set()

    def receive(self, packet: Packet, now: float) -> None:  # noqa: ARG002 - the contract's; zones have no time
        """A question came in."""
        key = (packet.stream, packet.data[2:])
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = self._prepare(packet)
            if prepared is None:
                return
            if len(packet.data) <= UDP_SIZE:
                if len(self._prepared) >= _PREPARED:
                    self._prepared.clear()
                self._prepared[key] = prepared
        self._count("queries")
        self._count(prepared.code)
        self._answer(packet, prepared)

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

    def _prepare(self, packet: Packet) -> _Prepared | None:
        try:
            query, rcode, fault = read_query(packet.data)
        except NoQueryError as error:
            self._count("ignored")
            self._complain(packet, error)
            return None
        if fault is not None:
            self._complain(packet, fault)
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
        body = answer.pack(query.size_limit(stream=packet.stream))[2:]
        said = report_query(query, packet.source, packet.destination)
        return _Prepared(
            body, rcode_text(answer.rcode).lower(), said, report_answer(answer, packet.destination, packet.source)
        )

    def _answer(self, packet: Packet, prepared: _Prepared) -> None:
        data, source, destination = packet.data, str(packet.source), str(packet.destination)
        number = int.from_bytes(data[:2], "big")
        query, answer = prepared.query, prepared.answer
        there: dict[str, Json] = {"id": number, "source": source, "destination": destination}
        back: dict[str, Json] = {"id": number, "source": destination, "destination": source}
        reply = Packet(data[:2] + prepared.body, packet.destination, packet.source, packet.interface, packet.stream)
        self._actions += (
            query._replace(data={**query.data, **there}),
            Send(reply),
            answer._replace(data={**answer.data, **back}),
        )

    def _complain(self, packet: Packet, why: DecodeError) -> None:
        """Say what cannot be read, once for each field."""
        if why.field not in self._refused:
            self._refused.add(why.field)
            self._actions.append(report_refused(packet.source, str(why)))
