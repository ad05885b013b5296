"""One node's ARP on a desk: frames are given to it by hand, and what it says is read."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.machine import Arp
from catenet.nodes.link.arp.packet import REPLY, REQUEST, ArpPacket
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame, Interface, Report, Send

__all__ = ["F1", "FAR", "HOST", "NOBODY", "OTHER", "STRANGER", "US", "Desk", "address", "hardware", "wire"]

NOBODY = bytes(6)


def address(text: str) -> Address:
    return Address.parse(text)


def hardware(last: int) -> bytes:
    return bytes((2, 0, 0, 0, 0, last))


US, F1 = address("192.31.65.7"), hardware(0xE1)
HOST, OTHER = address("192.31.65.5"), hardware(0xE2)
STRANGER, FAR = address("192.31.65.9"), address("192.31.63.8")
"""On the LAN, and behind a gateway."""


def wire(opcode: int, who: bytes, sender: Address, target: Address, whom: bytes = NOBODY) -> bytes:
    """RFC 826's format, written out here on its own."""
    fixed = bytes((0, 1, 8, 0, 6, 4, 0, opcode))
    return fixed + who + int(sender).to_bytes(4, "big") + whom + int(target).to_bytes(4, "big")


class Desk:
    """`arp` has an interface `lan` with US and F1. `up`: it is told of it, and has said what it says then."""

    def __init__(self, options: ArpOptions = ArpOptions(), *, up: bool = True, length: int = 24) -> None:  # noqa: B008
        self.counters: Counter[str] = Counter()
        self.arp = Arp(options, Random(1), lambda counter, by=1: self.counters.update({counter: by}))
        self.interface = Interface("lan", US, Prefix.of(US, length), hardware=F1)
        self.now = 0.0
        if up:
            self.set_interface()
            self.run(10.0)
            self.said()

    def set_interface(self, **other: Any) -> None:
        self.interface = self.interface._replace(**other)
        self.arp.set_interface(self.interface, self.now)

    def hears(  # noqa: PLR0917
        self, opcode: int, who: bytes, sender: Address, target: Address, to: bytes = BROADCAST, lan: str = "lan"
    ) -> None:
        self.arp.receive(Frame(wire(opcode, who, sender, target), who, to, ARP, lan), self.now)

    def asks(self, who: bytes, sender: Address, target: Address = US) -> None:
        self.hears(REQUEST, who, sender, target)

    def answers(self, who: bytes, sender: Address, target: Address = US) -> None:
        self.hears(REPLY, who, sender, target, F1)

    def resolve(self, whom: Address, packet: bytes = b"packet") -> bytes | None:
        return self.arp.resolve("lan", whom, packet, self.now)

    def knows(self, whom: Address = HOST, who: bytes = OTHER) -> None:
        """It is known because it was asked for."""
        self.resolve(whom)
        self.answers(who, whom)
        self.arp.take_ready()
        self.said()

    def run(self, seconds: float) -> list[tuple[float, bytes, ArpPacket]]:
        """Let time pass → what was said meanwhile: when, to whom, what."""
        said, end = [], self.now + seconds
        while (due := self.arp.next_wake()) is not None and due <= end:
            self.now = max(self.now, due)
            self.arp.wake(self.now)
            said += [(self.now, frame.destination, packet) for frame, packet in self.frames()]
        self.now = end
        return said

    def frames(self) -> list[tuple[Frame, ArpPacket]]:
        return [(each.packet, ArpPacket.parse(each.packet.data)) for each in self._actions() if isinstance(each, Send)]

    def said(self) -> list[ArpPacket]:
        return [packet for _, packet in self.frames()]

    def reports(self) -> list[Report]:
        return [each for each in self._actions() if isinstance(each, Report)]

    def _actions(self) -> list[Any]:
        return self.arp.take_actions()

    def state(self, whom: Address = HOST) -> str:
        return next((row["state"] for row in self.rows() if row["address"] == str(whom)), "")

    def rows(self) -> list[Any]:
        return list(self.arp.show(self.now))
