"""What other name servers were found to do wrong, by their users' reports, and what is right."""

from __future__ import annotations

import pytest

from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Rcode, type_number, type_text
from catenet.nodes.application.dns.zone import Zone, Zones

HEAD = "$TTL 5\n@ SOA ns1.outside. host 1 2 3 4 5\n@ NS ns1.outside.\n"
WILD = "@ A 192.0.2.1\nwww CNAME @\ntest A 192.0.2.1\n* CNAME www\n"
DEEP = "*.d A 192.0.2.1\nr.c.d A 192.0.2.2\n"
ALIASES = "foo CNAME bar\n*.code CNAME test\nd DNAME nothing\n"
NODATA = (Rcode.NOERROR, [], "SOA")


@pytest.mark.parametrize(
    ("report", "zone", "question", "rcode", "answers", "authority"),
    [
        # RFC 4592 section 2.1.1: an asterisk inside a name is a plain label
        (
            "TechnitiumSoftware/DnsServer#748",
            "* CNAME m.y.\ncampus.* NS y.\n",
            "campus.e NS",
            0,
            ["campus.e.x 5 CNAME m.y"],
            "",
        ),
        ("NLnetLabs/nsd#152", "foo CNAME www.*\n", "foo A", 3, ["foo.x 5 CNAME www.*.x"], "SOA"),
        # RFC 2308 section 2.2: NODATA has its SOA record, at the end of a chain of aliases too
        ("NLnetLabs/nsd#142", "a.b CNAME c.a.b\nc.a.b TXT t\n", "a.b A", 0, ["a.b.x 5 CNAME c.a.b.x"], "SOA"),
        ("hickory-dns/hickory-dns#2905", "* A 192.0.2.1\n", "a MX", *NODATA),
        # RFC 4592 section 3.3: a name that is there is no wildcard's
        ("PowerDNS/pdns#125", WILD, "test AAAA", *NODATA),
        ("PowerDNS/pdns#124", WILD, "test NS", *NODATA),
        ("coredns/coredns#4290", DEEP, "a.r.c.d A", 3, [], "SOA"),
        ("coredns/coredns#4290", DEEP, "a.c.d A", 3, [], "SOA"),
        ("coredns/coredns#4290", DEEP, "a.d A", 0, ["a.d.x 5 A 192.0.2.1"], ""),
        ("jvns/mess-with-dns#8", "a.b A 192.0.2.1\n", "b A", *NODATA),
        # An alias that is asked for is followed by nobody, one that is made up neither
        ("coredns/coredns#4341", ALIASES, "foo CNAME", 0, ["foo.x 5 CNAME bar.x"], ""),
        ("coredns/coredns#4341", ALIASES, "a.code CNAME", 0, ["a.code.x 5 CNAME test.x"], ""),
        ("coredns/coredns#4341", ALIASES, "a.code A", 3, ["a.code.x 5 CNAME test.x"], "SOA"),
        ("coredns/coredns#4341", ALIASES, "a.d CNAME", 0, ["d.x 5 DNAME nothing.x", "a.d.x 5 CNAME a.nothing.x"], ""),
        ("coredns/coredns#4341", ALIASES, "a.d A", 3, ["d.x 5 DNAME nothing.x", "a.d.x 5 CNAME a.nothing.x"], "SOA"),
        # Hosts that lead to themselves have no addresses to be added
        ("hickory-dns/hickory-dns#1283", "a CNAME b\nb CNAME a\nm MX 1 a\n", "m MX", 0, ["m.x 5 MX 1 a.x"], ""),
    ],
)
def test_answers(*, report: str, zone: str, question: str, rcode: int, answers: list[str], authority: str) -> None:
    name, kind = question.split()
    number = type_number(kind)
    assert number is not None
    found = Zones([Zone.from_file(Name.parse("x"), HEAD + zone, report)]).find(Name.parse(f"{name}.x"), number)
    assert found.authoritative
    assert (found.rcode, [str(record) for record in found.answers]) == (rcode, answers)
    assert " ".join(type_text(record.type) for record in found.authority) == authority


@pytest.mark.parametrize(
    ("report", "zone", "question"),
    [
        ("coredns/coredns#6628", "@ A 192.0.2.1\nh.y SRV 1 5 80 @\ng DNAME y\n", "h.g SRV"),
        ("coredns/coredns#6629", "@ A 192.0.2.1\n* MX 10 @\n", "a MX"),
    ],
)
def test_addresses_come_along_however_the_record_was_found(report: str, zone: str, question: str) -> None:
    """RFC 1034 section 4.3.2 step 6."""
    name, kind = question.split()
    number = type_number(kind)
    assert number is not None
    found = Zones([Zone.from_file(Name.parse("x"), HEAD + zone, report)]).find(Name.parse(f"{name}.x"), number)
    assert [str(record) for record in found.additional] == ["x 5 A 192.0.2.1"]
