"""An authoritative name server, as a machine (RFC 1034 section 4.3.2, RFC 1035, RFC 2308, RFC 6891)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from catenet.nodes.address import Address
from catenet.nodes.application.dns.message import Question
from catenet.nodes.application.dns.prepared import Prepared, PreparedAnswers
from catenet.nodes.application.dns.query import NoQueryError, read_query
from catenet.nodes.application.dns.records import Rcode, type_text
from catenet.nodes.application.dns.reports import Refusals
from catenet.nodes.application.dns.streams import TcpMessage
from catenet.nodes.application.dns.zone import Zone, ZoneAnswer, Zones
from catenet.nodes.machine import Action, Count, Datagram, Json, Wants, always

__all__ = ["Find", "Nameserver"]

Find = Callable[[Question, Address], ZoneAnswer | None]
"""A question and the client that asks it → the answer; None: what the zones say. One that is not `tailored` is right
for every client, until a zone is replaced."""


class Nameserver:
    """Answers questions about its zones; it never asks anybody.

    A `TcpMessage` came over TCP, and so does its answer. In one version of the zones equal questions (but
    for the id) have equal answers, unless they are tailored: they are worked out once.
    """

    def __init__(
        self,
        zones: Zones,
        count: Count,
        wants: Wants = always,
        find: Find = lambda question, client: None,  # noqa: ARG005
    ) -> None:
        """`count` raises a counter; `wants` says whether events of these kinds are to be told; `find` goes before the
        zones.
        """
        self.zones = zones
        self._find = find
        self._count = count
        self.prepared = PreparedAnswers(count, wants)
        self._actions: list[Action] = []
        self._refusals = Refusals()

    def replace(self, zone: Zone) -> None:
        """Answer by this version of the zone from now on; no answer has of both."""
        self.zones = self.zones.replace(zone)
        self.prepared.clear()

    def receive(self, packet: Datagram, now: float) -> None:
        prepared = self.prepared.get(packet.data, now, isinstance(packet, TcpMessage)) or self._prepare(packet)
        if prepared is not None:
            self._actions += self.prepared.give(prepared, packet, now)

    def wake(self, now: float) -> None:
        """A name server has no timers."""

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def show(self) -> Json:
        """The zones and their records, TTLs in seconds."""
        return {
            "zones": [
                {
                    "origin": str(zone.origin),
                    "records": [
                        {"name": str(r.name), "ttl": r.ttl, "type": type_text(r.type), "data": str(r.data)}
                        for r in zone.records
                    ],
                }
                for zone in self.zones.by_origin.values()
            ]
        }

    def _prepare(self, packet: Datagram) -> Prepared | None:
        try:
            query, rcode, fault = read_query(packet.data)
        except NoQueryError as error:
            self._count("ignored")
            self._actions += self._refusals.report(packet.source, error)
            return None
        if fault is not None:
            self._actions += self._refusals.report(packet.source, fault)
        answer = query.reply(rcode)
        tailored = False
        if rcode == Rcode.NOERROR:
            assert query.question is not None
            found = self._find(query.question, packet.source.address)
            if found is None:
                found = self.zones.find(query.question.name, query.question.type)
            tailored = found.tailored
            answer = replace(
                answer,
                rcode=found.rcode,
                authoritative=found.authoritative,
                answers=found.answers,
                authority=found.authority,
                additional=found.additional,
            )
        prepared = Prepared.of(answer, query.size_limit(stream=isinstance(packet, TcpMessage)))
        if not tailored:
            self.prepared.keep(packet.data, prepared, stream=isinstance(packet, TcpMessage))
        return prepared
