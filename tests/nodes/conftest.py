"""A node without interfaces of a lab: its services still have the loopback."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import pytest

from catenet.nodes.control.config import NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.control.service import Routing, Service, Table
from catenet.nodes.machine import Datagram, OpenPort, Report, Udp
from catenet.nodes.runtime.children import Children
from catenet.nodes.runtime.context import ServiceContext, Shared
from catenet.nodes.runtime.lans import Lans
from catenet.nodes.runtime.log import EventLog
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.port import Owner, Reply
from catenet.nodes.runtime.tcp import Connections
from catenet.nodes.runtime.udp import UdpPort


def _no_router() -> NoReturn:
    raise AssertionError("nobody asks which routes there should be")


class Bench:
    """What services share, on a loop that is running, and the events that they wrote."""

    service = Service(
        "svc",
        "For tests.",
        lambda: object,
        tables=(Table("svc"), Table("table")),
        caches=True,
        events={"svc.line": "it came in"},
    )
    router = service._replace(routing=Routing(number=250, distance=90, expected=_no_router))

    def __init__(self, file: Path) -> None:
        loop = asyncio.get_running_loop()
        self.config = NodeConfig("lab", "n", ())
        self.descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self.file = file
        log = EventLog("n", True, loop, self.descriptor)
        self.netlink = Netlink()
        self.lans = Lans(self.config, self.netlink, loop, lambda kind, text, data: log.write("node", kind, text, data))
        self.lans.start()
        self.shared = Shared(self.config, loop, self.lans, log, random.Random(1), Children(loop))
        self.failures: list[Exception] = []
        self.counters: dict[str, int] = {}
        self.contexts: list[ServiceContext] = []
        self.ports: list[UdpPort] = []
        self.connections: list[Connections] = []

    def context(self, declaration: Service = service) -> ServiceContext:
        self.contexts.append(
            ServiceContext(
                self.shared, "svc", self.counters, lambda _: None, self.failures.append, declaration=declaration
            )
        )
        return self.contexts[-1]

    def udp(
        self,
        receive: Callable[[Datagram], None],
        *,
        interface: str = "",
        settle: Callable[[], None] = lambda: None,
        reply: Reply | None = None,
    ) -> UdpPort:
        """A port whose failures and counters are the bench's."""
        port = Udp(0, interface)
        owner = Owner(
            receive=lambda packet, now: receive(packet),
            settle=settle,
            lans=self.lans,
            loop=asyncio.get_running_loop(),
            count=self.count,
            fail=self.failures.append,
            reply=reply,
        )
        self.ports.append(UdpPort(OpenPort(port, answers=reply is not None), port, owner))
        return self.ports[-1]

    def tcp(self) -> Connections:
        """Connections likewise; their reports are events."""
        self.connections.append(Connections(self, asyncio.get_running_loop()))
        return self.connections[-1]

    def count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] = self.counters.get(counter, 0) + by

    def perform(self, report: Report) -> None:
        self.shared.log.write("svc", *report)

    def fail(self, error: Exception) -> None:
        self.failures.append(error)

    def settle(self) -> None:
        """There is no machine."""

    def events(self) -> list[Event]:
        return [event for line in self.file.read_text().splitlines() if (event := Event.parse(line)) is not None]

    async def until(self, condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + 200  # not the loop's time, which a test may hold
        while not condition():
            assert time.monotonic() < ends, "it has not come"
            await asyncio.sleep(0)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        for port in (*self.ports, *self.connections):
            port.close()
        self.lans.close()
        self.netlink.close()
        os.close(self.descriptor)


OnBench = Callable[[Callable[[Bench], Awaitable[None]]], None]


@pytest.fixture
def on_bench(tmp_path: Path) -> OnBench:
    """Runs a coroutine with a bench of its own, and closes everything after it."""

    async def whole(test: Callable[[Bench], Awaitable[None]]) -> None:
        bench = Bench(tmp_path / "events")
        try:
            async with asyncio.timeout(300):
                await test(bench)
        finally:
            bench.close()
            for _ in range(3):  # connections that were closed say goodbye
                await asyncio.sleep(0)

    return lambda test: asyncio.run(whole(test))
