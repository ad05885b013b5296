"""The internet layer of a host and of a router: what becomes of a packet, for each rule of RFC 1122 and RFC 1812."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import ICMP, UDP, Header
from catenet.nodes.internet.ipv4.layer import Delivered, Ipv4, Outgoing, Trouble
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.machine import Interface, NextHop

NET1, NET2, FAR, NARROW = map(Prefix.parse, ("10.0.1.0/24", "10.0.2.0/24", "10.0.9.0/24", "10.0.3.0/24"))
OWN1, OWN2, OWN3, H1, H2, NEXT, THERE = map(
    Address.parse, ("10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.1.7", "10.0.2.8", "10.0.2.9", "10.0.9.9")
)
NOW = 1000.0


class Node:
    """A layer on three LANs, of which one has an MTU of 576, with a way to FAR over NEXT."""

    def __init__(self, forward: bool = True, source_routes: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self.table = ForwardingTable()
        self.layer = Ipv4(Ipv4Options(forward, source_routes), self.table, Random("ipv4"), self.count)
        for name, own, net, mtu in (("one", OWN1, NET1, 1500), ("two", OWN2, NET2, 1500), ("three", OWN3, NARROW, 576)):
            self.layer.set_interface(Interface(name, own, net, mtu=mtu), NOW)
            self.table.set(net, (NextHop(ANY, name),))
        self.table.set(FAR, (NextHop(NEXT, "two"),))

    def count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def receive(
        self, packet: bytes, interface: str = "one", to_group: bool = False, now: float = NOW
    ) -> list[Delivered | Outgoing | Trouble]:
        self.layer.receive(packet, interface, to_group, now)
        return self.all()

    def all(self) -> list[Delivered | Outgoing | Trouble]:
        return [*self.layer.take_delivered(), *self.layer.take_outgoing(), *self.layer.take_trouble()]


def packet(source: Address = H1, destination: Address = H2, data: bytes = b"data", **fields: object) -> bytes:
    header = Header(source, destination, UDP)._replace(**fields)  # type: ignore[arg-type]
    return header.packet(data)


def one(found: list[Delivered | Outgoing | Trouble]) -> Outgoing:
    (only,) = found
    assert isinstance(only, Outgoing)
    return only


def test_a_router_passes_a_packet_on_with_a_ttl_less_and_a_right_checksum() -> None:
    node = Node()
    for destination, next_hop in ((H2, H2), (THERE, NEXT)):
        came = packet(destination=destination, ttl=9, tos=0xB8, identification=77, df=True)
        out = one(node.receive(came + b"\0" * 10))
        header = Header.received(out.packet)
        assert out[:2] == ("two", next_hop)
        assert header == Header.received(came)._replace(ttl=8)
        assert out.packet[20:] == b"data"
    assert node.counts == {"forwarded": 2}


def test_every_checksum_stays_right_as_the_ttl_falls() -> None:
    """RFC 1624 section 3, with the corner cases of one's complement zero."""
    node = Node()
    for number in range(0, 65536, 7):
        out = one(node.receive(packet(identification=number, ttl=2 + number % 250)))
        assert Header.received(out.packet).identification == number


def test_1812_4_2_2_9_ttl_is_looked_at_only_when_forwarding() -> None:
    node = Node()
    for ttl in (0, 1):
        mine = packet(destination=OWN2, ttl=ttl)
        (delivered,) = node.receive(mine)
        assert isinstance(delivered, Delivered)
        assert (delivered.payload, delivered.interface, delivered.packet) == (b"data", "one", mine)
        came = packet(ttl=ttl)
        assert node.receive(came) == [Trouble(11, 0, bytes(4), came, "one")]
    assert node.counts == {"delivered": 2, "dropped.ttl": 2}


