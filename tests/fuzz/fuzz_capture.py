"""What comes out of tcpdump and ping, in any slicing: packets, and lines about them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any
from unittest.mock import patch

from fuzz_target import Target, sliced

from catenet.nodes.machine import DecodeError
from catenet.orchestrator.backend.protocols import Exec
from catenet.orchestrator.capture import dissect as dissect_module
from catenet.orchestrator.capture import tcpdump as tcpdump_module
from catenet.orchestrator.capture.dissect import Dissector
from catenet.orchestrator.capture.tcpdump import CapturePoint, Tcpdump
from catenet.orchestrator.observe.pings import read_reply
from catenet.orchestrator.trace.arp_steps import find_exchanges
from catenet.orchestrator.trace.packet_rule import faults
from catenet.orchestrator.trace.packet_steps import Sent
from catenet.orchestrator.trace.packet_steps import find_steps as find_packet_steps
from catenet.orchestrator.trace.steps import find_steps
from catenet.orchestrator.wire.frames import CapturedFrame, on_lans
from catenet.orchestrator.wire.layers import dissect
from catenet.orchestrator.wire.messages import read_dns, read_http
from catenet.orchestrator.wire.packets import CapturedPacket, Frame, PcapStream, decode, pcap_header, pcap_record

HARDWARE = bytes.fromhex("02420a000102")


def _read_pcap(data: bytes) -> list[Frame]:
    whole, parts = sliced(data)
    stream, found = PcapStream(), []
    for part in parts:
        found += stream.feed(part)
    assert found == PcapStream().feed(whole)
    return found


def _check_frames(frames: list[Frame]) -> None:
    packets = [seen for frame in frames if (seen := decode(frame, "n", HARDWARE)) is not None]
    for seen in packets:
        _check_seen(seen)
    names = {seen.source.address: "surf" for seen in packets}
    for step in find_steps(packets, [], names=names, asker="surf", resolver="r", routers=frozenset({"r"})):
        json.dumps(step.to_json(), allow_nan=False)
        assert step.message.isprintable()
    for frame in frames:
        _check_layers(frame)
    for frame in frames[:10]:
        if frame.at < 1 << 32:
            (again,) = PcapStream().feed(pcap_header(frame.link_type) + pcap_record(frame))
            assert again.data == frame.data


def _check_layers(frame: Frame) -> None:
    """As an Ethernet frame, whatever it is, on a LAN where everything comes from a and goes to b."""
    seen = [
        CapturedFrame(frame.at, node, "lan", outgoing, frame.data) for node, outgoing in (("a", True), ("b", False))
    ]
    sent = Sent("a", "UDP", dissect(frame.data).value("IPv4", "destination"), 53)
    steps = find_packet_steps(on_lans(seen, {}) if len(frame.data) >= 14 else [], sent)
    for step in steps:
        assert step.layers.nested or step.layers.wrong
        json.dumps(step.to_json(), allow_nan=False)
    list(faults(steps))
    list(find_exchanges(steps, lambda _lan, _address: ""))


def _check_seen(seen: CapturedPacket) -> None:
    message = read_dns(seen)
    if message is not None:
        assert all(text.isprintable() for text in (message.name, message.type, *message.answers, *message.refers))
    told = read_http(seen)
    if told is not None:
        assert all(str(field).isprintable() for field in told)


pcap = Target(
    _read_pcap,
    (DecodeError,),
    _check_frames,
    words=(
        *(
            b"\xd4\xc3\xb2\xa1",
            b"\x4d\x3c\xb2\xa1",
            b"\xa1\xb2\xc3\xd4",
            b"\1\0\0\0",
            b"\x71\0\0\0",
            b"\x14\1\0\0",
            b"\x45\0",
        ),
        *(
            b"\x08\0\x45\0",
            b"\0\x35",
            b"HTTP/1.1 200 OK\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            HARDWARE,
            b"\xc0\x0c",
        ),
    ),
)


class _AtOnce(threading.Thread):
    """When it has begun it is over: what it reads is there already, and a thread costs ten times what it does."""

    def start(self) -> None:
        self.run()

    def join(self, timeout: float | None = None) -> None: ...


class _Threading:
    """What those modules use of the real one."""

    Event, Lock, Thread = threading.Event, threading.Lock, _AtOnce


def at_once(module: ModuleType) -> AbstractContextManager[Any]:
    """Inside, the threads of a module are run to their end by whoever starts them."""
    return patch.object(module, "threading", _Threading)


class Said:
    """A program that has said so much, and ends."""

    def __init__(self, chunks: list[tuple[int, bytes]]) -> None:
        self._chunks: Iterator[tuple[int, bytes]] = iter(chunks)

    def read(self, timeout: float | None = None) -> tuple[int, bytes] | None:
        return next(self._chunks, None)

    def write(self, data: bytes) -> None: ...

    def end_input(self) -> None: ...

    def exit_code(self) -> int:
        return 0

    def close(self) -> None: ...


class _Streams:
    def __init__(self, chunks: list[tuple[int, bytes]]) -> None:
        self._said = Said(chunks)

    def execute(self, *_: object, **__: object) -> Exec:
        return self._said  # type: ignore[return-value]

    def ahead(self, _: str) -> float:
        return 0.0


def _tcpdump(data: bytes) -> Tcpdump:
    """Its two outputs, taken in turn."""
    _, parts = sliced(data)
    chunks = [(1 + (part[:1] < b"\x80"), part) for part in parts]
    with at_once(tcpdump_module):
        return Tcpdump(_Streams(chunks), CapturePoint("n", "lab-n"), "", lambda _frame: None)  # type: ignore[arg-type]


def _check_capture(capture: Tcpdump) -> None:
    assert capture.error
    assert capture.listening.is_set() and capture.ended.is_set()


tcpdump = Target(
    _tcpdump,
    (),
    _check_capture,
    words=(
        "listening on eth0\n",
        "mark 1795298400.123456\n",
        "wrong filter\n",
        "7 packets dropped by kernel\n",
        "9" * 5000,
    ),
)


def _dissect(data: bytes) -> None:
    """Three packets, and any lines about them."""
    _, parts = sliced(data)
    with at_once(dissect_module):
        dissector = Dissector(_Streams([(1, part) for part in parts]), ["lab-n"], [], lambda: None)  # type: ignore[arg-type]
    for number in range(3):
        dissector.put(CapturePoint("n", "lab-n"), Frame(float(number), 1, b"frame", 5))
    lines = [*dissector.finish()]
    assert sum(line.first for line in lines) <= sum(part.count(b"\n") for part in parts)
    dissector.close()


dissected = Target(
    _dissect, words=("    1  21:52:01.123456 IP a > b: UDP\n", "    2  21:52:01.2 ARP\n", "\tflags\n", "9" * 5000)
)


def _reply(data: bytes) -> None:
    for line in data.split(b"\n")[:50]:
        reply = read_reply(line)
        assert reply is None or 0 <= reply.number < 1 << 16


ping = Target(
    _reply, words=("[1795298400.123456] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=61 time=0.1 ms", "icmp_seq=", "9" * 5000)
)
