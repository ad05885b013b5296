"""Connections of the simulated network: what the two streams hear, whatever becomes of the network between them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network import Network
from streams import WINDOW

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import ClosePort, Connect, Endpoint, Flush, NextHop, OpenPort, SetRoute, Tcp

PORT = 80
A, B = Address.parse("10.0.1.1"), Address.parse("10.0.1.2")
SERVER = Endpoint(B, PORT)
MUCH = bytes(range(256)) * 4096  # a megabyte


class Pipe:
    """A stream that says what it is given to say, and keeps what it hears."""

    def __init__(self, say: bytes = b"") -> None:
        self.say = say
        self.got: list[tuple[float, bytes]] = []
        self.ended: list[float] = []
        self.woken: list[float] = []
        self.alarm: float | None = None
        self.finished = False

    @property
    def heard(self) -> bytes:
        return b"".join(data for _, data in self.got)

    def receive_data(self, data: bytes, now: float) -> None:
        self.got.append((now, data))

    def receive_eof(self, now: float) -> None:
        self.ended.append(now)

    def data_to_send(self) -> bytes:
        data, self.say = self.say, b""
        return data

    def next_wake(self) -> float | None:
        return self.alarm

    def wake(self, now: float) -> None:
        if self.alarm is not None and now >= self.alarm:
            self.woken.append(now)
            self.alarm = None

    def take_reports(self) -> list[Any]:
        return []


class Fragile(Pipe):
    """To it a reset is another thing than an end. It may want nothing now."""

    def __init__(self, say: bytes = b"") -> None:
        super().__init__(say)
        self.wants_data = True
        self.broken = 0

    def give_up(self) -> None:
        self.broken += 1


class Speaker:
    """A machine whose connections say what `says` is."""

    def __init__(self, *actions: Any, says: bytes = b"", make: type[Pipe] = Fragile) -> None:
        self.actions = list(actions)
        self.says, self.make = says, make
        self.streams: list[Any] = []
        self.words: list[tuple[Any, ...]] = []  # what it was told of its connections, and when

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Pipe:
        self.words.append(("accepted", now))
        self.streams.append(self.make(self.says))
        return self.streams[-1]

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Pipe:
        self.words.append(("connected", now))
        self.streams.append(self.make(self.says))
        return self.streams[-1]

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.words.append((why, now))

    def receive(self, packet: Any, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Any]:
        actions, self.actions = self.actions, []
        return actions


def pair(
    *,
    says: bytes = b"",
    answers: bytes = b"",
    seed: int = 1,
    delay: float = 0.01,
    make: type[Pipe] = Fragile,
    **more: Any,
) -> tuple[Network, Any, Any]:
    """A client a, which does not ask yet, and a server b on one LAN."""
    network = Network(seed)
    network.add_lan("link1", "10.0.1.0/24")
    network.impair("link1", delay=delay, **more)
    client, server = Speaker(says=says, make=make), Speaker(OpenPort(Tcp(PORT)), says=answers, make=make)
    network.add_node("b", {"link1": str(B)}, lambda node: server)
    network.add_node("a", {"link1": str(A)}, lambda node: client)
    return network, client, server


def do(network: Network, *actions: Any, name: str = "a") -> None:
    network.call(name, lambda machine, now: machine.actions.extend(actions))


def ask(network: Network, peer: Endpoint = SERVER, timeout: float = 5.0) -> None:
    do(network, Connect(peer, 0, timeout))


def standing(**more: Any) -> tuple[Network, Any, Any]:
    """A connection: the client's stream, and the server's."""
    network, client, server = pair(**more)
    ask(network)
    network.run(0.1)
    return network, client.streams[0], server.streams[0]


def say(network: Network, stream: Pipe, data: bytes, name: str = "a") -> None:
    stream.say += data
    do(network, Flush(stream), name=name)


# What it carries


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


def test_who_never_closes_is_cut_off() -> None:
    network, here, there = standing(says=b"x")
    here.finished = True
    do(network, Flush(here))
    network.run(29)
    assert not (here.broken or there.broken)
    network.run(2)
    assert (here.broken, there.broken) == (1, 1)
    assert network.nodes["a"].counters == {"connections_stalled": 1}


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


# What becomes of it


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
        (Endpoint(B, 65_536), "port 65536 is not between 0 and 65535", 0.0),
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
