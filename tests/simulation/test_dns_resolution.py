"""Whole resolutions: our resolver among our name servers, in the simulated network."""

from __future__ import annotations

import pytest
from dns_world import LAN, RESOLVER, DnsWorld, internet

from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Rcode, Type

OFF = ResolverOptions(qname_minimisation="off")
ROOTS = {"a.root-servers.net", "b.root-servers.net"}
HEAD = "$TTL {ttl}\n@ SOA ns.{zone}. root.{zone}. 1 2 3 4 {minimum}\n"


def head(zone: str, ttl: int = 300, minimum: int = 60) -> str:
    return HEAD.format(zone=zone, ttl=ttl, minimum=minimum)


def as_text(records: tuple[object, ...]) -> list[str]:
    return [str(record) for record in records]


def kinds(world: DnsWorld) -> list[str]:
    return [said.report.text for said in world.network.nodes["resolver"].said]


# The lecture's figures (claims F3, F4, F7, F8)


@pytest.mark.parametrize("seed", range(5))
def test_dragon_takes_eight_messages_and_then_two(seed: int) -> None:
    world = internet(seed=seed)
    answer = world.ask("dragon.cs.uiuc.edu")
    assert as_text(answer.answers) == ["dragon.cs.uiuc.edu 300 A 192.31.65.5"]
    assert (answer.recursion_available, answer.authoritative) == (True, False)
    assert world.messages() == 8
    root, *others = world.asked()
    assert root in ROOTS and others == ["dns.uiuc.edu", "dns.cs.uiuc.edu"]
    again = world.ask("dragon.cs.uiuc.edu")
    assert world.messages() == 2
    assert [record.data for record in again.answers] == [record.data for record in answer.answers]


def test_the_top_level_step() -> None:
    world = internet()
    assert as_text(world.ask("www.nytimes.com").answers) == ["www.nytimes.com 300 A 192.31.212.80"]
    assert world.messages() == 8
    root, *others = world.asked()
    assert root in ROOTS and others == ["dns.com", "dns.nytimes.com"]


def test_what_was_learnt_on_the_way_is_used() -> None:
    world = internet()
    world.ask("dragon.cs.uiuc.edu")
    world.asked()
    world.ask("sal.cs.uiuc.edu")
    assert world.asked() == ["dns.cs.uiuc.edu"]
    world.ask("host4.ee.uiuc.edu")
    assert world.asked() == ["dns.uiuc.edu"]


def test_the_story_in_words() -> None:
    world = internet()
    world.ask("dragon.cs.uiuc.edu")
    assert kinds(world) == [
        "A dragon.cs.uiuc.edu? (resolve it for me)",
        "A dragon.cs.uiuc.edu?",
        "I don't know; ask dns.uiuc.edu",
        "A dragon.cs.uiuc.edu?",
        "I don't know; ask dns.cs.uiuc.edu",
        "A dragon.cs.uiuc.edu?",
        "192.31.65.5, keep it 300 s",
        "192.31.65.5",
    ]
    ends = [(s.report.data["source"], s.report.data["destination"]) for s in world.network.nodes["resolver"].said]
    assert ends[0] == ends[7][::-1] == ("192.31.33.7:5000", "192.31.33.53:53")
    assert ends[1] == ends[2][::-1] and str(ends[1][0]).startswith(f"{RESOLVER}:4")


def test_ttls_count_down_and_run_out() -> None:
    world = internet()
    world.ask("dragon.cs.uiuc.edu")
    world.network.run(100)
    assert 195 <= world.ask("dragon.cs.uiuc.edu").answers[0].ttl <= 200
    world.asked()
    world.network.run(201)
    assert world.ask("dragon.cs.uiuc.edu").answers[0].ttl == 300
    assert world.asked() == ["dns.cs.uiuc.edu"]


def test_after_a_flush_everything_is_cold() -> None:
    world = internet()
    world.ask("dragon.cs.uiuc.edu")
    world.resolver.flush()
    world.asked()
    world.ask("dragon.cs.uiuc.edu")
    assert world.messages() == 8


