"""Messages against dnslib as the reference, and against hostile bytes."""

from __future__ import annotations

import dnslib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import (
    A,
    Aaaa,
    Cname,
    Data,
    Mx,
    Ns,
    Opaque,
    Ptr,
    Rcode,
    Record,
    Soa,
    Txt,
    Type,
)
from catenet.nodes.machine import DecodeError

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20).map(str.encode)
NAME = st.lists(LABEL, max_size=5).map(Name.of)
U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
TTL = st.integers(0, 2**31 - 1)
DATA = st.one_of(
    st.tuples(st.just(Type.A), st.builds(A, U32.map(Address))),
    st.tuples(st.just(Type.AAAA), st.builds(Aaaa, st.binary(min_size=16, max_size=16))),
    st.tuples(st.just(Type.NS), st.builds(Ns, NAME)),
    st.tuples(st.just(Type.CNAME), st.builds(Cname, NAME)),
    st.tuples(st.just(Type.PTR), st.builds(Ptr, NAME)),
    st.tuples(st.just(Type.MX), st.builds(Mx, U16, NAME)),
    st.tuples(st.just(Type.TXT), st.builds(Txt, st.lists(st.binary(max_size=255), min_size=1, max_size=3).map(tuple))),
    st.tuples(st.just(Type.SOA), st.builds(Soa, NAME, NAME, U32, TTL, TTL, TTL, TTL)),
    st.tuples(st.just(65_280), st.builds(Opaque, st.binary(min_size=1, max_size=40))),
)
RECORD = st.builds(lambda name, ttl, data: Record(name, data[0], ttl, data[1]), NAME, TTL, DATA)
SECTION = st.lists(RECORD, max_size=4).map(tuple)
MESSAGE = st.builds(
    Message,
    id=U16,
    response=st.booleans(),
    opcode=st.integers(0, 15),
    authoritative=st.booleans(),
    truncated=st.booleans(),
    recursion_desired=st.booleans(),
    recursion_available=st.booleans(),
    checking_disabled=st.booleans(),
    rcode=st.integers(0, 15),
    question=st.none() | st.builds(Question, NAME, U16),
    answers=SECTION,
    authority=SECTION,
    additional=SECTION,
    edns=st.none() | st.builds(Edns, U16, st.integers(0, 255), st.booleans()),
)


@given(MESSAGE)
def test_bytes_and_back(message: Message) -> None:
    assert Message.parse(message.pack()) == message


@given(MESSAGE)
def test_dnslib_reads_the_same(message: Message) -> None:
    read = dnslib.DNSRecord.parse(message.pack())
    assert (read.header.id, read.header.qr, read.header.opcode) == (message.id, message.response, message.opcode)
    assert (read.header.aa, read.header.rd, read.header.ra) == (
        message.authoritative,
        message.recursion_desired,
        message.recursion_available,
    )
    ours = (*message.answers, *message.authority, *message.additional)
    theirs = [record for record in (*read.rr, *read.auth, *read.ar) if record.rtype != Type.OPT]
    assert [(tuple(record.rname.label), record.rtype, record.ttl) for record in theirs] == [
        (tuple(record.name), record.type, record.ttl) for record in ours
    ]
    for record, other in zip(ours, theirs, strict=True):
        if isinstance(record.data, A | Ns | Cname | Ptr):
            assert str(other.rdata).rstrip(".") == str(record.data).rstrip(".")


def test_reads_what_dnslib_writes() -> None:
    record = dnslib.DNSRecord.question("dragon.cs.uiuc.edu")
    record.add_answer(*dnslib.RR.fromZone("dragon.cs.uiuc.edu. 300 IN A 192.31.65.5"))
    record.add_auth(*dnslib.RR.fromZone("cs.uiuc.edu. 60 IN SOA dns.cs.uiuc.edu. root.uiuc.edu. 1 2 3 4 5"))
    message = Message.parse(record.pack())
    assert message.answers == (Record(Name.parse("dragon.cs.uiuc.edu"), Type.A, 300, A(Address.parse("192.31.65.5"))),)
    assert message.authority[0].data == Soa(Name.parse("dns.cs.uiuc.edu"), Name.parse("root.uiuc.edu"), 1, 2, 3, 4, 5)


@settings(max_examples=500)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"\0\1\0\0\0\1\0\1\0\1\0\1" + data))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        message = Message.parse(data)
    except DecodeError:
        return
    assert Message.parse(message.pack()) == message


@settings(max_examples=300)
@given(MESSAGE, st.data())
def test_a_damaged_message_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    octets = bytearray(message.pack())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(octets)))
    for damaged in (bytes(octets), bytes(octets[:cut])):
        try:
            Message.parse(damaged)
        except DecodeError:
            continue


