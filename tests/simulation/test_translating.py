"""A machine to which packets are shown on their way, in the simulated network: by that of tests/machines/translate.py.
In containers: tests/labs/test_translating_in_containers.py."""

from __future__ import annotations

from typing import Any

import pytest
from homes_world import ALICE, BOB, EXCHANGE, INSIDE, OUTER, PORT, SERVER, STREET, WEB, Host, echo, homes
from hypothesis import given
from hypothesis import strategies as st
from ipv4 import packed, unpacked
from machines.translate import Translate
from network import Network
from node import Node
from stream_world import Speaker, do

from catenet.nodes.address import Address
from catenet.nodes.machine import Connect, Crossing, Datagram, Endpoint, Flush, OpenPort

TIME_EXCEEDED, UNREACHABLE, ECHO_REPLY = 11, 3, 0
ADDRESSES = st.integers(1, 2**32 - 2).map(Address)


def translate(node: Node) -> Translate:
    return Translate(None, node.interfaces, node.random)


def host(network: Network, name: str) -> Host:
    machine = network.nodes[name].machine
    assert isinstance(machine, Host)
    return machine


def say(network: Network, name: str, data: bytes, to: Endpoint, ttl: int = 0) -> None:
    network.call(name, lambda machine, now: machine.say(data, to, ttl))
    network.run(0.1)


def quoted(packet: Any) -> Datagram:
    """The datagram that an ICMP error is about."""
    unit, _ = unpacked(packet.data[8:], "")
    assert isinstance(unit, Datagram)
    return unit


def test_a_datagram_goes_out_by_the_translators_address_and_its_answer_comes_back() -> None:
    network = homes(translate)
    say(network, "alice", b"hello", Endpoint(SERVER, PORT))
    (got,) = host(network, "server").got
    assert (got.data, got.source, got.ttl) == (b"hello", Endpoint(STREET, PORT), 62)
    say(network, "server", b"back", got.source)
    (back,) = host(network, "alice").got
    assert (back.data, back.source, back.destination) == (b"back", Endpoint(SERVER, PORT), Endpoint(ALICE, PORT))


def test_two_homes_may_have_one_prefix_and_their_hosts_the_same_addresses() -> None:
    network = homes(translate)
    for name in ("alice", "alice2"):
        say(network, name, name.encode(), Endpoint(SERVER, PORT))
    sources = {got.data: got.source for got in host(network, "server").got}
    assert sources == {b"alice": Endpoint(STREET, PORT), b"alice2": Endpoint(Address(STREET + 1), PORT)}
    for data, source in sources.items():
        say(network, "server", data, source)
    assert [got.data for got in host(network, "alice").got] == [b"alice"]
    assert [got.data for got in host(network, "alice2").got] == [b"alice2"]


def test_an_echo_is_answered_through_two_translators() -> None:
    network = homes(translate, translate)
    network.call("alice", lambda machine, now: machine.send(echo(7), SERVER))
    network.run(0.1)
    (asked,), (answer,) = host(network, "server").icmp, host(network, "alice").icmp
    assert (asked.source, answer.source, answer.data[0]) == (OUTER, SERVER, ECHO_REPLY)
    assert answer.data[4:] == echo(7)[4:]


def test_a_neighbour_reaches_another_by_the_address_that_both_have_outside() -> None:
    """RFC 4787 REQ-9: it sees the other's address there, not the one behind."""
    network = homes(translate)
    network.call("bob", lambda machine, now: machine.send(echo(9), SERVER))
    say(network, "bob", b"I am here", Endpoint(SERVER, PORT))
    network.nodes["t1"].machine.owners[17, (6000).to_bytes(2, "big")] = BOB.pack()
    say(network, "alice", b"hello", Endpoint(STREET, 6000))
    assert network.nodes["bob"].counters["refused.port"] == 1  # it has no port 6000, and says so, the same way back
    (error,) = host(network, "alice").icmp
    assert (error.source, error.data[:2]) == (STREET, bytes((UNREACHABLE, 3)))
    assert quoted(error) == Datagram(b"hello", Endpoint(ALICE, PORT), Endpoint(STREET, 6000))


@pytest.mark.parametrize(
    ("ttl", "by", "kind"), [(1, INSIDE, TIME_EXCEEDED), (2, EXCHANGE, TIME_EXCEEDED), (3, SERVER, UNREACHABLE)]
)
def test_each_hop_is_told_to_who_asked_in_its_own_words(ttl: int, by: Address, kind: int) -> None:
    """As traceroute does it: what an error quotes is what was sent."""
    network = homes(translate)
    say(network, "alice", b"probe", Endpoint(SERVER, 33434), ttl)
    (error,) = host(network, "alice").icmp
    assert (error.source, error.data[0]) == (by, kind)
    assert quoted(error) == Datagram(b"probe", Endpoint(ALICE, PORT), Endpoint(SERVER, 33434))


def test_an_error_about_what_ends_in_the_translator_shows_nothing_of_behind_it() -> None:
    """What came in had its inside address already when its time was over."""
    network = homes(translate)
    say(network, "alice", b"hello", Endpoint(SERVER, PORT))
    say(network, "server", b"back", Endpoint(STREET, PORT), ttl=2)
    (error,) = host(network, "server").icmp
    assert (error.source, error.data[0]) == (STREET, TIME_EXCEEDED)
    assert quoted(error) == Datagram(b"back", Endpoint(SERVER, PORT), Endpoint(STREET, PORT))
    assert not host(network, "alice").got


