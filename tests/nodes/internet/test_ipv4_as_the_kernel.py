"""What ours does with a packet is what the Linux kernel does with it: both get the same ones, by the same links.

The kernel is a router in a container, on veth pairs of its own: no bridge of the engine's is between, which would put
fragments together, and drop what is malformed, before it comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipv4_in_kernel import LINKS, PROTOCOL
from kernel_router import Case, Kernel, kernel_router
from on_engine import own

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import ICMP, Header
from catenet.nodes.internet.ipv4.layer import Ipv4
from catenet.nodes.internet.ipv4.options import each_option
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.machine import Interface, NextHop

pytestmark = pytest.mark.engine

LAB = own("ipv4")
FAR, ROUTED, NARROW, NOWHERE = map(Address.parse, ("10.99.2.8", "10.99.9.9", "10.99.3.8", "192.0.2.1"))
SOURCES = count(Address.parse("10.98.0.1"))
"""Another one for each packet: the kernel tells each source of few ways that it has not (ip_rt_error_burst)."""
OWN = {name: Address.parse(text) for name, (text, _) in LINKS.items()}


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with kernel_router(LAB) as run:
        yield run


class Ours:
    """The same router, by our layer; errors are told as ICMP has them: type, code, and the four octets behind."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        table = ForwardingTable()
        self.layer = Ipv4(Ipv4Options(forward=True, source_routes=True), table, Random(1), self.count)
        for link, (_, mtu) in LINKS.items():
            net = Prefix.of(OWN[link], 24)
            self.layer.set_interface(Interface(link, OWN[link], net, mtu=mtu), 0.0)
            table.set(net, (NextHop(ANY, link),))
        table.set(Prefix.parse("10.99.9.0/24"), (NextHop(Address.parse("10.99.2.9"), "far"),))
        table.set(Prefix.parse("10.98.0.0/16"), (NextHop(Address.parse("10.99.1.7"), "near"),))

    def count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def run(self, case: Case) -> tuple[list[tuple[str, bytes]], list[bytes], list[bytes]]:
        for link, packet in case:
            self.layer.receive(packet, link, False, 0.0)
        return (
            [(each.interface, each.packet) for each in self.layer.take_outgoing()],
            [each.packet for each in self.layer.take_delivered()],
            [bytes((each.type, each.code)) + each.rest for each in self.layer.take_trouble()],
        )


def compare(kernel: Kernel, case: Case) -> None:
    ((sent, delivered),) = kernel([case])
    ours, taken, errors = Ours().run(case)
    assert [said(packet) for _, packet in sent if is_error(packet)] == errors
    passed = [(link, packet) for link, packet in sent if not is_error(packet)]
    if len(ours) > 1:
        # The kernel leaves the reserved flag out of fragments; "it MUST copy these bits into each" (RFC 1812 section
        # 5.2.5).
        ours = [(link, bytes(Header.parse(packet)._replace(reserved=False)) + packet[20:]) for link, packet in ours]
    assert passed == ours
    assert delivered == taken


def is_error(packet: bytes) -> bool:
    header = Header.parse(packet)
    return header.protocol == ICMP and header.source in OWN.values()


def said(packet: bytes) -> bytes:
    message = packet[Header.parse(packet).length :]
    return message[:2] + message[4:8]


def make(destination: Address, data: bytes = b"12345678", **fields: Any) -> bytes:
    return Header(Address(next(SOURCES)), destination, PROTOCOL)._replace(**fields).packet(data)


# Forwarding.

destinations = st.sampled_from(["far", "routed", "narrow", "nowhere", "own near", "own far"])
PLACES = {
    "far": FAR,
    "routed": ROUTED,
    "narrow": NARROW,
    "nowhere": NOWHERE,
    "own near": OWN["near"],
    "own far": OWN["far"],
}
sizes = st.sampled_from([0, 1, 8, 100, 556, 557, 1000, 1440, 1480])
plain = st.fixed_dictionaries(
    {
        "ttl": st.sampled_from([0, 1, 2, 3, 64, 255]),
        "tos": st.integers(0, 255),
        "identification": st.integers(0, 65535),
        "df": st.booleans(),
        "reserved": st.booleans(),
    }
)


@settings(max_examples=150, deadline=None)
@given(destinations, sizes, plain)
def test_a_packet_goes_on_the_same_octet_by_octet(
    kernel: Kernel, destination: str, size: int, fields: dict[str, Any]
) -> None:
    compare(kernel, [("near", make(PLACES[destination], bytes(at & 255 for at in range(size)), **fields))])


# Options.

