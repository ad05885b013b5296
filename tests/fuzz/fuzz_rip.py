"""What comes to UDP port 520 of a router: without authentication, and with each kind, signed with its key or not."""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any

from fuzz_target import Target, pieces

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import INFINITY, Message
from catenet.nodes.machine import (
    Datagram,
    DecodeError,
    DeleteRoute,
    Endpoint,
    Interface,
    NextHop,
    Report,
    Send,
    SetRoute,
)

LINKS = [Interface(f"link{n}", Address.parse(f"10.0.{n}.1"), Prefix.parse(f"10.0.{n}.0/24")) for n in (1, 2)]
_ADDRESSES = ("10.0.1.2", "10.0.2.3", "10.0.1.1", "10.0.1.255", "10.9.9.9", "10.0.1.77", "0.0.0.0", "127.0.0.1")
SOURCES = [(Address.parse(each), "link2" if each.startswith("10.0.2") else "link1") for each in _ADDRESSES]
"""Who sends, and on which link it comes in."""
GROUP = Address.parse("224.0.0.9")
EPOCH = 1_000_000
MOST = 40
"""Datagrams of one input that are sent."""

EXPLAINED = 2
"""Networks of one input that are asked about."""
_to_json = json.JSONEncoder(allow_nan=False).encode

Prove = Callable[[bytes, int], bytes]
"""The bytes of a message, and a number that goes up → the message with what proves its sender."""


def _bare(message: bytes, _sequence: int) -> bytes:
    return message


def _with_password(message: bytes, _sequence: int) -> bytes:
    return message[:4] + struct.pack(">HH16s", 0xFFFF, 2, b"secret") + message[4:]


def _with_md5(message: bytes, sequence: int) -> bytes:
    head = _with_trailer(message, sequence, 16)
    return head + hashlib.md5(head + b"secret".ljust(16, b"\0"), usedforsecurity=False).digest()


def _with_hmac(message: bytes, sequence: int) -> bytes:
    head = _with_trailer(message, sequence, 32)
    return head + hmac.digest(b"secret", head + bytes.fromhex("878fe1f3") * 8, "sha256")


def _with_trailer(message: bytes, sequence: int, length: int) -> bytes:
    size = (len(message) + 20) & 0xFFFF
    entry = struct.pack(">HHHBBIQ", 0xFFFF, 3, size, 1, length, sequence, 0)
    return message[:4] + entry + message[4:] + b"\xff\xff\0\1"


def _run(auth: dict[str, Any], prove: Prove) -> Callable[[bytes], None]:
    """Each message has a byte before it: who sends it, and how."""

    options = RipOptions(auth=auth, update=5.0, timeout=15.0, garbage=10.0)

    def run(data: bytes) -> None:
        machine = RipMachine(options, LINKS, Random(1), epoch=EPOCH, remember=True)
        now = 0.0
        machine.wake(now)
        _check_actions(machine)
        messages = [message for message in pieces(data) if message][:MOST]
        for number, message in enumerate(messages):
            how, body = message[0], message[1:]
            port = 520 if how & 8 else 40_000
            to = Endpoint(GROUP if how & 16 else LINKS[0].address, 520)
            source, link = SOURCES[how & 7]
            signed = prove(body.ljust(4, b"\2"), EPOCH + number) if how & 32 else body
            machine.receive(Datagram(signed, Endpoint(source, port), to, link), now)
            _check_actions(machine)
            now += 1 << (how >> 6) if how & 64 else 0
            if (due := machine.next_wake()) is not None and due <= now:
                machine.wake(now)
                later = machine.next_wake()
                assert later is None or later > now
                _check_actions(machine)
        _check_status(machine, len(messages), now)

    return run


def _check_actions(machine: RipMachine) -> None:
    for action in machine.take_actions():
        match action:
            case Send(packet):
                assert 4 <= len(packet.data) <= 4 + 25 * 20 + 20 + 64
                assert packet.interface
                assert packet.data[0] in (1, 2)
            case SetRoute(_, [NextHop(via, interface)], metric, _, _):
                assert 1 <= metric < INFINITY
                held = [link for link in LINKS if link.prefix.holds_host(via)]
                assert [link.name for link in held] == [interface]
            case DeleteRoute(prefix):
                assert all(prefix != link.prefix for link in LINKS)
            case Report():
                _to_json(action.data)


def _check_status(machine: RipMachine, datagrams: int, now: float) -> None:
    """Each datagram is counted once; one's own networks are there; what is known can be printed."""
    status: Any = machine.status(now)
    _to_json(status)
    counted = sum(n for word, n in status["counters"].items() if word.startswith(("refused.", "received.")))
    assert counted == datagrams
    metrics = {row["prefix"]: row["metric"] for row in status["table"]}
    assert all(metrics[str(link.prefix)] == 1 for link in LINKS)
    assert all(1 <= metric <= 16 for metric in metrics.values())
    for prefix in list(metrics)[-EXPLAINED:]:
        explained = machine.explain(Prefix.parse(prefix), now)
        _to_json(None if explained is None else explained.to_json())


def _entry(address: str, length: int, metric: int, hop: str = "0.0.0.0") -> bytes:
    mask = 0xFFFFFFFF << 32 - length & 0xFFFFFFFF
    return struct.pack(">HHIIII", 2, 0, Address.parse(address), mask, Address.parse(hop), metric)


WORDS = (
    *(b"\2\2\0\0", b"\1\2\0\0", b"\xff\xff\0\2", b"\xff\xff\0\3", b"\xff\xff\0\1", b"\0\0\0\x10", b"\0\x19", b"\0\x2d"),
    *(_entry("10.9.0.0", 16, 3), _entry("0.0.0.0", 0, 1), _entry("10.0.1.0", 24, 2), _entry("10.8.7.6", 32, 16)),
    *(_entry("10.9.0.0", 16, 16), _entry("10.9.0.0", 16, 2, "10.0.1.77"), _entry("224.0.0.0", 4, 1)),
    *(b"\0\x19\x38\2\2\0\0" + _entry("10.9.0.0", 16, 3), b"\0\x19\x78\2\2\0\0" + _entry("10.9.0.0", 16, 15)),
)
plain = Target(_run({}, _bare), words=WORDS, longest=2048)
password = Target(_run({"password": "secret"}, _with_password), words=WORDS, longest=2048)
md5 = Target(_run({"md5": {"1": "secret"}}, _with_md5), words=WORDS, longest=2048)
hmac_sha_256 = Target(_run({"hmac-sha-256": {"1": "secret"}}, _with_hmac), words=WORDS, longest=2048)


def _check_message(message: Message) -> None:
    assert Message.parse(bytes(message)) == message


message = Target(Message.parse, (DecodeError,), _check_message, words=WORDS, longest=600)
