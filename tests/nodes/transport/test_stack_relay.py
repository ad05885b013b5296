"""The hot path beside the plain one: whatever comes, a stack that relays what it can sends what one sends that receives
everything, and counts the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.link.arp.packet import REPLY, ArpPacket
from catenet.nodes.machine import Frame, Interface, NextHop, Send
from catenet.nodes.transport.stack import relay
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.machine import Stack

STEP = 2048
HARDWARE = {name: bytes((2, 0, 0, 0, 0, number)) for number, name in enumerate(("in", "out", "thin", "cut"), 1)}
HOSTS = {
    "10.0.1.9": bytes.fromhex("020000000109"),
    "10.0.2.9": bytes.fromhex("020000000209"),
    "10.0.2.8": bytes.fromhex("020000000208"),
    "10.0.3.9": bytes.fromhex("020000000309"),
}
"""Who has told his hardware address. Nobody has 10.0.2.7."""
DESTINATIONS = (
    *HOSTS,
    *("10.0.2.7", "10.0.4.9", "10.1.0.1", "10.2.0.1", "10.2.0.2", "10.3.0.1", "10.4.0.1", "10.5.0.1", "10.9.9.9"),
    *("10.0.1.1", "10.0.2.1", "10.0.4.1", "10.0.1.255", "10.0.2.255", "10.0.2.0", "255.255.255.255", "224.0.0.1"),
    *("224.0.0.9", "127.0.0.1", "169.254.1.1", "0.0.0.0", "0.1.2.3", "240.0.0.1"),
)
SOURCES = ("10.0.1.9", "10.7.0.1", *DESTINATIONS)


def interface(name: str, number: int, mtu: int = 1500, *, up: bool = True) -> Interface:
    address = Address.parse(f"10.0.{number}.1")
    return Interface(name, address, Prefix.of(address, 24), up, mtu, HARDWARE[name])


def hop(via: str, lan: str) -> NextHop:
    return NextHop(Address.parse(via), lan)


INTERFACES = (interface("in", 1), interface("out", 2), interface("thin", 3, 576), interface("cut", 4, up=False))
ROUTES = {
    "10.1.0.0/16": (hop("10.0.2.9", "out"),),
    "10.2.0.0/16": (hop("10.0.2.9", "out"), hop("10.0.2.8", "out"), hop("10.0.3.9", "thin"), hop("10.0.4.9", "cut")),
    "10.3.0.0/16": (hop("10.0.2.7", "out"), hop("10.0.2.8", "out")),
    "10.4.0.0/16": (hop("10.0.3.9", "thin"),),
    "10.5.0.0/16": (hop("10.0.4.9", "cut"),),
}


class Node:
    """A stack, and what it has sent and counted."""

    def __init__(self, *, forward: bool = True) -> None:
        self.counts: Counter[str] = Counter()
        self.sent: list[tuple[str, bytes]] = []
        self.relayed = 0
        options = StackOptions(ipv4=Ipv4Options(forward=forward))
        self.stack = Stack(options, INTERFACES, Random(1), self.count)
        for each in INTERFACES:
            if each.up:
                self.stack.set_route(each.prefix, (NextHop(ANY, each.name),))
        for prefix, hops in ROUTES.items():
            self.stack.set_route(Prefix.parse(prefix), hops)
        for address in HOSTS:
            self.hear(address)
        self.sent.clear()

    def count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def hear(self, address: str, hardware: bytes | None = None) -> None:
        """A host tells who it is."""
        said, host = hardware or HOSTS[address], Address.parse(address)
        lan = next(each for each in INTERFACES if each.prefix.holds(host))
        packet = ArpPacket(REPLY, said, host, lan.hardware, lan.address)
        self.stack.receive(Frame(bytes(packet), said, lan.hardware, 0x0806, lan.name), 0.0)
        self.take()

    def receive(self, frames: list[bytes], now: float) -> None:
        for frame in frames:
            if len(frame) >= 14:
                kind = int.from_bytes(frame[12:14], "big")
                self.stack.receive(Frame(frame[14:], frame[6:12], frame[:6], kind, "in"), now)
                self.take()

    def relay(self, frames: list[bytes], now: float) -> None:
        octets = bytearray(STEP * len(frames))
        for number, frame in enumerate(frames):
            octets[number * STEP : number * STEP + len(frame)] = frame
        lengths = [len(frame) for frame in frames]
        others, passed = self.stack.relay(memoryview(octets), STEP, lengths, "in", now)
        for lan, numbers, sizes in passed:
            self.relayed += len(numbers)
            for number, size in zip(numbers, sizes, strict=True):
                self.sent.append((lan, bytes(octets[number * STEP : number * STEP + size])))
        self.receive([bytes(octets[number * STEP : number * STEP + lengths[number]]) for number in others], now)

    def take(self) -> None:
        for action in self.stack.take_actions():
            if isinstance(action, Send):
                packet: Any = action.packet
                assert isinstance(packet, Frame)
                source = packet.source or HARDWARE[packet.interface]
                kind = packet.ethertype.to_bytes(2, "big")
                self.sent.append((packet.interface, packet.destination + source + kind + packet.data))


@dataclass(frozen=True)
class Drawn:
    """What a frame is made of."""

    to: bytes = HARDWARE["in"]
    sender: bytes = HOSTS["10.0.1.9"]
    kind: int = 0x0800
    first: int = 0x45
    source: str = "10.0.1.9"
    destination: str = "10.1.0.1"
    ttl: int = 64
    protocol: int = 17
    identification: int = 1
    fragment: int = 0
    octets: int = 64
    lie: int = 0
    padding: int = 0
    wrong: int = 0

    def frame(self) -> bytes:
        ihl = (self.first & 15) * 4
        said = (self.octets + self.lie) & 0xFFFF
        head = bytes((self.first, 0)) + said.to_bytes(2, "big") + self.identification.to_bytes(2, "big")
        head += self.fragment.to_bytes(2, "big") + bytes((self.ttl, self.protocol, 0, 0))
        head += Address.parse(self.source).pack() + Address.parse(self.destination).pack()
        head = (head + bytes((1, 1, 1, 0)) * 10)[: max(ihl, 20)]
        head = head[:10] + (checksum(head) ^ self.wrong).to_bytes(2, "big") + head[12:]
        packet = (head + bytes(range(256)) * 6)[: self.octets] + bytes(self.padding)
        return self.to + self.sender + self.kind.to_bytes(2, "big") + packet


_usual = st.builds(
    Drawn,
    source=st.sampled_from(("10.0.1.9", "10.7.0.1")),
    destination=st.sampled_from(DESTINATIONS),
    ttl=st.integers(0, 255),
    identification=st.integers(0, 0xFFFF),
    octets=st.integers(20, 1500),
)
drawn = st.one_of(
    _usual,
    _usual,
    st.builds(
        Drawn,
        to=st.sampled_from((HARDWARE["in"], HARDWARE["out"], b"\xff" * 6, bytes.fromhex("01005e000001"))),
        sender=st.sampled_from((HOSTS["10.0.1.9"], bytes.fromhex("030000000109"))),
        kind=st.sampled_from((0x0800, 0x86DD)),
        first=st.sampled_from((0x45, 0x45, 0x46, 0x4F, 0x44, 0x65, 0x05)),
        source=st.sampled_from(SOURCES),
        destination=st.sampled_from(DESTINATIONS),
        ttl=st.sampled_from((0, 1, 2, 64, 255)),
        protocol=st.sampled_from((1, 6, 17)),
        identification=st.integers(0, 0xFFFF),
        fragment=st.sampled_from((0, 0x4000, 0x2000, 0x2001, 0x0001, 0x8000)),
        octets=st.one_of(st.integers(0, 1500), st.sampled_from((575, 576, 577))),
        lie=st.sampled_from((0, 0, 0, -1, 1, -50, 3000)),
        padding=st.sampled_from((0, 0, 1, 18)),
        wrong=st.sampled_from((0, 0, 0, 1, 0xFFFF)),
    ),
)
Step = list[Drawn] | str
steps = st.lists(
    st.one_of(
        st.lists(drawn, min_size=1, max_size=8),
        st.lists(drawn, min_size=1, max_size=8),
        st.sampled_from(("route goes", "route turns", "host moves", "lan goes", "lan returns", "host comes", "flush")),
    ),
    min_size=1,
    max_size=6,
)


def change(node: Node, what: str) -> None:
    """Something by which ways become others."""
    stack, prefix = node.stack, Prefix.parse("10.1.0.0/16")
    if what == "route goes":
        stack.set_route(prefix, ())
    elif what == "route turns":
        stack.set_route(prefix, (hop("10.0.3.9", "thin"),))
    elif what == "host moves":
        node.hear("10.0.2.9", bytes.fromhex("0200000002aa"))
    elif what == "host comes":
        node.hear("10.0.2.7", bytes.fromhex("020000000207"))
    elif what == "flush":
        stack.flush()
    else:
        stack.set_interface(INTERFACES[1]._replace(up=what == "lan returns"), 0.0)
    node.take()


@settings(max_examples=400, deadline=None)
@given(steps, st.booleans())
@example([[Drawn()], "host moves", [Drawn()], "route turns", [Drawn(octets=576), Drawn(octets=577)]], True)
@example([[Drawn()] * 3, "lan goes", [Drawn()], "lan returns", [Drawn()]], True)
def test_what_is_relayed_is_what_would_have_been_sent(taken: list[Step], forwards: bool) -> None:
    hot, plain = Node(forward=forwards), Node(forward=forwards)
    for number, step in enumerate(taken):
        hot.sent.clear()
        plain.sent.clear()
        if isinstance(step, str):
            change(hot, step)
            change(plain, step)
        else:
            frames = [each.frame() for each in step]
            hot.relay(frames, float(number))
            plain.receive(frames, float(number))
        assert sorted(hot.sent) == sorted(plain.sent)
        assert hot.counts == plain.counts
    assert hot.stack.show("arp", 9.0) == plain.stack.show("arp", 9.0)


def test_an_ordinary_packet_is_relayed_at_once() -> None:
    """Without that the other tests would say nothing. So it is where there are several ways."""
    node = Node()
    node.relay([Drawn().frame(), Drawn(destination="10.2.0.1").frame(), Drawn(octets=1500).frame()], 0.0)
    assert node.relayed == 3
    lan, frame = node.sent[0]
    assert lan == "out"
    assert frame[:14] == HOSTS["10.0.2.9"] + HARDWARE["out"] + b"\x08\x00"
    assert frame[22] == 63
    assert checksum(frame[14:34]) == 0
    assert frame[34:] == Drawn().frame()[34:]


def test_every_checksum_is_updated_as_if_it_were_made_anew() -> None:
    """Each of the 65,535 that a header can have (RFC 1624)."""
    node, plain = Node(), Node()
    for first in range(0, 0x10000, 0x400):
        frames = [Drawn(identification=number).frame() for number in range(first, first + 0x400)]
        node.relay(frames, 0.0)
        plain.receive(frames, 0.0)
    sums = {frame[24:26] for _, frame in node.sent}
    assert len(sums) == 0xFFFF
    assert all(checksum(frame[14:34]) == 0 for _, frame in node.sent)
    assert sorted(node.sent) == sorted(plain.sent)
    assert node.relayed > 0xFE00


def test_conversations_are_spread_over_the_ways_and_each_keeps_its_own() -> None:
    node = Node()
    frames = [Drawn(source=f"10.7.0.{number}", destination="10.2.0.1").frame() for number in range(1, 100)]
    node.relay(frames * 2, 0.0)
    ways: dict[bytes, set[tuple[str, bytes]]] = {}
    for lan, frame in node.sent:
        ways.setdefault(frame[26:30], set()).add((lan, frame[:6]))
    assert all(len(each) == 1 for each in ways.values())
    assert len(set.union(*ways.values())) == 3


def test_many_destinations_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MOST_WAYS", 16)
    node = Node()
    for number in range(100):
        frames = [Drawn(destination=f"10.{kind}.1.{number}").frame() for kind in (1, 2)]
        node.relay(frames, 0.0)
        ways: Any = node.stack._relay
        assert len(ways._ways) + len(ways._shared) <= 16
    assert node.relayed == 200


def test_a_neighbour_that_is_only_relayed_to_counts_as_used() -> None:
    """It has made itself known, and nobody has sent to it: it would be forgotten where nothing were to go there."""
    node = Node()
    for host in ("10.0.2.9", "10.0.3.9"):
        node.hear(host)
    node.relay([Drawn().frame()], 0.0)
    states = {row["address"]: row["state"] for row in node.stack.arp.show(0.0)}
    assert states["10.0.2.9"] == "reachable"
    assert states["10.0.3.9"] == "stale"
