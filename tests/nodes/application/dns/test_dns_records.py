"""The data of every type: in text (RFC 1035 section 5.1, RFC 3597 section 5) and in octets; dnslib is the oracle."""

from __future__ import annotations

import dnslib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.dns.codec import MessageBuffer, parse_data
from catenet.nodes.application.dns.message import Message
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import (
    A,
    Aaaa,
    Caa,
    Cname,
    Data,
    Dname,
    Ds,
    Hinfo,
    Mx,
    Naptr,
    Ns,
    Opaque,
    Ptr,
    Record,
    Soa,
    Srv,
    Sshfp,
    Tlsa,
    Txt,
    Type,
    is_data_type,
    type_number,
    type_text,
)
from catenet.nodes.application.dns.zonefile import ZoneFileError, parse_zone_file
from catenet.nodes.machine import DecodeError

ORIGIN = Name.parse("example")
LABEL = st.binary(min_size=1, max_size=10)
NAME = st.lists(LABEL, max_size=5).map(Name.of)
U8, U16, U32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
STRING, OCTETS = st.binary(max_size=255), st.binary(min_size=1, max_size=300)
TAG = st.text("abcXYZ019", min_size=1, max_size=20).map(str.encode)
DATA: list[tuple[Type, st.SearchStrategy[Data]]] = [
    (Type.A, st.builds(A, U32.map(Address))),
    (Type.AAAA, st.builds(Aaaa, st.binary(min_size=16, max_size=16))),
    (Type.NS, st.builds(Ns, NAME)),
    (Type.CNAME, st.builds(Cname, NAME)),
    (Type.PTR, st.builds(Ptr, NAME)),
    (Type.DNAME, st.builds(Dname, NAME)),
    (Type.MX, st.builds(Mx, U16, NAME)),
    (Type.TXT, st.builds(Txt, st.lists(STRING, min_size=1, max_size=3).map(tuple))),
    (Type.HINFO, st.builds(Hinfo, STRING, STRING)),
    (Type.SOA, st.builds(Soa, NAME, NAME, U32, U32, U32, U32, U32)),
    (Type.SRV, st.builds(Srv, U16, U16, U16, NAME)),
    (Type.NAPTR, st.builds(Naptr, U16, U16, STRING, STRING, STRING, NAME)),
    (Type.DS, st.builds(Ds, U16, U8, U8, OCTETS)),
    (Type.SSHFP, st.builds(Sshfp, U8, U8, OCTETS)),
    (Type.TLSA, st.builds(Tlsa, U8, U8, U8, OCTETS)),
    (Type.CAA, st.builds(Caa, U8, TAG, st.binary(max_size=300))),
]
TYPED = st.one_of([st.tuples(st.just(kind), data) for kind, data in DATA])


def read(words: str) -> Data:
    """The data of a line of a master file."""
    (line,) = parse_zone_file(f"$TTL 5\nw {words}\n", ORIGIN, "z")
    return line.record.data


def octets(data: Data) -> bytes:
    buffer = MessageBuffer()
    data.write(buffer)
    return bytes(buffer.data)


@given(TYPED)
def test_what_is_shown_reads_as_the_same(typed: tuple[Type, Data]) -> None:
    """A quote, a backslash, a semicolon, a dot in a label, an octet of any value (RFC 1035 section 5.1).

    Names are shown without their final dot, so they are read from the root on.
    """
    kind, data = typed
    (line,) = parse_zone_file(f". 5 {kind.name} {data}\n", Name.root, "z")
    assert line.record == Record(Name.root, kind, 5, data)


@given(TYPED)
def test_octets_and_back(typed: tuple[Type, Data]) -> None:
    kind, data = typed
    whole = octets(data)
    assert data.size >= len(whole)
    assert parse_data(MessageBuffer(whole), kind, len(whole)) == data


