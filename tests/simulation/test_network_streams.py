"""Connections of the simulated network: what they carry, in which order, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network import Network
from stream_world import PORT, A, B, Pipe, Speaker, ask, do, pair, say, standing
from streams import WINDOW

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Endpoint, Flush, NextHop, OpenPort, SetRoute, Tcp

MUCH = bytes(range(256)) * 4096  # a megabyte


@given(
    st.integers(0, 2**32), st.binary(max_size=20_000), st.binary(max_size=20_000), st.floats(0, 0.3), st.floats(0, 0.1)
)
def test_all_arrives_in_order_in_any_slicing(
    seed: int, says: bytes, answers: bytes, loss: float, jitter: float
) -> None:
    network, client, server = pair(says=says, answers=answers, seed=seed, make=Pipe, loss=loss, jitter=jitter)
    ask(network, timeout=60.0)
    network.run(300)
    assert (server.streams[0].heard, client.streams[0].heard) == (says, answers)
    assert not (server.streams[0].ended or client.streams[0].ended)


def test_the_slicing_is_the_seeds() -> None:
    def sizes(seed: int) -> list[int]:
        _, _, there = standing(says=MUCH[:20_000], seed=seed)
        return [len(data) for _, data in there.got]

    assert sizes(1) == sizes(1) != sizes(2)
    assert len(sizes(1)) > 1


def test_who_serves_may_speak_first() -> None:
    network, client, server = pair(answers=b"220 ready", delay=0.1)
    ask(network)
    network.run(1)
    assert [word for word, _ in client.words + server.words] == ["connected", "accepted"]
    assert [at for _, at in client.words + server.words] == [pytest.approx(0.2), pytest.approx(0.3)]
    assert client.streams[0].heard == b"220 ready"


def test_an_end_is_heard_behind_all_that_was_said_and_the_other_way_stays_open() -> None:
    network, here, there = standing(says=MUCH)
    here.finished = True
    do(network, Flush(here))
    network.run(10)
    assert there.heard == MUCH
    assert len(there.ended) == 1
    say(network, there, b"late", "b")
    there.finished = True
    network.run(1)
    assert not here.got  # who has finished hears no more
    assert not (here.broken or there.broken or here.ended)
    assert not (network.nodes["a"].processes[0].connections or network.nodes["b"].processes[0].connections)


def test_what_wants_no_more_stops_the_other_after_a_window() -> None:
    network, here, there = standing()
    there.wants_data = False
    taken = 0
    for start in range(0, len(MUCH), 4096):
        if not here.say:  # it is asked for more only as long as the way is free
            say(network, here, MUCH[start : start + 4096])
            taken = start + 4096
        network.run(0.1)
    assert not there.heard
    assert WINDOW < taken <= 2 * WINDOW + 2 * 4096  # as much under way as may be, and as much waits behind it
    there.wants_data = True
    do(network, Flush(there), name="b")
    network.run(10)
    assert there.heard == MUCH[:taken]


def test_no_more_than_a_window_is_under_way() -> None:
    network, _, server = pair(says=MUCH, delay=1.0)
    ask(network)
    network.run(60)
    (there,) = server.streams
    assert there.heard == MUCH
    by_second: dict[float, int] = {}
    for at, data in there.got:
        by_second[round(at, 6)] = by_second.get(round(at, 6), 0) + len(data)
    assert max(by_second.values()) <= WINDOW
    assert len(by_second) >= len(MUCH) / WINDOW


class Echo(Pipe):
    """Knows the answer to one thing."""

    def reply(self, data: bytes, now: float) -> bytes | None:
        return b"known" if data == b"?" else None


def test_a_stream_that_knows_an_answer_gives_it_before_it_receives() -> None:
    network, here, there = standing(make=Echo)
    say(network, here, b"?")
    network.run(1)
    assert (here.heard, there.heard) == (b"known", b"")
    say(network, here, b"!")
    network.run(1)
    assert (here.heard, there.heard) == (b"known", b"!")


# Pauses and clocks


def test_what_came_while_a_node_was_paused_is_heard_in_order() -> None:
    network, here, there = standing()
    there.alarm = network.now + 1.0
    do(network, Flush(there), name="b")
    network.run(0.01)
    network.pause("b")
    for number in range(10):
        say(network, here, b"%d" % number)
        network.run(0.13)
    assert not there.got
    network.resume("b")
    network.run(0.01)
    assert there.heard == b"0123456789"
    assert len(there.woken) == 1


def test_a_paused_server_is_connected_to_and_told_later() -> None:
    network, client, server = pair()
    network.pause("b")
    ask(network)
    network.run(3)
    assert [word for word, _ in client.words] == ["connected"]
    assert not server.words
    network.resume("b")
    assert server.words == [("accepted", pytest.approx(3.0))]


def test_the_clocks_of_the_ends_are_their_own() -> None:
    network = Network(seed=1)
    network.add_lan("link1", "10.0.1.0/24")
    client, server = Speaker(says=b"x"), Speaker(OpenPort(Tcp(PORT)))
    network.add_node("b", {"link1": str(B)}, lambda node: server, offset=1000.0)
    network.add_node("a", {"link1": str(A)}, lambda node: client, offset=-500.0)
    ask(network)
    network.run(1)
    assert client.words == [("connected", pytest.approx(-499.998, abs=1e-6))]
    assert server.streams[0].got == [(pytest.approx(1000.003, abs=1e-6), b"x")]
    server.streams[0].alarm = 1003.0
    do(network, Flush(server.streams[0]), name="b")
    network.run(5)
    assert server.streams[0].woken == [pytest.approx(1003.0)]


def test_several_machines_of_a_node_have_each_their_connections() -> None:
    network = Network(seed=1)
    network.add_lan("link1", "10.0.1.0/24")
    client, *servers = Speaker(), *(Speaker(OpenPort(Tcp(number)), says=b"%d" % number) for number in (80, 81))
    network.add_node("b", {"link1": str(B)}, *(lambda node, one=one: one for one in servers))
    network.add_node("a", {"link1": str(A)}, lambda node: client)
    for number in (80, 81):
        ask(network, Endpoint(B, number))
    network.run(1)
    assert [len(server.streams) for server in servers] == [1, 1]
    assert [stream.heard for stream in client.streams] == [b"80", b"81"]
    network.kill("b")
    network.run(1)
    assert [stream.broken for stream in client.streams] == [1, 1]


def test_it_goes_by_the_tables_and_is_held_up_where_they_do_not_lead() -> None:
    network = Network(seed=1)
    for number in (1, 2):
        network.add_lan(f"link{number}", f"10.0.{number}.0/24")
    client, server = Speaker(says=b"x"), Speaker(OpenPort(Tcp(PORT)))
    network.add_node("r", {"link1": "10.0.1.9", "link2": "10.0.2.9"}, Speaker)
    network.add_node("b", {"link2": "10.0.2.2"}, lambda node: server)
    network.add_node("a", {"link1": str(A)}, lambda node: client)
    do(network, SetRoute(Prefix.parse("10.0.2.0/24"), (NextHop(Address.parse("10.0.1.9"), "link1"),)))
    ask(network, Endpoint(Address.parse("10.0.2.2"), PORT), timeout=9.0)
    network.run(3)
    assert not client.words  # there is no way back
    do(network, SetRoute(Prefix.parse("10.0.1.0/24"), (NextHop(Address.parse("10.0.2.9"), "link2"),)), name="b")
    network.run(1)
    assert [word for word, _ in client.words] == ["connected"]
    assert server.streams[0].heard == b"x"
