"""Master files: RFC 1035 section 5, with dnslib's reader as the oracle."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import dnslib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A, Aaaa, Cname, Mx, Ns, Record, Soa, Txt, Type
from catenet.nodes.application.dns.zonefile import LocatedRecord, ZoneFileError, parse_zone_file

ORIGIN = Name.parse("isi.edu")
ZONES = Path(__file__).parents[4] / "labs" / "internet" / "zones"

# The example of RFC 1035 section 5.3; the class's place and the missing TTL as there, but for a $TTL line.
RFC_1035 = """
$TTL 20
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        NS      VAXA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32

VAXA    A       10.2.0.27
        A       128.9.0.33
"""


def read(text: str) -> list[Record]:
    return [line.record for line in parse_zone_file(text, ORIGIN, "test.zone")]


def test_the_example_of_rfc_1035() -> None:
    records = read(RFC_1035)
    venera, vaxa = Name.parse("venera.isi.edu"), Name.parse("vaxa.isi.edu")
    mailbox = Name.of([b"action.domains", *ORIGIN])
    assert records == [
        Record(ORIGIN, Type.SOA, 20, Soa(venera, mailbox, 20, 7200, 600, 3_600_000, 60)),
        Record(ORIGIN, Type.NS, 20, Ns(Name.parse("a.isi.edu"))),
        Record(ORIGIN, Type.NS, 20, Ns(venera)),
        Record(ORIGIN, Type.NS, 20, Ns(vaxa)),
        Record(ORIGIN, Type.MX, 20, Mx(10, venera)),
        Record(ORIGIN, Type.MX, 20, Mx(20, vaxa)),
        Record(Name.parse("a.isi.edu"), Type.A, 20, A(Address.parse("26.3.0.103"))),
        Record(venera, Type.A, 20, A(Address.parse("10.1.0.52"))),
        Record(venera, Type.A, 20, A(Address.parse("128.9.0.32"))),
        Record(vaxa, Type.A, 20, A(Address.parse("10.2.0.27"))),
        Record(vaxa, Type.A, 20, A(Address.parse("128.9.0.33"))),
    ]


@pytest.mark.parametrize("file", sorted(ZONES.glob("*.zone")), ids=lambda file: file.stem)
def test_the_labs_zones_as_dnslib_reads_them(file: Path) -> None:
    origin = Name.root if file.stem == "root" else Name.parse(file.stem)
    text = file.read_text()
    ours = [line.record for line in parse_zone_file(text, origin, file.name)]
    theirs = dnslib.RR.fromZone(text, origin=str(origin))
    assert [(r.name, r.type, r.ttl) for r in ours] == [(Name.of(r.rname.label), r.rtype, r.ttl) for r in theirs]
    for record, other in zip(ours, theirs, strict=True):
        assert str(record.data).split() == str(other.rdata).replace(". ", " ").rstrip(".").split()


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("w 5 IN A 1.2.3.4", Record(Name.parse("w.isi.edu"), Type.A, 5, A(Address.parse("1.2.3.4")))),
        ("w IN 5 A 1.2.3.4", Record(Name.parse("w.isi.edu"), Type.A, 5, A(Address.parse("1.2.3.4")))),
        ("w in 1h30m a 1.2.3.4", Record(Name.parse("w.isi.edu"), Type.A, 5400, A(Address.parse("1.2.3.4")))),
        ("w. 5 CNAME @", Record(Name.parse("w"), Type.CNAME, 5, Cname(ORIGIN))),
        ("5 9 A 1.2.3.4", Record(Name.parse("5.isi.edu"), Type.A, 9, A(Address.parse("1.2.3.4")))),
        ("* 5 A 1.2.3.4", Record(Name.parse("*.isi.edu"), Type.A, 5, A(Address.parse("1.2.3.4")))),
        (
            "w 5 AAAA 2001:db8::1",
            Record(Name.parse("w.isi.edu"), Type.AAAA, 5, Aaaa(bytes.fromhex("20010db8" + "0" * 23 + "1"))),
        ),
        ('w 5 TXT "a b;c" d "" \\059', Record(Name.parse("w.isi.edu"), Type.TXT, 5, Txt((b"a b;c", b"d", b"", b";")))),
        ('w 5 TXT ( "a" ; one\n "b" )', Record(Name.parse("w.isi.edu"), Type.TXT, 5, Txt((b"a", b"b")))),
        ('w 5 TXT "say \\"hi\\""', Record(Name.parse("w.isi.edu"), Type.TXT, 5, Txt((b'say "hi"',)))),
    ],
)
def test_forms_of_a_record(line: str, record: Record) -> None:
    assert read(line) == [record]


def test_what_may_be_left_out() -> None:
    """RFC 1035 section 5.1 (owner, class, TTL), RFC 2308 section 4 ($TTL)."""
    records = read("a 7 A 1.1.1.1\n  A 1.1.1.2\n$TTL 9\n\n  A 1.1.1.3\n$ORIGIN x\nb A 1.1.1.4\n")
    assert [(str(r.name), r.ttl) for r in records] == [
        ("a.isi.edu", 7),
        ("a.isi.edu", 7),
        ("a.isi.edu", 9),
        ("b.x.isi.edu", 9),
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a A 1.2.3.4", 1, "no TTL"),
        ("$TTL 5\n\n  A 1.2.3.4", 3, "no owner"),
        ("$TTL 5\na A 1.2.3", 2, "IPv4"),
        ("$TTL 5\na A", 2, "A lacks its address"),
        ("$TTL 5\na A 1.2.3.4 5.6.7.8", 2, "too much"),
        ("$TTL 5\na B 1.2.3.4", 2, "type 'B' is not one of A, NS"),
        ("$TTL 5\na CH A 1.2.3.4", 2, "class CH"),
        ("$TTL 5\na", 2, "no type"),
        ("$TTL soon", 1, "no time"),
        ("$TTL 99999999999", 1, "no time"),
        ("$TTL " + "9" * 39 + "x", 1, "no time"),
        ("$TTL 4000000000", 1, "over 2147483647"),
        ("@ 60 SOA a b 1 2 3 4 4294967296", 1, "over 4294967295"),
        ("$INCLUDE other", 1, "no other file can be read here"),
        ("$GENERATE 1-2 a A 1.2.3.$", 1, "not one of"),
        ("$TTL 5\n@ SOA a b ( 1 2 3\n\n", 2, "never closed"),
        ("$TTL 5\n@ SOA a b 1 2 3 4", 2, "minimum"),
        ("$TTL 5\na A 1.2.3.4 )", 2, "without"),
        ('$TTL 5\na TXT "open', 2, "does not end"),
        ("$TTL 5\na..b A 1.2.3.4", 2, "empty label"),
        ("$TTL 5\na MX 70000 b", 2, "70000"),
        ("$TTL 5\na AAAA 1:2", 2, "1:2"),
        ("$TTL 5\na TXT " + "x" * 300, 2, "255"),
        ("$TTL 5\nä A 1.2.3.4", 2, "xn--"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(ZoneFileError, match=why) as caught:
        read(text)
    assert str(caught.value).startswith(f"test.zone:{line}: ")


@settings(max_examples=300)
@given(st.text(st.sampled_from('a1.@$()";\\ \t\n*é') | st.characters(), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ZoneFileError):
        read("$TTL 5\n" + text)


# What is no ASCII


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert [str(record.name) for record in read("\ufeff$TTL 5\n@ A 1.2.3.4\n")] == ["isi.edu"]
    assert [str(record.name) for record in read("\ufeffa 5 A 1.2.3.4\n")] == ["a.isi.edu"]
    with pytest.raises(ZoneFileError, match=r"test.zone:2: .*xn--"):
        read("$TTL 5\n\ufeffa A 1.2.3.4\n")


def test_octets_that_are_no_utf_8() -> None:
    """A comment may hold any; a string's octets are passed on as they are; a name takes none, and its line is named."""
    text = b'$TTL 5\na A 1.2.3.4 ; caf\xe9\na TXT caf\xe9 "\xc3\xa9"\n'.decode("utf-8", "surrogateescape")
    assert [record.data for record in read(text)][1] == Txt((b"caf\xe9", b"\xc3\xa9"))
    with pytest.raises(ZoneFileError, match=r"test.zone:2: .*xn--") as caught:
        read(b"$TTL 5\ncaf\xe9 A 1.2.3.4\n".decode("utf-8", "surrogateescape"))
    assert str(caught.value).isascii()


