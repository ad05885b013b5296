"""The name server as a machine: flags, refusals, sizes; hostile bytes."""

from __future__ import annotations

from math import inf

import dnslib
import pytest
from dns_server import Server, query
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.dns.message import Message
from catenet.nodes.application.dns.prepared import Prepared, PreparedAnswers
from catenet.nodes.application.dns.records import Type
from catenet.nodes.machine import always


def test_an_answer() -> None:
    answer = Server().ask(query("dragon.cs.uiuc.edu", rd=1))
    assert (answer.header.aa, answer.header.rd, answer.header.ra, answer.header.rcode) == (1, 1, 0, 0)
    assert answer.q == query("dragon.cs.uiuc.edu").q
    assert [str(record.rdata) for record in answer.rr] == ["192.0.2.5"]
    assert not answer.ar


def test_equal_questions_get_equal_answers_under_their_own_ids() -> None:
    server = Server()
    first = server.give(bytes(query("dragon.cs.uiuc.edu").pack()))[0].data
    again = bytearray(query("dragon.cs.uiuc.edu").pack())
    again[:2] = b"\x12\x34"
    second = server.give(bytes(again))[0].data
    assert second == b"\x12\x34" + first[2:]
    assert server.said[0].data["id"] == server.said[1].data["id"] == 0x1234
    assert server.counters == {"queries": 2, "noerror": 2}


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("nope.cs.uiuc.edu", "A", "NXDOMAIN"),
        ("dragon.cs.uiuc.edu", "AAAA", "NOERROR"),
        ("www.nytimes.com", "A", "REFUSED"),
        (".", "NS", "REFUSED"),
        ("cs.uiuc.edu", "AXFR", "REFUSED"),
        ("cs.uiuc.edu", "OPT", "FORMERR"),
    ],
)
def test_response_codes(name: str, kind: str, rcode: str) -> None:
    answer = Server().ask(query(name, kind))
    assert dnslib.RCODE[answer.header.rcode] == rcode
    assert not answer.rr
    assert [record.rtype for record in answer.auth] == ([Type.SOA] if answer.header.aa else [])


# Refusals, each of them with the OPT record that a question with one is answered by (RFC 6891 section 6.1.1)

NAME = b"\2cs\4uiuc\3edu\0"
OPT = b"\0\0\x29\4\xd0\0\0\0\0\0\0"


def raw(  # the header and what follows it, octet by octet
    kind: int = 1, *, klass: int = 1, opcode: int = 0, counts: tuple[int, ...] = (1, 0, 0, 1), rest: bytes = OPT
) -> bytes:
    question = (NAME + kind.to_bytes(2, "big") + klass.to_bytes(2, "big")) * counts[0]
    return b"\x12\x34" + bytes([opcode << 3, 0]) + b"".join(n.to_bytes(2, "big") for n in counts) + question + rest


SOA_RECORD = NAME + b"\0\6\0\1\0\0\0\0\0\x16\0\0" + bytes(20)
UPDATE_RECORD = NAME + b"\0\1\0\xff\0\0\0\0\0\0"  # "delete the A records": class ANY, no data (RFC 2136 section 2.5.2)


