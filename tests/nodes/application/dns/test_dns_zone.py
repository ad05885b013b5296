"""What is found in a zone: the examples of RFC 1034 section 6 and RFC 4592 section 2.2.1, and the rest of 4.3.2."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Rcode, Type
from catenet.nodes.application.dns.zone import Found, Zone, Zones
from catenet.nodes.application.dns.zonefile import ZoneFileError

# RFC 1034 section 6.1, what C.ISI.EDU serves; without HINFO, and with the $TTL that its answers show.
ROOT = """
$TTL 86400
.       IN      SOA     SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. ( 870611 1800 300 604800 86400)
                NS      A.ISI.EDU.
                NS      C.ISI.EDU.
                NS      SRI-NIC.ARPA.
MIL.    86400   NS      SRI-NIC.ARPA.
        86400   NS      A.ISI.EDU.
EDU.    86400   NS      SRI-NIC.ARPA.
        86400   NS      C.ISI.EDU.
SRI-NIC.ARPA.   A       26.0.0.73
                A       10.0.0.51
                MX      0 SRI-NIC.ARPA.
ACC.ARPA.       A       26.6.0.65
                MX      10 ACC.ARPA.
USC-ISIC.ARPA.  CNAME   C.ISI.EDU.
73.0.0.26.IN-ADDR.ARPA.  PTR    SRI-NIC.ARPA.
65.0.6.26.IN-ADDR.ARPA.  PTR    ACC.ARPA.
A.ISI.EDU. 86400 A      26.3.0.103
C.ISI.EDU. 86400 A      10.0.0.52
"""

# RFC 4592 section 2.2.1, with TXT in place of SRV.
WILD = """
$TTL 3600
@                   SOA   ns.example.com. root.example.com. 1 2 3 4 5
                    NS    ns.example.com.
                    NS    ns.example.net.
*                   TXT   "this is a wildcard"
*                   MX    10 host1.example.
sub.*               TXT   "this is not a wildcard"
host1               A     192.0.2.1
_ssh._tcp.host1     TXT   "ssh"
_ssh._tcp.host2     TXT   "ssh"
subdel              NS    ns.example.com.
subdel              NS    ns.example.net.
"""

HEAD = "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n"


def zones(**texts: str) -> Zones:
    return Zones(
        Zone.from_file(Name.root if origin == "root" else Name.parse(origin), text, f"{origin}.zone")
        for origin, text in texts.items()
    )


def ask(where: Zones, name: str, kind: Type) -> Found:
    return where.find(Name.parse(name), kind)


def texts(section: tuple[object, ...]) -> list[str]:
    return [str(record) for record in section]


C_ISI_EDU = zones(root=ROOT)
EXAMPLE = zones(example=WILD)


def test_rfc_1034_6_2_1_an_address() -> None:
    found = ask(C_ISI_EDU, "SRI-NIC.ARPA", Type.A)
    assert found.authoritative and not found.authority
    assert texts(found.answers) == ["sri-nic.arpa 86400 A 26.0.0.73", "sri-nic.arpa 86400 A 10.0.0.51"]


def test_rfc_1034_6_2_2_everything() -> None:
    found = ask(C_ISI_EDU, "SRI-NIC.ARPA", Type.ANY)
    assert [record.type for record in found.answers] == [Type.A, Type.A, Type.MX]


def test_rfc_1034_6_2_3_mail_and_its_addresses() -> None:
    found = ask(C_ISI_EDU, "SRI-NIC.ARPA", Type.MX)
    assert texts(found.answers) == ["sri-nic.arpa 86400 MX 0 sri-nic.arpa"]
    assert texts(found.additional) == ["sri-nic.arpa 86400 A 26.0.0.73", "sri-nic.arpa 86400 A 10.0.0.51"]


def test_rfc_1034_6_2_4_no_such_record() -> None:
    found = ask(C_ISI_EDU, "SRI-NIC.ARPA", Type.NS)
    assert (found.rcode, found.authoritative, found.answers) == (Rcode.NOERROR, True, ())
    assert [record.type for record in found.authority] == [Type.SOA]  # RFC 2308 section 2.2, type 2


def test_rfc_1034_6_2_5_no_such_name() -> None:
    found = ask(C_ISI_EDU, "SIR-NIC.ARPA", Type.A)
    assert (found.rcode, found.authoritative, found.answers) == (Rcode.NXDOMAIN, True, ())
    assert texts(found.authority) == [". 86400 SOA sri-nic.arpa hostmaster.sri-nic.arpa 870611 1800 300 604800 86400"]


def test_rfc_1034_6_2_6_a_referral() -> None:
    found = ask(C_ISI_EDU, "BRL.MIL", Type.A)
    assert (found.rcode, found.authoritative, found.answers) == (Rcode.NOERROR, False, ())
    assert texts(found.authority) == ["mil 86400 NS sri-nic.arpa", "mil 86400 NS a.isi.edu"]
    assert sorted(texts(found.additional)) == [
        "a.isi.edu 86400 A 26.3.0.103",
        "sri-nic.arpa 86400 A 10.0.0.51",
        "sri-nic.arpa 86400 A 26.0.0.73",
    ]


def test_rfc_1034_6_2_7_an_alias_into_a_delegated_zone() -> None:
    """The text there: a server without that address "would have returned … a delegation" for the alias's target."""
    found = ask(C_ISI_EDU, "USC-ISIC.ARPA", Type.A)
    assert texts(found.answers) == ["usc-isic.arpa 86400 CNAME c.isi.edu"]
    assert found.authoritative  # RFC 1035 section 4.1.1: for the first owner name in the answer section
    assert {str(record.name) for record in found.authority} == {"edu"}