@given(TYPED, st.data())
def test_data_cut_short_are_refused(typed: tuple[Type, Data], drawn: st.DataObject) -> None:
    """A record's data end where RDLENGTH says, neither before nor behind (RFC 1035 section 3.2.1)."""
    kind, data = typed
    whole = octets(data)
    cut = drawn.draw(st.integers(0, len(whole) - 1))
    message = bytearray(Message(1, response=True, answers=(Record(Name.root, kind, 5, data),)).pack())
    message[21:23] = cut.to_bytes(2, "big")
    try:
        Message.parse(bytes(message))
    except DecodeError:
        return
    pytest.fail(f"{kind.name} of {cut} octets instead of {len(whole)} was read, and what followed it too")


@given(st.sampled_from([kind for kind, _ in DATA]), st.binary(max_size=60))
def test_any_octets_in_the_general_form_are_read_or_refused(kind: Type, data: bytes) -> None:
    """RFC 3597 section 5: "all further processing by the server MUST treat it as a known type"."""
    text = f"$TTL 5\nw {kind.name} \\# {len(data)} {data.hex()}\n"
    try:
        (line,) = parse_zone_file(text, ORIGIN, "z")
    except ZoneFileError as error:
        assert error.line == 2
    else:
        assert not isinstance(line.record.data, Opaque)
        assert octets(line.record.data).lower() == data.lower()


@pytest.mark.parametrize(
    ("words", "data", "wire"),
    [
        # RFC 1035 section 3.3.2
        ('HINFO "PDP 11/70" UNIX', Hinfo(b"PDP 11/70", b"UNIX"), b"\x09PDP 11/70\x04UNIX"),
        # RFC 2782: priority, weight, port, target
        (
            "SRV 1 3 9 old-slow-box",
            Srv(1, 3, 9, Name.parse("old-slow-box.example")),
            b"\0\1\0\3\0\x09\x0cold-slow-box\7example\0",
        ),
        ("SRV 0 0 0 .", Srv(0, 0, 0, Name.root), b"\0\0\0\0\0\0\0"),
        # RFC 6672 section 2.1
        ("DNAME frobozz.", Dname(Name.parse("frobozz")), b"\7frobozz\0"),
        # RFC 8659 section 4.1, and the example of section 4.2
        (
            'CAA 0 issue "ca1.example.net; account=230123"',
            Caa(0, b"issue", b"ca1.example.net; account=230123"),
            b"\0\5issueca1.example.net; account=230123",
        ),
        ('CAA 128 tbs "Unknown"', Caa(128, b"tbs", b"Unknown"), b"\x80\3tbsUnknown"),
        # RFC 3403 section 6.2, the example
        (
            'NAPTR 100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp',
            Naptr(100, 50, b"s", b"z3950+I2L+I2C", b"", Name.parse("_z3950._tcp.example")),
            b"\0\x64\0\x32\1s\x0dz3950+I2L+I2C\0\6_z3950\4_tcp\7example\0",
        ),
        # RFC 4255 section 3.2, the example
        (
            "SSHFP 2 1 123456789abcdef67890123456789abcdef67890",
            Sshfp(2, 1, bytes.fromhex("123456789abcdef67890123456789abcdef67890")),
            b"\2\1" + bytes.fromhex("123456789abcdef67890123456789abcdef67890"),
        ),
        # RFC 6698 section 2.3, the first example, in two words
        (
            "TLSA ( 0 0 1 d2abde240d7cd3ee6b4b28c54df034b9\n 7983a1d16e8a410e4561cb106618e971 )",
            Tlsa(0, 0, 1, bytes.fromhex("d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971")),
            b"\0\0\1" + bytes.fromhex("d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"),
        ),
        # RFC 4034 section 5.4, the example
        (
            "DS 60485 5 1 ( 2BB183AF5F22588179A53B0A\n 98631FAD1A292118 )",
            Ds(60485, 5, 1, bytes.fromhex("2bb183af5f22588179a53b0a98631fad1a292118")),
            b"\xec\x45\5\1" + bytes.fromhex("2bb183af5f22588179a53b0a98631fad1a292118"),
        ),
    ],
)
def test_the_examples_of_the_rfcs(words: str, data: Data, wire: bytes) -> None:
    assert read(words) == data
    assert octets(data) == wire