@pytest.mark.parametrize(
    ("data", "rcode", "why"),
    [
        # RFC 6895 section 3.1: no data has type 0; 128 to 255 are for questions and for what belongs to one message
        (raw(0), "FORMERR", None),
        (raw(41), "FORMERR", None),
        (raw(128), "FORMERR", None),
        (raw(248), "FORMERR", None),
        (raw(249), "FORMERR", None),
        (raw(250), "FORMERR", None),
        (raw(65535), "FORMERR", None),
        (raw(253), "NOTIMP", None),  # RFC 1035 section 4.1.1: "does not support the requested kind of query"
        (raw(254), "NOTIMP", None),
        (raw(255), "NOERROR", None),
        (raw(65534), "NOERROR", None),
        (raw(252), "REFUSED", None),
        (raw(251), "REFUSED", None),
        # RFC 1995 section 3: the authority section has "the SOA record of client's version of the zone"
        (raw(251, counts=(1, 0, 1, 0), rest=SOA_RECORD), "REFUSED", None),
        (raw(251, counts=(1, 0, 1, 1), rest=SOA_RECORD + OPT), "REFUSED", None),
        (raw(klass=3), "REFUSED", None),
        (raw(klass=255), "REFUSED", None),
        (raw(klass=0), "REFUSED", None),
        (raw(counts=(1, 0, 1, 1), rest=SOA_RECORD + OPT), "FORMERR", "NSCOUNT 1"),
        (raw(counts=(1, 1, 0, 1), rest=SOA_RECORD + OPT), "FORMERR", "ANCOUNT 1"),
        (raw(counts=(0, 0, 0, 1)), "FORMERR", "QDCOUNT 0"),
        (raw(counts=(2, 0, 0, 1)), "FORMERR", "QDCOUNT 2"),
        (raw(rest=OPT + b"x"), "FORMERR", "length"),
        (raw(counts=(1, 0, 0, 2), rest=OPT * 2), "FORMERR", "OPT"),  # RFC 6891 section 6.1.1
        (raw(counts=(1, 1, 0, 0)), "FORMERR", "OPT"),
        # RFC 6891 section 7: "an option value that is badly formatted"
        (raw(rest=OPT[:-2] + b"\0\3" + b"\0\x0a\0"), "FORMERR", "OPTION-LENGTH"),
        (raw(rest=OPT[:-2] + b"\0\5" + b"\0\x0a\0\2x"), "FORMERR", "OPTION-LENGTH"),
        (raw(rest=OPT[:-2] + b"\0\x0a" + b"\0\x0a\0\2xx" + b"\0\x0b\0\0"), "NOERROR", None),
        # RFC 1996 section 3.7, RFC 2136 section 2: other kinds of message
        (raw(6, opcode=4), "NOTIMP", None),
        (raw(6, opcode=4, counts=(1, 1, 0, 1), rest=SOA_RECORD + OPT), "NOTIMP", None),
        (raw(6, opcode=5, counts=(1, 0, 1, 1), rest=UPDATE_RECORD + OPT), "NOTIMP", None),
        (raw(opcode=2), "NOTIMP", None),
        (raw(opcode=15), "NOTIMP", None),
    ],
)
def test_rfc_6891_6_1_1_every_answer_has_an_opt_record(data: bytes, rcode: str, why: str | None) -> None:
    server = Server()
    (packet,) = server.give(data)
    answer = dnslib.DNSRecord.parse(packet.data)
    assert dnslib.RCODE[answer.header.rcode] == rcode
    assert answer.header.opcode == data[2] >> 3
    assert [record.rtype for record in answer.ar].count(Type.OPT) == (b"\x29\4\xd0" in data)
    assert len(answer.questions) == (int.from_bytes(data[4:6], "big") == 1)  # "header, question section, and an OPT"
    said = [report.text for report in server.said if report.kind == "input.refused"]
    assert len(said) == (why is not None) and (why is None or f": {why}" in said[0])


@pytest.mark.parametrize("opcode", [0, 4, 15])
def test_rfc_6891_6_1_3_another_version_of_edns_whatever_the_kind_of_message(opcode: int) -> None:
    """Its options may have another form, too."""
    (packet,) = Server().give(raw(opcode=opcode, rest=OPT[:6] + b"\1\0\0\0\3" + b"abc"))
    answer = dnslib.DNSRecord.parse(packet.data)
    assert (answer.header.rcode, answer.ar[0].edns_rcode, answer.ar[0].edns_ver) == (0, 1, 0)


def test_another_kind_of_message_is_named() -> None:
    server = Server()
    server.give(raw(6, opcode=4))
    assert server.said[0].text == "NOTIFY SOA cs.uiuc.edu?"


