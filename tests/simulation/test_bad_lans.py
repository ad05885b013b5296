"""A LAN that is bad, in the words of a lab file, in the simulated network: what is asked is what is seen."""

from __future__ import annotations

import pytest
from suffering import damaged
from test_network import got, send, two_or_more

from catenet.nodes.address import Address
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.nodes.machine import Endpoint, IpPacket

BASE = 0.001  # seconds that a LAN takes of itself
TO_A = Endpoint(Address.parse("10.0.1.1"), 1)


def numbers(count):
    return [number.to_bytes(2, "big") for number in range(count)]


def test_what_is_sent_is_late_in_both_directions():
    network = two_or_more("ab")
    network.impair("link1", Impairment(delay=0.02))
    send(network, "a", b"x")
    send(network, "b", b"y", TO_A)
    network.run(1)
    for name, data in (("b", b"x"), ("a", b"y")):
        assert network.nodes[name].machine.got == [(pytest.approx(0.02 + BASE), data)]


def test_or_in_one_and_each_sender_by_its_own():
    network = two_or_more("abc")
    network.impair("link1", Impairment(sender="a", delay=0.02), Impairment(sender="b", delay=0.05))
    for name in "abc":
        send(network, name, name.encode())
    network.run(1)
    assert network.nodes["c"].machine.got == [(pytest.approx(0.02 + BASE), b"a"), (pytest.approx(0.05 + BASE), b"b")]
    assert network.nodes["a"].machine.got[0] == (pytest.approx(BASE), b"c")


def test_of_a_group_s_packet_that_is_lost_nobody_gets_it():
    network = two_or_more("abc")
    network.impair("link1", Impairment(loss=0.5, seed=3))
    for data in numbers(200):
        send(network, "a", data)
    network.run(1)
    assert got(network, "b") == got(network, "c")
    assert 60 < len(got(network, "b")) < 140


def test_the_same_seed_loses_the_same_whatever_else_the_network_does():
    def lost(seed, network_seed, **more):
        network = two_or_more("ab", seed=network_seed)
        network.impair("link1", Impairment(loss=0.3, seed=seed, **more))
        for data in numbers(100):
            send(network, "a", data)
        network.run(1)
        return set(numbers(100)) - set(got(network, "b"))

    assert lost(1, 1) == lost(1, 2) == lost(1, 3, delay=0.1, jitter=0.05) != lost(2, 1)


def test_a_rate_has_a_queue_and_what_is_too_much_is_lost():
    network = two_or_more("ab")
    network.impair("link1", Impairment(rate=1e6, queue=9))
    for data in numbers(30):
        send(network, "a", data + bytes(81))  # with its headers 125 octets: a millisecond
    network.run(1)
    assert [round(at - BASE, 6) for at, _ in network.nodes["b"].machine.got] == [n / 1000 for n in range(1, 11)]
    assert network.nodes["a"].channels["link1"].overflowed == 20


def test_a_damaged_datagram_is_found_out():
    network = two_or_more("ab")
    network.impair("link1", Impairment(corrupt=1.0))
    send(network, "a", b"x")
    network.run(1)
    assert got(network, "b") == []
    assert network.nodes["a"].channels["link1"].flawed == 1


def test_of_a_damaged_packet_one_bit_is_another():
    before = IpPacket(bytes(50), TO_A.address, TO_A.address, 89, "link1")
    after = damaged(before, 0.5)
    assert after is not None
    assert after._replace(data=before.data) == before
    assert int.from_bytes(after.data).bit_count() == 1


def test_what_is_healed_suffers_nothing_and_a_cut_takes_what_is_under_way():
    network = two_or_more("ab")
    network.impair("link1", Impairment(delay=0.5))
    send(network, "a", b"lost")
    network.run(0.1)
    network.cut("link1")
    network.run(1)
    network.heal("link1")
    for name in "ab":
        network.set_condition(name, "link1", HEALTHY)
    send(network, "a", b"x")
    network.run(1)
    assert network.nodes["b"].machine.got == [(pytest.approx(1.1 + BASE), b"x")]


def test_to_be_told_the_same_again_changes_nothing():
    network = two_or_more("ab")
    asked = LinkCondition(impairments=(Impairment(drop_every=2),))
    for data in numbers(4):
        network.set_condition("a", "link1", asked)
        send(network, "a", data)
    network.run(1)
    assert got(network, "b") == [numbers(4)[0], numbers(4)[2]]