def _question(name: bytes) -> bytes:
    return b"\0\1\0\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "length"),
        (b"\0" * 11, "length"),
        (_question(b"\xc0\x0c"), "name pointer"),  # at itself
        (_question(b"\xc0\x00"), "name pointer"),  # into the header
        (_question(b"\xc0\x0e\xc0\x0c"), "name pointer"),  # forwards
        (_question(b"\1a\xc0\x0c"), "name pointer"),  # round and round
        (_question(b"\x40abc\0"), "label length"),
        (_question(b"\x80abc\0"), "label length"),
        (_question(b"\x3f" + b"a" * 10), "name"),
        (_question((b"\x3f" + b"a" * 63) * 4 + b"\0"), "name"),
        (_question(b"\0") + b"x", "length"),
        (b"\0\1\0\0\0\2\0\0\0\0\0\0" + b"\0\0\1\0\1" * 2, "QDCOUNT"),
        (b"\0\1\x80\0\0\0\0\1\0\0\0\0" + b"\0\0\1\0\1\0\0\0\0\0\5\1\2\3\4\5", "RDLENGTH"),
        (b"\0\1\x80\0\0\0\0\1\0\0\0\0" + b"\0\0\1\0\1\0\0\0\0\0\3\1\2\3", "message"),
        (b"\0\1\x80\0\0\0\0\1\0\0\0\0" + b"\0\0\1\0\1\0\0\0\0\xff\xff\1\2\3\4", "RDLENGTH"),
        (b"\0\1\0\0\0\0\0\0\0\0\0\2" + b"\0\0\x29\4\xd0\0\0\0\0\0\0" * 2, "OPT"),
        (b"\0\1\0\0\0\0\0\1\0\0\0\0" + b"\0\0\x29\4\xd0\0\0\0\0\0\0", "OPT"),
        (b"\0\1\0\0\0\0\0\0\0\0\0\1" + b"\1a\0\0\x29\4\xd0\0\0\0\0\0\0", "OPT"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, field: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Message.parse(data)
    assert caught.value.field == field


def test_a_chain_of_pointers_costs_little() -> None:
    """5,000 records, each named by a pointer to the one before: dnslib alone recurses until Python gives up."""
    chain = bytearray(b"\0\1\x80\0\0\0\x13\x88\0\0\0\0" + b"\1a\0" + b"\0\1\0\1\0\0\0\0\0\4\1\2\3\4")
    before = 12
    for _ in range(4_999):
        here = len(chain)
        chain += (0xC000 | min(before, 0x3FFF)).to_bytes(2, "big") + b"\0\1\0\1\0\0\0\0\0\4\1\2\3\4"
        before = here
    with pytest.raises(DecodeError) as caught:
        Message.parse(bytes(chain))
    assert caught.value.field == "name pointer"


def test_a_ttl_with_its_top_bit_set_is_zero() -> None:
    """RFC 2181 section 8."""
    data = b"\0\1\x80\0\0\0\0\1\0\0\0\0" + b"\0\0\1\0\1\xff\xff\xff\xff\0\4\1\2\3\4"
    assert Message.parse(data).answers[0].ttl == 0


def test_the_question_keeps_its_capitals_and_its_names_point_at_it() -> None:
    query = dnslib.DNSRecord.question("DRAGON.cs.UIUC.edu")
    message = Message.parse(query.pack())
    name = Name.parse("dragon.cs.uiuc.edu")
    answer = Message(1, response=True, question=message.question, answers=(_a(name),)).pack()
    read = dnslib.DNSRecord.parse(answer)
    assert read.q.qname.label == query.q.qname.label
    assert read.rr[0].rname.label == query.q.qname.label
    assert len(answer) == len(query.pack()) + 2 + 10 + 4  # a pointer, type … RDLENGTH, an address


def _a(name: Name, ttl: int = 300) -> Record:
    return Record(name, Type.A, ttl, A(Address.parse("192.0.2.1")))


def _many(count: int, data: Data) -> tuple[Record, ...]:
    return tuple(Record(Name.parse(f"host{number}.example"), Type.TXT, 60, data) for number in range(count))


@pytest.mark.parametrize("edns", [None, Edns(100), Edns(512), Edns(1000), Edns(4096)])
def test_what_does_not_fit_is_truncated_with_tc(edns: Edns | None) -> None:
    """RFC 1035 section 4.2.1: 512 octets; RFC 6891 section 6.2.3: less than 512 counts as 512."""
    query = Message(7, question=Question(Name.parse("example"), Type.TXT), edns=edns)
    limit = query.size_limit(stream=False)
    assert limit == {None: 512, 100: 512, 512: 512, 1000: 1000, 4096: 1232}[edns and edns.size]
    data = Message(7, response=True, answers=_many(40, Txt((b"x" * 40,))), edns=edns).pack(limit)
    assert len(data) <= limit
    read = dnslib.DNSRecord.parse(data)
    assert read.header.tc and not read.rr


def test_additional_records_go_without_tc() -> None:
    """RFC 2181 section 9: TC is not set "merely because some extra information could have been included"."""
    data = Message(7, response=True, answers=_many(1, Txt((b"x",))), additional=_many(40, Txt((b"x" * 40,)))).pack(512)
    read = dnslib.DNSRecord.parse(data)
    assert not read.header.tc and len(read.rr) == 1 and not read.ar


def test_a_referral_whose_glue_does_not_fit_has_tc() -> None:
    """RFC 9471 section 2."""
    servers = (Record(Name.parse("edu"), Type.NS, 60, Ns(Name.parse("a.edu"))),)
    data = Message(7, response=True, authority=servers, additional=_many(40, Txt((b"x" * 40,)))).pack(512)
    assert dnslib.DNSRecord.parse(data).header.tc


def test_names_beyond_the_reach_of_a_pointer_are_written_out() -> None:
    """A pointer has 14 bits (RFC 1035 section 4.1.4)."""
    records = _many(400, Txt((b"x" * 60,)))
    message = Message(7, response=True, answers=records, additional=(_a(Name.parse("host399.example")),) * 2)
    data = message.pack()
    assert len(data) > 0x4000
    assert Message.parse(data) == message


def test_extended_rcode() -> None:
    """RFC 6891 section 6.1.3: BADVERS is 16, whose upper bits stand in the OPT record."""
    message = Message.parse(Message(1, response=True, rcode=Rcode.BADVERS, edns=Edns()).pack())
    assert message.rcode == 16
    read = dnslib.DNSRecord.parse(message.pack())
    assert (read.header.rcode, read.ar[0].edns_rcode) == (0, 1)