def test_no_way_is_a_net_unreachable_and_df_over_the_mtu_says_which_mtu() -> None:
    node = Node()
    came = packet(destination=Address.parse("192.0.2.1"))
    assert node.receive(came) == [Trouble(3, 0, bytes(4), came, "one")]
    narrow = Address.parse("10.0.3.7")
    large = packet(destination=narrow, data=bytes(557), df=True)
    assert node.receive(large) == [Trouble(3, 4, bytes((0, 0, 2, 64)), large, "one")]
    assert len(one(node.receive(packet(destination=narrow, data=bytes(556), df=True))).packet) == 576
    assert node.counts == {"dropped.no_route": 1, "dropped.too_big": 1, "forwarded": 1}


def test_what_is_larger_than_the_next_lan_is_cut() -> None:
    node = Node()
    data = bytes(range(256)) * 5
    found = node.receive(packet(destination=Address.parse("10.0.3.7"), data=data, identification=5))
    headers = [Header.received(each.packet) for each in found]
    assert [(each.offset, each.mf, each.total_length) for each in headers] == [
        (0, True, 572),
        (552, True, 572),
        (1104, False, 196),
    ]
    assert b"".join(each.packet[20:] for each in found) == data
    assert {each.identification for each in headers} == {5}


def test_a_host_forwards_nothing_and_says_nothing() -> None:
    node = Node(forward=False)
    assert node.receive(packet()) == []
    assert node.counts == {"dropped.not_forwarded": 1}


@pytest.mark.parametrize(
    ("fields", "counter"),
    [
        ({"source": Address.parse(bad)}, "dropped.source")
        for bad in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "240.0.0.1", "255.255.255.255", "10.0.1.255")
    ]
    + [({"source": OWN1}, "dropped.source"), ({"source": OWN2}, "dropped.source")]
    + [
        ({"destination": Address.parse(bad)}, "dropped.destination")
        for bad in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "240.0.0.1", "255.255.255.254", "10.0.2.0")
    ]
    + [
        ({"destination": Address.parse("169.254.1.1")}, "dropped.link_local"),
        ({"source": Address.parse("169.254.1.1")}, "dropped.link_local"),
    ],
)
def test_1812_5_3_7_martians_both_ways(fields: dict[str, Address], counter: str) -> None:
    node = Node()
    node.table.set(DEFAULT, (NextHop(NEXT, "two"),))
    assert node.receive(packet(**fields)) == []
    assert node.counts == {counter: 1}


def test_1122_3_3_6_a_unicast_packet_in_a_frame_for_all_is_dropped() -> None:
    node = Node()
    for destination in (OWN1, H2, THERE):
        assert node.receive(packet(destination=destination), to_group=True) == []
    assert node.counts == {"dropped.link_broadcast": 3}


@pytest.mark.parametrize("word", ["255.255.255.255", "10.0.1.255", "224.0.0.9"])
def test_what_is_for_several_is_delivered_and_never_forwarded(word: str) -> None:
    node = Node()
    (found,) = node.receive(packet(destination=Address.parse(word)), to_group=True)
    assert isinstance(found, Delivered)
    assert found.to_group
    assert node.counts == {"delivered": 1}


def test_2644_a_directed_broadcast_goes_no_further_than_this_router() -> None:
    node = Node()
    (found,) = node.receive(packet(destination=NET2.broadcast))
    assert isinstance(found, Delivered)
    assert node.counts == {"delivered": 1, "dropped.directed_broadcast": 1}


def test_an_address_is_the_nodes_own_on_each_lan_and_only_while_its_interface_is_up() -> None:
    """The weak ES model (RFC 1122 section 3.3.4.2); RFC 1812 section 5.2.3."""
    node = Node()
    assert isinstance(node.receive(packet(destination=OWN2))[0], Delivered)
    node.layer.set_interface(Interface("two", OWN2, NET2, up=False), NOW)
    (found,) = node.receive(packet(destination=OWN2))
    assert isinstance(found, Trouble)
    assert (found.type, found.code) == (3, 0)
    assert OWN2 not in node.layer.addresses


