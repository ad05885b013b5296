"""`Stub`: one question of a program to its resolver, and which answers it believes."""

from __future__ import annotations

from random import Random

import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from catenet.nodes.address import Address
from catenet.nodes.application.dns.stub import Stub
from catenet.nodes.control.lookups import LookedUp, LookupAsked
from catenet.nodes.control.probes import DONE
from catenet.nodes.machine import Datagram, Endpoint, OpenPort, Report, Send, Udp

SERVER = Endpoint(Address.parse("10.0.1.53"), 53)
OWN = Endpoint(Address.parse("10.0.1.1"), 40_000)
NAME = "www.example.org"


class Desk:
    """A stub with its port open at 10 s; `query` is what it has sent."""

    def __init__(self, seed: int = 1, wait: float = 5.0) -> None:
        self.stub = Stub(LookupAsked(SERVER.address, NAME, wait), Random(seed))
        (asked,) = self.stub.take_actions()
        assert isinstance(asked, OpenPort)
        self.stub.port_opened(asked, Udp(OWN.port), 10.0)
        (sent,) = self.stub.take_actions()
        assert isinstance(sent, Send)
        assert isinstance(sent.packet, Datagram)
        assert sent.packet.destination == SERVER
        self.query = DNSRecord.parse(sent.packet.data)

    def answer(self, *addresses: str) -> DNSRecord:
        reply = DNSRecord.parse(self.query.pack()).reply()
        for each in addresses:
            reply.add_answer(RR(NAME, rdata=A(each), ttl=60))
        return reply

    def hear(self, data: bytes, source: Endpoint = SERVER) -> LookedUp | None:
        self.stub.receive(Datagram(data, source, OWN), 10.1)
        return self.said()

    def said(self) -> LookedUp | None:
        found = [each for each in self.stub.take_actions() if isinstance(each, Report)]
        assert len(found) <= 1
        assert all(each.kind == DONE for each in found)
        return LookedUp.parse(found[0].data) if found else None


def test_it_asks_for_an_address_and_wants_recursion() -> None:
    query = Desk().query
    assert (str(query.q.qname), query.q.qtype, query.header.rd, query.header.qr) == (f"{NAME}.", QTYPE.A, 1, 0)


def test_the_addresses_are_told_and_it_is_over() -> None:
    desk = Desk()
    assert desk.hear(desk.answer("10.0.1.9", "10.0.1.8").pack()) == LookedUp("NOERROR", ("10.0.1.9", "10.0.1.8"))
    assert desk.stub.next_wake() is None
    assert desk.hear(desk.answer("10.0.1.7").pack()) is None


def test_a_code_without_addresses_is_told() -> None:
    desk = Desk()
    reply = desk.answer()
    reply.header.rcode = 3
    assert desk.hear(reply.pack()) == LookedUp("NXDOMAIN")


def test_1035_4_1_1_an_answer_too_large_for_udp_is_told_to_be_that() -> None:
    desk = Desk()
    reply = desk.answer()
    reply.header.tc = 1
    assert desk.hear(reply.pack()) == LookedUp("NOERROR", truncated=True)


def test_5452_9_1_what_was_not_asked_for_is_not_believed() -> None:
    desk = Desk()
    for wrong in range(3):
        other = desk.answer("10.6.6.6")
        if wrong == 0:
            other.header.id ^= 1
        elif wrong == 1:
            other.q.qname = "www.example.com"
        else:
            other.header.qr = 0
        assert desk.hear(other.pack()) is None
    right = desk.answer("10.0.1.9").pack()
    assert desk.hear(right, SERVER._replace(port=54)) is None
    assert desk.hear(right, Endpoint(Address.parse("10.0.1.54"), 53)) is None
    assert desk.hear(right[:-1]) is None
    assert desk.hear(b"") is None
    assert desk.hear(right) == LookedUp("NOERROR", ("10.0.1.9",))


def test_silence_ends_it() -> None:
    desk = Desk(wait=2.0)
    assert desk.stub.next_wake() == 12.0
    desk.stub.wake(11.9)
    assert desk.said() is None
    desk.stub.wake(12.0)
    assert desk.said() == LookedUp(error="10.0.1.53 has not answered within 2 s")
    assert desk.stub.next_wake() is None


def test_ids_differ() -> None:
    assert len({Desk(seed).query.header.id for seed in range(50)}) > 45


def test_a_port_that_cannot_be_had_is_said() -> None:
    stub = Stub(LookupAsked(SERVER.address, NAME), Random(1))
    (asked,) = stub.take_actions()
    assert isinstance(asked, OpenPort)
    stub.port_failed(asked, "taken", 1.0)
    (report,) = stub.take_actions()
    assert isinstance(report, Report)
    assert LookedUp.parse(report.data) == LookedUp(error="no UDP port: taken")


@pytest.mark.parametrize(
    "wrong", [{"to": "0.0.0.0"}, {"to": "x"}, {"name": ""}, {"wait": 0}, {"wait": 31}, {"name": f"{'a' * 64}.org"}]
)
def test_what_cannot_be_asked_is_the_askers_mistake(wrong: dict[str, object]) -> None:
    asked = {**LookupAsked(SERVER.address, NAME).to_json(), **wrong}
    with pytest.raises(ValueError, match=r"to|name|wait|label"):
        Stub(LookupAsked.parse(asked), Random(1))  # type: ignore[arg-type]


def test_it_is_read_again() -> None:
    asked = LookupAsked(SERVER.address, NAME, 3.0)
    assert LookupAsked.parse(asked.to_json()) == asked
    assert LookupAsked.parse({"to": "10.0.1.53", "name": NAME}) == LookupAsked(SERVER.address, NAME)
    found = LookedUp("NOERROR", ("10.0.1.9",), True, "x")
    assert LookedUp.parse(found.to_json()) == found
