"""The connections of a machine that has some: what it wants of them is done, and it is told what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.machine import Action, Connect, Report, Stream, StreamMachine, Tcp
from catenet.nodes.runtime.driver import Driver
from catenet.nodes.runtime.network import Network, StreamEnd

__all__ = ["MachineStreams"]


class MachineStreams:
    """The connections of one machine, and their owner (runtime/network)."""

    def __init__(
        self,
        machine: StreamMachine,
        driver: Driver,
        *,
        network: Network,
        loop: asyncio.AbstractEventLoop,
        perform: Callable[[Action], None],
        count: Callable[[str], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._machine = machine
        self._driver = driver
        self._loop = loop
        self._perform = perform
        self._count = count
        self.fail = fail
        self.settle = driver.settle
        self._streams = network.streams(self)
        self.flush = self._streams.flush
        self._connecting: set[asyncio.Task[None]] = set()

    def count(self, counter: str, by: int = 1) -> None:
        self._count(counter)

    def perform(self, action: Report) -> None:
        self._perform(action)

    def listen(self, port: Tcp) -> None:
        """Raises OSError: it is taken, or the network refuses."""
        self._streams.listen(port.number, self._accepted)

    def close_port(self, port: Tcp) -> None:
        self._streams.close_port(port.number)

    def connect(self, wanted: Connect) -> None:
        task = self._loop.create_task(self._connect(wanted))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def close(self) -> None:
        for task in tuple(self._connecting):
            task.cancel()
        self._streams.close()

    async def _connect(self, wanted: Connect) -> None:
        def opened(end: StreamEnd) -> Stream:
            return self._machine.connected(wanted.tag, end.local, end.peer, self._loop.time())

        try:
            await self._streams.connect(wanted.peer, opened, wanted.timeout)
        except OSError as error:
            why = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
            self._driver.call(lambda now: self._machine.connect_failed(wanted.tag, why, now))

    def _accepted(self, end: StreamEnd) -> Stream:
        return self._machine.accepted(end.local, end.peer, self._loop.time())
