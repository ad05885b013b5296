"""Ports: each action means on the simulated network what it means on the kernel, and the same where a node's stack is
ours. The two know nothing of each other's code, and these tests hold both to one behaviour."""

from __future__ import annotations

from typing import Any

import pytest
from inboxes import B2, GROUP, A, B, Inbox, do, line, net, to_b
from network import BUFFER, Network

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import (
    ClosePort,
    Connect,
    Datagram,
    Endpoint,
    Ethernet,
    Frame,
    Ip,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    OpenPort,
    Send,
    SetRoute,
    Tcp,
    Udp,
)


@pytest.fixture(autouse=True, params=["simulated", "own"])
def own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the nodes' stacks are ours."""
    whose: bool = request.param == "own"
    monkeypatch.setattr(Network, "OWN", whose)
    return whose


# A source port of 0, and the only port that it can mean


def test_who_names_no_source_port_sends_by_its_ports_number() -> None:
    network, a, (b,) = net((OpenPort(Udp(7)), to_b(5, 0)), (OpenPort(Udp(5)),))
    assert [packet.source for packet in b.got] == [Endpoint(A, 7)]
    do(network, "a", ClosePort(Udp(7)), OpenPort(Udp()), to_b(5, 0))
    assert b.got[-1].source == Endpoint(A, a.opened[-1].number)
    assert a.opened[-1].number > 1024


@pytest.mark.parametrize(
    ("ports", "interface", "by"),
    [
        ((Udp(5, "link1"),), "", 5),
        ((Udp(5, "link1"), Udp(6, "link2")), "", None),
        ((Udp(5, "link1"), Udp(6, "link2")), "link1", 5),
        ((Udp(5, "link2"),), "link1", None),
        ((Udp(5), Udp(6, "link1")), "link1", None),
        ((Udp(5), Udp(6, "link2")), "link1", 5),
    ],
)
def test_the_only_port_is_that_of_the_interface_or_of_every_one(
    ports: tuple[Udp, ...], interface: str, by: int | None
) -> None:
    sent = Send(Datagram(b"x", Endpoint(ANY, 0), Endpoint(A, 9), interface))
    network, a, _ = net((OpenPort(Udp(9)),), (*map(OpenPort, ports), sent), (OpenPort(Udp(1000)),))
    assert [packet.source.port for packet in a.got] == ([] if by is None else [by])
    assert network.nodes["b"].counters["send_failures"] == (by is None)


def test_a_port_of_another_interface_sends_nothing() -> None:
    network, a, _ = net(
        (OpenPort(Udp(9)),),
        (OpenPort(Udp(5, "link2")), Send(Datagram(b"x", Endpoint(ANY, 5), Endpoint(A, 9), "link1"))),
    )
    assert not a.got
    assert network.nodes["b"].counters == {"send_failures": 1}


@pytest.mark.parametrize(
    "sent",
    [
        to_b(0),
        to_b(65_536),
        to_b(5, ttl=256),
        to_b(5, tos=-1),
        to_b(5, interface="nowhere"),
        Send(Datagram(b"x", Endpoint(Address.parse("10.9.9.9"), 7), Endpoint(B, 5))),
        Send(Frame(b"x", b"", bytes(6), 0x1234, "link1")),  # by no port
    ],
)
def test_what_the_kernel_refuses_to_send_is_counted(sent: Send) -> None:
    network, _, (b,) = net((OpenPort(Udp(7)), sent), (OpenPort(Udp(5)),))
    assert network.nodes["a"].counters == {"send_failures": 1}
    assert not b.got


# One's own address


def test_what_goes_to_ones_own_address_comes_from_it_and_is_answered() -> None:
    network, _a, (b,) = net(
        (), (OpenPort(Udp(7)), OpenPort(Udp(8)), Send(Datagram(b"x", Endpoint(ANY, 8), Endpoint(B2, 7))))
    )
    assert b.got == [Datagram(b"x", Endpoint(B2, 8), Endpoint(B2, 7), "lo")]
    do(network, "b", Send(b.got[0].reply(b"y")))
    assert b.got[1:] == [Datagram(b"y", Endpoint(B2, 7), Endpoint(B2, 8), "lo")]