# Negative answers (RFC 2308, RFC 8020)


def test_a_name_that_is_not_there_is_remembered() -> None:
    world = internet()
    for messages in (6, 2):
        answer = world.ask("nope.uiuc.edu")
        assert answer.rcode == Rcode.NXDOMAIN and not answer.answers
        assert answer.authority[0].type == Type.SOA and answer.authority[0].ttl in (59, 60)
        assert world.messages() == messages
        world.asked()
    assert world.ask("nope.uiuc.edu", Type.TXT).rcode == Rcode.NXDOMAIN  # for every type (RFC 2308 section 5)
    assert world.ask("below.nope.uiuc.edu").rcode == Rcode.NXDOMAIN  # and nothing is underneath (RFC 8020)
    assert world.asked() == []
    world.network.run(61)
    world.ask("nope.uiuc.edu")
    assert world.asked() == ["dns.uiuc.edu"]


def test_a_record_that_is_not_there_is_remembered_for_its_type() -> None:
    world = internet()
    for _ in range(2):
        answer = world.ask("dragon.cs.uiuc.edu", Type.MX)
        assert (answer.rcode, answer.answers, answer.authority[0].type) == (Rcode.NOERROR, (), Type.SOA)
    world.asked()
    assert world.ask("dragon.cs.uiuc.edu").answers
    assert world.asked() == ["dns.cs.uiuc.edu"]


# Servers that do not answer


def test_a_dead_root_is_survived_and_then_avoided() -> None:
    for dead in ROOTS:
        world = internet(seed=3)
        world.network.kill(dead)
        assert world.ask("dragon.cs.uiuc.edu").answers
        assert world.network.now < 1.0  # one timeout of 0.8 s at most
        world.asked()
        if not world.counters["timeouts"]:
            continue
        for name in ("www.nytimes.com", "surf.eurecom.fr"):
            assert world.ask(name).answers
            assert dead not in world.asked()


def test_a_paused_server_is_no_different_from_a_dead_one() -> None:
    world = internet()
    world.network.pause("dns.uiuc.edu")
    assert world.ask("dragon.cs.uiuc.edu").rcode == Rcode.SERVFAIL
    assert world.network.now == pytest.approx(4.5, abs=0.01)
    world.network.resume("dns.uiuc.edu")
    world.network.run(1.1)  # a failure is kept for a second (RFC 9520)
    assert world.ask("dragon.cs.uiuc.edu").answers


@pytest.mark.parametrize("seed", range(20))
def test_loss_duplicates_and_reordering(seed: int) -> None:
    world = internet(seed=seed)
    world.network.impair(LAN, delay=0.03, jitter=0.01, duplicate=0.2, loss=0.15)
    for name in ("dragon.cs.uiuc.edu", "www.nytimes.com", "surf.eurecom.fr", "nope.edu"):
        wanted = Rcode.NXDOMAIN if name == "nope.edu" else Rcode.NOERROR
        number = world.send(name)
        for _ in range(5):  # as a stub resolver asks again
            world.network.run(6)
            if any(answer.id == number and answer.rcode == wanted for answer in world.client.answers):
                break
            world.send(name, number=number)
        else:
            pytest.fail(f"{name} was not resolved in 30 s")
    assert not world.resolver.show(world.network.now, str)["searches"]  # type: ignore[index, call-overload]


def test_nobody_answers() -> None:
    world = internet()
    for root in ROOTS:
        world.network.kill(root)
    assert world.ask("dragon.cs.uiuc.edu").rcode == Rcode.SERVFAIL
    assert world.resolver.next_wake() is None


def test_equal_questions_in_flight_are_one() -> None:
    world = internet()
    numbers = [world.send("dragon.cs.uiuc.edu") for _ in range(5)]
    world.send("dragon.cs.uiuc.edu", number=numbers[0])  # a stub resolver that asks again
    world.network.run(1)
    assert sorted(answer.id for answer in world.client.answers) == numbers
    assert len(world.asked()) == 3


# Questions without recursion, and over TCP