def test_what_is_for_nobody_behind_is_the_translators_own() -> None:
    network = homes(translate)
    network.call("server", lambda machine, now: machine.send(echo(1), STREET))
    network.run(0.1)
    (answer,) = host(network, "server").icmp
    assert (answer.source, answer.data[0]) == (STREET, ECHO_REPLY)


def test_who_asks_for_an_inside_address_from_outside_is_dropped() -> None:
    network = homes(translate)
    network.send("exchange", Datagram(b"in", Endpoint(EXCHANGE, 1), Endpoint(ALICE, PORT), "street"))
    network.run(0.1)
    assert not host(network, "alice").got


def test_no_packet_passes_a_translator_that_is_gone_and_one_that_is_paused_keeps_them() -> None:
    network = homes(translate)
    network.kill("t1")
    say(network, "alice", b"lost", Endpoint(SERVER, PORT))
    network.start("t1")
    network.nodes["t1"].kernel.update(homes(translate).nodes["t1"].kernel)
    network.pause("t1")
    say(network, "alice", b"kept", Endpoint(SERVER, PORT))
    assert not host(network, "server").got
    network.resume("t1")
    network.run(0.1)
    assert [got.data for got in host(network, "server").got] == [b"kept"]


def test_a_connection_stands_across_translators_and_its_server_sees_their_address() -> None:
    network = homes(translate, translate)
    for name in ("alice", "alice2"):
        network.nodes[name].machine.says = f"GET {name}".encode() * 5000
        do(network, Connect(Endpoint(SERVER, WEB), 0, 5.0), name=name)
    network.run(5)
    server = host(network, "server")
    assert {stream.heard for stream in server.streams} == {
        f"GET {name}".encode() * 5000 for name in ("alice", "alice2")
    }
    for stream in server.streams:
        stream.say, stream.finished = b"200" * 9000, True
        do(network, Flush(stream), name="server")
    network.run(5)
    for name in ("alice", "alice2"):
        (stream,) = host(network, name).streams
        assert (stream.heard, len(stream.ended)) == (b"200" * 9000, 1)


def test_a_refusal_comes_back_across_translators() -> None:
    network = homes(translate, translate)
    do(network, Connect(Endpoint(SERVER, 81), 0, 5.0), name="alice")
    network.run(1)
    ((word, at),) = host(network, "alice").words
    assert (word, at < 0.1) == ("Connection refused", True)


def test_a_neighbour_connects_to_another_by_the_address_that_both_have_outside() -> None:
    network = homes(translate)
    network.nodes["t1"].machine.owners[6, WEB.to_bytes(2, "big")] = BOB.pack()
    host(network, "alice").says = b"GET"
    do(network, Connect(Endpoint(STREET, WEB), 0, 5.0), name="alice")
    network.run(1)
    assert [stream.heard for stream in host(network, "bob").streams] == [b"GET"]
    assert not host(network, "server").streams


def test_a_connection_whose_translator_forgets_it_gets_no_further() -> None:
    network = homes(translate)
    do(network, Connect(Endpoint(SERVER, WEB), 0, 5.0), name="alice")
    network.run(1)
    (here,), (there,) = host(network, "alice").streams, host(network, "server").streams
    network.nodes["t1"].machine.owners.clear()
    there.say = b"lost"
    do(network, Flush(there), name="server")
    network.run(1)
    assert not here.heard
    here.say = b"again"  # and so the translator knows it once more
    do(network, Flush(here), name="alice")
    network.run(1)
    assert (there.heard, here.heard) == (b"again", b"lost")


def test_who_cannot_translate_has_no_port_for_it() -> None:
    network = Network()
    network.add_lan("lan", "10.0.0.0/24")
    with pytest.raises(TypeError, match="is not Translating"):
        network.add_node("a", {"lan": "10.0.0.1"}, lambda node: Speaker(OpenPort(Crossing(()))))


@given(
    st.builds(
        Datagram,
        st.binary(max_size=200),
        st.builds(Endpoint, ADDRESSES, st.integers(1, 65_535)),
        st.builds(Endpoint, ADDRESSES, st.integers(1, 65_535)),
        st.just("lan"),
        st.just(0),
        st.integers(0, 255),
    ),
    st.integers(1, 255),
)
def test_what_a_machine_is_shown_is_what_travels(packet: Datagram, ttl: int) -> None:
    assert unpacked(packed(packet, ttl), "lan") == (packet, ttl)


def test_a_wrong_checksum_of_a_machines_is_seen() -> None:
    right = packed(Datagram(b"x", Endpoint(ALICE, 1), Endpoint(SERVER, 2)), 64)
    assert unpacked(right, "lan") == (Datagram(b"x", Endpoint(ALICE, 1), Endpoint(SERVER, 2), "lan"), 64)
    for at in (10, 26):
        wrong = bytearray(right)
        wrong[at] ^= 1
        with pytest.raises(AssertionError, match="checksum is wrong"):
            unpacked(bytes(wrong), "lan")
