"""Packets at a translator: arriving, crossing, leaving, by one LAN or the other, with time between them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any

from fuzz_target import Target, pieces

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.machine import NatMachine
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.machine import Hook, Report, Send

MOST = 40
"""Packets of one input that are sent."""
PUBLIC, HOST, PEER = "10.0.0.1", "192.168.1.2", "10.0.0.9"
PLACES = (
    *((Hook.ARRIVING, "street", ""), (Hook.ARRIVING, "home", ""), (Hook.FORWARDING, "home", "street")),
    *((Hook.FORWARDING, "street", "home"), (Hook.LEAVING, "", "street"), (Hook.LEAVING, "", "home")),
    *((Hook.FORWARDING, "home", "home"), (Hook.FORWARDING, "", "street")),
)
_to_json = json.JSONEncoder(allow_nan=False).encode


def words_sum(data: bytes) -> int:
    total = sum(word for (word,) in struct.iter_unpack(">H", data + b"\0" * (len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def summed(packet: bytes) -> bytes:
    """A packet without options, with the checksums of its IP header and of its ICMP message put right."""
    if len(packet) < 28:
        return packet
    head = packet[:10] + b"\0\0" + packet[12:20]
    body = packet[20:]
    if packet[9] == 1:
        body = body[:2] + struct.pack(">H", words_sum(body[:2] + body[4:]) ^ 0xFFFF) + body[4:]
    return packet[:10] + struct.pack(">H", words_sum(head) ^ 0xFFFF) + packet[12:20] + body


def _run(options: NatOptions) -> Callable[[bytes], None]:
    """Each packet has a byte before it: where it waits, whether its checksums are put right, how long it took."""

    def run(data: bytes) -> None:
        roles = Roles("street", Address.parse(PUBLIC), frozenset(("home",)))
        counted: list[int] = []
        machine = NatMachine(options, roles, Random(1).randbytes, lambda counter, by=1: counted.append(by))
        now = 0.0
        for each in [each for each in pieces(data) if each][:MOST]:
            how, packet = each[0], each[1:]
            _cross(machine, summed(packet) if how & 8 else packet, PLACES[how & 7], now)
            now += (0.5, 7.0, 100.0, 400.0)[how >> 6] if how & 16 else 0.0
            if (due := machine.next_wake()) is not None and due <= now:
                machine.wake(now)
                later = machine.next_wake()
                assert later is None or later > now
        _check(machine, now)
        machine.wake(now + 10_000)
        assert machine.next_wake() is None

    return run


def _cross(machine: NatMachine, packet: bytes, place: tuple[Hook, str, str], now: float) -> None:
    made = machine.cross(packet, *place, now)
    if made is None or made is packet:
        return
    assert len(made) == len(packet)
    start = (packet[0] & 15) * 4
    assert words_sum(made[:start]) == words_sum(packet[:start])
    assert made[9] != 1 or words_sum(made[start:]) == words_sum(packet[start:])
    assert place[2] != "street" or made[12:16] != Address.parse(HOST).pack()


def _check(machine: NatMachine, now: float) -> None:
    shown: Any = machine.show("nat", now)
    _to_json(shown)
    owners: dict[tuple[str, str], str] = {}
    for row in shown["table"]:
        assert owners.setdefault((row["protocol"], row["outside"]), row["inside"]) == row["inside"]
    for action in machine.take_actions():
        match action:
            case Send(packet):
                assert words_sum(packet.data) == 0xFFFF
            case Report():
                _to_json(action.data)


def _ip(source: str, destination: str, protocol: int, body: bytes) -> bytes:
    ends = Address.parse(source).pack() + Address.parse(destination).pack()
    return summed(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0, 64, protocol, 0) + ends + body)


def _udp(source: str, destination: str, ports: tuple[int, int]) -> bytes:
    return _ip(source, destination, 17, struct.pack(">HHHH", *ports, 12, 0) + b"data")


def _tcp(source: str, destination: str, ports: tuple[int, int], flags: int, numbers: tuple[int, int]) -> bytes:
    return _ip(source, destination, 6, struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 99, 7, 0))


def _piece(how: int, packet: bytes) -> bytes:
    return struct.pack(">HB", len(packet) + 1, how) + packet


OUT, BACK = _udp(HOST, PEER, (5000, 6000)), _udp(PEER, PUBLIC, (6000, 5000))
ERROR = _ip("10.7.7.7", PUBLIC, 1, b"\3\3\0\0" + bytes(4) + _udp(PUBLIC, PEER, (5000, 6000))[:28])
INNER = _ip(HOST, PEER, 1, b"\3\3\0\0" + bytes(4) + _udp(PEER, HOST, (6000, 5000))[:28])
PING = _ip(HOST, PEER, 1, b"\10\0\0\0" + struct.pack(">HH", 5000, 1))
OPENED = (_tcp(HOST, PEER, (5000, 80), 2, (1, 0)), _tcp(PEER, PUBLIC, (80, 5000), 18, (9, 2)))
CLOSED = (_tcp(HOST, PEER, (5000, 80), 17, (2, 10)), _tcp(PEER, PUBLIC, (80, 5000), 4, (10, 2)))
WORDS = (
    *(_piece(2, OUT), _piece(0, BACK), _piece(8, ERROR), _piece(10, INNER), _piece(2, PING), _piece(0xD2, OUT)),
    *(_piece(1, _udp(HOST, PUBLIC, (5001, 5000))), _piece(12, INNER), _piece(13, ERROR)),
    *(_piece(2, OPENED[0]), _piece(0, OPENED[1]), _piece(2, CLOSED[0]), _piece(0, CLOSED[1])),
)
translated = Target(_run(NatOptions(filtering="endpoint-independent")), words=WORDS, longest=2048)
filtered = Target(_run(NatOptions(translate="off", peers_per_mapping=2, max_mappings=3)), words=WORDS, longest=2048)
