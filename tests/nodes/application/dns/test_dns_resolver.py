"""The resolver as a machine: whose answers it believes (RFC 5452), what it keeps, and hostile bytes."""

from __future__ import annotations

import random
from dataclasses import replace

import dnslib
import pytest
from dns_desk import CLIENT, ROOT, US, Desk, a, ns, soa
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.dns.cache import Cache
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.reading import Denied, Referred, Useless, read_answer
from catenet.nodes.application.dns.records import Cname, Rcode, Record, Type
from catenet.nodes.application.dns.resolver import CLIENTS
from catenet.nodes.application.dns.servers import MEMORY, Servers
from catenet.nodes.application.dns.streams import TcpMessage
from catenet.nodes.machine import Datagram, Endpoint

WWW = Name.parse("www.example")
GOOD = {"authoritative": True, "answers": (a("www.example"),)}


def test_the_right_answer_is_taken() -> None:
    desk = Desk()
    (asked,) = desk.ask()
    assert (asked.destination, asked.source.port in (40_000, 40_001), asked.source.address) == (ROOT, True, 0)
    query = dnslib.DNSRecord.parse(asked.data)
    assert (query.header.rd, query.ar[0].edns_len) == (0, 1232)
    (reply,) = desk.answer(asked, **GOOD)
    answer = dnslib.DNSRecord.parse(reply.data)
    assert (reply.source, reply.destination) == (US, CLIENT)
    assert (answer.header.id, answer.header.ra, answer.header.aa, str(answer.rr[0].rdata)) == (1, 1, 0, "192.0.2.80")
    assert not answer.ar  # the client asked without EDNS


def forge(kind: str, asked: Datagram) -> Datagram:
    """An answer that is right but for one thing."""
    message = replace(Message.parse(asked.data).reply(), **GOOD)  # type: ignore[arg-type]
    source, local = asked.destination, Endpoint(US.address, asked.source.port)
    other = Name.parse("www.other")
    match kind:
        case "id":
            message = replace(message, id=message.id ^ 1)
        case "address":
            source = Endpoint(Address.parse("192.0.2.66"), 53)
        case "port":
            source = source._replace(port=54)
        case "our port":
            local = local._replace(port=local.port ^ 1)
        case "name":
            message = replace(message, question=Question(other, Type.A))
        case "type":
            message = replace(message, question=Question(WWW, Type.AAAA))
        case "QR":
            message = replace(message, response=False)
        case "opcode":
            message = replace(message, opcode=4)
        case "no question":
            message = replace(message, question=None)
        case "stream":
            return TcpMessage(message.pack(), source, local)
    return Datagram(message.pack(), source, local)


@pytest.mark.parametrize(
    "kind", ["id", "address", "port", "our port", "name", "type", "QR", "opcode", "no question", "stream"]
)
def test_a_forged_answer_is_counted_and_changes_nothing(kind: str) -> None:
    """RFC 5452 section 9.1."""
    desk = Desk()
    (asked,) = desk.ask()
    assert desk.give(forge(kind, asked)) == []
    assert desk.counters["unexpected"] == 1
    assert len(desk.answer(asked, **GOOD)) == 1


def test_an_answer_counts_once() -> None:
    desk = Desk()
    (asked,) = desk.ask()
    assert desk.answer(asked, **GOOD) and not desk.answer(asked, **GOOD)
    assert desk.counters["unexpected"] == 1


def test_ids_and_ports_vary() -> None:
    desk = Desk()
    asked = [desk.ask(f"h{number}.example", number)[0] for number in range(50)]
    assert len({packet.data[:2] for packet in asked}) == 50
    assert {packet.source.port for packet in asked} == {40_000, 40_001}


def test_what_a_server_may_not_speak_for_is_not_kept() -> None:
    """A server of evil.example answers, and slips in addresses and servers of others."""
    desk = Desk()
    (asked,) = desk.ask("www.evil.example")
    glue = a("ns.evil.example", "192.0.2.2")
    (asked,) = desk.answer(asked, authority=(ns("evil.example", "ns.evil.example"),), additional=(glue,))
    assert str(asked.destination.address) == "192.0.2.2"
    desk.answer(
        asked,
        authoritative=True,
        answers=(a("www.evil.example"), a("www.bank.example", "192.0.2.66")),
        authority=(ns("example", "ns.evil.example"), ns("bank.example", "ns.evil.example")),
        additional=(a("ns.bank.example", "192.0.2.66"), a("root", "192.0.2.66")),
    )
    (asked,) = desk.ask("www.bank.example", 2)
    assert asked.destination == ROOT
    assert "192.0.2.66" not in str(desk.machine.cache.show(0.0))


