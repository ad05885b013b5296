"""Records of every class and messages of every opcode, against dnspython as the reference."""

from __future__ import annotations

import re
from collections.abc import Iterable

import dns.flags
import dns.message
import dns.opcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_dns_message import DATA, LABEL, MESSAGE, NAME, RECORD, TTL

from catenet.nodes.address import Address
from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A, Class, Cname, Ns, Opaque, Opcode, Record, Soa, Txt, Type
from catenet.nodes.machine import DecodeError

ORIGIN = Name.parse("example")


# Classes


def opaque(klass: int) -> st.SearchStrategy[Record]:
    """A type whose data have no form in that class, and the same without data."""
    return st.builds(
        lambda name, kind, ttl, data: Record(name, kind, ttl, Opaque(data), klass),
        NAME,
        st.sampled_from([Type.A, Type.AAAA, Type.SRV, Type.NAPTR, Type.TSIG, 65_280]),
        TTL,
        st.binary(max_size=40),
    )


OF_ANY_CLASS = st.one_of(
    RECORD,
    st.builds(lambda name, ttl, data: Record(name, data[0], ttl, data[1], Class.NONE), NAME, TTL, DATA),
    st.builds(
        lambda name, ttl, data, klass: Record(name, data[0], ttl, data[1], klass),
        NAME,
        TTL,
        DATA.filter(lambda data: data[0] not in (Type.A, Type.AAAA)),
        st.sampled_from([0, Class.CH, Class.HS, Class.ANY, 65_280]),
    ),
    st.sampled_from([0, Class.CH, Class.HS, Class.ANY, 65_280]).flatmap(opaque),
    st.builds(
        lambda name, kind, klass: Record(name, kind, 0, Opaque(b""), klass),
        NAME,
        st.sampled_from([Type.A, Type.NS, Type.SOA, Type.TXT, Type.ANY, 65_280]),
        st.sampled_from([Class.NONE, Class.ANY]),
    ),
)
SECTION = st.lists(OF_ANY_CLASS, max_size=4).map(tuple)


@given(MESSAGE, SECTION, SECTION, SECTION)
def test_bytes_and_back(
    message: Message, answers: tuple[Record, ...], authority: tuple[Record, ...], additional: tuple[Record, ...]
) -> None:
    """Whatever the opcode, whatever the classes."""
    fields = {name: getattr(message, name) for name in Message.__slots__}
    message = Message(**{**fields, "answers": answers, "authority": authority, "additional": additional})
    assert Message.parse(message.pack()) == message


def test_what_a_chaos_server_says() -> None:
    """Names in it are compressed as in any class (RFC 1035 section 3.3: "all classes")."""
    asked = dns.message.make_query("version.bind", "TXT", "CH")
    answer = dns.message.make_response(asked)
    answer.answer.append(dns.rrset.from_text("version.bind.", 0, "CH", "TXT", '"9.20"'))
    answer.authority.append(dns.rrset.from_text("version.bind.", 0, "CH", "NS", "version.bind."))
    message = Message.parse(answer.to_wire())
    name = Name.parse("version.bind")
    assert message.answers == (Record(name, Type.TXT, 0, Txt((b"9.20",)), Class.CH),)
    assert message.authority == (Record(name, Type.NS, 0, Ns(name), Class.CH),)
    assert str(message.answers[0]) == 'version.bind 0 CH TXT "9.20"'
    assert dns.message.from_wire(message.pack()) == answer


def test_a_class_without_a_name() -> None:
    """RFC 3597 section 5."""
    assert str(Record(ORIGIN, Type.A, 0, Opaque(b""), 65_280)) == r"example 0 CLASS65280 A \# 0"


@pytest.mark.parametrize("klass", [0, 1, 3, 4, 65_280])
def test_only_any_and_none_may_leave_data_out(klass: int) -> None:
    """RFC 2136 section 2.4.1: "to differentiate this condition from that of an actual RR"; and a TXT record
    has one string at least."""
    data = b"\0\1\x28\0\0\0\0\0\0\1\0\0" + b"\1a\0\0\x10" + klass.to_bytes(2, "big") + bytes(6)
    with pytest.raises(DecodeError):
        Message.parse(data)


# Opcodes

ADDRESS = st.integers(0, 0xFFFFFFFF).map(lambda number: str(Address(number)))
OWNER = LABEL.map(bytes.decode)
NAMED = st.tuples(st.just("CNAME") | st.just("NS"), OWNER)
WORDS = st.one_of(
    st.tuples(st.just("A"), ADDRESS),
    NAMED,
    st.tuples(st.just("TXT"), st.text("abc", min_size=1)),
    st.tuples(st.just("SRV"), OWNER.map(lambda host: f"1 2 80 {host}")),
    st.tuples(st.just("SOA"), st.integers(1, 0xFFFFFFFF).map(lambda serial: f"ns root {serial} 2 3 4 5")),
)
KIND = st.sampled_from(["A", "NS", "TXT", "SOA", "CNAME", "SRV"])
CHANGE = st.one_of(
    st.tuples(st.just("add"), OWNER, WORDS, TTL),
    st.tuples(st.just("delete"), OWNER, WORDS),
    st.tuples(st.just("delete"), OWNER, KIND),
    st.tuples(st.just("delete"), OWNER),
    st.tuples(st.just("present"), OWNER, WORDS),
    st.tuples(st.just("present"), OWNER, KIND),
    st.tuples(st.just("present"), OWNER),
    st.tuples(st.just("absent"), OWNER, KIND),
    st.tuples(st.just("absent"), OWNER),
)


