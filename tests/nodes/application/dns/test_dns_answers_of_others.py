"""What the resolver makes of answers as other people's servers give them: redirections, errors, oversized sets."""

from __future__ import annotations

from dataclasses import replace

import dnslib
import pytest
from dns_desk import US, Desk, a, ns, soa

from catenet.nodes.address import Address
from catenet.nodes.application.dns.cache import Cache
from catenet.nodes.application.dns.message import Message
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A, Cname, Dname, Rcode, Record, Txt, Type
from catenet.nodes.application.dns.streams import TcpMessage
from catenet.nodes.machine import Datagram

DNAME = Record(Name.parse("d.example"), Type.DNAME, 300, Dname(Name.parse("y.example")))


def cname(name: str, target: str, ttl: int = 300) -> Record:
    return Record(Name.parse(name), Type.CNAME, ttl, Cname(Name.parse(target)))


def said(packet: Datagram) -> tuple[int, list[str]]:
    message = Message.parse(packet.data)
    return message.rcode, [str(record) for record in message.answers]


WHOLE = ["d.example 300 DNAME y.example", "www.d.example 300 CNAME www.y.example", "www.y.example 300 A 192.0.2.80"]


@pytest.mark.parametrize(
    "made",
    [
        (cname("www.d.example", "www.y.example"),),
        (cname("www.d.example", "www.y.example", 0),),  # "some older … implementations set the TTL … to zero"
        (),
        (cname("www.d.example", "www.elsewhere.example"),),
    ],
    ids=["right", "ttl 0", "none", "wrong"],
)
def test_rfc_6672_3_4_1_a_redirection_counts_whatever_alias_the_server_has_made(made: tuple[Record, ...]) -> None:
    desk = Desk()
    (asked,) = desk.ask("www.d.example")
    (reply,) = desk.answer(asked, authoritative=True, answers=(DNAME, *made, a("www.y.example")))
    assert said(reply) == (Rcode.NOERROR, WHOLE)
    (again,) = desk.ask("www.d.example", 2)  # "MUST perform CNAME synthesis on behalf of clients"
    assert said(again) == (Rcode.NOERROR, WHOLE)


def test_rfc_6672_3_4_a_redirection_is_kept_for_no_other_name() -> None:
    """What "cannot be validated … SHOULD NOT" be kept: one forged answer would have all the names below."""
    desk = Desk()
    (asked,) = desk.ask("www.d.example")
    desk.answer(asked, authoritative=True, answers=(DNAME, a("www.y.example")))
    (asked,) = desk.ask("ftp.d.example", 2)
    assert str(Message.parse(asked.data).question) == "A ftp.d.example"


def test_rfc_6672_3_1_the_alias_that_is_made_can_be_asked_for() -> None:
    desk = Desk()
    (asked,) = desk.ask("www.d.example", kind=Type.CNAME)
    (reply,) = desk.answer(asked, authoritative=True, answers=(DNAME,))
    assert said(reply) == (Rcode.NOERROR, WHOLE[:2])
    (again,) = desk.ask("www.d.example", 2, kind=Type.CNAME)
    assert said(again) == (Rcode.NOERROR, WHOLE[:2])


def test_rfc_6672_2_2_a_name_that_becomes_too_long() -> None:
    long = Record(Name.parse("d.example"), Type.DNAME, 300, Dname(Name.of([b"l" * 60] * 4)))
    for rcode in (Rcode.YXDOMAIN, Rcode.NOERROR):
        desk = Desk()
        (asked,) = desk.ask("12345678901.d.example")
        (reply,) = desk.answer(asked, authoritative=True, rcode=rcode, answers=(long,))
        assert Message.parse(reply.data).rcode == Rcode.YXDOMAIN


