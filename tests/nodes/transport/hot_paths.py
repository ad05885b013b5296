"""Two ways through a stack, side by side: frames that lie in memory and are taken by a hot path, as far as it goes, and
the same ones received one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.link.arp.packet import REPLY, ArpPacket
from catenet.nodes.machine import Datagram, Frame, Interface, IpPacket, NextHop, OpenPort, Send
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
NOBODY = (
    *("127.0.0.1", "0.0.0.0", "0.1.2.3", "10.0.1.0", "10.0.1.255", "10.0.2.1", "224.0.0.9", "240.0.0.1"),
    *("255.255.255.255", "169.254.1.1"),
)
"""Sources that are odd, most of them nobody's."""
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
    # whatever a table says of them, nothing is passed on there
    **dict.fromkeys(
        ("169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"), (hop("10.0.2.9", "out"),)
    ),
}


class Node:
    """A stack, and what it has sent and counted."""

    def __init__(self, *, forward: bool = True, asked: OpenPort | None = None, early: bool = False) -> None:
        """`asked`: a port whose owner answers some datagrams; `early`: by the hot path, where it can."""
        self.asked: list[bytes] = []
        self.heard: list[Datagram | IpPacket] = []
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
        self.key = 0
        if asked is not None:
            self.key, _ = self.stack.open(asked, 0.0)
            if early:
                self.stack.reply_by(self.key, self.reply)

    def reply(self, data: bytes, now: float) -> bytes | None:
        """Some are answered: by as much again, by little, by more than a packet takes, by nothing."""
        self.asked.append(data)
        how = data[0] if data else 4
        return (data * 2, b"x", bytes(1500), None, b"")[how % 5]

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
                self._answer(now)
                self.take()

    def _answer(self, now: float) -> None:
        """As who carries a stack does (nodes/runtime/stack_network)."""
        for key, unit in self.stack.take_delivered():
            said = self.reply(unit.data, now) if key == self.key else None
            if said is None or not isinstance(unit, Datagram):
                self.heard.append(unit)
            else:
                self.stack.send(key, unit.reply(said), now)

    def relay(self, frames: list[bytes], now: float) -> None:
        """By the hot path of routers."""
        self._early(self.stack.relay, frames, now)

    def answer(self, frames: list[bytes], now: float) -> None:
        """By that of servers."""
        self._early(self.stack.answer, frames, now)

    def _early(self, path: Callable[..., Any], frames: list[bytes], now: float) -> None:
        octets = bytearray(STEP * len(frames))
        for number, frame in enumerate(frames):
            octets[number * STEP : number * STEP + len(frame)] = frame
        lengths = [len(frame) for frame in frames]
        others, passed = path(memoryview(octets), STEP, lengths, "in", now)
        for lan, numbers, sizes in passed:
            self.relayed += len(numbers)
            for number, size in zip(numbers, sizes, strict=True):
                self.sent.append((lan, bytes(octets[number * STEP : number * STEP + size])))
        self.take()
        self.receive([bytes(octets[number * STEP : number * STEP + lengths[number]]) for number in others], now)

    def take(self) -> None:
        for action in self.stack.take_actions():
            if isinstance(action, Send):
                packet = action.packet
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
    udp: tuple[int, int, int, int] | None = None  # source and destination port, what length and checksum are wrong by
    data: bytes = b""

    def frame(self) -> bytes:
        ihl = (self.first & 15) * 4
        said = (self.octets + self.lie) & 0xFFFF
        head = bytes((self.first, 0)) + said.to_bytes(2, "big") + self.identification.to_bytes(2, "big")
        head += self.fragment.to_bytes(2, "big") + bytes((self.ttl, self.protocol, 0, 0))
        head += Address.parse(self.source).pack() + Address.parse(self.destination).pack()
        head = (head + bytes((1, 1, 1, 0)) * 10)[: max(ihl, 20)]
        head = head[:10] + (checksum(head) ^ self.wrong).to_bytes(2, "big") + head[12:]
        packet = (head + self._payload(head))[: self.octets] + bytes(self.padding)
        return self.to + self.sender + self.kind.to_bytes(2, "big") + packet

    def _payload(self, head: bytes) -> bytes:
        if self.udp is None:
            return bytes(range(256)) * 6
        source, destination, longer, wrong = self.udp
        size = (len(self.data) + 8).to_bytes(2, "big")
        ports = source.to_bytes(2, "big") + destination.to_bytes(2, "big")
        pseudo = head[12:20] + b"\0\x11" + size
        told = checksum(pseudo + ports + size + b"\0\0" + self.data) or 0xFFFF
        said = ((len(self.data) + 8 + longer) & 0xFFFF).to_bytes(2, "big")
        return ports + said + (0 if wrong < 0 else told ^ wrong).to_bytes(2, "big") + self.data


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
