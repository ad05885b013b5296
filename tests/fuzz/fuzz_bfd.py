"""What comes to UDP port 3784 of a router that watches three neighbours: packets, who sends them, and the time."""

from __future__ import annotations

import struct
from random import Random

from fuzz_target import Target, pieces

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.bfd.machine import BfdMachine
from catenet.nodes.internet.bfd.packet import PORT, Control
from catenet.nodes.internet.bfd.session import Key, Session
from catenet.nodes.internet.bfd.session_states import SessionState
from catenet.nodes.machine import ClosePort, Datagram, DecodeError, Endpoint, OpenPort, Send

NEIGHBOURS = (
    Key("link1", Address.parse("10.0.1.2")),
    Key("link1", Address.parse("10.0.1.3")),
    Key("link2", Address.parse("10.0.2.2")),
)
SOURCES = (*NEIGHBOURS, Key("link2", Address.parse("192.0.2.1")))
MOST = 40
"""Packets of one input that are sent."""
AT_ONCE = 2
"""Packets that one of theirs may cause: an answer to a poll, and what has changed."""


class _Watcher:
    """The machine and its clock."""

    def __init__(self) -> None:
        self.now, self.refused, self.sent = 1.0, 0, 0
        self.machine = BfdMachine(Random(1), self._refuse)
        self.machine.listen("link1", shared=True)
        self.machine.listen("link2", shared=False)
        for key in NEIGHBOURS:
            assert self.machine.watch(key, Address.parse("10.0.1.1"), BfdTimers(0.1, 0.1, 3), self.now)
        self.take()

    def _refuse(self, word: str, _packet: Datagram, why: str, _session: Session | None, now: float) -> None:
        assert word
        assert why
        assert now == self.now
        self.refused += 1

    def take(self) -> int:
        """How many packets went out."""
        actions = self.machine.take_actions()
        for action in actions:
            assert isinstance(action, Send | OpenPort | ClosePort)
            if isinstance(action, Send):
                assert isinstance(action.packet, Datagram)
                control = Control.parse(action.packet.data)
                assert not (control.poll and control.final)
                assert control.state == SessionState.UP or control.desired >= 1_000_000
        self.machine.take_changes()
        return sum(isinstance(action, Send) for action in actions)

    def wait(self, seconds: float) -> None:
        end, woken = self.now + seconds, 0
        while (due := self.machine.next_wake()) is not None and due <= end:
            assert due >= self.now
            self.now, woken = due, woken + 1
            self.machine.wake(self.now)
            self.sent += self.take()
        assert woken <= len(NEIGHBOURS) * (seconds / 0.07 + 4)
        self.now = end


def _run(data: bytes) -> None:
    """Each packet has two octets before it. The first: bits 1 and 2 who sends it, 4: Your Discriminator is put right,
    8: with another TTL, 16: My Discriminator is his own, the others how much later. The second: of whose session."""
    watcher = _Watcher()
    packets = [piece for piece in pieces(data) if len(piece) > 1][:MOST]
    for packet in packets:
        how, whose, body = packet[0], packet[1], packet[2:]
        (lan, source), session = SOURCES[how & 3], watcher.machine.session(NEIGHBOURS[whose % 3])
        if how & 4 and session is not None:
            body = body[:8].ljust(8, b"\1") + struct.pack(">I", session.discriminator) + body[12:]
        if how & 16:
            body = body[:4] + struct.pack(">I", source) + body[8:]
        to = Endpoint(Address.parse("10.0.1.1"), PORT)
        ttl = 64 if how & 8 else 255
        watcher.machine.receive(Datagram(body, Endpoint(source, 49_152), to, lan, ttl), watcher.now)
        assert watcher.take() <= AT_ONCE
        watcher.wait((0.0, 0.0, 0.01, 0.1, 0.31, 1.0, 4.0, 60.0)[how >> 5])
    counters = watcher.machine.counters
    assert counters["received"] + counters["strangers"] + watcher.refused == len(packets)
    _check_rest(watcher)


def _check_rest(watcher: _Watcher) -> None:
    """A neighbour that is not wanted any more is forgotten, whatever it said; and the others' sessions still work."""
    watcher.machine.release(NEIGHBOURS[0], watcher.now)
    watcher.take()
    assert len(list(watcher.machine.sessions)) <= len(NEIGHBOURS)
    session = watcher.machine.session(NEIGHBOURS[2])
    assert session is not None
    his = Control(SessionState.DOWN, 3, 7, session.discriminator, 100_000, 100_000)
    for control in (his, his, his._replace(state=SessionState.INIT), his._replace(state=SessionState.UP)):
        to = Endpoint(Address.parse("10.0.2.1"), PORT)
        packet = Datagram(bytes(control), Endpoint(NEIGHBOURS[2].peer, 49_152), to, "link2", 255)
        watcher.machine.receive(packet, watcher.now)
        watcher.take()
    assert session.state == SessionState.UP
    watcher.wait(0.31)
    assert session.state == SessionState.DOWN
    watcher.machine.shutdown(watcher.now)
    watcher.take()
    assert watcher.machine.next_wake() is None


def _check(packet: Control) -> None:
    assert Control.parse(bytes(packet)) == packet


def _parse(data: bytes) -> Control:
    """Without the A bit: an Authentication Section is not kept."""
    packet = Control.parse(data)
    return packet._replace(authenticated=False)


def _packet(how: int, whose: int, *fields: int) -> bytes:
    state, flags, multiplier, yours, desired, required = fields
    return struct.pack(">HBB", 26, how, whose) + struct.pack(
        ">BBBBIIIII", 0x20, state << 6 | flags, multiplier, 24, 7, yours, desired, required, 0
    )


WORDS = (
    *(bytes([1 << 5, state << 6 | flags, 3, 24]) for state in range(4) for flags in (0, 0x20, 0x10, 2, 0x22)),
    *(b"\0\x0f\x42\x40", b"\0\1\x86\xa0", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x20\x44\3\x1a", b"\x20\xc1"),
    *(_packet(4 | 16, 0, state, flags, 3, 0, 100_000, 100_000) for state in range(4) for flags in (0, 0x20, 0x10)),
    *(_packet(16 | whose, whose, 1, 0, 3, 0, 1_000_000, 1) for whose in range(3)),
    *(_packet(0x94, 0, 3, 2, 255, 0, 1, 0), _packet(0xD4, 0, 3, 0, 1, 0, 0xFFFFFFFF, 0xFFFFFFFF)),
)
packet = Target(_parse, (DecodeError,), _check, words=WORDS, longest=80)
datagrams = Target(_run, words=WORDS, longest=2048, milliseconds=300.0)