def test_the_answer_to_what_came_to_a_group_comes_from_the_interfaces_address() -> None:
    network, a, (b,) = net((OpenPort(Udp(7)),), (OpenPort(Udp(5)), JoinGroup(Udp(5), GROUP, "link1")))
    do(network, "a", Send(Datagram(b"x", Endpoint(ANY, 7), Endpoint(GROUP, 5), "link1")))
    do(network, "b", Send(b.got[0].reply(b"y")))
    assert [packet.source for packet in a.got] == [Endpoint(B, 5)]


# Which ports can stand beside which


@pytest.mark.parametrize(
    ("one", "other", "stand"),
    [
        (Udp(7), Udp(7, "link1"), False),
        (Udp(7, "link1"), Udp(7), False),
        (Udp(7, "link1"), Udp(7, "link1"), False),
        (Udp(7, "link1"), Udp(7, "link2"), True),
        (Ip(89), Ip(89, "link1"), True),
        (Ip(89), Ip(89), False),
    ],
)
def test_a_port_of_every_interface_stands_beside_none_of_one(one: Any, other: Any, stand: bool) -> None:
    _, _, (b,) = net((), (OpenPort(one), OpenPort(other)))
    assert (b.opened, b.failed) == (([one, other], []) if stand else ([one], [(other, "Address already in use")]))


def test_a_udp_port_is_one_machines_of_a_node_and_protocols_and_types_are_every_ones() -> None:
    ports = OpenPort(Udp(7, "link1")), OpenPort(Ip(89)), OpenPort(Ethernet(0x1234, "link1"))
    network, _, (one, other) = net((OpenPort(Ip(89)), OpenPort(Ethernet(0x1234, "link1"))), ports, ports)
    assert not one.failed
    assert [port for port, _ in other.failed] == [Udp(7, "link1")]
    there = network.nodes["b"].by_lan["link1"].hardware
    do(network, "a", Send(IpPacket(b"p", ANY, B, 89)), Send(Frame(b"f", b"", there, 0x1234, "link1")))
    for each in (one, other):  # a packet may wait for ARP
        assert sorted(unit.data for unit in each.got) == [b"f", b"p"]


def test_a_machine_closes_and_joins_by_its_own_ports_alone() -> None:
    network, _a, (one, other) = net(
        (OpenPort(Udp(7)),),
        (OpenPort(Udp(5)),),
        (OpenPort(Udp(6)), ClosePort(Udp(5)), JoinGroup(Udp(5), GROUP, "link1")),
    )
    assert network.nodes["b"].counters == {"group_failures": 1}
    do(network, "a", to_b(5), Send(Datagram(b"no", Endpoint(ANY, 7), Endpoint(GROUP, 5), "link1")))
    assert [packet.data for packet in one.got] == [b"x"]
    assert not other.got


def test_a_port_of_icmps_hears_the_types_that_it_asked_for() -> None:
    """raw(7), ICMP_FILTER; one that asked for none hears all."""
    port = Ip(1, "link1")
    network, a, (one, other) = net((OpenPort(port),), (OpenPort(port, kinds=(0, 40)),), (OpenPort(port),))
    assert not a.got
    for kind in (b"\0", b"\x08", b"\x28", b""):
        do(network, "a", Send(IpPacket(kind and kind + bytes(7), ANY, B, 1, "link1")))
    assert [packet.data[0] for packet in one.got] == [0, 40]
    assert [packet.data[:1] for packet in other.got] == [b"\0", b"\x08", b"\x28", b""]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (OpenPort(Udp(65_536)), "port 65536 is not between 0 and 65535"),
        (OpenPort(Udp(-1)), "port -1 is not between 0 and 65535"),
        (OpenPort(Ip(255)), "protocol 255 is not between 1 and 254"),
        (OpenPort(Ip(89), kinds=(0,)), "protocol 89 has no types of message: it is not ICMP (1)"),
        (OpenPort(Ip(1), kinds=(0, 256)), "kinds [0, 256]: a type of message is between 0 and 255"),
        (OpenPort(Udp(7), ttl=256), "Invalid argument"),
    ],
)
def test_numbers_out_of_range_are_refused(asked: OpenPort, why: str) -> None:
    _, _, (b,) = net((), (asked,))
    assert (b.opened, b.failed) == ([], [(asked.port, why)])


