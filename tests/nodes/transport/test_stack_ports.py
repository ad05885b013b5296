"""Ports of a stack of ours, as far as the simulated network says nothing of them (simulation/test_network_ports.py)."""

from __future__ import annotations

import errno
from random import Random

import pytest
from stack_bench import ALL, MAC, OWN, Bench, datagram, host

from catenet.nodes.address import ANY, Address
from catenet.nodes.link.arp.reports import EVENTS
from catenet.nodes.link.ethernet.hardware import ARP, IPV4
from catenet.nodes.machine import (
    Datagram,
    Endpoint,
    Ethernet,
    Ip,
    JoinGroup,
    LeaveGroup,
    OpenPort,
    Tcp,
    Udp,
)
from catenet.nodes.transport.stack.ports import MEMBERSHIPS, PortError, Ports
from catenet.nodes.transport.stack.service import SERVICES

FRIEND, FRIENDS_MAC = host(7)
GROUP = Address.parse("224.0.0.9")
GROUP_MAC = bytes.fromhex("01005e000009")


def ports(seed: int = 1) -> Ports:
    return Ports(("one", "two"), Random(seed))


def test_who_asks_for_any_number_gets_one_that_nobody_foresees() -> None:
    """RFC 6056 section 3.3: they are drawn, and none is another port's."""
    one, other = ports(1), ports(2)
    first = [one.open(OpenPort(Udp())).number for _ in range(200)]
    assert len(set(first)) == 200
    assert all(32_768 <= number <= 60_999 for number in first)
    assert first != sorted(first)
    assert first[:5] != [other.open(OpenPort(Udp())).number for _ in range(5)]


def test_when_all_numbers_are_taken_the_next_is_refused() -> None:
    all_of = ports()
    for _ in range(60_999 - 32_768 + 1):
        all_of.open(OpenPort(Udp()))
    with pytest.raises(PortError) as failed:
        all_of.open(OpenPort(Udp()))
    assert failed.value.errno == errno.EADDRINUSE


def test_a_port_that_is_closed_can_be_had_again_and_its_key_is_never_anothers() -> None:
    one = ports()
    first = one.open(OpenPort(Udp(5)))
    with pytest.raises(OSError, match="Address already in use"):
        one.open(OpenPort(Udp(5)))
    one.close(first.key)
    one.close(first.key)
    second = one.open(OpenPort(Udp(5)))
    assert second.key != first.key
    assert one.get(first.key) is None


def test_what_this_stack_has_not_says_so() -> None:
    with pytest.raises(OSError, match="Tcp ports are not to be had") as failed:
        ports().open(OpenPort(Tcp(80)))
    assert failed.value.errno == errno.EOPNOTSUPP


def test_a_port_is_in_twenty_groups_and_no_more() -> None:
    one = ports()
    key = one.open(OpenPort(Udp(5))).key
    joined = [one.join(key, Address(GROUP + number), "one") for number in range(MEMBERSHIPS + 1)]
    assert joined == [True] * MEMBERSHIPS + [False]
    assert one.join(key, GROUP, "one"), "it is in it already"
    assert one.leave(key, GROUP, "one")
    assert not one.leave(key, GROUP, "one")
    assert one.join(key, Address(GROUP + MEMBERSHIPS), "one")
    one.close(key)
    assert not one.groups
    assert not one.join(key, GROUP, "one")


def groups(bench: Bench) -> list[object]:
    return [each for each in bench.stack.take_actions() if isinstance(each, JoinGroup | LeaveGroup)]


def test_a_hardware_group_is_joined_for_the_first_port_and_left_after_the_last() -> None:
    """Groups that are alike in 23 bits are one to the LAN (RFC 1112 section 6.4)."""
    bench = Bench()
    one, other = bench.udp(1000), bench.udp(1001)
    alike = Address(GROUP + (1 << 23))
    assert bench.stack.join(one, GROUP, "one")
    assert groups(bench) == [JoinGroup(Ethernet(IPV4, "one"), GROUP_MAC)]
    assert bench.stack.join(other, alike, "one")
    assert bench.stack.join(other, GROUP, "one")
    assert bench.stack.leave(one, GROUP, "one")
    assert groups(bench) == []
    bench.stack.close(other)
    assert groups(bench) == [LeaveGroup(Ethernet(IPV4, "one"), GROUP_MAC)]


def test_of_each_lan_it_wants_two_types_of_frames_and_all_hosts() -> None:
    """RFC 1112 section 7.1: 224.0.0.1."""
    from catenet.nodes.machine import Interface, Prefix

    bench = Bench()
    three = Interface("three", Address.parse("10.3.0.1"), Prefix.parse("10.3.0.0/24"), hardware=b"\2\0\0\0\3\1")
    bench.stack.set_interface(three, bench.now)
    wanted = bench.stack.take_actions()[:3]
    all_hosts = bytes.fromhex("01005e000001")
    assert wanted == [
        OpenPort(Ethernet(IPV4, "three")),
        OpenPort(Ethernet(ARP, "three")),
        JoinGroup(Ethernet(IPV4, "three"), all_hosts),
    ]