def test_an_alias_out_of_the_zone_is_asked_for_elsewhere() -> None:
    desk = Desk()
    (asked,) = desk.ask("www.evil.example")
    glue = a("ns.evil.example", "192.0.2.2")
    (asked,) = desk.answer(asked, authority=(ns("evil.example", "ns.evil.example"),), additional=(glue,))
    alias = Record(Name.parse("www.evil.example"), Type.CNAME, 60, Cname(Name.parse("www.bank.example")))
    (asked,) = desk.answer(asked, authoritative=True, answers=(alias, a("www.bank.example", "192.0.2.66")))
    assert (asked.destination, Message.parse(asked.data).question) == (
        ROOT,
        Question(Name.parse("www.bank.example"), Type.A),
    )


ZONE = Name.parse("example")
ASKED = Question(WWW, Type.A)


@pytest.mark.parametrize(
    ("authority", "why"),
    [
        ((ns("example", "ns.example"),), "to itself"),
        ((ns(".", "root"),), "upwards"),
        ((ns("bank", "ns.bank"),), "elsewhere"),
        ((ns("mail.example", "ns.example"),), "beside"),
    ],
)
def test_referrals_that_lead_nowhere(authority: tuple[Record, ...], why: str) -> None:
    """RFC 1034 section 5.3.3: a delegation must be "closer to the answer"."""
    reading = read_answer(Message(1, response=True, question=ASKED, authority=authority), ASKED, ZONE)
    assert isinstance(reading, Useless), why


def test_glue_only_for_servers_that_were_named() -> None:
    message = Message(
        1,
        response=True,
        authority=(ns("www.example", "ns.www.example"), ns("www.example", "ns.bank")),
        additional=(a("ns.www.example"), a("other.example"), a("ns.bank")),
    )
    reading = read_answer(message, ASKED, ZONE)
    assert isinstance(reading, Referred)
    assert reading.glue == ((a("ns.www.example"),),)


@pytest.mark.parametrize(
    ("rcode", "authority", "expected"),
    [
        (Rcode.NXDOMAIN, (soa("example"),), Denied((), WWW, Rcode.NXDOMAIN, soa("example"))),
        (Rcode.NOERROR, (soa("example"),), Denied((), WWW, Rcode.NOERROR, soa("example"))),
        (Rcode.NXDOMAIN, (), Denied((), WWW, Rcode.NXDOMAIN, None)),
        (Rcode.NXDOMAIN, (soa("bank"),), Denied((), WWW, Rcode.NXDOMAIN, None)),
        (Rcode.SERVFAIL, (), Useless("SERVFAIL")),
        (9, (), Useless("RCODE9")),
    ],
)
def test_negative_answers(rcode: int, authority: tuple[Record, ...], expected: object) -> None:
    """RFC 2308 section 2."""
    assert read_answer(Message(1, response=True, rcode=rcode, authority=authority), ASKED, ZONE) == expected


def test_a_server_without_edns_is_asked_without_it() -> None:
    """RFC 6891 section 6.2.2; such a server's FORMERR may lack the question."""
    desk = Desk()
    (asked,) = desk.ask()
    assert Message.parse(asked.data).edns == Edns()
    (again,) = desk.answer(asked, rcode=Rcode.FORMERR, edns=None, question=None)
    assert Message.parse(again.data).edns is None
    assert desk.answer(again, **GOOD)
    (asked,) = desk.ask("h2.example", 2)
    assert Message.parse(asked.data).edns is None  # remembered


def test_a_truncated_answer_over_tcp_is_not_asked_for_for_ever() -> None:
    desk = Desk()
    (asked,) = desk.ask()
    (asked,) = desk.answer(asked, truncated=True)
    assert isinstance(asked, TcpMessage)
    assert not any(isinstance(packet, TcpMessage) for packet in desk.answer(asked, truncated=True))


def test_too_many_questions_at_a_time() -> None:
    desk = Desk()
    for number in range(CLIENTS):
        desk.ask(f"h{number}.example", number)
    (reply,) = desk.ask("one.more.example", 60_000)
    assert (reply.destination, Message.parse(reply.data).rcode) == (CLIENT, Rcode.SERVFAIL)
    assert desk.counters["overload"] == 1
    woken: list[float] = []
    while (due := desk.machine.next_wake()) is not None:
        woken.append(due)
        desk.machine.wake(due)
    assert woken == sorted(woken) and woken[-1] <= ResolverOptions().deadline
    assert len(desk.take()) > CLIENTS
    assert not desk.machine._outstanding and not desk.machine._clients


def test_who_has_the_answer_waits_for_nothing() -> None:
    desk = Desk()
    (asked,) = desk.ask()
    assert desk.machine.next_wake() is not None
    assert desk.answer(asked, **GOOD)
    assert desk.machine.next_wake() is None


