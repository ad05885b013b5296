"""Numbered datagrams there and back, in the simulated network: what the sender says is what the LAN did."""

from __future__ import annotations

from math import sqrt

import pytest
from network import Network, Node

from catenet.nodes.address import DEFAULT, Address
from catenet.nodes.application.echo.config import EchoOptions
from catenet.nodes.application.echo.machine import Echo
from catenet.nodes.application.echo.numbered import Numbered
from catenet.nodes.application.echo.sender import Sender
from catenet.nodes.control.datagrams import Datagrams, Stream
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.machine import Datagram, Endpoint, NextHop

RUN = b"12345678"
A, R, B = "10.0.1.1", "10.0.1.2", "10.0.2.2"
MANY = 2000


@pytest.fixture(params=["simulated", "own"], autouse=True)
def _on_each_stack(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "OWN", request.param == "own")


def world(stream: Stream, seed: int = 1) -> Network:
    """a ─near─ r ─far─ b: a sends, b echoes."""
    network = Network(seed)
    network.add_lan("near", "10.0.1.0/24")
    network.add_lan("far", "10.0.2.0/24")
    network.add_node("r", {"near": R, "far": "10.0.2.1"}, echo)
    for name, lan, own, router in (("b", "far", B, "10.0.2.1"), ("a", "near", A, R)):
        network.add_node(name, {lan: own}, echo).kernel[DEFAULT] = (NextHop(Address.parse(router), lan),)
    network.nodes["a"].make = lambda node: Sender(stream, RUN, lambda: node.counters["send_failures"])
    network.restart("a", 0)
    return network


def echo(node: Node) -> Echo:
    return Echo(EchoOptions(), node.interfaces, lambda word, by=1: node.counters.update({word: by}))


def became(network: Network, seconds: float = 60.0) -> Datagrams:
    network.run(seconds)
    (done,) = [said.report for said in network.nodes["a"].said if said.report.kind == "probe.done"]
    return Datagrams.parse(done.data)


def stream(**more: object) -> Stream:
    return Stream(Address.parse(B), 7, **more)


def within(count: int, share: float) -> bool:
    return abs(count - MANY * share) < 5 * sqrt(MANY * share * (1 - share))


def test_all_come_back_in_order_where_nothing_is_wrong() -> None:
    found = became(world(stream(number=50)))
    assert (found.sent, found.lost, found.duplicated, found.overtaken, found.corrupted) == (50, 0, 0, 0, 0)
    assert found.order == tuple(range(40))
    assert found.least == pytest.approx(0.004)  # a millisecond for each LAN, there and back


def test_of_a_share_on_each_way_so_many_are_lost_and_the_rest_stay_in_order() -> None:
    network = world(stream(number=MANY, every=0.001))
    network.impair("near", Impairment(loss=0.1, seed=7))
    found = became(network)
    assert within(found.lost, 1 - 0.9 * 0.9)
    assert (found.duplicated, found.overtaken) == (0, 0)


def test_copies_are_copies_and_none_is_lost() -> None:
    network = world(stream(number=MANY, every=0.001))
    network.impair("far", Impairment(sender="r", duplicate=0.2, seed=7))
    found = became(network)
    assert found.lost == 0
    assert within(found.duplicated, 0.2)


def test_what_overtakes_another_is_seen_at_the_other() -> None:
    """One that is not delayed comes before those that were sent in the 20 ms before it."""
    network = world(stream(number=MANY, every=0.001))
    network.impair("near", Impairment(sender="a", delay=0.02, reorder=0.1, seed=7))
    found = became(network)
    assert found.lost == found.duplicated == 0
    assert found.overtaken > MANY / 2  # of those that wait 20 ms, nine of ten are passed by one of twenty


def test_a_damaged_one_is_lost_as_its_checksum_tells() -> None:
    network = world(stream(number=MANY, every=0.001))
    network.impair("near", Impairment(sender="a", corrupt=0.2, seed=7))
    found = became(network)
    assert within(found.lost, 0.2)
    assert found.corrupted == 0


def test_what_comes_back_as_another_is_corrupted() -> None:
    network = world(stream(number=3, every=0.5))
    network.cut("far", silent=True)
    network.run(0.25)
    wrong = Datagram(RUN + bytes(3) + b"\x00" + bytes(87), Endpoint(Address.parse(B), 7), network_port(network))
    network.call("a", lambda machine, now: machine.receive(wrong, now))
    found = became(network)
    assert (found.corrupted, found.lost) == (1, 3)


def network_port(network: Network) -> Endpoint:
    return Endpoint(Address.parse(A), 49_152)


def test_none_of_another_s_is_counted() -> None:
    network = world(stream(number=2, every=0.5))
    data = bytes(Numbered(b"another8", 0, 100))
    for source in (Endpoint(Address.parse(B), 8), Endpoint(Address.parse(R), 7), Endpoint(Address.parse(B), 7)):
        strange = Datagram(data, source, network_port(network))
        network.call("a", lambda machine, now, strange=strange: machine.receive(strange, now))
    found = became(network)
    assert (found.arrived, found.duplicated, found.corrupted) == (2, 0, 0)


@pytest.mark.parametrize("at", [0.5, 1.0])
def test_a_router_that_dies_in_the_midst_is_a_gap_and_no_more(at: float) -> None:
    """B9: it remembers nothing of the stream, and carries it on when it is back."""
    network = world(stream(number=300, every=0.01))
    network.run(at)
    network.kill("r")
    network.run(0.5)
    network.start("r")
    found = became(network)
    assert found.silence == pytest.approx(0.5, abs=0.05)
    assert found.lost == pytest.approx(50, abs=2)
    assert found.order[-1] == 39


def test_who_cannot_send_says_so() -> None:
    network = world(stream(number=20, every=0.01))
    network.cut("near")
    found = became(network)
    assert (found.sent, found.arrived, found.unsent) == (20, 0, 19)  # one was under way
