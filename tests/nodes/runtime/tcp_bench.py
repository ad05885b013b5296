"""Streams for the tests of connections, and a clock that goes on by hand."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.address import Address
from catenet.nodes.machine import Report
from catenet.nodes.runtime.tcp import Connection

if TYPE_CHECKING:
    from conftest import Bench

HERE = Address.parse("127.0.0.1")


class Lines:
    """Answers each line with the same in upper case; `bye` ends; `much N` is answered with N bytes."""

    def __init__(self, finished: bool = False) -> None:
        self.inbox = b""
        self.outbox = bytearray()
        self.finished = finished
        self.ended = False
        self.received = 0
        self.wake_at: float | None = None
        self.reports: list[Report] = []

    def receive_data(self, data: bytes, now: float) -> None:
        self.received += len(data)
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            self._line(line, now)

    def _line(self, line: bytes, now: float) -> None:
        if line == b"fault":
            raise ZeroDivisionError("our own mistake")
        if line == b"idle":
            self.wake_at = now + 0.01
        elif line.startswith(b"much "):
            self.outbox += bytes(int(line[5:]))
        else:
            self.outbox += line.upper() + b"\n"
        self.finished = line == b"bye"
        self.reports.append(Report("svc.line", line.decode(), {}))

    def receive_eof(self, now: float) -> None:
        self.ended = self.finished = True

    def data_to_send(self) -> bytes:
        data, self.outbox = bytes(self.outbox), bytearray()
        return data

    def next_wake(self) -> float | None:
        return self.wake_at

    def wake(self, now: float) -> None:
        self.outbox += b"too slow\n"
        self.finished, self.wake_at = True, None

    def take_reports(self) -> list[Report]:
        reports, self.reports = self.reports, []
        return reports


class Fragile(Lines):
    """To it the loss of its connection is another thing than its end."""

    lost = 0

    def give_up(self) -> None:
        self.lost += 1


class Clock:
    """The loop's time, which goes on by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self.now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: self.now)

    async def go_on(self, seconds: float) -> None:
        self.now += seconds
        await turns(5)


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def serve(b: Bench, streams: list[Lines], kind: type[Lines] = Lines) -> int:
    port = free_port(socket.SOCK_STREAM)

    def accept(connection: Connection) -> Lines:
        assert connection.local.port == port
        streams.append(kind())
        return streams[-1]

    b.tcp().listen(port, accept)
    return port