def test_a_redirection_of_what_a_server_may_not_speak_for_is_none() -> None:
    """RFC 5452 section 6: a server of evil.example redirects all of example."""
    desk = Desk()
    (asked,) = desk.ask("www.evil.example")
    glue = a("ns.evil.example", "192.0.2.2")
    (asked,) = desk.answer(asked, authority=(ns("evil.example", "ns.evil.example"),), additional=(glue,))
    outside = Record(Name.parse("example"), Type.DNAME, 300, Dname(Name.parse("evil.example")))
    (reply,) = desk.answer(asked, authoritative=True, answers=(outside, a("www.evil.example")))
    assert said(reply) == (Rcode.NOERROR, ["www.evil.example 300 A 192.0.2.80"])
    (asked,) = desk.ask("www.example", 2)
    assert str(Message.parse(asked.data).question) == "A www.example"


# Without recursion


def test_rfc_1034_4_3_2_4_aliases_that_are_known_are_told_without_recursion() -> None:
    desk = Desk()
    (asked,) = desk.ask()
    desk.answer(asked, authoritative=True, answers=(cname("www.example", "web.example"), a("web.example", ttl=10)))
    (reply,) = desk.ask(number=2, now=1.0, rd=False)
    assert [record.type for record in Message.parse(reply.data).answers] == [Type.CNAME, Type.A]
    (reply,) = desk.ask(number=3, now=20.0, rd=False)  # the address has run out: who may know it
    message = Message.parse(reply.data)
    assert [str(record) for record in message.answers] == ["www.example 280 CNAME web.example"]
    assert {record.type for record in message.authority} == {Type.NS}


# Errors


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTIMP, 9])
def test_an_error_may_come_without_its_question(rcode: int) -> None:
    """Some servers send no more than a header; the resolver goes on at once."""
    desk = Desk()
    (asked,) = desk.ask()
    sent = desk.answer(asked, rcode=rcode, question=None, edns=None)
    assert len(sent) == 1 and not desk.counters["unexpected"]


def test_an_answer_that_cannot_be_read_counts_as_none() -> None:
    """It has the right id, comes from the right server to the right port: waiting for a better one is of no use."""
    desk = Desk()
    (asked,) = desk.ask()
    broken = Message.parse(asked.data).reply().pack()[:12] + b"\xff"
    (reply,) = desk.give(Datagram(broken, asked.destination, asked.source._replace(address=Address(1))), 0.01)
    assert Message.parse(reply.data).rcode == Rcode.SERVFAIL
    assert desk.counters["unreadable"] == 1


def test_rfc_2181_9_a_truncated_answer_may_end_in_the_middle_of_a_record() -> None:
    """Some servers cut their message off where it is too long, counts and all."""
    desk = Desk()
    (asked,) = desk.ask()
    whole = replace(Message.parse(asked.data).reply(), answers=(a("www.example"),) * 3, truncated=True).pack()
    ours = asked.source._replace(address=Address(1))
    (again,) = desk.give(Datagram(whole[:-20], asked.destination, ours), 0.01)
    assert isinstance(again, TcpMessage) and Message.parse(again.data).question == Message.parse(asked.data).question
    assert desk.counters["unreadable"] == 0


# Another class

FORGED = "203.0.113.66"
EMPTY: tuple[Record, ...] = ()


def given(
    desk: Desk, asked: Datagram, klass: int, parts: dict[str, tuple[Record, ...]], **flags: object
) -> list[Datagram]:
    """An answer whose records are all of that class; and what the resolver sends."""
    message = dnslib.DNSRecord.parse(replace(Message.parse(asked.data).reply(), **parts, **flags).pack())  # type: ignore[arg-type]
    for record in (*message.rr, *message.auth, *(each for each in message.ar if each.rtype != Type.OPT)):
        record.rclass = klass
    ours = asked.source._replace(address=US.address)
    return desk.give(Datagram(bytes(message.pack()), asked.destination, ours), 0.01)