def test_who_is_not_in_a_group_hears_nothing_of_it_though_the_lan_gives_it() -> None:
    bench = Bench()
    bench.learn(7)
    one, other = bench.udp(1000), bench.udp(1001)
    bench.stack.join(one, GROUP, "one")
    for port in (1000, 1001):
        assert bench.put(datagram(FRIEND, str(GROUP), port=port, ttl=1), FRIENDS_MAC, "01:00:5e:00:00:09") == []
    assert [key for key, _ in bench.stack.take_delivered()] == [one]
    assert bench.stack.join(other, GROUP, "two")
    assert bench.put(datagram(FRIEND, str(GROUP), port=1001, ttl=1), FRIENDS_MAC, "01:00:5e:00:00:09") == []
    assert bench.stack.take_delivered() == []


def test_a_broadcast_reaches_the_ports_of_its_lan() -> None:
    bench = Bench()
    bench.learn(7)
    bench.open(Udp(9, "two"))
    one = bench.open(Udp(9, "one"))
    for to in ("255.255.255.255", "192.168.1.255"):
        assert bench.put(datagram(FRIEND, to), FRIENDS_MAC, ALL) == []
    assert [(key, unit.destination.address) for key, unit in bench.stack.take_delivered()] == [
        (one, Address(0xFFFFFFFF)),
        (one, Address.parse("192.168.1.255")),
    ]


def test_a_group_goes_to_its_hardware_address_with_a_ttl_of_one_and_a_broadcast_to_all() -> None:
    bench = Bench()
    key = bench.udp(1000)
    for to, whom, ttl in (
        (str(GROUP), "01:00:5e:00:00:09", 1),
        ("255.255.255.255", ALL, 64),
        ("192.168.1.255", ALL, 64),
    ):
        unit = Datagram(b"x", Endpoint(ANY, 0), Endpoint(Address.parse(to), 9), "one")
        assert bench.stack.send(key, unit, bench.now)
        (frame,) = bench.sent()
        assert (frame.dst, frame["IP"].dst, frame["IP"].ttl, frame["IP"].src) == (whom, to, ttl, OWN)


def test_who_sends_by_no_port_or_by_another_kinds_sends_nothing() -> None:
    bench = Bench()
    udp, raw = bench.udp(1000), bench.open(Ip(89))
    datagram_ = Datagram(b"x", Endpoint(ANY, 0), Endpoint(Address.parse(FRIEND), 9))
    assert not bench.stack.send(99, datagram_, bench.now)
    assert not bench.stack.send(raw, datagram_, bench.now)
    assert bench.stack.send(udp, datagram_, bench.now)


def test_a_port_of_one_lan_sends_by_no_other() -> None:
    bench = Bench()
    bench.learn(7)
    key = bench.open(Udp(1000, "two"))
    for lan, sent in (("one", False), ("two", True), ("", True)):
        unit = Datagram(b"x", Endpoint(ANY, 0), Endpoint(Address.parse("192.168.2.255"), 9), lan)
        assert bench.stack.send(key, unit, bench.now) == sent


def test_what_it_shows() -> None:
    bench = Bench()
    bench.learn(7)
    key = bench.udp(1000)
    bench.open(Ip(89, "two"))
    bench.stack.join(key, GROUP, "one")
    assert bench.stack.show("ports", bench.now) == [
        {"protocol": "udp", "number": 1000, "lan": "", "groups": [str(GROUP)]},
        {"protocol": "ip", "number": 89, "lan": "two", "groups": []},
    ]
    (row,) = bench.stack.show("arp", bench.now)
    assert (row["lan"], row["address"], row["hardware"]) == ("one", FRIEND, FRIENDS_MAC)
    for table in SERVICES[0].tables:
        assert isinstance(bench.stack.show(table.name, bench.now), list)
    with pytest.raises(ValueError, match="no table"):
        bench.stack.show("x", bench.now)


def test_who_was_silent_is_asked_for_anew_and_told_where_we_are() -> None:
    bench = Bench()
    bench.learn(7)
    key = bench.udp(1000)
    bench.stack.forget("one", bench.now)
    (announced,) = bench.sent()
    assert (announced.dst, announced["ARP"].psrc, announced["ARP"].pdst) == (ALL, OWN, OWN)
    assert bench.send(key, b"x", FRIEND)
    (asked,) = bench.sent()
    assert (asked["ARP"].op, asked["ARP"].pdst, asked.src) == (1, FRIEND, MAC)


def test_its_events_are_those_of_arp() -> None:
    assert SERVICES[0].events == EVENTS