def test_another_class_is_refused() -> None:
    chaos = dnslib.DNSRecord(q=dnslib.DNSQuestion("version.bind", dnslib.QTYPE.TXT, 3))
    assert Server().ask(chaos).header.rcode == 5


@pytest.mark.parametrize("opcode", [1, 2, 4, 5, 15])
def test_other_opcodes_are_not_implemented(opcode: int) -> None:
    """RFC 1035 section 4.1.1: NOTIMP; the opcode is copied."""
    answer = Server().ask(query("cs.uiuc.edu", opcode=opcode))
    assert (answer.header.rcode, answer.header.opcode) == (4, opcode)


def test_an_unreadable_question_gets_formerr() -> None:
    server = Server()
    (packet,) = server.give(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\xff\xff")
    assert packet.data == b"\x12\x34\x81\x01" + bytes(8)
    assert [report.kind for report in server.said].count("input.refused") == 1
    assert server.counters["formerr"] == 1
    server.give(b"\x12\x35\1\0\0\1\0\0\0\0\0\0\xff\xff")
    assert [report.kind for report in server.said].count("input.refused") == 0  # said once


def test_a_message_without_a_question_gets_formerr() -> None:
    """RFC 9619: one question; none is not one."""
    assert Server().ask(dnslib.DNSRecord(dnslib.DNSHeader(id=77))).header.rcode == 1


@pytest.mark.parametrize("data", [b"", b"\0" * 11, b"\0\1\x80\0\0\0\0\0\0\0\0\0", bytes(query("a.b", qr=1).pack())])
def test_what_is_no_question_gets_no_answer(data: bytes) -> None:
    server = Server()
    assert server.give(data) == []
    assert server.counters == {"ignored": 1}


def test_edns_is_answered_by_edns() -> None:
    """RFC 6891 section 6.1.1: an OPT record in the answer if, and only if, there was one in the question."""
    asked = query("dragon.cs.uiuc.edu")
    asked.add_ar(dnslib.EDNS0(flags="do", udp_len=4096, opts=[dnslib.EDNSOption(10, b"12345678")]))
    (opt,) = Server().ask(asked).ar
    assert (opt.edns_ver, opt.edns_len, opt.edns_do, opt.rdata) == (0, 1232, 1, [])


def test_another_version_of_edns() -> None:
    """RFC 6891 section 6.1.3: BADVERS (16), and the version that is spoken."""
    asked = query("dragon.cs.uiuc.edu")
    asked.add_ar(dnslib.EDNS0(version=1, udp_len=4096))
    answer = Server().ask(asked)
    (opt,) = answer.ar
    assert (answer.header.rcode, opt.edns_rcode, opt.edns_ver) == (0, 1, 0)
    assert not answer.rr


def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp() -> None:
    server = Server()
    cut = server.ask(query("big.cs.uiuc.edu", "TXT"))
    assert cut.header.tc and not cut.rr
    whole = server.ask(query("big.cs.uiuc.edu", "TXT"), stream=True)
    assert not whole.header.tc and len(whole.rr[0].rdata.data) == 10


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["dragon", "nope", "big", "x" * 60])
def test_what_nobody_is_told_of_is_answered_alike(name: str, stream: bool) -> None:
    """By the prepared bytes the second time; and again in words, once somebody listens."""
    server = Server()
    question = bytes(query(f"{name}.cs.uiuc.edu").pack())
    told = server.give(question, stream=stream)
    assert [report.kind for report in server.said] == ["dns.query", "dns.answer"]
    server.telling = False
    for _ in range(2):
        assert (server.give(question, stream=stream), server.said) == (told, [])
    assert server.counters["queries"] == 3
    server.telling = True
    assert server.give(question, stream=stream) == told
    assert [report.kind for report in server.said] == ["dns.query", "dns.answer"]