@pytest.mark.parametrize(
    "make",
    [
        lambda good: b"",
        lambda good: good[:19],
        lambda good: good[:23],  # shorter than it says
        lambda good: b"\x55" + good[1:],
        lambda good: b"\x44" + good[1:],
        lambda good: b"\x4f" + good[1:],
        lambda good: good[:2] + b"\0\x13" + good[4:],
        lambda good: good[:8] + bytes((good[8] ^ 1,)) + good[9:],
    ],
)
def test_a_header_that_is_wrong_is_counted_and_dropped(make: object) -> None:
    node = Node()
    assert node.receive(make(packet())) == []  # type: ignore[operator]
    assert node.counts == {"dropped.header": 1}


def test_what_is_sent_takes_the_ways_address_and_each_its_own_identification() -> None:
    node = Node()
    assert node.layer.send(b"hello", ANY, THERE, UDP, ttl=64, now=NOW) == ""
    assert node.layer.send(b"hello", ANY, THERE, UDP, ttl=64, now=NOW) == ""
    first, second = node.all()
    assert isinstance(first, Outgoing)
    assert isinstance(second, Outgoing)
    one_, two = Header.received(first.packet), Header.received(second.packet)
    assert (first.interface, first.next_hop, one_.source, one_.ttl) == ("two", NEXT, OWN2, 64)
    assert two.identification == (one_.identification + 1) % 65536
    assert node.layer.source_for(THERE) == OWN2
    assert node.layer.source_for(OWN1) == OWN1
    assert node.layer.source_for(Address.parse("192.0.2.1")) is None


def test_what_is_for_oneself_never_leaves() -> None:
    node = Node()
    for destination in (OWN1, Address.parse("127.0.0.1"), Address.parse("127.1.2.3")):
        assert node.layer.send(b"me", ANY, destination, UDP, ttl=1, now=NOW) == ""
        (found,) = node.all()
        assert isinstance(found, Delivered)
        assert (found.header.source, found.interface, found.payload) == (destination, "lo", b"me")
        assert Header.received(found.packet) == found.header
    assert node.layer.send(b"me", Address.parse("127.0.0.1"), H1, UDP, ttl=1, now=NOW) == "no route"
    assert node.all() == []


def test_a_datagram_and_no_more_than_a_packet_has() -> None:
    node = Node()
    assert node.layer.send(bytes(65_515), ANY, H1, ICMP, ttl=64, now=NOW) == ""
    found = node.all()
    assert len(found) == 45
    assert len({Header.received(each.packet).identification for each in found}) == 1  # type: ignore[union-attr]
    assert node.layer.send(bytes(65_516), ANY, H1, ICMP, ttl=64, now=NOW) == "too big"
    assert node.layer.send(bytes(1481), ANY, H1, ICMP, ttl=64, df=True, now=NOW) == "too big"
    assert node.layer.send(b"", ANY, Address.parse("192.0.2.1"), ICMP, ttl=64, now=NOW) == "no route"
    assert node.all() == []
    assert node.counts["unsent.too_big"] == 2


def test_3021_of_a_link_of_two_each_address_is_a_hosts() -> None:
    node = Node()
    near, far = Address.parse("10.0.7.0"), Address.parse("10.0.7.1")
    net = Prefix.of(near, 31)
    node.layer.set_interface(Interface("link", near, net), NOW)
    node.table.set(net, (NextHop(ANY, "link"),))
    assert not node.layer.interfaces.is_broadcast_on(far, "link")
    assert node.layer.interfaces.is_broadcast_on(NET1.broadcast, "one")
    assert one(node.receive(packet(destination=far)))[:2] == ("link", far)
    assert isinstance(node.receive(packet(source=far, destination=near), "link")[0], Delivered)


