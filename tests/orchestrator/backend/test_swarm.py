"""What engines in a swarm must do: the same tests for Docker's and for their twins.

Each test has a swarm of its own, and Docker forgets now and then to shut a port when it leaves one, by which it is deaf
in all later ones (`Engines.free_gossip`): before each test, who is so is started anew.

Proven on Docker besides: a node on an overlay has that one interface, no way out by it, and room for a whole frame.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from backend_bench import IMAGE, LAB, answer, clear, node, run
from engines import GOSSIP, Engines

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import on_one_network
from catenet.orchestrator.backend.protocols import LABEL_LAB, ContainerSpec, EngineError, NetworkSpec, PrefixTakenError
from catenet.orchestrator.backend.swarm import JoinToken, OneEngine
from catenet.orchestrator.deploy import hosts
from catenet.orchestrator.deploy.host_paths import HostPath, prove_paths
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.deploy.progress import NoProgress

_UNDERLAY = f"{LAB}__underlay"
_MTU = 1450  # of a way of 1,500 octets


class Pair(NamedTuple):
    """Two engines, in no swarm."""

    a: OneEngine
    b: OneEngine


def overlay(prefix: str = "198.18.64.0/24", name: str = _UNDERLAY) -> NetworkSpec:
    whole = Prefix.parse(prefix)
    return NetworkSpec(name, whole, Address(whole.broadcast - 1), {LABEL_LAB: LAB}, mtu=_MTU, driver="overlay")


def attached(name: str, spec: NetworkSpec, number: int) -> ContainerSpec:
    made = node(name)
    return ContainerSpec(made.name, name, IMAGE, {}, {spec.name: Address(spec.prefix.network + number)}, made.labels)


def connected(engines: Engines) -> Pair:
    return Pair(*(connect(host.socket) for host in engines.hosts.values()))


@pytest.fixture(scope="module")
def docker_pair(two_engines: Engines, docker: OneEngine) -> Iterator[Engines]:
    """They have the image."""
    two_engines.carry(IMAGE, node_image_tag())
    yield two_engines
    for engine in connected(two_engines):
        engine.remove_image(IMAGE)


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.engine)])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "fake":
        twins = [FakeEngine(answer=answer), FakeEngine(answer=answer)]
        on_one_network(twins)
        for twin in twins:
            twin.build(IMAGE, b"context", {})
        yield Pair(*twins)
        return
    if os.geteuid() != 0:
        pytest.skip("engines in network namespaces of their own: only for root")
    engines: Engines = request.getfixturevalue("docker_pair")
    engines.free_gossip()
    real = connected(engines)
    yield real
    for each in real.b.listed({LABEL_LAB: None}):
        real.b.remove(each.name)
    for network in real.b.networks():
        if network.copy and network.driver == "bridge":  # an overlay, which it lists a while longer, is its manager's
            real.b.remove_network(network.name)
    clear(real.a)
    for engine in (real.b, real.a):
        engine.leave_swarm()


@pytest.fixture
def swarm(pair: Pair) -> Pair:
    """`a` manages it, and `b` is in it."""
    pair.a.make_swarm("")
    pair.b.join_swarm(pair.a.membership().managers, pair.a.join_token(), "")
    return pair


def test_an_engine_is_in_no_swarm_before_it_is_brought_in(pair: Pair) -> None:
    found = pair.a.membership()
    assert (found.state, found.active, found.manager, found.managers, pair.a.manages()) == (
        "inactive",
        False,
        False,
        (),
        False,
    )
    pair.a.leave_swarm()  # it is in none: no error


def test_who_makes_a_swarm_manages_it(pair: Pair) -> None:
    pair.a.make_swarm("")
    found = pair.a.membership()
    assert (found.active, found.manager, found.ours, pair.a.manages()) == (True, True, True, True)
    assert found.managers == (f"{found.address}:2377",)
    (member,) = pair.a.members()
    assert (member.member, member.manager, member.state, member.ours) == (found.member, True, "ready", False)
    with pytest.raises(EngineError, match="already part of a swarm"):
        pair.a.make_swarm("")


def test_who_joins_is_a_member_and_manages_nothing(swarm: Pair) -> None:
    found = swarm.b.membership()
    assert (found.active, found.manager, found.swarm, swarm.b.manages()) == (True, False, "", False)
    assert found.managers == swarm.a.membership().managers
    assert {member.member: member.manager for member in swarm.a.members()} == {
        swarm.a.membership().member: True,
        found.member: False,
    }
    for ask in (swarm.b.members, swarm.b.join_token):
        with pytest.raises(EngineError, match="not a swarm manager"):
            ask()


def test_marks_stay_with_a_member(swarm: Pair) -> None:
    joined = swarm.b.membership().member
    assert swarm.a.path_mtu() is None
    swarm.a.mark_member(joined, ours=True)
    swarm.a.mark_member(joined, mtu=1600)
    swarm.a.mark_member(swarm.a.membership().member, mtu=9000)
    marks = {member.member: (member.ours, member.mtu) for member in swarm.a.members()}
    assert marks == {joined: (True, 1600), swarm.a.membership().member: (False, 9000)}
    assert (swarm.a.path_mtu(), swarm.b.path_mtu()) == (1600, None)


def test_a_wrong_token_lets_nobody_in(pair: Pair) -> None:
    pair.a.make_swarm("")
    secret = pair.a.join_token().secret
    wrong = JoinToken(secret[:-4] + ("aaaa" if not secret.endswith("aaaa") else "bbbb"))
    with pytest.raises(EngineError, match="A valid join token is necessary") as told:
        pair.b.join_swarm(pair.a.membership().managers, wrong, "")
    assert wrong.secret not in str(told.value)
    assert pair.b.membership().state == "inactive"


def test_who_has_left_is_forgotten(swarm: Pair) -> None:
    joined = swarm.b.membership().member
    swarm.b.leave_swarm()
    assert swarm.b.membership().state == "inactive"
    swarm.a.forget_member(joined)
    swarm.a.forget_member(joined)  # again: no error
    assert [member.member for member in swarm.a.members()] == [swarm.a.membership().member]


def test_only_a_manager_makes_and_removes_overlays(swarm: Pair) -> None:
    with pytest.raises(EngineError, match="manager"):
        swarm.b.create_network(overlay())
    swarm.a.create_network(overlay())
    (seen,) = [each for each in swarm.a.networks() if each.name == _UNDERLAY]
    assert (seen.driver, seen.prefixes, dict(seen.labels)) == (
        "overlay",
        (overlay().prefix,),
        {LABEL_LAB: LAB},
    )
    with pytest.raises(EngineError, match="already exists"):
        swarm.a.create_network(overlay())
    swarm.a.remove_network(_UNDERLAY)
    swarm.a.remove_network(_UNDERLAY)  # again: no error
    assert _UNDERLAY not in {each.name for each in swarm.a.networks()}


def test_an_overlay_with_another_ones_prefix_is_refused_and_nothing_of_it_stays(swarm: Pair) -> None:
    swarm.a.create_network(overlay())
    with pytest.raises(PrefixTakenError, match=r"198\.18\.64\.0/25"):
        swarm.a.create_network(overlay("198.18.64.0/25", f"{LAB}_other"))
    assert f"{LAB}_other" not in {each.name for each in swarm.a.networks()}


def test_an_overlay_on_which_somebody_is_cannot_be_removed(swarm: Pair) -> None:
    swarm.a.create_network(overlay())
    spec = attached("b", overlay(), 66)
    swarm.b.create(spec)
    swarm.b.start(spec.name)
    with pytest.raises(EngineError, match="in use by task"):
        swarm.a.remove_network(_UNDERLAY)
    swarm.b.remove(spec.name)
    swarm.a.remove_network(_UNDERLAY)


@pytest.mark.engine
@pytest.mark.parametrize("pair", ["docker"], indirect=True)
def test_containers_of_two_hosts_meet_on_an_overlay_that_leads_nowhere_else(swarm: Pair) -> None:
    swarm.a.create_network(overlay())
    specs = [attached("a", overlay(), 65), attached("b", overlay(), 66)]
    for engine, spec in zip(swarm, specs, strict=True):
        engine.create(spec)
        engine.start(spec.name)
    first = ["-c", "1", "-i", "0.2", "-w", "20"]  # engines tell each other bit by bit who is where
    whole = ["ping", "-n", *first, "-M", "do", "-s", str(_MTU - 28), "198.18.64.65"]
    assert run(swarm.b, specs[1].name, *whole)[2] == 0
    assert run(swarm.b, specs[1].name, "ls", "/sys/class/net")[0].split() == [b"eth0", b"lo"]
    assert run(swarm.b, specs[1].name, "ip", "-o", "route")[0].split()[:3] == [b"198.18.64.0/24", b"dev", b"eth0"]
    assert run(swarm.b, specs[1].name, "cat", "/sys/class/net/eth0/mtu")[0].strip() == str(_MTU).encode()
    swarm.b.kill(specs[1].name)
    swarm.b.start(specs[1].name)  # the address is its own again
    assert run(swarm.b, specs[1].name, *whole)[2] == 0


@pytest.mark.engine
@pytest.mark.parametrize("pair", ["docker"], indirect=True)
def test_what_the_way_between_hosts_carries_is_measured(swarm: Pair, two_engines: Engines) -> None:
    for octets in (1600, 1500):
        two_engines.set_mtu(octets)
        try:
            paths = prove_paths({"a": swarm.a, "b": swarm.b}, NoProgress())
        finally:
            two_engines.set_mtu(1500)
        assert paths == (HostPath("a", "b", octets), HostPath("b", "a", octets))
        assert swarm.a.path_mtu() == octets


@pytest.mark.engine
@pytest.mark.parametrize("pair", ["docker"], indirect=True)
def test_an_engine_whose_port_is_held_is_deaf_and_does_not_join(pair: Pair, two_engines: Engines) -> None:
    engines = {"a": pair.a, "b": pair.b}
    with two_engines.listening("b", GOSSIP), pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosts, "_GOSSIP", 3.0)  # seconds: more than an engine needs that is not deaf
        with pytest.raises(EngineError, match=r"^b hears nothing .* systemctl restart docker"):
            hosts.join(engines, {}, NoProgress())
    assert (pair.a.membership().state, pair.b.membership().state) == ("inactive", "inactive")
    assert hosts.join(engines, {}, NoProgress()) == ["a", "b"]
    assert (pair.a.gossips(), pair.b.gossips()) == (True, True)


@pytest.mark.engine
@pytest.mark.parametrize("pair", ["docker"], indirect=True)
def test_an_address_that_leads_nowhere_is_found_by_what_does_not_arrive(pair: Pair) -> None:
    pair.a.make_swarm("")
    pair.b.join_swarm(pair.a.membership().managers, pair.a.join_token(), "192.0.2.77")
    paths = prove_paths({"a": pair.a, "b": pair.b}, NoProgress())
    assert paths == (HostPath("a", "b", 0), HostPath("b", "a", 0))
    assert pair.a.path_mtu() is None
