"""Options on their way: source routes as the Linux kernel follows them, record route, timestamp, and wrong ones."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_ipv4_layer import FAR, H1, H2, NET2, NEXT, NOW, OWN1, OWN2, OWN3, THERE, Node, one, packet
from test_ipv4_options import SENT

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.header import ICMP, Header
from catenet.nodes.internet.ipv4.layer import Delivered, Ipv4, Outgoing, Trouble
from catenet.nodes.internet.ipv4.options import OptionError, SourceRouteOption, source_route, to_bytes
from catenet.nodes.internet.ipv4.recording import examine, record
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.machine import Interface, NextHop

# The network in which Linux sent what `SENT` has: from 10.12.1.1 to 10.12.2.1 over the routers a, d, f, c.
ROUTERS = {
    "a": ("10.12.1.11", "10.12.13.1"),
    "d": ("10.12.13.4", "10.12.14.4"),
    "f": ("10.12.14.6", "10.12.15.6"),
    "c": ("10.12.15.3", "10.12.2.13"),
}


def router(name: str) -> Ipv4:
    layer = Ipv4(
        Ipv4Options(forward=True, source_routes=True), table := ForwardingTable(), Random(name), lambda *_: None
    )
    for text in ROUTERS[name]:
        net = Prefix.of(Address.parse(text), 24)
        layer.set_interface(Interface(str(net), Address.parse(text), net), NOW)
        table.set(net, (NextHop(ANY, str(net)),))
    return layer


def test_what_each_router_sends_on_is_what_the_kernel_sent_octet_by_octet() -> None:
    for name, came, goes in zip("df", SENT, SENT[1:], strict=False):
        layer = router(name)
        layer.receive(bytes.fromhex(came), str(Prefix.of(Address.parse(ROUTERS[name][0]), 24)), False, NOW)
        assert [each.packet.hex() for each in layer.take_outgoing()] == [goes]
        assert layer.take_trouble() == []


def routed(*words: Address, strict: bool = False, pointer: int = 4) -> bytes:
    return to_bytes([SourceRouteOption(words, strict, pointer)])


def test_who_refuses_source_routes_drops_each_of_them_and_says_nothing() -> None:
    for options in (routed(THERE), routed(THERE, pointer=8), routed(THERE, strict=True)):
        for destination in (OWN1, H2, THERE):
            node = Node()
            assert node.receive(packet(destination=destination, options=options)) == []
            assert node.counts == {"dropped.source_route": 1}


def test_what_came_in_a_frame_for_several_follows_no_source_route() -> None:
    node = Node(source_routes=True)
    for destination in (OWN1, NET2.broadcast):
        assert node.receive(packet(destination=destination, options=routed(THERE)), to_group=True) == []
    assert sum(node.counts.values()) == 2


def test_1812_5_2_4_1_who_is_not_the_destination_only_forwards() -> None:
    options = routed(THERE)
    node = Node(source_routes=True)
    header = Header.received(one(node.receive(packet(options=options))).packet)
    assert (header.destination, header.options) == (H2, options)
    strictly = packet(options=routed(THERE, strict=True))
    assert node.receive(strictly) == [Trouble(12, 0, b"\x10\0\0\0", strictly, "one")]


def test_1812_5_2_3_ones_own_other_addresses_are_passed_at_once() -> None:
    node = Node(source_routes=True)
    options = routed(OWN2, OWN3, THERE, H1)
    out = one(node.receive(packet(destination=OWN1, options=options)))
    header = Header.received(out.packet)
    assert (out.interface, out.next_hop, header.destination) == ("two", NEXT, THERE)
    # The Linux kernel leaves those that it passes as they were.
    assert header.source_route == SourceRouteOption((OWN2, OWN3, OWN2, H1), False, 16)


def test_a_source_route_that_ends_here_is_delivered() -> None:
    node = Node(source_routes=True)
    for options in (routed(H1, pointer=8), routed(OWN2)):
        (found,) = node.receive(packet(destination=OWN1, options=options))
        assert isinstance(found, Delivered)
        assert found.header.options == options


@pytest.mark.parametrize("word", ["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "10.0.2.255", "192.0.2.1"])
def test_a_source_route_to_nowhere_is_dropped_and_nothing_is_said(word: str) -> None:
    node = Node(source_routes=True)
    found = node.receive(packet(destination=OWN1, options=routed(Address.parse(word))))
    assert [each for each in found if not isinstance(each, Delivered)] == []
    assert word == "127.0.0.1" or sum(number for key, number in node.counts.items() if key.startswith("dropped.")) == 1


def test_a_strict_one_wants_a_neighbour() -> None:
    node = Node(source_routes=True)
    assert one(node.receive(packet(destination=OWN1, options=routed(H2, strict=True)))).next_hop == H2
    came = packet(destination=OWN1, options=routed(THERE, strict=True))
    assert node.receive(came) == [Trouble(3, 5, bytes(4), came, "one")]
    assert node.layer.send(b"", ANY, THERE, ICMP, ttl=9, options=routed(H1, strict=True), now=NOW) == "no route"
    assert node.layer.send(b"", ANY, THERE, ICMP, ttl=9, options=routed(H1), now=NOW) == ""


def test_a_host_does_not_forward_by_a_source_route() -> None:
    node = Node(forward=False, source_routes=True)
    assert node.receive(packet(destination=OWN1, options=routed(THERE))) == []
    assert node.counts == {"dropped.not_forwarded": 1}


def test_1812_5_3_13_5_each_router_records_its_address_on_the_way_out_while_there_is_room() -> None:
    """A record route of three: the pointer of a full one is over its length, and it is passed on."""
    options = b"\7\x0f\4" + bytes(12) + b"\0"
    for pointer, recorded in ((8, OWN2), (12, OWN2), (16, OWN2)):
        out = one(Node().receive(packet(options=options)))
        options = Header.received(out.packet).options
        assert options[2] == pointer
        assert Address.unpack(options[pointer - 5 : pointer - 1]) == recorded
    assert Header.received(one(Node().receive(packet(options=options))).packet).options == options


def stamp(flag: int, *slots: bytes, pointer: int = 5, overflow: int = 0) -> bytes:
    data = b"".join(slots)
    return bytes((68, 4 + len(data), pointer, overflow << 4 | flag)) + data


TIME = (0x8000_0000 | 1_000_000).to_bytes(4, "big")  # NOW in milliseconds, marked as no standard value


@pytest.mark.parametrize(
    ("came", "goes"),
    [
        (stamp(0, bytes(8)), stamp(0, TIME, bytes(4), pointer=9)),
        (stamp(0, TIME, bytes(4), pointer=9), stamp(0, TIME, TIME, pointer=13)),
        (stamp(0, TIME, pointer=9), stamp(0, TIME, pointer=9, overflow=1)),
        (stamp(0, TIME, pointer=9, overflow=14), stamp(0, TIME, pointer=9, overflow=15)),
        (stamp(1, bytes(16)), stamp(1, OWN2.pack(), TIME, bytes(8), pointer=13)),
        (stamp(3, OWN1.pack(), bytes(4)), stamp(3, OWN1.pack(), TIME, pointer=13)),
        (stamp(3, OWN3.pack(), bytes(4)), stamp(3, OWN3.pack(), TIME, pointer=13)),
        (stamp(3, H1.pack(), bytes(4)), stamp(3, H1.pack(), bytes(4))),
        (stamp(3, OWN1.pack(), TIME, pointer=13, overflow=15), stamp(3, OWN1.pack(), TIME, pointer=13, overflow=15)),
        (stamp(7, bytes(8)), stamp(7, bytes(8))),
    ],
)
def test_1812_5_3_13_6_timestamps(came: bytes, goes: bytes) -> None:
    assert Header.received(one(Node().receive(packet(options=came))).packet).options == goes


def test_1812_5_3_13_1_unknown_options_pass_unchanged() -> None:
    options = b"\x99\4\1\2\1\1\x19\3\7\x86\x06\0\0\0\1\0"
    assert Header.received(one(Node().receive(packet(options=options))).packet).options == options


@pytest.mark.parametrize(
    ("options", "at"),
    [
        (b"\1\1\1\7", 23),  # cut short
        (b"\1\7\2\4", 22),  # a record route of less than three octets
        (b"\7\7\3" + bytes(5), 22),
        (b"\7\7\5" + bytes(5), 22),  # room, but not for an address
        (b"\x82\x0b" + bytes(9) + b"\7\7\1" + bytes(6), 33),
        (b"\7\3\4\7\3\4\0\0", 23),  # twice
        (b"\x83\3\4\x89\3\4\0\0", 23),
        (b"\x44\3\5\0", 21),
        (b"\x44\4\4\0", 22),
        (b"\x44\x08\6\0" + bytes(4), 22),
        (b"\x44\x08\5\1" + bytes(4), 22),
        (b"\x44\4\5\xf0", 23),  # the overflow overflows
        (b"\x99\1\0\0", 20),
        (b"\x99\5\0\0", 20),
        (b"\x83\4\4\0", 22),
        (b"\x83\6\x08" + bytes(5), 21),
        (b"\x83\7\6" + bytes(5), 22),
    ],
)
def test_792_a_parameter_problem_points_to_the_wrong_octet(options: bytes, at: int) -> None:
    for destination in (OWN1, H2):
        node = Node(source_routes=True)
        came = packet(destination=destination, options=options)
        assert node.receive(came) == [Trouble(12, 0, bytes((at, 0, 0, 0)), came, "one")]
        assert node.counts == {"dropped.options": 1}


def test_nothing_is_said_of_what_was_for_several() -> None:
    node = Node()
    came = packet(destination=NET2.broadcast, options=b"\7\7\1" + bytes(5))
    assert node.receive(came, "two", to_group=True) == []


def test_who_sends_is_the_first_in_the_record() -> None:
    """RFC 1122 section 3.2.2.6: of an echo's answer, its options "updated to include the current host"."""
    node = Node()
    options = b"\7\x0b\4" + bytes(8) + b"\0"
    assert node.layer.send(b"", ANY, THERE, ICMP, ttl=9, options=options, now=NOW) == ""
    (out,) = node.all()
    assert isinstance(out, Outgoing)
    assert Header.received(out.packet).options == b"\7\x0b\x08" + OWN2.pack() + bytes(5)