def test_to_who_does_not_hear_of_its_ports_a_taken_one_is_the_end() -> None:
    with pytest.raises(OSError, match="Address already in use"):
        net((), (OpenPort(Udp(7)), OpenPort(Udp(7))), make=Inbox)


@pytest.mark.parametrize(
    ("wanted", "lacking"), [(OpenPort(Tcp(7)), "Accepting"), (Connect(Endpoint(B, 7), 0, 1.0), "Connecting")]
)
def test_only_who_has_the_methods_for_it_has_connections(wanted: Any, lacking: str) -> None:
    with pytest.raises(TypeError, match=f"is not {lacking}"):
        net((), (wanted,))


# Groups


def test_a_port_of_every_interface_joins_a_group_on_every_lan() -> None:
    network, _a, (b,) = net(
        (OpenPort(Udp(7)),),
        (OpenPort(Udp(5)), OpenPort(Udp(6, "link2")), JoinGroup(Udp(5), GROUP), JoinGroup(Udp(6, "link2"), GROUP)),
    )
    others = Inbox(OpenPort(Udp(7)))
    network.add_node("c", {"link2": "10.0.2.3"}, lambda node: others)
    for name, lan in (("a", "link1"), ("c", "link2")):
        for number in (5, 6):
            do(network, name, Send(Datagram(b"x", Endpoint(ANY, 7), Endpoint(GROUP, number), lan)))
    assert [(p.destination.port, p.interface) for p in b.got] == [(5, "link1"), (5, "link2"), (6, "link2")]
    do(network, "b", LeaveGroup(Udp(5), GROUP))
    do(network, "a", Send(Datagram(b"x", Endpoint(ANY, 7), Endpoint(GROUP, 5), "link1")))
    assert len(b.got) == 3


def test_of_two_ports_of_a_protocol_that_hears_a_group_which_joined_it() -> None:
    port = OpenPort(Ip(89))
    network, _, (one, other) = net((port,), (port, JoinGroup(Ip(89), GROUP, "link1")), (port,))
    do(network, "a", Send(IpPacket(b"p", ANY, GROUP, 89, "link1")), Send(IpPacket(b"q", ANY, B, 89)))
    assert sorted(packet.data for packet in one.got) == [b"p", b"q"]
    assert [packet.data for packet in other.got] == [b"q"]


def test_an_address_that_is_no_groups_cannot_be_joined() -> None:
    network, _, _ = net((OpenPort(Udp(7)), JoinGroup(Udp(7), B)))
    assert network.nodes["a"].counters == {"group_failures": 1}


# Known answers


class Known(Inbox):
    """Knows the answer to one thing."""

    def reply(self, data: bytes, now: float) -> bytes | None:
        return b"known" if data == b"x" else None


def test_who_knows_an_answer_gives_it_before_it_receives() -> None:
    _, a, (b,) = net(
        (OpenPort(Udp(7)), to_b(5), Send(Datagram(b"other", Endpoint(ANY, 7), Endpoint(B, 5)))),
        (OpenPort(Udp(5), answers=True),),
        make=Known,
    )
    assert a.got == [Datagram(b"known", Endpoint(B, 5), Endpoint(A, 7), "link1")]
    assert [packet.data for packet in b.got] == [b"other"]


def test_nobody_is_asked_by_a_port_that_hears_ttls() -> None:
    _, a, (b,) = net((OpenPort(Udp(7)), to_b(5)), (OpenPort(Udp(5), hears_ttl=True, answers=True),), make=Known)
    assert not a.got
    assert [(packet.data, packet.ttl) for packet in b.got] == [(b"x", 64)]


# Ways


