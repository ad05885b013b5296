"""Packets on the wire, several nodes at once: what was seen between the begin and the end of a block."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from typing import Generic, TypeVar

from catenet.orchestrator.backend.protocols import Streams
from catenet.orchestrator.capture.capture_points import find_capture_points
from catenet.orchestrator.capture.tcpdump import PATIENCE, CaptureError, CapturePoint, Tcpdump, listening
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.wire.frames import CapturedFrame, decode_frame
from catenet.orchestrator.wire.packets import CapturedDatagram, CapturedPacket, Frame, decode, decode_ip

__all__ = [
    "PATIENCE",
    "CaptureError",
    "Captures",
    "capturing",
    "capturing_frames",
    "capturing_ip",
    "capturing_on",
]

Seen = TypeVar("Seen", CapturedPacket, CapturedDatagram, CapturedFrame)
Decode = Callable[[Frame, CapturePoint], Seen | None]

PACKET_LIMIT = 100_000
"""Packets that one capture may hold; with more it breaks off."""


class Captures(Generic[Seen]):
    """Captures that are running. `stop` gives what they saw."""

    def __init__(self, streams: Streams, points: Sequence[CapturePoint], expression: str, decode: Decode[Seen]) -> None:
        self.running: list[Tcpdump] = []
        self._packets: list[list[Seen]] = [[] for _ in points]
        self.begin = [
            partial(Tcpdump, streams, point, expression, partial(_keep, point, packets, decode))
            for point, packets in zip(points, self._packets, strict=True)
        ]

    def so_far(self) -> list[Seen]:
        """What has come out of them by now, in the order of time: some may be still under way."""
        return sorted((seen for packets in self._packets for seen in packets[:]), key=attrgetter("at"))

    def stop(self) -> list[Seen]:
        """All packets of all places until now, in the order of time.

        Raises:
            CaptureError: one of them broke off, or tcpdump came too late for packets.

        """
        deadline = time.monotonic() + PATIENCE
        for tcpdump in self.running:
            tcpdump.finish()
        for tcpdump in self.running:
            tcpdump.wait_ended(deadline)
            if tcpdump.dropped:
                raise CaptureError(f"{tcpdump.point.node}: tcpdump came too late for {tcpdump.dropped} packets")
        return self.so_far()


def _keep(point: CapturePoint, packets: list[Seen], decode: Decode[Seen], frame: Frame) -> None:
    seen = decode(frame, point)
    if seen is None:
        return
    if len(packets) == PACKET_LIMIT:
        raise CaptureError(f"over {PACKET_LIMIT} packets; a narrower filter is needed")
    packets.append(seen)


@contextmanager
def capturing(streams: Streams, nodes: Mapping[str, str], expression: str) -> Iterator[Captures[CapturedPacket]]:
    """Captures in all these nodes (name → container); inside, every one of them listens. `expression`: pcap-filter(7).

    Raises:
        UserError: tcpdump does not understand the expression.
        CaptureError: one did not begin; the text names the node and says why.
        EngineError: a container takes no program.

    """
    with _capturing(streams, _whole(nodes), expression, _packet) as captures:
        yield captures


@contextmanager
def capturing_ip(streams: Streams, nodes: Mapping[str, str], expression: str) -> Iterator[Captures[CapturedDatagram]]:
    """The same, of all IPv4 packets that are no fragments, whatever they carry.

    Raises:
        UserError, CaptureError, EngineError: as of `capturing`.

    """
    with _capturing(streams, _whole(nodes), expression, _datagram) as captures:
        yield captures


def _whole(nodes: Mapping[str, str]) -> list[CapturePoint]:
    return [CapturePoint(node, container) for node, container in nodes.items()]


@contextmanager
def capturing_on(
    streams: Streams, running: RunningLab, target: str, expression: str = ""
) -> Iterator[Captures[CapturedPacket]]:
    """Captures a LAN (each packet once) or a node (on each of its interfaces) for the time of the block.

    `expression`: pcap-filter(7). Of the packets, `Captures` keeps UDP and TCP over IPv4, as does `capturing`.

    Raises:
        UserError: no such LAN or node, or it does not run; or tcpdump does not understand the expression.
        CaptureError: a capture did not begin; the text names the node and says why.
        EngineError: a node does not answer.

    """
    with _capturing(streams, find_capture_points(streams, running, [target]), expression, _packet) as captures:
        yield captures


@contextmanager
def capturing_frames(
    streams: Streams, points: Sequence[CapturePoint], expression: str
) -> Iterator[Captures[CapturedFrame]]:
    """Whole Ethernet frames, at each of these places: one that several see is there several times.

    Raises:
        UserError, CaptureError, EngineError: as of `capturing`.

    """
    with _capturing(streams, points, expression, _frame) as captures:
        yield captures


def _packet(frame: Frame, point: CapturePoint) -> CapturedPacket | None:
    return decode(frame, point.node, point.hardware)


def _datagram(frame: Frame, point: CapturePoint) -> CapturedDatagram | None:
    return decode_ip(frame, point.node, point.hardware)


def _frame(frame: Frame, point: CapturePoint) -> CapturedFrame | None:
    return decode_frame(frame, point.node, point.lan, point.hardware)


@contextmanager
def _capturing(
    streams: Streams, points: Sequence[CapturePoint], expression: str, decode: Decode[Seen]
) -> Iterator[Captures[Seen]]:
    captures = Captures(streams, points, expression, decode)
    with listening(captures.begin) as captures.running:
        yield captures
