"""A resolver fed by hand: the client's questions, and the name servers' answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from catenet.nodes.address import Address
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A, Ns, Record, Soa, Type
from catenet.nodes.application.dns.resolver import Resolver
from catenet.nodes.machine import Datagram, Endpoint, Report, Send, Wants, always

CLIENT = Endpoint(Address.parse("192.0.2.7"), 5000)
US = Endpoint(Address.parse("192.0.2.53"), 53)
ROOT = Endpoint(Address.parse("192.0.2.1"), 53)


def a(name: str, address: str = "192.0.2.80", ttl: int = 300) -> Record:
    return Record(Name.parse(name), Type.A, ttl, A(Address.parse(address)))


def ns(zone: str, host: str, ttl: int = 300) -> Record:
    return Record(Name.parse(zone), Type.NS, ttl, Ns(Name.parse(host)))


def soa(zone: str, ttl: int = 300, minimum: int = 60) -> Record:
    return Record(Name.parse(zone), Type.SOA, ttl, Soa(Name.parse(zone), Name.parse(zone), 1, 2, 3, 4, minimum))


class Desk:
    """A resolver, with one root server unless more are said, fed by hand."""

    def __init__(
        self,
        options: ResolverOptions | None = None,
        wants: Wants = always,
        *,
        roots: Sequence[Address] = (ROOT.address,),
        pick: Callable[[int], int] | None = None,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.said: list[Report] = []
        self.machine = Resolver(
            options or ResolverOptions(qname_minimisation="off"),
            {f"root{number}": address for number, address in enumerate(roots)},
            (40_000, 40_001),
            local=lambda there: US.address,
            pick=pick or random.Random(5).randrange,
            count=lambda counter, by=1: self.counters.update({counter: by}),
            wants=wants,
        )

    def give(self, packet: Datagram, now: float = 0.0) -> list[Datagram]:
        self.machine.receive(packet, now)
        return self.take()

    def take(self) -> list[Datagram]:
        actions = self.machine.take_actions()
        self.said += [action for action in actions if isinstance(action, Report)]
        return [action.packet for action in actions if isinstance(action, Send)]

    def ask(
        self,
        name: str = "www.example",
        number: int = 1,
        now: float = 0.0,
        source: Endpoint = CLIENT,
        *,
        kind: int = Type.A,
        rd: bool = True,
    ) -> list[Datagram]:
        query = Message(number, recursion_desired=rd, question=Question(Name.parse(name), kind))
        return self.give(Datagram(query.pack(), source, US), now)

    def answer(self, asked: Datagram, now: float = 0.01, **parts: object) -> list[Datagram]:
        """A server's answer to what the resolver asked."""
        message = replace(Message.parse(asked.data).reply(), **parts)  # type: ignore[arg-type]
        local = Endpoint(US.address, asked.source.port)
        return self.give(type(asked)(message.pack(), asked.destination, local), now)