def test_what_is_sent_by_an_interface_that_is_cut_is_counted_and_is_on_no_wire() -> None:
    network, _, _ = net((OpenPort(Udp(7)),), (OpenPort(Udp(5)),))
    before = network.sent  # ARP announces
    network.cut("link1")
    do(network, "a", to_b(5), to_b(5, interface="link1"))
    assert network.nodes["a"].counters == {"send_failures": 2}
    assert network.sent == before
    network.heal("link1")
    do(network, "a", to_b(5))  # whose hardware address is known again
    before = network.sent
    network.cut("link1", silent=True)
    do(network, "a", to_b(5))
    assert network.nodes["a"].counters == {"send_failures": 2}
    assert network.sent == before + 1


def in_line(routers: int = 3, *, forwards: bool = True) -> Network:
    """With routes both ways."""
    network = Network(seed=1, record=True)
    for number in range(routers + 1):
        network.add_lan(f"l{number}", f"10.0.{number}.0/24")
    for name, lans, ways in line(routers):
        routes = [SetRoute(prefix, (next_hop,)) for prefix, next_hop in ways.items()]
        network.add_node(
            name, lans, lambda node, routes=routes: Inbox(OpenPort(Udp(5), hears_ttl=True), *routes), forwards=forwards
        )
    return network


def counted(network: Network, simulated: str, own: str) -> dict[str, int]:
    """Node → how often something happened there, by the name that it has with either stack."""
    nodes = network.nodes.items()
    found = {name: node.counters[simulated] if node.own is None else node.own.counters[own] for name, node in nodes}
    return {name: number for name, number in found.items() if number}


@pytest.mark.parametrize(("ttl", "arrives", "dies_at"), [(0, 61, ""), (4, 1, ""), (3, None, "r3"), (1, None, "r1")])
def test_a_datagram_goes_on_by_the_tables_of_three_routers(ttl: int, arrives: int | None, dies_at: str) -> None:
    network = in_line()
    far = Endpoint(Address.parse("10.0.3.2"), 5)
    do(network, "a", Send(Datagram(b"x", Endpoint(ANY, 5), far, ttl=ttl)))
    got = [(packet.source, packet.ttl) for packet in network.nodes["b"].machine.got]
    assert got == ([] if arrives is None else [(Endpoint(Address.parse("10.0.0.1"), 5), arrives)])
    assert counted(network, "ttl exceeded", "dropped.ttl") == ({dies_at: 1} if dies_at else {})


def test_a_host_passes_nothing_on() -> None:
    network = in_line(1, forwards=False)
    do(network, "a", Send(Datagram(b"x", Endpoint(ANY, 5), Endpoint(Address.parse("10.0.1.2"), 5))))
    assert counted(network, "not forwarded", "dropped.not_forwarded") == {"r1": 1}


# Several machines, and clocks


def test_a_node_may_have_several_machines_each_with_its_ports() -> None:
    network, _, (one, other) = net((OpenPort(Udp(7)), to_b(5), to_b(6)), (OpenPort(Udp(5)),), (OpenPort(Udp(6)),))
    assert [packet.destination.port for packet in one.got] == [5]
    assert [packet.destination.port for packet in other.got] == [6]
    network.pause("b")
    do(network, "a", *(to_b(5 + number % 2) for number in range(BUFFER)))
    network.resume("b")
    network.run(0)
    assert len(one.got) == len(other.got) == 1 + BUFFER // 2


def test_each_nodes_clock_is_its_own() -> None:
    heard: list[float] = []

    class Clock(Inbox):
        def receive(self, packet: Any, now: float) -> None:
            heard.append(now)

    network = Network(seed=1)
    network.add_lan("link1", "10.0.1.0/24")
    network.add_node("a", {"link1": str(A)}, lambda node: Inbox(OpenPort(Udp(7))))
    network.add_node("b", {"link1": str(B)}, lambda node: Clock(OpenPort(Udp(5))), offset=1000.0)
    do(network, "a", to_b(5))
    do(network, "a", to_b(5))  # nothing waits for ARP any more
    assert heard[1:] == [pytest.approx(1000.101, abs=1e-6)]