@pytest.mark.parametrize("klass", [0, 3, 4, 254, 255, 65_280])
@pytest.mark.parametrize("authoritative", [False, True])
@pytest.mark.parametrize(
    "parts",
    [
        {"answers": (a("www.example", FORGED),)},
        {"answers": (cname("www.example", "web.example"), a("web.example", FORGED))},
        {"answers": (cname("www.example", "www.evil.example"),)},
        {"answers": (Record(Name.parse("example"), Type.DNAME, 300, Dname(Name.parse("evil"))),)},
        {"authority": (soa("example"),)},
        {"authority": (ns("example", "ns.example"),), "additional": (a("ns.example", FORGED),)},
    ],
    ids=["answer", "alias and answer", "alias", "redirection", "denial", "referral"],
)
def test_rfc_1034_4_2_records_of_another_class_are_as_if_they_were_not_there(
    parts: dict[str, tuple[Record, ...]], authoritative: bool, klass: int
) -> None:
    """The classes are "an array of parallel namespace trees": what a server says of another says nothing of IN, neither
    now, nor later from the cache, nor in what is told."""
    desks = Desk(), Desk()
    sent = []
    for desk, what in zip(desks, (parts, dict.fromkeys(parts, EMPTY)), strict=True):
        (asked,) = desk.ask()
        first = given(desk, asked, klass, what, authoritative=authoritative)
        later = [desk.ask(name, 2, 0.02, rd=rd) for name in ("www.example", "web.example") for rd in (False, True)]
        sent.append([first, *later])
    with_them, without = desks
    assert sent[0] == sent[1] and with_them.said == without.said
    shown = [desk.machine.show(0.02, str) for desk in desks]
    assert shown[0] == shown[1] and FORGED not in str(shown[0])
    assert with_them.counters == without.counters


def test_beside_records_of_another_class_those_of_ours_count() -> None:
    desk = Desk()
    (asked,) = desk.ask()
    data = bytearray(
        replace(Message.parse(asked.data).reply(), answers=(a("www.example", FORGED), a("www.example"))).pack()
    )
    at = (
        len(asked.data) - 11 + 2
    )  # the first record begins behind the question with a pointer; an OPT record has 11 octets
    assert data[at : at + 4] == b"\0\1\0\1"
    data[at + 3] = 3
    (reply,) = desk.give(Datagram(bytes(data), asked.destination, asked.source._replace(address=US.address)), 0.01)
    assert said(reply) == (Rcode.NOERROR, ["www.example 300 A 192.0.2.80"])


# How much is kept


def test_long_answers_count_as_several() -> None:
    """RFC 1035 section 4.2.2 lets a peer send 64 kB for one name; a thousand such names are not to be kept."""
    cache = Cache(1_000)
    long = Txt((b"x" * 255,) * 200)
    for number in range(1_000):
        cache.keep((Record(Name.parse(f"h{number}"), Type.TXT, 300, long),), 0.0, final=True)
    assert 10 <= len(cache) <= 20
    for number in range(50):
        addresses = tuple(Record(Name.parse(f"h{number}"), Type.A, 300, A(Address(n))) for n in range(1_000))
        cache.keep(addresses, 0.0, final=True)
    assert 10 <= len(cache) <= 20
    for number in range(2_000):
        cache.keep((a(f"h{number}"),), 0.0, final=True)
    assert len(cache) == 1_000
    assert cache.answer(Name.parse("h1999"), Type.A, 1.0) and cache.answer(Name.parse("h1999"), Type.A, 301.0) is None
    cache.clear()
    for number in range(2_000):
        cache.deny(Name.parse(f"h{number}"), Type.A, Rcode.NXDOMAIN, soa("."), 0.0)
    assert len(cache) == 1_000


def test_an_answer_of_thousands_of_aliases() -> None:
    """Only so many are followed; and every record of a message is looked at once, however they are chained."""
    desk = Desk()
    (asked,) = desk.ask("a0.example")
    aliases = tuple(cname(f"a{number}.example", f"a{number + 1}.example") for number in range(2_000))
    (reply,) = desk.answer(asked, authoritative=True, answers=aliases)
    assert said(reply) == (Rcode.SERVFAIL, [])