def test_the_paths_mtu_is_that_of_the_narrowest_of_equal_ways_and_cuts_what_is_sent() -> None:
    node = Node()
    node.table.set(FAR, (NextHop(NEXT, "two"), NextHop(Address.parse("10.0.3.9"), "three")))
    assert node.layer.path_mtu(THERE, NOW) == 576
    assert node.layer.path_mtu(H1, NOW) == 1500
    assert node.layer.set_path_mtu(H1, 1000, NOW)
    assert node.layer.send(bytes(1000), ANY, H1, UDP, ttl=9, df=True, now=NOW) == "too big"
    assert node.layer.send(bytes(980), ANY, H1, UDP, ttl=9, df=True, now=NOW) == ""
    assert Header.received(one(node.all()).packet).df
    assert node.layer.send(bytes(1000), ANY, H1, UDP, ttl=9, now=NOW) == ""
    assert [len(each.packet) for each in node.all()] == [996, 44]  # type: ignore[union-attr]
    # Below the floor DF is left out, and routers on the way may cut.
    assert node.layer.set_path_mtu(H1, 300, NOW)
    assert node.layer.send(bytes(532), ANY, H1, UDP, ttl=9, df=True, now=NOW) == ""
    assert not Header.received(one(node.all()).packet).df
    node.layer.flush()
    assert node.layer.path_mtu(H1, NOW) == 1500
    assert node.layer.show_path_mtus(NOW) == []


def test_what_is_sent_over_an_interface_goes_by_no_other() -> None:
    node = Node()
    assert node.layer.send(b"", ANY, THERE, UDP, ttl=9, interface="two", now=NOW) == ""
    assert one(node.all())[:2] == ("two", NEXT)
    # As the Linux kernel has it (ip(7), IP_PKTINFO): it is taken to be there.
    assert node.layer.send(b"", ANY, THERE, UDP, ttl=9, interface="one", now=NOW) == ""
    assert one(node.all())[:2] == ("one", THERE)
    for group in ("224.0.0.9", "255.255.255.255"):
        assert node.layer.send(b"", ANY, Address.parse(group), UDP, ttl=1, interface="three", now=NOW) == ""
        out = one(node.all())
        assert (out.interface, str(out.next_hop), Header.received(out.packet).source) == ("three", group, OWN3)
        assert node.layer.send(b"", OWN1, Address.parse(group), UDP, ttl=1, now=NOW) == ""
        assert one(node.all()).interface == "one"
        assert node.layer.send(b"", ANY, Address.parse(group), UDP, ttl=1, now=NOW) == "no route"
    assert node.layer.send(b"", ANY, THERE, UDP, ttl=9, interface="gone", now=NOW) == "no route"


def test_a_datagram_in_pieces_is_delivered_whole_by_whichever_lans_they_came() -> None:
    node = Node()
    whole = packet(destination=OWN2, data=bytes(2000), identification=3)
    pieces = fragment(whole, 1500)
    assert node.receive(pieces[1]) == []
    (found,) = node.receive(pieces[0], "two")
    assert isinstance(found, Delivered)
    assert (found.packet, found.payload, found.interface) == (whole, bytes(2000), "two")


def test_fragments_that_wait_too_long_are_an_error_about_the_first() -> None:
    node = Node()
    first, _ = fragment(packet(destination=OWN1, data=bytes(2000)), 1500)
    assert node.receive(first) == []
    assert node.layer.next_wake() == NOW + 30.0
    assert len(node.layer.show_fragments(NOW)) == 1
    node.layer.wake(NOW + 30.0)
    assert node.all() == [Trouble(11, 1, bytes(4), first, "one")]
    assert node.layer.next_wake() is None


def test_what_comes_by_an_interface_that_is_down_or_nobodys_is_dropped() -> None:
    node = Node()
    node.layer.set_interface(Interface("one", OWN1, NET1, up=False), NOW)
    for interface in ("one", "elsewhere"):
        assert node.receive(packet(), interface) == []
    assert node.counts == {"dropped.interface": 2}


def test_a_way_whose_interface_is_down_is_none_and_the_other_of_two_is_taken() -> None:
    node = Node()
    other = Address.parse("10.0.3.9")
    node.table.set(FAR, (NextHop(NEXT, "two"), NextHop(other, "three")))
    node.layer.set_interface(Interface("two", OWN2, NET2, up=False), NOW)
    assert all(one(node.receive(packet(source=Address(H1 + n), destination=THERE))).next_hop == other for n in range(9))
    node.layer.set_interface(Interface("three", OWN3, NARROW, up=False), NOW)
    (found,) = node.receive(packet(destination=THERE))
    assert isinstance(found, Trouble)
    assert (found.type, found.code) == (3, 0)
