"""Connections of the simulated network: how they end, and those that never stand."""

from __future__ import annotations

import pytest
from stream_world import PORT, A, B, Pipe, ask, do, pair, say, standing

from catenet.nodes.address import Address
from catenet.nodes.machine import ClosePort, Endpoint, Flush, Tcp

MUCH = bytes(1_000_000)


def test_a_cut_holds_it_up_and_it_goes_on_after_the_heal() -> None:
    network, here, there = standing()
    network.cut("link1")
    say(network, here, b"x")
    network.run(20)
    assert not there.got
    network.heal("link1")
    network.run(1)
    assert there.heard == b"x"
    assert not (here.broken or there.broken)


def test_a_cut_for_too_long_breaks_it_for_who_had_something_to_say_and_then_for_the_other() -> None:
    network, here, there = standing()
    network.cut("link1")
    say(network, here, b"x")
    network.run(70)
    assert (here.broken, there.broken) == (1, 0)
    network.heal("link1")
    say(network, there, b"y", "b")
    network.run(1)
    assert (here.broken, there.broken) == (1, 1)
    assert not here.got


def test_who_is_killed_resets_its_connections() -> None:
    network, here, _ = standing(delay=0.02)
    network.kill("b")
    network.run(0.01)
    assert not here.broken
    network.run(0.02)
    assert (here.broken, here.ended) == (1, [])
    network.start("b")
    network.run(1)
    assert here.broken == 1


def test_to_who_knows_no_resets_it_is_an_end() -> None:
    network, here, _ = standing(make=Pipe)
    network.kill("b")
    network.run(1)
    assert len(here.ended) == 1


def test_who_is_killed_behind_a_cut_is_heard_of_when_something_is_said_to_it() -> None:
    network, here, _ = standing()
    network.cut("link1")
    network.kill("b")
    network.run(5)
    network.heal("link1")
    network.start("b")
    network.run(5)
    assert not here.broken
    say(network, here, b"x")
    network.run(1)
    assert here.broken == 1


@pytest.mark.parametrize("at", [0.15, 0.25])
def test_a_server_that_is_killed_while_it_is_connected_to_is_heard_of(at: float) -> None:
    network, client, server = pair(delay=0.1)
    ask(network)
    network.run(at)
    network.kill("b")
    network.run(1)
    assert [word for word, _ in client.words] == ["connected"]
    assert client.streams[0].broken == 1
    assert not server.streams


def test_a_port_that_closes_while_it_is_connected_to_resets_and_keeps_what_stands() -> None:
    network, here, there = standing(delay=0.02)
    ask(network)
    network.run(0.05)
    do(network, ClosePort(Tcp(PORT)), name="b")
    network.run(1)
    say(network, here, b"x")
    network.run(1)
    client, server = (network.nodes[name].machine for name in "ab")
    assert [stream.broken for stream in client.streams] == [0, 1]
    assert len(server.streams) == 1
    assert there.heard == b"x"


@pytest.mark.parametrize(
    ("peer", "why", "at"),
    [
        (Endpoint(B, 81), "Connection refused", 0.02),
        (Endpoint(A, 81), "Connection refused", 0.0),
        (Endpoint(Address.parse("10.9.9.9"), PORT), "Network is unreachable", 0.0),
        (Endpoint(Address.parse("10.0.1.99"), PORT), "timed out", 5.0),
        (Endpoint(B, 65_536), f"{B}:65536: a port is a number from 1 to 65535", 0.0),
    ],
)
def test_what_does_not_stand_is_told_once_and_why(peer: Endpoint, why: str, at: float) -> None:
    network, client, _ = pair()
    ask(network, peer)
    network.run(30)
    assert client.words == [(why, pytest.approx(at))]


@pytest.mark.parametrize(("timeout", "words"), [(0.25, ["connected"]), (0.15, ["timed out"]), (0.05, ["timed out"])])
def test_one_word_comes_and_within_the_time(timeout: float, words: list[str]) -> None:
    network, client, server = pair(delay=0.1)
    ask(network, timeout=timeout)
    network.run(5)
    assert [word for word, _ in client.words] == words
    assert all(at <= timeout for _, at in client.words)
    assert len(server.streams) == (words == ["connected"])


def test_who_is_killed_while_it_connects_leaves_nothing_behind() -> None:
    network, client, server = pair(delay=0.1)
    ask(network)
    network.run(0.15)
    network.kill("a")
    network.run(5)
    assert not (client.words or server.words)
    assert not network.nodes["b"].processes[0].connections


def test_who_never_closes_is_cut_off() -> None:
    network, here, there = standing(says=b"x")
    here.finished = True
    do(network, Flush(here))
    network.run(29)
    assert not (here.broken or there.broken)
    network.run(2)
    assert (here.broken, there.broken) == (1, 1)
    assert network.nodes["a"].counters == {"connections_stalled": 1}


def test_who_takes_nothing_is_cut_off() -> None:
    network, here, there = standing()
    there.wants_data = False
    say(network, here, MUCH)
    network.run(29)
    assert not (here.broken or there.broken)
    network.run(2)
    assert (here.broken, there.broken) == (1, 1)
    assert network.nodes["a"].counters == {"connections_stalled": 1}


def test_who_takes_it_slowly_is_not() -> None:
    network, here, there = standing()
    say(network, here, MUCH)
    for _ in range(100):
        there.wants_data = not there.wants_data
        do(network, Flush(there), name="b")
        network.run(0.005 if there.wants_data else 20)
    there.wants_data = True
    do(network, Flush(there), name="b")
    network.run(10)
    assert there.heard == MUCH
    assert not (here.broken or there.broken)
