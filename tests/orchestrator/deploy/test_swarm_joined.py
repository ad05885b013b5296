"""Engines that are made one swarm, and leave it: what `join` did is what `leave` undoes, and nothing else."""

from __future__ import annotations

import socket

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator import deploy
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm, on_one_network
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_UNDERLAY, EngineError, NetworkSpec
from catenet.orchestrator.deploy.host_address import host_address
from catenet.orchestrator.deploy.hosts import join, leave, report
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.running import UserError

Hosts = dict[str, FakeEngine]


@pytest.fixture
def hosts() -> Hosts:
    found = {name: FakeEngine() for name in ("a", "b", "c")}
    on_one_network(list(found.values()))
    return found


def only(hosts: Hosts, *names: str) -> Hosts:
    return {name: hosts[name] for name in names}


def roles(hosts: Hosts) -> dict[str, str]:
    return {each.host: each.role for each in report(hosts)}


def joined(hosts: Hosts, *names: str, **addresses: str) -> list[str]:
    return join(only(hosts, *names), addresses, NoProgress())


def test_the_first_makes_a_swarm_and_the_others_join_it(hosts: Hosts) -> None:
    assert roles(hosts) == dict.fromkeys("abc", "in no swarm")
    assert joined(hosts, "a", "b", "c") == ["a", "b", "c"]
    assert roles(hosts) == {"a": "manager", "b": "worker", "c": "worker"}
    assert all(each.fine for each in report(hosts))
    assert joined(hosts, "a", "b", "c") == []


def test_a_host_is_reached_by_the_address_that_is_said(hosts: Hosts) -> None:
    with pytest.raises(EngineError, match=r"b must reach 198\.51\.100\.1:2377"):
        joined(hosts, "a", "b", a="198.51.100.1")
    assert roles(hosts) == dict.fromkeys("abc", "in no swarm")
    hosts["b"].neighbours["198.51.100.1"] = hosts["a"]
    joined(hosts, "a", "b", a="198.51.100.1", b="198.51.100.2")
    assert [each.membership.address for each in report(only(hosts, "a", "b"))] == ["198.51.100.1", "198.51.100.2"]


def test_who_is_not_there_yet_joins_what_there_is(hosts: Hosts) -> None:
    hosts["b"].make_swarm("")
    assert joined(hosts, "a", "b", "c") == ["a", "c"]
    assert roles(hosts) == {"a": "worker", "b": "manager", "c": "worker"}