def test_the_bytes_that_it_knows_are_those_that_it_would_send() -> None:
    server = Server()
    server.telling = False
    question = bytes(query("dragon.cs.uiuc.edu").pack())
    assert server.machine.prepared.reply(question, 0.0) is None
    (packet,) = server.give(question)
    assert server.machine.prepared.reply(b"\x12\x34" + question[2:], 0.0) == b"\x12\x34" + packet.data[2:]
    server.telling = True
    assert server.machine.prepared.reply(question, 0.1) is None  # it is to be told, so it must come the whole way


def test_what_is_prepared_is_bounded() -> None:
    """Each option of EDNS makes another question; the answers to all of them may not fill the memory."""
    prepared = PreparedAnswers(lambda counter: None, always)
    answer = Prepared(bytes(50_000), "noerror", inf, Message(1))
    keep = [number.to_bytes(4, "big") for number in range(1000)]
    for question in keep:
        prepared.keep(question, answer, stream=True)
        assert prepared.get(question, 0.0, stream=True) is answer
        assert prepared.get(question, 0.0, stream=False) is None
    kept = sum(prepared.get(question, 0.0, stream=True) is answer for question in keep)
    assert 0 < kept * 50_000 <= 1 << 24


def test_an_answer_that_is_prepared_again_takes_no_more_room() -> None:
    prepared = PreparedAnswers(lambda counter: None, always)
    prepared.keep(b"..first", Prepared(b"", "noerror", inf, Message(1)), stream=False)
    for _ in range(1000):
        prepared.keep(b"..again", Prepared(bytes(50_000), "noerror", inf, Message(1)), stream=False)
    assert prepared.get(b"..first", 0.0, stream=False) is not None


def test_what_it_tells() -> None:
    server = Server()
    server.ask(query("Dragon.cs.uiuc.edu", rd=1))
    asked, answered = server.said
    assert (asked.kind, asked.text) == ("dns.query", "A dragon.cs.uiuc.edu? (resolve it for me)")
    assert asked.data == {
        "id": 77,
        "name": "dragon.cs.uiuc.edu",
        "type": "A",
        "source": "192.0.2.7:5000",
        "destination": "192.0.2.53:53",
        "recursion": True,
    }
    assert (answered.kind, answered.text) == ("dns.answer", "192.0.2.5, keep it 300 s")
    assert answered.data == {
        "id": 77,
        "name": "dragon.cs.uiuc.edu",
        "type": "A",
        "source": "192.0.2.53:53",
        "destination": "192.0.2.7:5000",
        "rcode": "NOERROR",
        "answers": ["192.0.2.5"],
        "ttl": 300,
    }


def test_an_event_is_short_even_where_the_answer_is_long() -> None:
    server = Server()
    server.ask(query("big.cs.uiuc.edu", "TXT"), stream=True)
    assert len(server.said[1].text) < 300 and len(str(server.said[1].data)) < 600


def test_it_shows_its_zones() -> None:
    shown = Server().machine.show()
    assert isinstance(shown, dict)
    (zone,) = shown["zones"]  # type: ignore[misc]
    assert zone["origin"] == "cs.uiuc.edu"  # type: ignore[index, call-overload]
    assert {"name": "dragon.cs.uiuc.edu", "ttl": 300, "type": "A", "data": "192.0.2.5"} in zone["records"]  # type: ignore[index, call-overload, operator]


@settings(max_examples=400)
@given(
    st.lists(st.binary(max_size=80) | st.binary(max_size=60).map(lambda d: b"\0\1\0\0\0\1\0\0\0\0\0\1" + d), max_size=5)
)
def test_any_datagrams_leave_it_answering(datagrams: list[bytes]) -> None:
    server = Server()
    for data in datagrams:
        for packet in server.give(data):
            assert dnslib.DNSHeader.parse(dnslib.DNSBuffer(packet.data)).qr == 1
    assert len(server.ask(query("dragon.cs.uiuc.edu")).rr) == 1
