"""The simulated network itself."""

from __future__ import annotations

import pytest
from network import BUFFER, Network

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Datagram, DeleteRoute, Endpoint, NextHop, Report, Send, SetRoute

ALL = Endpoint(Address.parse("224.0.0.9"), 1)


class Recorder:
    """A machine that keeps what it gets, and does what the test tells it."""

    def __init__(self, node):
        self.node = node
        self.got = []
        self.woken = []
        self.links = []
        self.alarms = []
        self.actions = []

    def receive(self, packet, now):
        self.got.append((now, packet.data))

    def wake(self, now):
        self.woken.append(now)
        self.alarms = [alarm for alarm in self.alarms if alarm > now]

    def next_wake(self):
        return min(self.alarms, default=None)

    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions

    def set_interface(self, interface, now):
        self.links.append((now, interface.name, interface.up))


def two_or_more(names="ab", seed=0, **more):
    network = Network(seed, **more)
    network.add_lan("link1", "10.0.1.0/24")
    for last, name in enumerate(names, 1):
        network.add_node(name, {"link1": f"10.0.1.{last}"}, Recorder)
    return network


def send(network, name, data, to=ALL):
    interface = network.nodes[name].by_lan["link1"]
    packet = Datagram(data, Endpoint(interface.address, 1), to, "link1")
    network.call(name, lambda machine, now: machine.actions.append(Send(packet)))


def got(network, name):
    return [data for _, data in network.nodes[name].machine.got]


def test_a_group_reaches_all_others_after_the_delay():
    network = two_or_more("abc")
    network.impair("link1", delay=0.249)  # and the wire's own millisecond
    send(network, "a", b"x")
    network.run(1)
    assert network.nodes["b"].machine.got == network.nodes["c"].machine.got == [(0.25, b"x")]
    assert got(network, "a") == []


def test_an_address_reaches_its_owner_alone():
    network = two_or_more("abc")
    send(network, "a", b"x", Endpoint(Address.parse("10.0.1.3"), 1))
    send(network, "a", b"lost", Endpoint(Address.parse("10.0.1.99"), 1))
    network.run(1)
    assert (got(network, "b"), got(network, "c")) == ([], [b"x"])


def test_loss_takes_about_its_share():
    network = two_or_more(seed=7)
    network.impair("link1", loss=0.25)
    for _ in range(1000):
        send(network, "a", b"x")
    network.run(1)
    assert 700 < len(got(network, "b")) < 800


def test_duplicates_arrive_twice():
    network = two_or_more()
    network.impair("link1", duplicate=1.0)
    send(network, "a", b"x")
    network.run(1)
    assert got(network, "b") == [b"x", b"x"]


def test_jitter_reorders():
    network = two_or_more(seed=3)
    network.impair("link1", delay=0.5, jitter=0.5)
    sent = [bytes([number]) for number in range(50)]
    for data in sent:
        send(network, "a", data)
    network.run(3)
    assert got(network, "b") != sent
    assert sorted(got(network, "b")) == sent


def test_the_same_seed_gives_the_same_run():
    def run(seed):
        network = two_or_more(seed=seed)
        network.impair("link1", delay=0.5, jitter=0.5, loss=0.5, duplicate=0.5)
        for number in range(50):
            send(network, "a", bytes([number]))
        network.run(3)
        return network.nodes["b"].machine.got

    assert run(1) == run(1) != run(2)


def test_cut_drops_packets_and_tells_every_end():
    network = two_or_more()
    network.run(1)
    network.cut("link1")
    send(network, "a", b"lost")
    network.run(1)
    network.heal("link1")
    send(network, "a", b"x")
    network.run(1)
    assert got(network, "b") == [b"x"]
    for name in "ab":
        assert network.nodes[name].machine.links == [(1.0, "link1", False), (2.0, "link1", True)]


def test_the_ends_may_come_up_one_after_the_other():
    network = two_or_more()
    network.cut("link1")
    network.heal("link1", gap=0.5)
    network.run(0.2)
    send(network, "a", b"lost")
    network.run(0.8)
    send(network, "a", b"x")
    network.run(1)
    assert network.nodes["b"].machine.links[-1] == (0.5, "link1", True)
    assert got(network, "b") == [b"x"]