def test_without_recursion_only_the_cache_answers() -> None:
    world = internet()
    cold = world.ask("dragon.cs.uiuc.edu", rd=False)
    assert not cold.answers and {str(record.name) for record in cold.authority} == {"."}
    assert world.messages() == 2
    world.ask("dragon.cs.uiuc.edu")
    assert world.ask("dragon.cs.uiuc.edu", rd=False).answers
    nearer = world.ask("sal.cs.uiuc.edu", rd=False)
    assert not nearer.answers and as_text(nearer.authority) == ["cs.uiuc.edu 86400 NS dns.cs.uiuc.edu"]


def test_glue_is_no_answer() -> None:
    """RFC 2181 section 5.4.1: what came along with a referral is never returned as an answer."""
    world = internet()
    world.ask("dragon.cs.uiuc.edu")
    assert not world.ask("dns.cs.uiuc.edu", rd=False).answers
    world.asked()
    assert as_text(world.ask("dns.cs.uiuc.edu").answers) == ["dns.cs.uiuc.edu 300 A 192.31.65.53"]
    assert world.asked() == ["dns.cs.uiuc.edu"]


def test_the_root_servers_for_dig_trace() -> None:
    answer = internet().ask(".", Type.NS)
    assert as_text(answer.answers) == [". 86400 NS a.root-servers.net", ". 86400 NS b.root-servers.net"]


BIG = " ".join(f'"{number:0>200}"' for number in range(10))


def test_a_truncated_answer_is_asked_for_again_over_tcp() -> None:
    """RFC 7766 section 5; and the client, too, needs TCP for it."""
    servers = {"ns.x": ("192.31.1.1", {"root": head("x") + f"@ NS ns.x.\nns.x A 192.31.1.1\nbig.x TXT {BIG}\n"})}
    world = DnsWorld(servers, {"ns.x": "192.31.1.1"}, OFF)
    assert world.ask("big.x", Type.TXT).truncated
    assert world.network.record is not None
    asked = [hop.packet for hop in world.network.record if hop.node == "resolver" and hop.packet.destination.port == 53]
    assert (len(asked), world.network.connections) == (1, [("resolver", asked[0].destination)])
    assert len(str(world.ask("big.x", Type.TXT, stream=True).answers[0].data)) > 2000
    world.network.call("resolver", lambda machine, now: machine.connect_failed(1, "long since answered", now))  # type: ignore[attr-defined]
    assert world.counters["tcp_failures"] == 1


# Delegations of all kinds

GLUELESS = {
    "root": (
        "192.31.1.1",
        {
            "root": head("root")
            + "@ NS ns.root.\nns.root A 192.31.1.1\n"
            + "a NS ns2.b.\nb NS ns.b.\nns.b A 192.31.1.2\nloop1 NS ns.loop2.\nloop2 NS ns.loop1.\n"
            + "self NS ns.b.\nbad NS ns.bad2.\nbad2 NS ns.bad3.\nbad3 NS ns.bad4.\nbad4 NS ns.bad5.\n"
            + "bad5 NS ns.bad6.\nbad6 NS ns.bad7.\nbad7 NS ns.bad.\n"
        },
    ),
    "b": (
        "192.31.1.2",
        {
            "b": head("b")
            + "@ NS ns\nns A 192.31.1.2\nns2 A 192.31.1.2\nwww A 192.31.9.2\n"
            + "alias CNAME www.a.\nalias2 CNAME alias\n",
            "a": head("a") + "@ NS ns.b.\nwww A 192.31.9.1\nback CNAME back.b.\n*.wild A 192.31.9.3\n",
        },
    ),
}


def glueless(options: ResolverOptions = OFF) -> DnsWorld:
    return DnsWorld(GLUELESS, {"ns.root": "192.31.1.1"}, options)


def test_a_server_without_glue_is_looked_up() -> None:
    world = glueless()
    assert as_text(world.ask("www.a").answers) == ["www.a 300 A 192.31.9.1"]
    # root: a NS ns2.b; root again for ns2.b, and b says where it is; then the question itself
    assert world.asked() == ["root", "root", "b", "b"]


