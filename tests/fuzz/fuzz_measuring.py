"""What comes to an OSPF router that measures a cost: ICMP messages from a Full neighbour's address and from others, its
own Echoes answered among them, whole or changed, in any order, soon and late.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from fuzz_target import Target, pieces

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.icmp.packet import PROTOCOL as ICMP
from catenet.nodes.internet.icmp.packet import Echo
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.internet.ospf.packet import (
    ALL_ROUTERS,
    EXTERNAL,
    INIT,
    MASTER,
    MORE,
    NONE,
    OPAQUE,
    PROTOCOL,
    Description,
    Hello,
    Packet,
    PacketBody,
)
from catenet.nodes.machine import Interface, IpPacket, Report, Send

ME, PEER, OTHER = (Address.parse(each) for each in ("10.0.1.5", "10.0.1.9", "10.0.1.7"))
LINK = Interface("link1", ME, Prefix.parse("10.0.1.0/24"))
HELLO = 60
"""Seconds between two Hellos: nobody's death is in question here."""
WAITS = (0.0, 0.001, 0.02, 0.1, 0.5, 1.0, 3.1, 5.0)
MOST = 64
"""Messages of one input that are sent."""
OPEN = 40
"""Echoes that may be waited for at one time."""
HOLD = 5.0
"""Seconds between two changes of the cost."""
_seal = Authentication(b"", 0.0, 4.0 * HELLO).seal
_to_json = json.JSONEncoder(allow_nan=False).encode


class _Router:
    """The machine, its clock, the Echoes that it has sent, and when its cost has changed."""

    def __init__(self, smoothing: str) -> None:
        options = OspfOptions(
            hello=float(HELLO),
            dead=4.0 * HELLO,
            network={"link1": "point-to-point"},
            cost={"link1": "measured"},
            smoothing="on" if smoothing == "on" else "off",
        )
        self.now = 1.0
        self.echoes: list[Echo] = []
        self.changed: list[float] = []
        self.machine = OspfMachine(options, [LINK], Random(1), router_id=ME)
        self.take()
        self.wake()
        self.say(Hello(0xFFFFFF00, HELLO, EXTERNAL, 1, 4 * HELLO, NONE, NONE, (ME,)))
        for flags, sequence in ((INIT | MORE | MASTER, 1000), (MASTER, 1001)):
            self.say(Description(1500, EXTERNAL | OPAQUE, flags, sequence, ()))
        assert self.interface()["full"] == 1

    def say(self, body: PacketBody) -> None:
        data = _seal(bytes(Packet(PEER, Address(0), body)), "link1", self.now)
        self.machine.receive(IpPacket(data, PEER, ALL_ROUTERS, PROTOCOL, "link1", 1), self.now)
        self.take()
        self.wake()

    def hear(self, message: bytes, source: Address) -> None:
        before = self.interface()["cost"]
        self.machine.receive(IpPacket(message, source, ME, ICMP, "link1", 64), self.now)
        assert self.interface()["cost"] == before, "a cost changes by the clock alone"
        self.take()

    def wake(self) -> None:
        for _ in range(8):
            if (due := self.machine.next_wake()) is None or due > self.now:
                return
            self.machine.wake(self.now)
            self.take()
        raise AssertionError(f"it wakes again and again at {self.now}")

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.machine.next_wake()) is not None and due <= end:
            self.now = max(due, self.now)
            self.wake()
        self.now = end

    def take(self) -> None:
        actions = self.machine.take_actions()
        assert len(actions) < 16, actions
        for action in actions:
            if isinstance(action, Send) and isinstance(action.packet, IpPacket) and action.packet.protocol == ICMP:
                assert (action.packet.source, action.packet.destination) == (ME, PEER)
                self.echoes.append(Echo.parse(action.packet.data))
            elif isinstance(action, Report):
                _to_json(action.data)
                if action.kind == "cost.changed":
                    self.changed.append(self.now)

    def interface(self) -> dict[str, Any]:
        (row,) = self.machine.show("ospf interfaces", self.now)  # type: ignore[union-attr, misc]
        assert isinstance(row, dict)
        return row


def _run(data: bytes) -> None:
    """The first octet: whether costs are smoothed. Each message has an octet before it: bit 8: who sends it, 16: it
    answers an Echo, counted from the last one by its first octet, and its rest is changed in there; the highest three:
    how much later the next one comes."""
    router = _Router("off" if data[:1] > b"\x7f" else "on")
    for piece in list(pieces(data[1:]))[:MOST]:
        if len(piece) < 2:
            continue
        how, message = piece[0], piece[1:]
        if how & 16 and router.echoes:
            answered = bytearray(bytes(router.echoes[-1 - message[0] % len(router.echoes)].answer()))
            for at, octet in enumerate(message[1:9]):
                answered[at % len(answered)] ^= octet
            message = bytes(answered)
        router.hear(message, OTHER if how & 8 else PEER)
        router.wait(WAITS[how >> 5])
        _check(router)
    router.wait(20)
    _check(router)


def _check(router: _Router) -> None:
    row = router.interface()
    _to_json(row)
    assert 1 <= row["cost"] <= 1000
    for trips in row["round_trips"]:
        assert trips["open"] <= OPEN
        assert len(trips["window"]) <= 8
    assert all(later - sooner >= HOLD for sooner, later in zip(router.changed, router.changed[1:], strict=False))


WORDS = (b"\0\2\x90\0", b"\0\2\x30\0", b"\0\2\x50\0", b"\0\2\x98\0", b"\0\3\x90\0\1", b"\0\x09\0", b"\0\2\xb0\0")
measuring = Target(_run, words=WORDS, longest=2048, milliseconds=400.0)