words = st.integers(0, 10).flatmap(lambda number: st.binary(min_size=number * 4, max_size=number * 4))
kinds = st.sampled_from([b"\7", b"\x44", b"\x83", b"\x89", b"\1", b"\x99"])
likely = st.lists(st.builds(lambda kind, data: kind + data, kinds, st.binary(max_size=20)), max_size=4)
options = words | likely.map(lambda parts: (b"".join(parts) + bytes(3))[: 40 & ~3]).map(
    lambda data: data[: len(data) & ~3]
)


@given(options)
def test_whatever_is_taken_is_right_after_recording_too(data: bytes) -> None:
    try:
        places = examine(data)
    except OptionError as error:
        assert 20 <= error.at <= 20 + len(data)
        return
    made = record(data, places, OWN2, NOW, lambda address: address == OWN2)
    assert len(made) == len(data)
    overflows = places.timestamp >= 0 and made[places.timestamp + 3] >> 4 == 15
    if not overflows:
        assert examine(made) == places


@given(options, st.sampled_from([OWN1, H2, THERE, NET2.broadcast]), st.booleans())
def test_whatever_options_come_a_packet_has_one_end(data: bytes, destination: Address, follows: bool) -> None:
    node = Node(source_routes=follows)
    node.table.set(DEFAULT, node.table.lookup(THERE).next_hops)  # type: ignore[union-attr]
    found = node.receive(packet(destination=destination, options=data))
    dropped = sum(number for key, number in node.counts.items() if key.startswith("dropped."))
    assert len(found) <= 1
    assert found or dropped == 1
    for each in found:
        if isinstance(each, Outgoing):
            assert Header.received(each.packet).ttl == 63


def test_a_full_route_is_nine_routers_and_each_hop_is_right() -> None:
    via = [Address(OWN1 + number) for number in range(9)]
    goes, option = source_route(via, H2)
    assert goes == OWN1
    assert option is not None
    assert len(to_bytes([option])) == 40
    assert FAR.holds(THERE)