def update(changes: Iterable[tuple[object, ...]]) -> dns.update.UpdateMessage:
    message = dns.update.UpdateMessage("example.", id=7)
    for verb, owner, *what in changes:
        words = what[0] if what and isinstance(what[0], tuple) else what[:1]
        ttl = what[1:]
        getattr(message, str(verb))(owner, *ttl, *words)
    return message


def theirs(rrsets: Iterable[dns.rrset.RRset]) -> list[tuple[Name, int, int, int]]:
    """What dnspython says of the records; those of ANY and NONE it calls "deleting"."""
    return [
        (Name.of(each.name.labels[:-1]), int(each.rdtype), int(each.deleting or each.rdclass), each.ttl)
        for each in rrsets
    ]


def ours(records: Iterable[Record]) -> list[tuple[Name, int, int, int]]:
    return [(record.name, record.type, record.klass, record.ttl) for record in records]


@given(st.lists(CHANGE, max_size=6))
def test_rfc_2136_2_an_update_of_dnspythons(changes: list[tuple[object, ...]]) -> None:
    """Its zone stands where questions do, what it presumes where answers do, the changes where the authority does."""
    wire = update(changes).to_wire()
    read = dns.message.from_wire(wire, one_rr_per_rrset=True)
    assert isinstance(read, dns.update.UpdateMessage)
    message = Message.parse(wire)
    assert (message.opcode, message.question) == (Opcode.UPDATE, Question(ORIGIN, Type.SOA))
    assert ours(message.answers) == theirs(read.prerequisite)
    assert ours(message.authority) == theirs(read.update)
    for record, other in zip(message.authority, read.update, strict=True):
        assert str(record.data) == (re.sub(r"\.(?= |$)", "", str(other[0])) if len(other) else r"\# 0")
    again = dns.message.from_wire(message.pack(), one_rr_per_rrset=True)
    assert again.to_text() == read.to_text()


def test_rfc_2136_2_5_each_kind_of_change() -> None:
    message = Message.parse(
        update(
            [
                ("add", "w", ("A", "192.0.2.1"), 60),
                ("delete", "w", "A"),
                ("delete", "w"),
                ("delete", "w", ("CNAME", "x")),
            ]
        ).to_wire()
    )
    name = Name.parse("w.example")
    assert message.authority == (
        Record(name, Type.A, 60, A(Address.parse("192.0.2.1"))),
        Record(name, Type.A, 0, Opaque(b""), Class.ANY),
        Record(name, Type.ANY, 0, Opaque(b""), Class.ANY),
        Record(name, Type.CNAME, 0, Cname(Name.parse("x.example")), Class.NONE),
    )


@pytest.mark.parametrize("hint", [False, True])
def test_rfc_1996_3_7_a_notification_of_dnspythons(hint: bool) -> None:
    asked = dns.message.make_query("example.", "SOA", flags=dns.flags.AA)
    asked.set_opcode(dns.opcode.NOTIFY)
    if hint:
        asked.answer.append(dns.rrset.from_text("example.", 60, "IN", "SOA", "ns.example. root.example. 2 3 4 5 6"))
    message = Message.parse(asked.to_wire())
    assert (message.opcode, message.authoritative) == (Opcode.NOTIFY, True)
    assert message.question == Question(ORIGIN, Type.SOA)
    soa = Soa(Name.parse("ns.example"), Name.parse("root.example"), 2, 3, 4, 5, 6)
    assert message.answers == ((Record(ORIGIN, Type.SOA, 60, soa),) if hint else ())
    assert dns.message.from_wire(message.pack()) == asked


@pytest.mark.parametrize("opcode", [1, 2, 3, 6, 15])
def test_any_other_opcode_of_dnspythons(opcode: int) -> None:
    """Its sections are read as they are: what they mean is for those to say who speak it."""
    asked = dns.message.Message(id=7)
    asked.set_opcode(opcode)  # type: ignore[arg-type]
    for section in (asked.answer, asked.authority, asked.additional):
        section.append(dns.rrset.from_text("w.example.", 60, "IN", "A", "192.0.2.1"))
    message = Message.parse(asked.to_wire())
    assert (message.opcode, message.question) == (opcode, None)
    record = Record(Name.parse("w.example"), Type.A, 60, A(Address.parse("192.0.2.1")))
    assert (message.answers, message.authority, message.additional) == ((record,),) * 3
    assert dns.message.from_wire(message.pack()).to_text() == asked.to_text()