def test_a_question_has_its_id_to_itself_though_another_one_had_it_before() -> None:
    """The first one's server answered what cannot be read, so its id was free while the next server was asked."""
    desk = Desk(roots=(ROOT.address, Address.parse("192.0.2.2")), pick=lambda n: 7 if n == 1 << 16 else 0)
    (first,) = desk.ask()
    unreadable = first.data[:2] + b"\x80\0\0\1\0\0\0\0\0\0"
    (again,) = desk.give(Datagram(unreadable, first.destination, Endpoint(US.address, first.source.port)))
    (second,) = desk.ask("h2.example", 2)
    assert (first.destination, first.data[:2]) == (second.destination, second.data[:2])
    assert again.destination != first.destination
    assert desk.answer(again, **GOOD)
    assert desk.answer(second, authoritative=True, answers=(a("h2.example"),))


@settings(max_examples=300)
@given(st.data())
def test_any_bytes_leave_it_resolving(data: st.DataObject) -> None:
    desk = Desk()
    (asked,) = desk.ask()
    local = Endpoint(US.address, asked.source.port)
    junk = st.binary(max_size=80)
    like = junk.map(lambda tail: asked.data[:2] + b"\x84\0\0\1\0\1\0\1\0\1" + asked.data[12:29] + tail)
    for octets in data.draw(st.lists(junk | like, max_size=5)):
        desk.give(Datagram(octets, CLIENT, US))
        desk.give(Datagram(octets, ROOT, local))
    while (due := desk.machine.next_wake()) is not None:
        desk.machine.wake(due)
        desk.take()
    desk.machine.flush()
    (asked,) = desk.ask(number=7, now=100.0)
    assert desk.answer(asked, now=100.1, **GOOD)


# Cache and servers


def test_the_cache_keeps_no_more_than_it_may() -> None:
    cache = Cache(16)
    for number in range(50):
        cache.keep((a(f"h{number}"),), 0.0, final=True)
    assert len(cache) == 16
    assert cache.answer(Name.parse("h49"), Type.A, 1.0) and not cache.answer(Name.parse("h0"), Type.A, 1.0)


def test_the_least_recently_used_goes_first() -> None:
    cache = Cache(16)
    for number in range(16):
        cache.keep((a(f"h{number}"),), 0.0, final=True)
    assert cache.answer(Name.parse("h0"), Type.A, 1.0)
    cache.keep((a("new"),), 1.0, final=True)
    assert cache.answer(Name.parse("h0"), Type.A, 1.0) and not cache.answer(Name.parse("h1"), Type.A, 1.0)


def test_what_was_answered_is_not_replaced_by_what_came_along() -> None:
    """RFC 2181 section 5.4.1."""
    cache = Cache(16)
    cache.keep((a("ns.example", "192.0.2.1"),), 0.0, final=True)
    cache.keep((a("ns.example", "192.0.2.2"),), 0.0, final=False)
    assert cache.of_any_rank(Name.parse("ns.example"), Type.A, 1.0) == (a("ns.example", "192.0.2.1"),)
    cache.keep((a("ns.example", "192.0.2.2"),), 301.0, final=False)
    assert cache.of_any_rank(Name.parse("ns.example"), Type.A, 302.0) == (a("ns.example", "192.0.2.2"),)
    assert cache.answer(Name.parse("ns.example"), Type.A, 302.0) is None


def test_how_long_a_negative_answer_is_kept() -> None:
    """RFC 2308 section 5: the lower one of the SOA's TTL and MINIMUM, and no longer than 3 hours."""
    for ttl, minimum, kept in ((300, 60, 60), (60, 300, 60), (99_999, 99_999, 10_800)):
        cache = Cache(16)
        cache.deny(WWW, Type.A, Rcode.NXDOMAIN, soa("example", ttl, minimum), 0.0)
        assert cache.answer(WWW, Type.AAAA, kept - 1.0) and not cache.answer(WWW, Type.AAAA, kept + 0.0)


def test_a_ttl_of_years_is_cut() -> None:
    cache = Cache(16)
    cache.keep((a("www.example", ttl=2**31 - 1),), 0.0, final=True)
    assert cache.answer(WWW, Type.A, 86_399.0) and not cache.answer(WWW, Type.A, 86_400.0)


def test_the_quicker_server_is_asked() -> None:
    near, far, new = Address(1), Address(2), Address(3)
    servers = Servers(0.8, lambda below: 0)
    servers.answered(near, 0.01, 0.0)
    servers.answered(far, 0.3, 0.0)
    assert servers.best([far, near], 1.0) == near
    assert servers.best([far, near, new], 1.0) == new  # else it would never become known
    assert servers.timeout(new, 1.0) == 0.8 and servers.timeout(near, 1.0) == 0.4 and servers.timeout(far, 1.0) == 0.6
    servers.timed_out(near, 0.4, 1.0)
    assert servers.best([far, near], 1.0) == far
    assert servers.timeout(near, 1.0) == 0.8  # twice as long as it was waited for
    assert servers.best([far, near], 2 * MEMORY) == far  # forgotten: drawn by lot


def test_equal_servers_are_drawn_by_lot() -> None:
    servers = Servers(0.8, random.Random(1).randrange)
    assert {servers.best([Address(1), Address(2), Address(3)], 0.0) for _ in range(50)} == {1, 2, 3}
