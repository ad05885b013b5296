"""Where the packets of `catenet capture` go, and when it ends."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from rich.text import Text

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.capture.dissect import Dissector, TcpdumpLine
from catenet.orchestrator.capture.following import Following
from catenet.orchestrator.capture.tcpdump import CapturePoint
from catenet.orchestrator.cli.screen import console, say_to_stderr, shown, write
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.wire.packets import UDP, CapturedPacket, Frame, decode, pcap_header, pcap_record

__all__ = ["Limits", "PcapSink", "TextSink", "copy", "interruptible", "opened"]


class Limits(NamedTuple):
    """When to end without Ctrl-C: after so many packets, so many seconds (0: never)."""

    packets: int
    seconds: float


class Sink(Protocol):
    """`flush` after each look, `finish` at the end."""

    def put(self, point: CapturePoint, frame: Frame) -> None: ...
    def flush(self) -> None: ...
    def finish(self) -> None: ...


class PcapSink:
    """A pcap file of Ethernet frames."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(pcap_header())
        file.flush()

    def put(self, _point: CapturePoint, frame: Frame) -> None:
        self._file.write(pcap_record(frame))

    def flush(self) -> None:
        """What reads along sees them now."""
        self._file.flush()

    def finish(self) -> None:
        self._file.flush()


class TextSink:
    """Words of tcpdump on standard output, or a JSON document a line. Of several places each is named."""

    def __init__(self, dissector: Dissector, points: Sequence[CapturePoint], *, json: bool) -> None:
        self._dissector, self._json = dissector, json
        self._console = console()
        labels = {point.label for point in points}
        self._width = max(map(len, labels)) if len(labels) > 1 else 0

    def put(self, point: CapturePoint, frame: Frame) -> None:
        self._dissector.put(point, frame)

    def flush(self) -> None:
        self._print(self._dissector.take())

    def finish(self) -> None:
        self._print(self._dissector.finish())

    def _print(self, lines: Iterator[TcpdumpLine]) -> None:
        for line in lines:
            if not self._json:
                label = line.point.label if line.first else ""
                where = Text(f"{label:<{self._width}}  " if self._width else "", style="cyan")
                self._console.print(shown(where.append(line.text, style="")), soft_wrap=True)
            elif line.first:
                write(f"{json.dumps(_as_json(line))}\n")
        sys.stdout.flush()


def copy(followed: Following, sink: Sink, limits: Limits, stopped: threading.Event) -> None:
    """Packets into the sink until the event, or a limit.

    Raises:
        CaptureError: no capture is left.

    """
    until = time.monotonic() + limits.seconds if limits.seconds else 0.0
    noted = 0
    try:
        while not (stopped.is_set() or _full(followed, limits) or (until and time.monotonic() >= until)):
            _put(followed.look(), followed, sink, limits)
            sink.flush()
            for words in followed.notes[noted:]:
                say_to_stderr(words)
            noted = len(followed.notes)
    except EngineError:
        sink.finish()
        raise
    _put(followed.finish(), followed, sink, limits)
    sink.finish()


def _put(frames: Iterator[tuple[CapturePoint, Frame]], followed: Following, sink: Sink, limits: Limits) -> None:
    for point, frame in frames:
        if _full(followed, limits):
            return
        followed.packets += 1
        sink.put(point, frame)


def _full(followed: Following, limits: Limits) -> bool:
    return bool(limits.packets) and followed.packets >= limits.packets


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Inside, Ctrl-C sets the event, so that what has passed is still shown; a second one ends us at once."""
    stopped = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def opened(path: str) -> AbstractContextManager[BinaryIO]:
    """The file, or standard output.

    Raises:
        UserError: it cannot be written, or standard output is a terminal.

    """
    if path == "-":
        if sys.stdout.isatty():
            raise UserError(
                "-w - writes bytes, which a terminal cannot show: catenet capture … -w - | wireshark -k -i -"
            )
        return nullcontext(sys.stdout.buffer)
    try:
        return Path(path).open("wb")
    except OSError as error:
        raise UserError(f"-w {path}: {error.strerror}") from error


def _as_json(line: TcpdumpLine) -> dict[str, Json]:
    point, frame = line.point, line.frame
    whole: dict[str, Json] = {"at": round(frame.at, 6), "node": point.node, "lan": point.lan, "length": frame.length}
    seen = decode(frame, point.node, point.hardware)
    return whole | (_transport(seen) if seen else {}) | {"text": line.text.partition(" ")[2]}


def _transport(seen: CapturedPacket) -> dict[str, Json]:
    ends = {"source": seen.source, "destination": seen.destination}
    return {
        "protocol": "udp" if seen.protocol == UDP else "tcp",
        **{name: {"address": str(end.address), "port": end.port} for name, end in ends.items()},
        "ttl": seen.ttl,
    }