anything = st.binary(max_size=16)
routes = st.sampled_from([FAR, ROUTED, NARROW, NOWHERE, *OWN.values(), Address.parse("10.99.2.9")]).map(Address.pack)
slots = st.lists(routes, min_size=1, max_size=4).map(b"".join)
pointed = st.builds(
    lambda kind, data, pointer: bytes((kind, len(data) + 3, pointer)) + data,
    st.sampled_from([7, 131, 137]),
    slots,
    st.sampled_from([4, 8, 12, 16, 20, 21]),
)
crooked = st.builds(
    lambda kind, length, pointer, data: bytes((kind, length, pointer)) + data,
    st.sampled_from([7, 68]),
    st.integers(0, 40),
    st.integers(0, 41),
    anything,
)
stamps = st.builds(
    lambda data, pointer, overflow, flag: bytes((68, len(data) + 4, pointer, overflow << 4 | flag)) + data,
    slots,
    st.sampled_from([5, 9, 13, 17, 21]),
    st.integers(0, 15),
    st.sampled_from([0, 1, 2, 3, 9]),
)
others = st.builds(lambda kind, data: bytes((kind, len(data) + 2)) + data, st.sampled_from([2, 25, 153]), anything)
options = (
    st.lists(st.one_of(st.just(b"\1"), pointed, stamps, crooked, others, st.just(b"\0")), max_size=4)
    .map(lambda parts: (b"".join(parts) + bytes(3))[:40])
    .map(lambda data: data[: len(data) & ~3])
)


@settings(max_examples=400, deadline=None)
@given(destinations, options, st.sampled_from([1, 2, 64]))
def test_a_packet_with_options_goes_on_the_same(kernel: Kernel, destination: str, data: bytes, ttl: int) -> None:
    case = [("near", make(PLACES[destination], options=data, ttl=ttl))]
    ((sent, delivered),) = kernel([case])
    ours, taken, errors = Ours().run(case)
    told = [said(packet) for _, packet in sent if is_error(packet)]
    # The kernel's error goes back the recorded way, which may lead nowhere.
    assert told == errors or (not told and any(kind in (131, 137) for kind, _, _ in each_option(data)))
    assert [(link, timeless(packet)) for link, packet in sent if not is_error(packet)] == [
        (link, timeless(packet)) for link, packet in ours
    ]
    assert [packet[-8:] for packet in delivered] == [packet[-8:] for packet in taken]


def timeless(packet: bytes) -> bytes:
    """Without the times that were written into it, the checksum, and what is behind the end of the options (which the
    kernel clears)."""
    header = Header.parse(packet)
    made = bytearray(packet)
    made[10:12] = b"\0\0"
    behind = 20
    for kind, at, length in each_option(header.options):
        behind = 20 + at + length
        if kind == 68 and header.options[at + 2] > 5:
            end = 20 + at + header.options[at + 2] - 1
            # Of the two things there the kernel takes the address of the LAN by which the packet came (RFC 1812 section
            # 4.2.2.2 (e): "MUST use the IP address of the logical interface on which the packet is being sent").
            begin = end - (8 if header.options[at + 3] & 15 == 1 else 4)
            made[begin:end] = bytes(end - begin)
    while behind < header.length and made[behind] == 1:
        behind += 1
    made[behind : header.length] = bytes(header.length - behind)
    return bytes(made)


# Headers that are wrong, and addresses that nobody has.

# The kernel forwards from and to class E and network 0, and from a LAN's broadcast address; ours does not (RFC 1812
# section 5.3.7).


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 28 * 8 - 1), st.integers(0, 12))
def test_one_bit_that_is_another_in_the_header_or_an_end_too_early(kernel: Kernel, bit: int, cut: int) -> None:
    whole = bytearray(make(FAR))
    whole[bit >> 3] ^= 0x80 >> (bit & 7)
    compare(kernel, [("near", bytes(whole[: len(whole) - cut]))])


@pytest.mark.parametrize("word", ["0.0.0.0", "127.0.0.1", "224.0.0.251", "255.255.255.255", "10.99.1.1"])
def test_what_comes_from_a_martian_goes_nowhere(kernel: Kernel, word: str) -> None:
    for destination in (FAR, OWN["near"]):
        compare(kernel, [("near", make(destination, source=Address.parse(word)))])


@pytest.mark.parametrize("word", ["0.0.0.0", "127.0.0.1", "10.99.2.255"])
def test_what_is_for_a_martian_goes_nowhere(kernel: Kernel, word: str) -> None:
    case = [("near", make(Address.parse(word)))]
    ((sent, _),) = kernel([case])
    assert sent == Ours().run(case)[0] == []


# Fragments. Each datagram has a source of its own, so none meets what was left of another.

Piece = tuple[int, int, bool]
"""Units at which it begins and ends, and whether it is the last."""


def pieces_of(source: Address, parts: list[Piece], odd: int) -> list[bytes]:
    """Each has in its octets where they are."""
    header = Header(source, OWN["near"], PROTOCOL, identification=0x1234)
    return [
        header._replace(offset=begin * 8, mf=not last).packet(
            bytes(at >> 3 & 255 for at in range(begin * 8, end * 8 - (odd if last else 0)))
        )
        for begin, end, last in parts
    ]


orders = st.integers(2, 9).flatmap(lambda count: st.permutations(range(count)))


@settings(max_examples=100, deadline=None)
@given(orders, st.integers(1, 180), st.integers(0, 7), st.lists(st.integers(0, 8), max_size=3))
def test_fragments_of_every_order_and_size_and_some_twice(
    kernel: Kernel, order: list[int], units: int, odd: int, twice: list[int]
) -> None:
    count = len(order)
    parts = [(at * units, (at + 1) * units, at == count - 1) for at in order]
    for at in twice:
        parts.insert(at, parts[at % count])
    compare(kernel, [("near", packet) for packet in pieces_of(Address(next(SOURCES)), parts, odd)])