@pytest.mark.parametrize("name", ["www.loop1", "www.loop2", "www.bad"])
def test_servers_that_cannot_be_found_end_in_servfail(name: str) -> None:
    world = glueless()
    assert world.ask(name).rcode == Rcode.SERVFAIL
    assert world.messages() < 40
    assert not world.resolver.show(world.network.now, str)["searches"]  # type: ignore[index, call-overload]


def test_a_server_that_knows_nothing_of_its_zone() -> None:
    """Lame: it refuses."""
    world = glueless()
    assert world.ask("www.self").rcode == Rcode.SERVFAIL
    assert world.network.now < 1


def test_aliases_across_zones() -> None:
    world = glueless()
    answer = world.ask("alias2.b")
    assert [str(record.name) for record in answer.answers] == ["alias2.b", "alias.b", "www.a"]
    assert world.ask("alias2.b").answers[-1].data == answer.answers[-1].data


def test_a_loop_of_aliases_ends() -> None:
    servers = {"r": ("192.31.1.1", {"root": head("r") + "@ NS r.\nr A 192.31.1.1\na CNAME b\nb CNAME a\n"})}
    world = DnsWorld(servers, {"r": "192.31.1.1"}, OFF)
    assert world.ask("a").rcode == Rcode.SERVFAIL
    assert world.messages() < 10


def test_a_record_with_ttl_0_is_given_but_not_kept() -> None:
    """RFC 1035 section 3.2.1."""
    servers = {"r": ("192.31.1.1", {"root": head("r", ttl=0) + "@ NS r.\nr A 192.31.1.1\n"})}
    world = DnsWorld(servers, {"r": "192.31.1.1"}, OFF)
    for _ in range(2):
        assert as_text(world.ask("r").answers) == ["r 0 A 192.31.1.1"]
        assert world.asked() == ["r"]


def test_the_cache_is_bounded() -> None:
    world = DnsWorld(GLUELESS, {"ns.root": "192.31.1.1"}, ResolverOptions(qname_minimisation="off", cache=16))
    for number in range(100):
        assert world.ask(f"h{number}.wild.a").answers
    assert len(world.resolver.cache) == 16


# Minimised names (RFC 9156)


def test_minimised_names() -> None:
    world = internet(ResolverOptions(qname_minimisation="on"))
    assert world.ask("dragon.cs.uiuc.edu").answers
    said = [text for text in kinds(world) if text.endswith("?")]
    assert said == ["A edu?", "A uiuc.edu?", "A cs.uiuc.edu?", "A dragon.cs.uiuc.edu?"]
    assert world.messages() == 10


def test_minimised_names_ask_for_no_type_but_a_until_the_last() -> None:
    world = internet(ResolverOptions(qname_minimisation="on"))
    world.ask("dragon.cs.uiuc.edu", Type.MX)
    assert [text for text in kinds(world) if text.endswith("?")][-1] == "MX dragon.cs.uiuc.edu?"


def test_a_minimised_name_that_is_not_there_ends_the_search() -> None:
    world = internet(ResolverOptions(qname_minimisation="on"))
    assert world.ask("a.b.c.nope.edu").rcode == Rcode.NXDOMAIN
    assert "A nope.edu?" in kinds(world) and "A c.nope.edu?" not in kinds(world)


def test_minimising_gives_the_same_answers() -> None:
    for name in ("www.a", "alias2.b", "www.b", "nope.b", "x.y.wild.a"):
        on, off = (glueless(ResolverOptions(qname_minimisation=word)).ask(name) for word in ("on", "off"))  # type: ignore[arg-type]
        assert (on.rcode, on.answers) == (off.rcode, off.answers)


def test_names_are_compared_without_case() -> None:
    world = internet()
    world.ask("DRAGON.cs.UIUC.edu")
    world.asked()
    world.ask("dragon.CS.uiuc.EDU")
    assert world.messages() == 2
    assert Name.parse("DRAGON.cs.UIUC.edu") == Name.parse("dragon.cs.uiuc.edu")