UNKNOWN_TO_DNSLIB = (Type.HINFO, Type.DNAME)


@pytest.mark.parametrize(
    "kind", [kind for kind, _ in DATA if kind not in UNKNOWN_TO_DNSLIB], ids=lambda kind: kind.name
)
def test_dnslib_reads_the_same(kind: Type) -> None:
    words = {
        Type.A: "192.0.2.1",
        Type.AAAA: "2001:db8::1",
        Type.MX: "10 mail",
        Type.TXT: '"a" "b"',
        Type.SOA: "ns host 1 2 3 4 5",
        Type.SRV: "1 2 3 target.example.",
        Type.NAPTR: '1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
        Type.DS: "1 8 2 0a0b",
        Type.SSHFP: "1 2 0a0b",
        Type.TLSA: "3 1 1 0a0b",
        Type.CAA: '0 issue "ca.example"',
    }.get(kind, "other.example.")
    (line,) = parse_zone_file(f"$TTL 5\nw {kind.name} {words}\n", ORIGIN, "z")
    ours = Message(1, response=True, answers=(line.record,)).pack()
    (theirs,) = dnslib.RR.fromZone(f"$TTL 5\nw.example. IN {kind.name} {words}\n", origin="example.")
    answer = dnslib.DNSRecord(dnslib.DNSHeader(id=1, qr=1, ra=0, rd=0), a=theirs)
    del answer.rr[1:]
    assert ours == bytes(answer.pack()) or dnslib.DNSRecord.parse(ours).rr[0].rdata == theirs.rdata


def test_rfc_3597_4_only_names_of_the_types_of_rfc_1035_are_compressed() -> None:
    owner = Name.parse("a.long.name.example")
    for kind, data, compressed in (
        (Type.MX, Mx(1, owner), True),
        (Type.SRV, Srv(1, 1, 1, owner), False),
        (Type.DNAME, Dname(owner), False),
        (Type.NAPTR, Naptr(1, 1, b"", b"", b"", owner), False),
    ):
        size = len(Message(1, response=True, answers=(Record(owner, kind, 5, data),)).pack())
        assert size == 12 + owner.size + 10 + data.size - (owner.size - 2 if compressed else 0)


def test_rfc_3597_4_names_that_somebody_has_compressed_are_read() -> None:
    """ "SHOULD also decompress RRs of type … NAPTR, and SRV"."""
    owner = b"\1a\7example\0"
    answer = owner + b"\0\x21\0\1\0\0\0\5\0\x08" + b"\0\1\0\2\0\3\xc0\x0c"
    message = Message.parse(b"\0\1\x80\0\0\0\0\1\0\0\0\0" + answer)
    assert message.answers[0].data == Srv(1, 2, 3, Name.parse("a.example"))


@pytest.mark.parametrize(
    ("line", "kind", "data"),
    [
        # RFC 3597 section 5, the examples of class IN
        ("e.example. IN A \\# 4 0A000001", Type.A, A(Address.parse("10.0.0.1"))),
        ("e.example. CLASS1 TYPE1 10.0.0.2", Type.A, A(Address.parse("10.0.0.2"))),
        ("a.example. CLASS1 TYPE731 \\# 6 abcd (\n ef 01 23 45 )", 731, Opaque(bytes.fromhex("abcdef012345"))),
        ("b.example. type62347 \\# 0", 62347, Opaque(b"")),
        ("e.example. class1 5 Type65280 \\# 1 ff", 65280, Opaque(b"\xff")),
    ],
)
def test_rfc_3597_5_unknown_types(line: str, kind: int, data: Data) -> None:
    (read_line,) = parse_zone_file(f"$TTL 5\n{line}\n", Name.root, "z")
    assert read_line.record == Record(read_line.record.name, kind, 5, data)
    assert str(data).startswith(r"\# ") == isinstance(data, Opaque)