runs = st.integers(0, 7).flatmap(lambda begin: st.tuples(st.just(begin), st.integers(begin + 1, 8), st.booleans()))


@settings(max_examples=500, deadline=None)
@given(st.lists(runs, min_size=2, max_size=8), st.sampled_from([0, 4]))
def test_fragments_of_every_overlap(kernel: Kernel, parts: list[Piece], odd: int) -> None:
    packets = [each for each in pieces_of(Address(next(SOURCES)), parts, odd) if Header.parse(each).is_fragment]
    case = [("near", packet) for packet in packets]
    ((_, delivered),) = kernel([case])
    _, taken, _ = Ours().run(case)
    for packet in delivered + taken:
        assert packet[20:] == bytes(at >> 3 & 255 for at in range(len(packet) - 20))
    if not spans(parts):
        assert delivered == taken


def spans(parts: list[Piece]) -> bool:
    """Whether all of a piece had come before it, but in no single one: the kernel, which keeps pieces apart, drops the
    datagram then, and ours ignores the piece, as both do one that had come alone."""
    there: set[int] = set()
    for number, (begin, end, _) in enumerate(parts):
        units = set(range(begin, end))
        if units <= there and not any(one <= begin and end <= other for one, other, _ in parts[:number]):
            return True
        there |= units
    return False


ATTACKS = {
    "teardrop": [(0, 5, False), (3, 4, True)],
    "newtear": [(0, 4, False), (3, 5, True)],
    "bonk": [(0, 4, False), (6, 8, True)],
    "rose": [(0, 4, False), (8189, 8191, True)],
    "jolt": [(at, at + 180, False) for at in range(0, 8100, 180)],
    "the end twice": [(1, 4, True), (4, 5, True), (0, 1, False)],
}


@pytest.mark.parametrize("parts", ATTACKS.values(), ids=ATTACKS)
def test_attacks_leave_both_as_they_were(kernel: Kernel, parts: list[Piece]) -> None:
    compare(kernel, [("near", packet) for packet in pieces_of(Address(next(SOURCES)), parts, 0)])
    compare(
        kernel, [("near", packet) for packet in pieces_of(Address(next(SOURCES)), [(0, 1, False), (1, 2, True)], 0)]
    )


@pytest.mark.parametrize("size", [1481, 3000, 65_507, 65_515, 65_516])
def test_the_largest_datagram_and_one_more(kernel: Kernel, size: int) -> None:
    """Ping of death: the last fragment reaches over 65,535 octets."""
    header = Header(Address(next(SOURCES)), OWN["near"], PROTOCOL, identification=7)
    data = bytes(at >> 8 for at in range(size))
    cuts = range(0, size, 1480)
    packets = [header._replace(offset=at, mf=at + 1480 < size).packet(data[at : at + 1480]) for at in cuts]
    Random("order").shuffle(packets)
    compare(kernel, [("near", packet) for packet in packets])
    ((_, delivered),) = kernel([[("near", packet) for packet in packets]])
    assert [packet[20:] for packet in delivered] == ([data] if size <= 65_515 else [])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 20_000), st.sampled_from([68, 576, 1006, 1500]), st.integers(0, 10))
def test_what_we_cut_the_kernel_puts_together(kernel: Kernel, size: int, mtu: int, words: int) -> None:
    options = bytes((25, words * 4)) + bytes(words * 4 - 2) if words and mtu > 68 else b""
    header = Header(Address(next(SOURCES)), OWN["near"], PROTOCOL, identification=size, options=options)
    whole = header.packet(bytes(at & 255 for at in range(size)))
    ((_, delivered),) = kernel([[("near", packet) for packet in fragment(whole, mtu)]])
    assert delivered == [whole]


# Sending.


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["far", "routed", "narrow"]), st.integers(0, 6000) | st.sampled_from([556, 557, 1480, 1481, 65_515])
)
def test_what_the_kernel_sends_itself_is_cut_as_ours_is(kernel: Kernel, destination: str, size: int) -> None:
    to, data = PLACES[destination], bytes(at >> 3 & 255 for at in range(size))
    ((sent, _),) = kernel([[(f"to {to}", data)]])
    ours = Ours()
    # The kernel sets DF where it fits (IP_PMTUDISC_WANT): so does the stack.
    whole = 20 + size <= ours.layer.path_mtu(to, 0.0)
    assert ours.layer.send(data, ANY, to, PROTOCOL, ttl=64, df=whole, now=0.0) == ""
    made = [(out.interface, out.packet) for out in ours.layer.take_outgoing()]
    assert list(map(nameless, sent)) == list(map(nameless, made))
    assert len({Header.received(packet).identification for _, packet in sent}) == 1


def nameless(sent: tuple[str, bytes]) -> tuple[str, bytes]:
    """Without its identification, which is the sender's own."""
    link, packet = sent
    header = Header.received(packet)
    return link, bytes(header._replace(identification=0)) + packet[header.length :]
