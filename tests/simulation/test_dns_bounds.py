"""What others write into their zones bounds neither the resolver's work nor its stack (RFC 1034 section 5.3.3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dns_world import DnsWorld

from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.records import CHAIN_LIMIT, Rcode, Type

ROOT = (
    "$TTL 300\n. SOA r. h. 1 2 3 4 60\n. NS r.\nr. A 192.31.53.53\nexample. NS ns.example.\nns.example. A 192.31.60.1\n"
)
VICTIM = "victim. NS ns.victim.\nns.victim. A 192.31.61.1\n"
HEAD = "$TTL 300\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A {address}\n"
OPTIONS = [ResolverOptions(qname_minimisation="off"), ResolverOptions(qname_minimisation="on")]


def world(
    zone: str, options: ResolverOptions = OPTIONS[0], *, root: str = ROOT, victim: str = "", many: str = ""
) -> DnsWorld:
    """A root, a zone `example` of a hostile author, and perhaps a zone `victim` of somebody else's, who also serves
    `many`.example."""
    example = {"example": HEAD.format(address="192.31.60.1") + zone}
    servers = {"r": ("192.31.53.53", {"root": root + VICTIM * bool(victim)}), "ns.example": ("192.31.60.1", example)}
    if victim:
        zones = {"victim": HEAD.format(address="192.31.61.1") + victim, **({"many.example": many} if many else {})}
        servers["ns.victim"] = ("192.31.61.1", zones)
    return DnsWorld(servers, {"r": "192.31.53.53"}, options)


def servers_in(zone: str, count: int) -> str:
    return "".join(f"many NS h{number}.{zone}.\n" for number in range(count))


@pytest.mark.parametrize("options", OPTIONS, ids=["whole", "minimised"])
@pytest.mark.parametrize("count", [1, 130, 1500])
def test_rfc_1034_5_3_3_servers_none_of_which_can_be_found(count: int, options: ResolverOptions) -> None:
    """Their names lie in a zone that does not exist: ten are looked up each time, two messages for each."""
    hostile = world(servers_in("bad", count), options)
    for _ in range(2):
        assert hostile.ask("www.many.example").rcode == Rcode.SERVFAIL
        assert hostile.messages() <= 40
    assert hostile.ask("ns.example").answers
    assert not hostile.resolver.show(hostile.network.now, str)["searches"]  # type: ignore[index, call-overload]
    assert hostile.resolver.next_wake() is None


def test_rfc_1034_5_3_3_many_names_for_one_question_of_a_client() -> None:
    """Each is another one's, who is asked for them all: that many questions, and no more ("NXNSAttack", 2020)."""
    attacked = world(servers_in("victim", 130), victim="www A 192.31.70.1\n")
    assert attacked.ask("www.many.example").rcode == Rcode.SERVFAIL
    assert attacked.asked().count("ns.victim") <= 10
    assert attacked.ask("www.victim").answers


@pytest.mark.parametrize("options", OPTIONS, ids=["whole", "minimised"])
def test_servers_that_are_gone_hide_none_that_is_there(options: ResolverOptions) -> None:
    """A zone's author has forgotten nine of them; another zone's server, named last, still serves it."""
    many = "$TTL 300\n@ SOA n h 1 2 3 4 5\n@ NS ns.victim.\nwww A 192.31.70.2\n"
    served = world(servers_in("victim", 9) + "many NS ns.victim.\n", options, victim="w A 192.31.70.1\n", many=many)
    assert [str(record) for record in served.ask("www.many.example").answers] == ["www.many.example 300 A 192.31.70.2"]


def test_rfc_1034_5_3_3_zones_that_need_one_another_in_a_row() -> None:
    """a0's servers are in a1, a1's in a2, … a199 has a server; nobody goes that far."""
    row = "".join(f"a{n} NS ns.a{n + 1}.example.\n" for n in range(199)) + "a199 NS ns.a199\nns.a199 A 192.31.60.1\n"
    hostile = world(row)
    assert hostile.ask("www.a0.example").rcode == Rcode.SERVFAIL
    assert hostile.messages() < 70
    assert not hostile.resolver.show(hostile.network.now, str)["searches"]  # type: ignore[index, call-overload]


def test_many_clients_whose_questions_wait_for_one_search() -> None:
    hostile = world("many NS h.bad.\n")
    for number in range(1500):
        hostile.send(f"h{number}.many.example")
    hostile.network.run(6)
    assert len(hostile.client.answers) == 1500
    assert {answer.rcode for answer in hostile.client.answers} == {Rcode.SERVFAIL}
    assert not hostile.resolver._clients and not hostile.resolver._datagrams and not hostile.resolver._agenda