def test_rfc_3597_5_no_octets_at_all() -> None:
    """ "the text representation contains only the \\# token and the single zero representing the length"."""
    assert str(Opaque(b"")) == r"\# 0"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("TYPE65280 4 0a000001", r"TYPE65280: data of this type are written as \\# LENGTH HEX"),
        ("HTTPS 1 . alpn=h2", r"HTTPS: data of this type are written as \\# LENGTH HEX"),
        ("TYPE65280 \\# 4 0a0000", "followed by 3 octets"),
        ("TYPE65280 \\# 4 0a00 000 1", "two hexadecimal digits"),
        ("TYPE65280 \\#", "lacks its length"),
        ("TYPE65280 \\# 70000 00", "70000"),
        ("A \\# 3 0a0000", "Not enough bytes"),
        ("A \\# 5 0a00000001", "RDLENGTH"),
        ("MX \\# 4 0001c000", "pointer"),
        ("MX \\# 6 0001 0161 c002", "pointer"),
        ("TYPE0 \\# 0", "type TYPE0 has no records"),
        ("OPT \\# 0", "type OPT has no records"),  # RFC 6891 section 6.1.1
        ("ANY \\# 0", "type ANY has no records"),
        ("TYPE65535 \\# 0", "TYPE65535 has no records"),
        ("TYPE65536 \\# 0", "type 'TYPE65536' is not one of"),
        ("CLASS3 A 1.2.3.4", "class CLASS3 is not served"),
        ("CAA 0 is-sue x", "letters and digits"),
        ("CAA 256 issue x", "256"),
        ("SSHFP 1 1", "lacks its fingerprint"),
        ("SSHFP 1 1 0a0", "two hexadecimal digits"),
        ("SRV 1 2 70000 t", "70000"),
        ("HINFO a", "lacks its os"),
        ("AAAA fe80::1%eth0", "zone"),
    ],
)
def test_wrong_data(words: str, why: str) -> None:
    with pytest.raises(ZoneFileError, match=why) as caught:
        read(words)
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["x\\4y", "x\\42", "x\\2560"])
def test_rfc_1035_5_1_a_malformed_escape_is_an_error(text: str) -> None:
    r"""`\X` "where X is any character other than a digit", `\DDD` "where each D is a digit"."""
    for line in (f"{text} A 1.2.3.4", f"w TXT {text}", f"w CNAME {text}", f'w TXT "{text} "'):
        with pytest.raises(ZoneFileError) as caught:
            parse_zone_file(f"$TTL 5\n{line}\n", ORIGIN, "z")
        assert caught.value.line == 2


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            Txt((b'say "hi"', b"back\\slash", b"\0\xff\n", b"a;b c")),
            r'"say \"hi\"" "back\\slash" "\000\255\010" "a;b c"',
        ),
        (Hinfo(b'"', b""), r'"\"" ""'),
        (Caa(0, b"issue", b'"x"'), r'0 issue "\"x\""'),
        (Mx(1, Name.of([b"a.b", b"c d", b"ex\\"])), r"1 a\.b.c\032d.ex\\"),
        (Cname(Name.root), "."),
        (Sshfp(1, 2, b"\xab"), "1 2 ab"),
    ],
)
def test_rfc_1035_5_1_what_is_shown_is_escaped(data: Data, text: str) -> None:
    assert str(data) == text


def test_rfc_6895_3_1_types_that_no_record_has() -> None:
    assert not any(is_data_type(number) for number in (0, 41, *range(128, 256), 65535))
    assert all(is_data_type(number) for number in (*range(1, 41), *range(42, 128), 256, 257, 65280, 65534))


def test_words_of_types() -> None:
    """RFC 3597 section 5: TYPE and a number stand for any type."""
    assert (type_number("srv"), type_number("TYPE33"), type_number("TYPE65280")) == (33, 33, 65280)
    assert [type_number(word) for word in ("TYPE", "TYPE-1", "TYPE99999", "TYPEx", "", "B", "TYPE٣")] == [None] * 7
    assert (type_text(33), type_text(65280)) == ("SRV", "TYPE65280")