def test_rfc_1034_6_2_8_the_alias_itself() -> None:
    found = ask(C_ISI_EDU, "USC-ISIC.ARPA", Type.CNAME)
    assert texts(found.answers) == ["usc-isic.arpa 86400 CNAME c.isi.edu"]
    assert found.authoritative and not found.authority


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answers"),
    [
        # "The following responses would be synthesized from one of the wildcards in the zone"
        ("host3.example", Type.MX, Rcode.NOERROR, ["host3.example 3600 MX 10 host1.example"]),
        ("host3.example", Type.A, Rcode.NOERROR, []),
        ("foo.bar.example", Type.TXT, Rcode.NOERROR, ['foo.bar.example 3600 TXT "this is a wildcard"']),
        # "The following responses would not be synthesized from any of the wildcards in the zone"
        ("host1.example", Type.MX, Rcode.NOERROR, []),
        ("sub.*.example", Type.MX, Rcode.NOERROR, []),
        ("_telnet._tcp.host1.example", Type.TXT, Rcode.NXDOMAIN, []),
        ("ghost.*.example", Type.MX, Rcode.NXDOMAIN, []),
        # Section 2.2.2: an empty non-terminal exists
        ("_tcp.host1.example", Type.TXT, Rcode.NOERROR, []),
        ("host2.example", Type.TXT, Rcode.NOERROR, []),
    ],
)
def test_rfc_4592_wildcards(name: str, kind: Type, rcode: Rcode, answers: list[str]) -> None:
    found = ask(EXAMPLE, name, kind)
    assert (found.rcode, texts(found.answers), found.authoritative) == (rcode, answers, True)
    assert answers or found.authority[0].type == Type.SOA


def test_rfc_4592_a_zone_cut_stops_a_wildcard() -> None:
    found = ask(EXAMPLE, "host.subdel.example", Type.A)
    assert not found.authoritative
    assert texts(found.authority) == ["subdel.example 3600 NS ns.example.com", "subdel.example 3600 NS ns.example.net"]


def test_the_nearest_zone_of_several_answers() -> None:
    """RFC 1034 section 4.3.2 step 2."""
    both = zones(edu=HEAD + "uiuc NS dns.uiuc\ndns.uiuc A 192.0.2.1\n", **{"uiuc.edu": HEAD + "www A 192.0.2.2\n"})
    found = ask(both, "www.uiuc.edu", Type.A)
    assert found.authoritative and texts(found.answers) == ["www.uiuc.edu 60 A 192.0.2.2"]
    assert ask(both, "uiuc.edu", Type.NS).authoritative