def test_addresses_that_are_no_hosts_are_not_asked() -> None:
    """RFC 1122 section 3.2.1.3: this host, everybody, a group; and our own loopback."""
    for address in ("127.0.0.1", "0.0.0.0", "0.1.2.3", "255.255.255.255", "224.0.0.9", "240.0.0.1"):
        hostile = world(f"many NS ns.many\nns.many A {address}\n")
        assert hostile.ask("www.many.example").rcode == Rcode.SERVFAIL
        assert hostile.network.now < 0.1


# Chains of aliases have one limit, however they are learnt


def chain(length: int, kind: str) -> str:
    make: Callable[[int], str] = {
        "alias": lambda n: f"c{n} CNAME c{n + 1}\n",
        "redirection": lambda n: f"d{n} DNAME d{n + 1}\n",
    }[kind]
    end = "c" if kind == "alias" else "www.d"
    return "".join(make(n) for n in range(1, length + 1)) + f"{end}{length + 1} A 192.31.70.1\n"


@pytest.mark.parametrize("options", OPTIONS, ids=["whole", "minimised"])
@pytest.mark.parametrize("kind", ["alias", "redirection"])
@pytest.mark.parametrize("length", [1, 13, CHAIN_LIMIT, CHAIN_LIMIT + 1, CHAIN_LIMIT + 2, 40])
def test_a_chain_has_the_same_answer_cold_and_warm(length: int, kind: str, options: ResolverOptions) -> None:
    served = world(chain(length, kind), options)
    first = "c1.example" if kind == "alias" else "www.d1.example"
    wanted = Rcode.NOERROR if length <= CHAIN_LIMIT else Rcode.SERVFAIL
    cold, warm = served.ask(first), served.ask(first)
    assert (cold.rcode, warm.rcode) == (wanted, wanted)
    assert [(r.name, r.type, r.data) for r in cold.answers] == [(r.name, r.type, r.data) for r in warm.answers]
    served.network.run(2)  # a failure is kept for a second (RFC 9520)
    assert served.ask(first).rcode == wanted
    parts = world(chain(length, kind), options)
    for number in range(length, 0, -1):  # from its end: each answer has one alias more
        name = f"c{number}.example" if kind == "alias" else f"www.d{number}.example"
        assert parts.ask(name).rcode == (Rcode.NOERROR if length - number < CHAIN_LIMIT else Rcode.SERVFAIL)


def test_a_chain_across_zones_has_the_same_limit() -> None:
    """Every alias leads to the other server."""
    aliases = {
        zone: "".join(f"c{n} CNAME c{n + 1}.{other}.\n" for n in range(1, 18))
        + "c17 A 192.31.70.1\nc18 A 192.31.70.1\n"
        for zone, other in (("example", "victim"), ("victim", "example"))
    }
    aliases = {zone: text.replace("c17 CNAME", "d17 CNAME") for zone, text in aliases.items()}
    served = world(aliases["example"], victim=aliases["victim"])
    assert len(served.ask("c1.example").answers) == CHAIN_LIMIT + 1
    assert [len(served.ask("c1.example").answers) for _ in range(2)] == [CHAIN_LIMIT + 1] * 2


# One client, several questions


def test_rfc_5452_9_1_one_id_for_several_questions_at_once() -> None:
    served = world("www A 192.31.70.1\nftp A 192.31.70.2\nwww MX 1 ftp\n")
    for name, kind in (("www.example", Type.A), ("ftp.example", Type.A), ("www.example", Type.MX)):
        served.send(name, kind, number=7)
    served.send("www.example", number=7)  # the same again
    served.network.run(1)
    asked = sorted(str(answer.question) for answer in served.client.answers)
    assert asked == ["A ftp.example", "A www.example", "MX www.example"]
    assert served.counters["duplicates"] == 1


def test_every_question_over_tcp_gets_its_answer_an_equal_one_too() -> None:
    served = world("www A 192.31.70.1\n")
    for _ in range(3):
        served.send("www.example", number=7, stream=True)
    served.network.run(1)
    assert len(served.client.answers) == 3


# Types that no record has (RFC 6895 section 3.1)


@pytest.mark.parametrize("kind", [0, 41, 128, 249, 250, 65535])
def test_rfc_6895_3_1_a_type_that_nothing_has_harms_no_other(kind: int) -> None:
    """RFC 2308 section 5: a name error is kept for a name, other negative answers for a name and a type."""
    served = world("www A 192.31.70.1\n")
    for name in (".", "example", "www.example"):
        assert served.ask(name, kind).rcode == Rcode.FORMERR
    assert served.asked() == []
    assert served.ask("www.example").answers


def test_a_ds_record_is_asked_of_the_servers_above_its_cut() -> None:
    """RFC 9156 section 3 step 1a."""
    digest = f"1 8 2 {'0a0b' * 16}"
    for options in OPTIONS:
        served = world("www A 192.31.70.1\n", options, root=f"{ROOT}example. DS {digest}\n")
        assert served.ask("www.example").answers
        assert [str(record) for record in served.ask("example", Type.DS).answers] == [f"example 300 DS {digest}"]
        assert not served.ask("www.example", Type.DS).answers
