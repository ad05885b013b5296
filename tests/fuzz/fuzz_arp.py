"""What comes in frames of type 0x0806 to a router that is a proxy, while it sends to neighbours, and the time."""

from __future__ import annotations

import struct
from collections import Counter
from random import Random

from fuzz_target import Target, pieces

from catenet.nodes.address import Address, Prefix
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.machine import Arp
from catenet.nodes.link.arp.packet import ArpPacket
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST, is_one_host
from catenet.nodes.machine import DecodeError, Frame, Interface, Report, Send

OPTIONS = ArpOptions(packets=4, waiting=3000, neighbours=8, unresolved=4)
OURS = Interface("link1", Address.parse("10.0.1.1"), Prefix.parse("10.0.1.0/24"), hardware=b"\2\0\0\0\0\1")
OTHER = Interface("link2", Address.parse("10.0.2.1"), Prefix.parse("10.0.2.0/24"), hardware=b"\2\0\0\0\0\2")
MOST = 60
"""Frames of one input that are received."""
AT_ONCE = 3
"""Actions that one frame may cause: an answer or a defence, and a report or two."""


class _Router:
    """The machine and its clock."""

    def __init__(self) -> None:
        self.now, self.waits = 1.0, 0
        self.counters: Counter[str] = Counter()
        self.arp = Arp(OPTIONS, Random(1), lambda counter, by=1: self.counters.update({counter: by}))
        self.arp.may_proxy = lambda interface, address: interface == "link1" and address >> 8 == 0x0A0002
        for interface in (OURS, OTHER):
            self.arp.set_interface(interface, self.now)
        self.wait(5.0)

    def take(self) -> int:
        """How much was wanted."""
        actions = self.arp.take_actions()
        for action in actions:
            assert isinstance(action, Send | Report)
            if isinstance(action, Send):
                frame = action.packet
                assert isinstance(frame, Frame)
                said, here = ArpPacket.parse(frame.data), OURS if frame.interface == "link1" else OTHER
                assert said.sender_hardware == here.hardware
                assert said.sender == here.address or said.sender >> 8 == 0x0A0002
                assert frame.destination == BROADCAST or is_one_host(frame.destination)
        self.waits -= len(self.arp.take_ready()) + len(self.arp.take_failed())
        return len(actions)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.arp.next_wake()) is not None and due <= end:
            assert due >= self.now
            self.now = due
            self.arp.wake(self.now)
            self.take()
        self.now = end


def _run(data: bytes) -> None:
    """Each frame has an octet before it. Its bits: 1 by link2, 2 a packet goes to the sender that it names, 4 one to
    the target, 8 all is forgotten before, the others how much later the next one comes."""
    router = _Router()
    for piece in [piece for piece in pieces(data) if piece][:MOST]:
        how, body = piece[0], piece[1:]
        lan = "link2" if how & 1 else "link1"
        if how & 8:
            router.arp.flush()
        for bit, place in ((2, 14), (4, 24)):
            address = Address.unpack(body[place : place + 4].ljust(4, b"\1"))
            if how & bit:
                router.waits += router.arp.resolve(lan, address, bytes(900), router.now) is None
        router.take()
        router.arp.receive(Frame(body, b"\2" * 6, BROADCAST, ARP, lan), router.now)
        assert router.take() <= AT_ONCE
        router.wait((0.0, 0.0, 0.01, 0.5, 1.0, 4.0, 61.0, 200.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 20.0)[how >> 4])
    rows = router.arp.show(router.now)
    assert len(rows) <= 2 * (OPTIONS.neighbours + OPTIONS.unresolved)
    assert all(address not in (OURS.address, OTHER.address) for _, address in router.arp.known)
    router.wait(10.0)  # whoever was asked for has answered, or is given up
    dropped = sum(times for counter, times in router.counters.items() if counter.startswith("arp.dropped."))
    assert router.waits == dropped


def _frame(how: int, opcode: int, who: bytes, sender: str, target: str) -> bytes:
    fixed = struct.pack(">HBHHBBH6s", 29, how, 1, 0x0800, 6, 4, opcode, who)
    return fixed + Address.parse(sender).pack() + bytes(6) + Address.parse(target).pack()


WHO = b"\2\0\0\0\0\5"
WORDS = (
    b"\0\1\x08\0\6\4\0\1",
    b"\0\1\x08\0\6\4\0\2",
    *(bytes.fromhex(word) for word in ("0a000101", "0a000201", "0a000105", "0a0001ff", "00000000", "ffffffff")),
    *(OURS.hardware, OTHER.hardware, BROADCAST, bytes(6), WHO, b"\1\0\x5e\0\0\1"),
    *(_frame(how, opcode, WHO, "10.0.1.5", "10.0.1.1") for how in (0, 2, 0x22, 0x60, 8) for opcode in (1, 2)),
    _frame(0, 1, WHO, "10.0.1.5", "10.0.2.7"),
    _frame(0, 1, WHO, "10.0.1.1", "10.0.1.1"),
    _frame(0, 1, WHO, "0.0.0.0", "10.0.1.1"),
    _frame(1, 1, WHO, "10.0.2.9", "10.0.2.1"),
)


def _same(packet: ArpPacket) -> None:
    assert ArpPacket.parse(bytes(packet)) == packet


packet = Target(ArpPacket.parse, (DecodeError,), _same, words=WORDS, longest=80)
frames = Target(_run, words=WORDS, longest=2048, milliseconds=300.0)
