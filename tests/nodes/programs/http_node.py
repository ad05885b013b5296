"""A node small enough for a test: it has TCP, a log in memory and one service, and it runs in a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from catenet.nodes.catalogue import services
from catenet.nodes.machine import Action, Interface, Json, Machine, Report, always
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.network import KernelNetwork


class SmallNode:
    """What the services `web` and `browse` use of a host, with the runtime's own TCP."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.service = "web"
        self.declaration = services()["web"]
        self.told: Mapping[str, Json] = {}
        self.counters: Counter[str] = Counter()
        self.log: list[Report] = []
        self.shows: dict[str, Callable[[], Json]] = {}
        self.answers: dict[str, Callable[[Mapping[str, Json]], Awaitable[Json]]] = {}
        self.flushes: list[Callable[[], None]] = []
        self.is_ready = threading.Event()
        self.errors: list[Exception] = []

    def now(self) -> float:
        return time.monotonic()  # the clock of the loop

    def wall_clock(self) -> float:
        return time.time()

    def ready(self) -> None:
        self.is_ready.set()

    def count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] += by

    def wants(self, kinds: tuple[str, ...], now: float) -> bool:
        return always(kinds, now)

    def perform(self, action: Action) -> None:
        assert isinstance(action, Report)
        self.log.append(action)

    def fail(self, error: Exception) -> None:
        self.errors.append(error)

    def show(self, what: str, function: Callable[[], Json]) -> None:
        self.shows[what] = function

    def answer(self, ask: str, function: Callable[[Mapping[str, Json]], Awaitable[Json]]) -> None:
        self.answers[ask] = function

    def on_flush(self, function: Callable[[], None]) -> None:
        self.flushes.append(function)

    def on_interface(self, function: object) -> None:
        """It has none that changes."""

    def on_stop(self, function: object) -> None:
        """It is not stopped, it ends."""

    def run(self, machine: Machine[Any], jobs: None = None) -> MachineRun:
        loop = asyncio.get_running_loop()
        self.running = MachineRun(
            machine,
            network=KernelNetwork(loop),
            lans=NoLans(),
            loop=loop,
            perform=self.perform,
            count=self.count,
            fail=self.fail,
            service=self.service,
            told=self.told,
        )
        return self.running


class NoLans:
    """A node with the loopback alone."""

    def ifindex(self, lan: str) -> int:
        return 0

    def name(self, ifindex: int) -> str:
        return ""

    def interfaces(self) -> tuple[Interface, ...]:
        return ()


class Running:
    """A service in a thread of its own, until `with` ends."""

    def __init__(self, node: SmallNode, serve: Callable[[Any, Any], Awaitable[None]], options: object) -> None:
        self._node = node
        self._coroutine = lambda: serve(node, options)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(self._coroutine())
        try:
            await self._task
        except asyncio.CancelledError:
            self._node.running.close()

    def __enter__(self) -> SmallNode:
        self._thread.start()
        assert self._node.is_ready.wait(200)
        return self._node

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(200)
        assert self._node.errors == []