def test_utf_16_is_named() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        with pytest.raises(ZoneFileError, match=r"test.zone:1: .*UTF-16"):
            read("\ufeff$TTL 5\n".encode(encoding).decode("utf-8", "surrogateescape"))


# $INCLUDE (RFC 1035 section 5.1)


def including(text: str, files: dict[str, bytes], file: str = "zones/isi.edu.zone") -> list[LocatedRecord]:
    def read_file(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return files[path]

    return parse_zone_file(text, ORIGIN, file, read_file)


def test_rfc_1035_5_1_include() -> None:
    """The file's names have the origin that is given with it, else the one that holds there; the file's $ORIGIN ends
    with it ("never changes the relative origin of the parent file"), and so does its last owner, as in BIND."""
    files = {
        "zones/hosts.inc": b"x A 1.1.1.1\n$ORIGIN elsewhere.\n$TTL 7\ny A 1.1.1.2\n",
        "shared/more inc": b"  A 1.1.1.3\nz A 1.1.1.4\n",
    }
    text = '$TTL 5\na A 1.2.3.4\n$INCLUDE hosts.inc sub ; ours\n  TXT a\n$INCLUDE "../shared/more inc"\n'
    lines = including(text + "  TXT b\nb A 1.2.3.5\n", files)
    assert [(line.file, line.number, str(line.record.name), line.record.ttl) for line in lines] == [
        ("zones/isi.edu.zone", 2, "a.isi.edu", 5),
        ("zones/hosts.inc", 1, "x.sub.isi.edu", 5),
        ("zones/hosts.inc", 4, "y.elsewhere", 7),
        ("zones/isi.edu.zone", 4, "a.isi.edu", 7),  # $TTL is for all that follow it (RFC 2308 section 4)
        ("shared/more inc", 1, "a.isi.edu", 7),
        ("shared/more inc", 2, "z.isi.edu", 7),
        ("zones/isi.edu.zone", 6, "a.isi.edu", 7),
        ("zones/isi.edu.zone", 7, "b.isi.edu", 7),
    ]


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("$INCLUDE", "zones/isi.edu.zone:1", "lacks its file name"),
        ("$INCLUDE a b c", "zones/isi.edu.zone:1", "too much"),
        ("\n$INCLUDE nope.inc", "zones/isi.edu.zone:2", "No such file"),
        ("$INCLUDE /etc/passwd", "zones/isi.edu.zone:1", "leads out"),
        ("$INCLUDE ../../secret", "zones/isi.edu.zone:1", "leads out"),
        ("$INCLUDE ..", "zones/isi.edu.zone:1", "cannot be read"),
        ("$INCLUDE wrong.inc", "zones/wrong.inc:2", "IPv4"),
        ("$INCLUDE lex.inc", "zones/lex.inc:1", "does not end"),
        ("$INCLUDE isi.edu.zone", "zones/isi.edu.zone:1", "includes this one"),
        ("$INCLUDE ring1.inc", "zones/ring2.inc:1", "includes this one"),
        ("$INCLUDE deep1.inc", "zones/deep8.inc:1", "8 files deep"),
        ("$INCLUDE empty.inc\n" * 101, "zones/isi.edu.zone:101", "100 in all"),
        ("$INCLUDE caf\udce9.inc", "zones/isi.edu.zone:1", "No such file"),
    ],
)
def test_what_cannot_be_included(text: str, where: str, why: str) -> None:
    files = {
        "zones/wrong.inc": b"$TTL 5\na A 1.2.3\n",
        "zones/lex.inc": b'"\n',
        "zones/ring1.inc": b"$INCLUDE ring2.inc\n",
        "zones/ring2.inc": b"$INCLUDE ring1.inc\n",
        "zones/empty.inc": b"",
        **{f"zones/deep{n}.inc": f"$INCLUDE deep{n + 1}.inc\n".encode() for n in range(1, 10)},
    }
    with pytest.raises(ZoneFileError, match=why) as caught:
        including(text, files)
    assert str(caught.value).startswith(f"{where}: ")
    str(caught.value).encode()