def test_a_silent_cut_tells_nobody():
    network = two_or_more()
    network.cut("link1", silent=True)
    send(network, "a", b"lost")
    network.run(1)
    assert got(network, "b") == [] == network.nodes["b"].machine.links
    assert network.nodes["a"].by_lan["link1"].up


def test_what_is_on_the_way_when_the_cable_is_cut_is_lost():
    network = two_or_more()
    network.impair("link1", delay=0.5)
    send(network, "a", b"lost")
    network.run(0.1)
    network.cut("link1")
    network.run(1)
    assert got(network, "b") == []


def test_a_machine_is_woken_when_it_wants():
    network = two_or_more("a")
    network.call("a", lambda machine, now: machine.alarms.extend([2.5, 1.5]))
    network.run(2)
    assert network.nodes["a"].machine.woken == [1.5]
    network.run(2)
    assert network.nodes["a"].machine.woken == [1.5, 2.5]


def test_a_killed_node_hears_nothing_and_starts_anew():
    network = two_or_more()
    network.call("b", lambda machine, now: machine.alarms.append(5.0))
    network.kill("b")
    send(network, "a", b"lost")
    network.run(1)
    network.start("b")
    send(network, "a", b"x")
    network.run(9)
    assert got(network, "b") == [b"x"]
    assert network.nodes["b"].machine.woken == []


def test_a_killed_node_loses_its_routes():
    network = two_or_more()
    network.call("a", lambda machine, now: machine.actions.append(way("10.9.0.0/16", "10.0.1.2")))
    assert network.nodes["a"].kernel
    network.kill("a")
    assert not network.nodes["a"].kernel


def test_a_paused_node_gets_what_waited_when_it_is_resumed():
    network = two_or_more()
    network.call("b", lambda machine, now: machine.alarms.append(2.0))
    network.pause("b")
    for number in range(BUFFER + 5):
        send(network, "a", number.to_bytes(2))
    network.run(3)
    assert got(network, "b") == []
    network.resume("b")
    network.run(1)
    machine = network.nodes["b"].machine
    assert got(network, "b") == [number.to_bytes(2) for number in range(BUFFER)]
    assert {at for at, _ in machine.got} == {3.0}
    assert machine.woken == [3.0]


def test_reports_are_kept_with_their_time():
    network = two_or_more("a")
    network.run(1.5)
    network.call("a", lambda machine, now: machine.actions.append(Report("kind", "text", {})))
    assert network.nodes["a"].said == [(1.5, ("kind", "text", {}))]


def test_the_record_holds_every_packet():
    network = two_or_more(record=True)
    send(network, "a", b"x")
    assert [(hop.at, hop.node, hop.packet.data) for hop in network.record] == [(0.0, "a", b"x")]
    assert network.sent == 1


def test_run_until_says_how_long_it_took():
    network = two_or_more("a")
    network.run(1)
    assert network.run_until(lambda: network.now >= 3, within=9) == pytest.approx(2, abs=0.11)
    assert network.run_until(lambda: False, within=1) is None


def way(prefix, via):
    return SetRoute(Prefix.parse(prefix), (NextHop(Address.parse(via), "link1"),))


def test_a_path_follows_the_kernels_tables():
    network = two_or_more("abc")
    network.add_lan("lan-c", "10.9.1.0/24")
    network.add_node("d", {"link1": "10.0.1.4", "lan-c": "10.9.1.1"}, Recorder)
    target = Address.parse("10.9.1.1")
    assert network.path("a", target) == []
    network.call("a", lambda machine, now: machine.actions.append(way("10.9.0.0/16", "10.0.1.2")))
    network.call("b", lambda machine, now: machine.actions.append(way("10.9.1.0/24", "10.0.1.4")))
    network.call("b", lambda machine, now: machine.actions.append(way("10.9.0.0/16", "10.0.1.1")))
    assert network.path("a", target) == ["a", "b", "d"]
    network.call("b", lambda machine, now: machine.actions.append(DeleteRoute(Prefix.parse("10.9.1.0/24"))))
    with pytest.raises(AssertionError, match="circles"):
        network.path("a", target)
    network.cut("link1")
    assert network.path("a", target) == []