def test_outside_all_zones() -> None:
    found = ask(EXAMPLE, "www.nytimes.com", Type.A)
    assert found == Found(Rcode.REFUSED, authoritative=False)


def test_the_servers_of_a_delegated_zone_are_no_authoritative_answer() -> None:
    found = ask(C_ISI_EDU, "EDU", Type.NS)
    assert not found.authoritative and not found.answers and len(found.authority) == 2


def test_a_negative_answers_ttl() -> None:
    """RFC 2308 section 3: the lower one of the SOA's TTL and its MINIMUM."""
    assert ask(zones(x="$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns.y.\n"), "a.x", Type.A).authority[0].ttl == 5
    assert ask(zones(x="$TTL 60\n@ SOA ns root 1 2 3 4 500\n@ NS ns.y.\n"), "a.x", Type.A).authority[0].ttl == 60


def test_aliases_are_followed_and_a_loop_ends() -> None:
    loop = zones(x=HEAD + "a CNAME b\nb CNAME c\nc CNAME a\nd CNAME ns\ne CNAME www.y.\nf CNAME nope\n")
    assert [str(record.name) for record in ask(loop, "a.x", Type.A).answers] == ["a.x", "b.x", "c.x"]
    assert texts(ask(loop, "d.x", Type.A).answers) == ["d.x 60 CNAME ns.x", "ns.x 60 A 192.0.2.53"]
    assert texts(ask(loop, "e.x", Type.A).answers) == ["e.x 60 CNAME www.y"]
    assert ask(loop, "f.x", Type.A).rcode == Rcode.NXDOMAIN  # RFC 2308 section 2.1
    assert ask(loop, "ns.x", Type.CNAME).answers == ()


def test_a_zone_of_the_labs_hosts() -> None:
    hosts = {
        Name.parse("dragon.cs.uiuc.edu"): Address.parse("192.0.2.5"),
        Name.parse("www.y"): Address.parse("192.0.2.6"),
    }
    made = Zones([Zone.from_hosts(Name.parse("uiuc.edu"), Name.parse("dns.uiuc.edu"), hosts)])
    assert texts(ask(made, "dragon.cs.uiuc.edu", Type.A).answers) == ["dragon.cs.uiuc.edu 300 A 192.0.2.5"]
    assert texts(ask(made, "uiuc.edu", Type.NS).answers) == ["uiuc.edu 300 NS dns.uiuc.edu"]
    assert ask(made, "www.y", Type.A).rcode == Rcode.REFUSED


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("$TTL 5\n@ NS ns.y.\n", 1, "no SOA"),
        ("$TTL 5\n@ SOA a b 1 2 3 4 5\n", 1, "no NS"),
        (HEAD + "www.y. A 192.0.2.1\n", 5, "does not lie under"),
        (HEAD + "a SOA a b 1 2 3 4 5\n", 5, "at its origin"),
        (HEAD + "@ SOA a b 1 2 3 4 5\n", 5, "a zone has one"),
        (HEAD + "a 60 A 192.0.2.1\na 61 A 192.0.2.2\n", 6, "TTL 61"),
        (HEAD + "a CNAME b\na A 192.0.2.1\n", 6, "no other record"),
        (HEAD + "a A 192.0.2.1\na CNAME b\n", 6, "no other record"),
        (HEAD + "a CNAME b\na CNAME c\n", 6, "no other record"),
        (HEAD + "sub NS dns.sub\n", 5, "add its A record"),
    ],
)
def test_records_that_make_no_zone(text: str, line: int, why: str) -> None:
    with pytest.raises(ZoneFileError, match=why) as caught:
        zones(x=text)
    assert caught.value.line == line


def test_a_record_written_twice_counts_once() -> None:
    """RFC 2181 section 5: the records of a set differ."""
    assert len(ask(zones(x=HEAD + "a A 192.0.2.1\na A 192.0.2.1\n"), "a.x", Type.A).answers) == 1