def test_the_swarms_manager_must_be_among_the_hosts(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    with pytest.raises(UserError, match=r"b is in a swarm whose managers are 192\.0\.2\.1:2377: name one of them"):
        joined(hosts, "b", "c")
    assert roles(hosts)["c"] == "in no swarm"


def test_two_swarms_are_not_made_one(hosts: Hosts) -> None:
    joined(hosts, "a", "c")
    hosts["b"].make_swarm("")
    for names in (("a", "b"), ("b", "c")):
        with pytest.raises(UserError, match="two different swarms: end one of them, `docker swarm leave` there"):
            joined(hosts, *names)


def test_who_is_half_in_a_swarm_is_sent_out_first(hosts: Hosts) -> None:
    with pytest.raises(EngineError, match="Timeout was reached"):
        hosts["b"].join_swarm(["198.51.100.1:2377"], FakeSwarm().token, "")
    with pytest.raises(UserError, match=r"b is half in a swarm, pending: `docker swarm leave` there, with --force"):
        joined(hosts, "a", "b")
    hosts["b"].leave_swarm()
    assert joined(hosts, "a", "b") == ["a", "b"]


def test_a_host_that_does_not_reach_the_manager_leaves_nothing_behind(hosts: Hosts) -> None:
    hosts["c"].neighbours.clear()
    with pytest.raises(EngineError, match=r"c: join the swarm of 192\.0\.2\.1:2377: Timeout .*2377/tcp, 7946/tcp"):
        joined(hosts, "a", "b", "c")
    assert roles(hosts) == dict.fromkeys("abc", "in no swarm")


def test_what_was_there_stays_when_a_host_cannot_join(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    hosts["c"].neighbours.clear()
    with pytest.raises(EngineError, match="c: join the swarm"):
        joined(hosts, "a", "b", "c")
    assert roles(hosts) == {"a": "manager", "b": "worker", "c": "in no swarm"}
    assert len(hosts["a"].members()) == 2


def test_an_interrupted_join_leaves_nothing_behind(hosts: Hosts) -> None:
    def interrupt(call: str, _name: str) -> None:
        if call == "join a swarm":
            raise KeyboardInterrupt

    hosts["b"].before = interrupt
    with pytest.raises(KeyboardInterrupt):
        joined(hosts, "a", "b")
    assert roles(hosts) == dict.fromkeys("abc", "in no swarm")


def test_leaving_undoes_joining(hosts: Hosts) -> None:
    joined(hosts, "a", "b", "c")
    assert leave(hosts) == (["b", "c", "a"], {})
    assert roles(hosts) == dict.fromkeys("abc", "in no swarm")
    assert leave(hosts) == ([], {})


def test_the_manager_stays_while_somebody_is_in_its_swarm(hosts: Hosts) -> None:
    joined(hosts, "a", "b", "c")
    gone, stay = leave(only(hosts, "a", "b"))
    assert gone == ["b"]
    assert stay == {"a": "host of 192.0.2.3 (192.0.2.3) is in its swarm: it leaves first"}
    assert len(hosts["a"].members()) == 2
    assert leave(only(hosts, "a", "c")) == (["c", "a"], {})


def test_the_manager_stays_for_a_host_that_does_not_answer(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    gone, stay = leave(only(hosts, "a"), ["b"])
    assert (gone, list(stay)) == ([], ["a"])
    assert stay["a"].startswith("b may be in its swarm: ")


def test_without_the_manager_nobody_knows_who_was_brought_in(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    gone, stay = leave(only(hosts, "b"))
    assert (gone, stay) == ([], {"b": "whether it was brought in, a manager knows: name 192.0.2.1:2377 too"})


def test_somebody_elses_swarm_is_not_ended(hosts: Hosts) -> None:
    swarm = FakeSwarm()
    hosts["a"].join(swarm, manager=True)
    hosts["b"].join(swarm, manager=False)
    assert joined(hosts, "a", "b", "c") == ["c"]
    gone, stay = leave(hosts)
    assert gone == ["c"]
    assert sorted(stay) == ["a", "b"]
    assert "was not made by catenet" in stay["a"]
    assert "in this swarm before" in stay["b"]
    assert roles(hosts) == {"a": "manager", "b": "worker", "c": "in no swarm"}


def test_nobody_leaves_while_a_lab_runs_over_the_swarm(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    prefix = Prefix.parse("198.18.0.0/20")
    labels = {LABEL_LAB: "x", LABEL_UNDERLAY: "1"}
    spec = NetworkSpec("x__underlay", prefix, Address(prefix.broadcast - 1), labels, driver="overlay")
    hosts["a"].create_network(spec)
    with pytest.raises(UserError, match="lab x runs over this swarm: catenet down x"):
        leave(hosts)
    hosts["a"].remove_network(spec.name)
    assert leave(only(hosts, "a", "b")) == (["b", "a"], {})


def test_a_member_that_its_manager_does_not_hear_is_not_fine(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    hosts["b"].leave_swarm()
    of_a, of_b = report(only(hosts, "a", "b"))
    assert (of_a.fine, of_b.fine, of_b.role) == (True, False, "in no swarm")
    assert [member.state for member in hosts["a"].members()] == ["ready", "down"]


@pytest.mark.parametrize("gossip", [False, None])
def test_a_member_that_is_deaf_to_the_others_is_told_and_leaves(
    hosts: Hosts, gossip: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy.hosts, "_GOSSIP", 0.0)
    hosts["b"].gossip = gossip
    with pytest.raises(EngineError, match=r"^b hears nothing .* restart docker` there; then catenet hosts join again"):
        joined(hosts, "a", "b", "c")
    assert roles(hosts) == dict.fromkeys("abc", "in no swarm")
    hosts["b"].gossip = True
    joined(hosts, "a", "b", "c")
    hosts["b"].gossip = gossip
    of_a, of_b, of_c = report(hosts)
    assert (of_a.fine, of_b.fine, of_c.fine) == (True, False, True)
    assert (of_a.reason, of_c.reason) == ("", "")
    assert "7946/tcp" in of_b.reason


def test_a_swarm_without_a_network_of_its_own_does_not_tell_who_is_deaf(hosts: Hosts) -> None:
    for each in hosts.values():
        each.gossip = None
    assert joined(hosts, "a", "b", "c") == ["a", "b", "c"]
    assert all(each.fine for each in report(hosts))


def test_the_token_is_shown_by_nothing(hosts: Hosts) -> None:
    joined(hosts, "a", "b")
    token = hosts["a"].join_token()
    assert token.secret not in repr(token) + str(token) + repr(report(hosts)) + repr(hosts["a"].calls)


def test_an_engine_that_does_not_answer_is_named(hosts: Hosts) -> None:
    hosts["b"].gone = True
    with pytest.raises(EngineError, match="b: ask for its swarm: the engine has gone"):
        report(hosts)


@pytest.mark.parametrize(
    ("url", "others", "expected"),
    [
        ("ssh://user@192.0.2.7:2222", ["local"], "192.0.2.7"),
        ("user@192.0.2.7", ["local"], "192.0.2.7"),
        ("tcp://192.0.2.7:2375", [], "192.0.2.7"),
        ("ssh://root@127.0.0.1", ["local"], ""),
        ("local", ["ssh://root@127.0.0.1"], ""),
        ("local", ["unix:///run/other.sock", "some-context"], ""),
        ("ssh://no-such-server.invalid", ["local"], ""),
    ],
)
def test_the_address_by_which_the_others_reach_a_host(url: str, others: list[str], expected: str) -> None:
    assert host_address(url, others) == expected


def test_this_machine_is_reached_by_the_address_from_which_it_reaches_the_others() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no way to anywhere")
        own = probe.getsockname()[0]
    assert host_address("local", ["ssh://user@192.0.2.1"]) == own
