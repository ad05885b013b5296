"""A supernode and its clients in the simulated network: loss, repetition and disorder; time; both transports."""

from __future__ import annotations

import pytest
from turn_world import PORT, SERVER, TurnWorld

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import LIFETIME
from catenet.nodes.application.stun.message import Method
from catenet.nodes.machine import Datagram, Endpoint


def allocated(world: TurnWorld, lifetime: int = 600) -> None:
    for name in world.names:
        client = world.client(name)
        client.allocate(lifetime)
        client.bind(0x4000, world.peer)
        world.begin(name)
    assert world.network.run_until(world.done, within=300) is not None


@pytest.mark.parametrize("tcp", [False, True])
def test_what_a_client_sends_by_a_channel_comes_back_by_it(tcp: bool) -> None:
    world = TurnWorld(1, tcp=tcp)
    allocated(world)
    client = world.client("c0")
    sent = [bytes((number,)) * number for number in range(30)]
    for data in sent:
        world.say("c0", 0x4000, data)
        world.network.run(0.02)
    world.network.run(1)
    assert client.heard == [(0x4000, data) for data in sent]
    assert world.network.nodes["p"].machine.got == [(client.relays[0], data) for data in sent]


@pytest.mark.parametrize("seed", range(20))
def test_one_request_makes_one_allocation_however_often_it_and_its_answer_come(seed: int) -> None:
    """RFC 8489 section 6.3.1; whatever is lost, repeated or overtaken."""
    world = TurnWorld(seed, clients=3)
    world.network.impair("lan", delay=0.16, jitter=0.15, loss=0.25, duplicate=0.25)
    allocated(world)
    assert len(world.relay_ports()) == 3
    assert sorted(row["relay"] for row in world.table()["allocations"]) == sorted(
        str(world.client(name).relays[-1]) for name in world.names
    )
    for name in world.names:
        world.client(name).want(Method.REFRESH, LIFETIME.of(0))
        world.begin(name)
    assert world.network.run_until(world.done, within=300) is not None
    assert world.relay_ports() == []
    # What was deleted and is asked for again gives 437: "the client will treat this as equivalent" (8.2).
    assert {code for name in world.names for _, code in world.client(name).codes} <= {0, 437}


@pytest.mark.parametrize("tcp", [False, True])
def test_two_clients_of_one_supernode_call_each_other_by_it(tcp: bool) -> None:
    """coturn #584 and #1407: each has the supernode's own address for its peer."""
    world = TurnWorld(3, clients=2, tcp=tcp)
    for name in world.names:
        world.client(name).allocate()
        world.begin(name)
    assert world.network.run_until(world.done, within=60) is not None
    first, second = (world.client(name) for name in world.names)
    for name, other in zip(world.names, (second, first), strict=True):
        world.client(name).bind(0x4000, other.relays[0])
        world.begin(name)
    assert world.network.run_until(world.done, within=60) is not None
    for number in range(50):
        world.say("c0", 0x4000, b"from c0: %d" % number)
        world.say("c1", 0x4000, b"from c1: %d" % number)
        world.network.run(0.02)
    world.network.run(1)
    assert first.heard == [(0x4000, b"from c1: %d" % number) for number in range(50)]
    assert second.heard == [(0x4000, b"from c0: %d" % number) for number in range(50)]


def test_a_client_that_is_gone_leaves_nothing_when_its_time_is_over() -> None:
    world = TurnWorld(4, clients=2)
    allocated(world, lifetime=600)
    world.network.kill("c0")
    world.client("c1").want(Method.REFRESH, LIFETIME.of(3000))
    world.begin("c1")
    world.network.run(700)
    assert [row["user"] for row in world.table()["allocations"]] == ["c1"]
    assert len(world.relay_ports()) == 1


def test_a_connection_that_ends_takes_its_allocation_along() -> None:
    world = TurnWorld(5, clients=2, tcp=True)
    allocated(world)
    assert len(world.relay_ports()) == 2
    world.network.kill("c0")
    world.network.run(60)
    assert [row["user"] for row in world.table()["allocations"]] == ["c1"]
    assert len(world.relay_ports()) == 1


def test_a_connection_without_an_allocation_is_closed_after_30_s() -> None:
    world = TurnWorld(6, tcp=True)
    world.network.run(29)
    pipe = world.client("c0").pipe
    assert pipe is not None
    assert not pipe.ended
    world.network.run(2)
    assert pipe.ended


def test_a_connection_whose_allocation_is_over_is_closed_30_s_later() -> None:
    world = TurnWorld(7, tcp=True)
    allocated(world)
    pipe = world.client("c0").pipe
    assert pipe is not None
    world.network.run(599)
    assert world.relay_ports()
    world.network.run(20)
    assert not world.relay_ports()
    assert not pipe.ended
    world.network.run(15)
    assert pipe.ended


def test_what_is_sent_to_a_relay_port_by_strangers_goes_nowhere() -> None:
    world = TurnWorld(8)
    allocated(world)
    client = world.client("c0")
    relay = client.relays[0]
    world.network.send("c0", Datagram(b"x", Endpoint(Address.parse("10.0.0.10"), PORT + 1), relay))
    world.network.run(1)
    assert client.heard == []
    assert client.indicated == []
    assert world.network.nodes["s"].counters["no_permission"] == 1


def test_the_supernode_ends_and_begins_anew_with_nothing() -> None:
    world = TurnWorld(9)
    allocated(world)
    world.network.kill("s")
    world.network.start("s")
    assert world.relay_ports() == []
    client = world.client("c0")
    client.want(Method.REFRESH)
    client.allocate()
    world.begin("c0")
    assert world.network.run_until(world.done, within=60) is not None
    # Its nonce is of the one that was: 438, and with a new one it learns that it has no allocation (section 5).
    assert client.codes[-2:] == [(Method.REFRESH, 437), (Method.ALLOCATE, 0)]
    assert client.relays[-1].address == SERVER.address


@pytest.mark.parametrize(("seed", "tcp"), [(10, False), (11, True)])
def test_a_call_of_half_an_hour_outlives_its_nonces_permissions_and_channels(seed: int, tcp: bool) -> None:
    """A 438 in the middle of a call is no end of it (pion PR 481)."""
    world = TurnWorld(seed, tcp=tcp, nonce=50.0)
    allocated(world)
    client = world.client("c0")
    for minute in range(30):
        client.bind(0x4000, world.peer)
        client.want(Method.REFRESH)
        world.begin("c0")
        for second in range(60):
            world.say("c0", 0x4000, b"%d %d" % (minute, second))
            world.network.run(1)
    assert [data for _, data in client.heard] == [
        b"%d %d" % (minute, second) for minute in range(30) for second in range(60)
    ]
    assert {code for _, code in client.codes} == {0}
    assert world.network.nodes["s"].counters["refused_438"] >= 20
