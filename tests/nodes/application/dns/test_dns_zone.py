"""What is found in a zone: the examples of RFC 1034 section 6 and RFC 4592 section 2.2.1, and the rest of 4.3.2."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Rcode, Type
from catenet.nodes.application.dns.zone import Zone, ZoneAnswer, Zones
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


def ask(where: Zones, name: str, kind: Type) -> ZoneAnswer:
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
    assert found == ZoneAnswer(Rcode.REFUSED, authoritative=False)


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
        (HEAD + "* A 192.0.2.9\nsub NS dns.sub\n", 6, "add its A record"),  # no wildcard answers below a cut
        (HEAD + "@ NS alias\nalias CNAME ns\n", 5, "is an alias"),  # RFC 2181 section 10.3
        (HEAD + "d DNAME a.\nd DNAME b.\n", 6, "a name has one"),  # RFC 6672 section 2.4, and what follows 2.3 to 3.3
        (HEAD + "d DNAME a.\nd CNAME b\n", 6, "no other record"),
        (HEAD + "d CNAME a\nd DNAME b\n", 6, "no other record"),
        (HEAD + "d NS ns\nd DNAME a.\n", 6, "one or the other"),
        (HEAD + "d DNAME a.\nx.y.d A 192.0.2.1\n", 6, "lies below the DNAME of d.x"),
        (HEAD + "x.d A 192.0.2.1\nd DNAME a.\n", 5, "lies below the DNAME of d.x"),
        (HEAD + "*.d DNAME a.\n", 5, "not defined"),
        (HEAD + "t TXT " + " ".join(['"' + "x" * 255 + '"'] * 257) + "\n", 5, "65792 octets"),  # RFC 1035 section 3.2.1
        (HEAD + "".join(f"m A 10.0.{n >> 8}.{n & 255}\n" for n in range(4100)), 4104, "65600 octets"),  # and 4.2.2
    ],
)
def test_records_that_make_no_zone(text: str, line: int, why: str) -> None:
    with pytest.raises(ZoneFileError, match=why) as caught:
        zones(x=text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("DS 1 8 1", 20),  # RFC 3658 section 2.4: "SHA-1 digest is 20 bytes"
        ("DS 1 8 2", 32),  # RFC 4509 section 2.1: "the entire 32 byte result is to be used"
        ("DS 1 8 4", 48),  # RFC 6605 section 2: "the digest value is 48 bytes long"
        ("SSHFP 1 1", 20),  # RFC 4255 section 3.1.2: SHA-1
        ("SSHFP 1 2", 32),  # RFC 6594 section 3.1.1: SHA-256
        ("TLSA 3 1 1", 32),  # RFC 6698 section 2.1.3: SHA-256
        ("TLSA 3 1 2", 64),  # SHA-512
    ],
)
def test_a_digest_of_another_length_is_refused(text: str, octets: int) -> None:
    """dnspython takes a message with one for malformed, BIND one with such a DS or SSHFP: the whole answer is lost."""
    zones(x=HEAD + f"d {text} {'ab' * octets}\n")
    for other in (octets - 1, octets + 1):
        with pytest.raises(ZoneFileError, match=f"has {octets} octets, this one has {other}; copy it whole") as caught:
            zones(x=HEAD + f"d {text} {'ab' * other}\n")
        assert caught.value.line == 5


def test_digests_in_the_form_of_any_type_and_of_other_algorithms() -> None:
    with pytest.raises(ZoneFileError, match="a digest of type 2 has 32 octets, this one has 1"):
        zones(x=HEAD + "d SSHFP \\# 3 010200\n")
    with pytest.raises(ZoneFileError, match="digest type 0 is reserved"):  # RFC 4034 appendix A.2
        zones(x=HEAD + "d DS 1 8 0 ab\n")
    zones(x=HEAD + "d DS 1 8 200 ab\nd SSHFP 1 200 ab\nd TLSA 3 1 0 ab\n")


def test_rfc_1034_4_3_3_a_server_whose_address_is_a_wildcards() -> None:
    """What the server would answer is what counts."""
    wild = zones(x=HEAD + "* A 192.0.2.9\n@ NS ns2\n")
    assert texts(ask(wild, "ns2.x", Type.A).answers) == ["ns2.x 60 A 192.0.2.9"]
    assert "ns2.x 60 A 192.0.2.9" in texts(ask(wild, "x", Type.NS).additional)


def test_a_zone_at_the_limits_of_a_message_loads() -> None:
    """RFC 1035 section 3.2.1: 65,535 octets of data; section 4.2.2: and as many of a message over TCP."""
    strings = ['"' + "x" * 255 + '"'] * 254
    big = zones(x=HEAD + f"t TXT {' '.join(strings)}\n")
    (record,) = ask(big, "t.x", Type.TXT).answers
    message = Message(1, response=True, question=Question(record.name, Type.TXT), answers=(record,), edns=Edns())
    assert not Message.parse(message.pack()).truncated


def test_rfc_2782_an_srv_records_host_has_its_addresses_with_it() -> None:
    found = ask(zones(x=HEAD + "_http._tcp SRV 0 0 80 ns\n_ssh._tcp SRV 0 0 0 .\n"), "_http._tcp.x", Type.SRV)
    assert texts(found.additional) == ["ns.x 60 A 192.0.2.53"]


def test_rfc_4035_3_1_4_1_ds_records_stand_above_the_cut() -> None:
    parent = HEAD + "sub NS ns.sub\nns.sub A 192.0.2.1\nsub DS 1 8 9 0a0b\n"
    for served in (zones(x=parent), zones(x=parent, **{"sub.x": HEAD})):
        found = ask(served, "sub.x", Type.DS)
        assert found.authoritative and texts(found.answers) == ["sub.x 60 DS 1 8 9 0a0b"]
    only_child = ask(zones(**{"sub.x": HEAD}), "sub.x", Type.DS)
    assert (only_child.rcode, only_child.answers, only_child.authority[0].type) == (Rcode.NOERROR, (), Type.SOA)
    assert ask(zones(x=parent), "sub.x", Type.A).authority[0].type == Type.NS
    assert ask(zones(x=parent), "www.sub.x", Type.DS).authority[0].type == Type.NS


def test_an_alias_may_have_the_records_of_dnssec_beside_it() -> None:
    """RFC 4034 sections 3 and 4; they are kept as octets."""
    assert zones(x=HEAD + "a TYPE46 \\# 1 00\na CNAME ns\na TYPE47 \\# 1 00\na CNAME ns\n")


# DNAME (RFC 6672)

REDIRECTED = HEAD + "d DNAME y.\nd TXT here\ntwice CNAME a.d\nlong DNAME " + ".".join(["l" * 60] * 4) + ".\n"
BOTH = {"x": REDIRECTED, "y": HEAD + "www A 192.0.2.7\na CNAME b.d.x.\nb A 192.0.2.8\n"}


def test_rfc_6672_3_1_a_cname_is_made() -> None:
    found = ask(zones(**BOTH), "www.d.x", Type.A)
    assert (found.rcode, found.authoritative) == (Rcode.NOERROR, True)
    assert texts(found.answers) == ["d.x 60 DNAME y", "www.d.x 60 CNAME www.y", "www.y 60 A 192.0.2.7"]


@pytest.mark.parametrize("kind", [Type.CNAME, Type.ANY])
def test_rfc_6672_3_1_the_made_cname_can_be_asked_for(kind: Type) -> None:
    assert texts(ask(zones(**BOTH), "www.d.x", kind).answers) == ["d.x 60 DNAME y", "www.d.x 60 CNAME www.y"]


def test_rfc_6672_2_3_the_owner_itself_is_not_redirected() -> None:
    assert texts(ask(zones(**BOTH), "d.x", Type.TXT).answers) == ['d.x 60 TXT "here"']
    assert texts(ask(zones(**BOTH), "d.x", Type.DNAME).answers) == ["d.x 60 DNAME y"]
    assert ask(zones(**BOTH), "d.x", Type.A).authority[0].type == Type.SOA


def test_rfc_6672_3_2_aliases_and_redirections_in_a_row() -> None:
    """A DNAME that serves twice stands there once (RFC 2181 section 5)."""
    assert texts(ask(zones(**BOTH), "twice.x", Type.A).answers) == [
        "twice.x 60 CNAME a.d.x",
        "d.x 60 DNAME y",
        "a.d.x 60 CNAME a.y",
        "a.y 60 CNAME b.d.x",
        "b.d.x 60 CNAME b.y",
        "b.y 60 A 192.0.2.8",
    ]


def test_rfc_6672_2_2_a_name_that_becomes_too_long() -> None:
    """ "The server returns an RCODE of YXDOMAIN", and the DNAME "as proof"."""
    found = ask(zones(**BOTH), "12345678901.long.x", Type.A)
    assert (found.rcode, [record.type for record in found.answers]) == (Rcode.YXDOMAIN, [Type.DNAME])


def test_rfc_6672_2_2_loops_end() -> None:
    grows = zones(x=HEAD + "d DNAME c.d\n")
    assert len(ask(grows, "a.d.x", Type.A).answers) == 1 + 16
    around = zones(x=HEAD + "d DNAME e\ne DNAME d\n")
    assert len(ask(around, "a.d.x", Type.A).answers) == 4
    at_the_root = zones(root=HEAD.replace("root", "host") + "x DNAME .\n")
    assert ask(at_the_root, "shortloop.x.x", Type.A).rcode == Rcode.NXDOMAIN


def test_a_chain_has_the_same_limit_whatever_it_is_made_of() -> None:
    chain = "".join(f"c{n} CNAME c{n + 1}\n" for n in range(1, 20)) + "c20 A 192.0.2.1\n"
    served = zones(x=HEAD + chain)
    assert len(ask(served, "c4.x", Type.A).answers) == 16 + 1
    assert [record.type for record in ask(served, "c3.x", Type.A).answers] == [Type.CNAME] * 16


def test_a_record_written_twice_counts_once() -> None:
    """RFC 2181 section 5: the records of a set differ."""
    assert len(ask(zones(x=HEAD + "a A 192.0.2.1\na A 192.0.2.1\n"), "a.x", Type.A).answers) == 1
