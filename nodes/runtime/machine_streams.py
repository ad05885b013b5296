"""The connections of a machine that has some: what it wants of them is done, and it is told what became of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from catenet.nodes.machine import Accepting, Action, Connect, Connecting, Stream, Tcp
from catenet.nodes.runtime.driver import Driver
from catenet.nodes.runtime.network import Network, StreamEnd

if TYPE_CHECKING:
    from catenet.nodes.runtime.tls import ServiceTls

__all__ = ["MachineStreams"]


class MachineStreams:
    """The connections of one machine, and their owner (runtime/network)."""

    def __init__(
        self,
        machine: Accepting | Connecting,
        driver: Driver,
        *,
        network: Network,
        loop: asyncio.AbstractEventLoop,
        perform: Callable[[Action], None],
        count: Callable[[str], None],
        fail: Callable[[Exception], None],
        tls: Callable[[], ServiceTls],
    ) -> None:
        """`tls` is called where it is first spoken."""
        self._machine = machine
        self._accepting = machine if isinstance(machine, Accepting) else None
        self._connecting = machine if isinstance(machine, Connecting) else None
        self._driver = driver
        self._loop = loop
        self.perform = perform
        self.count = count
        self.fail = fail
        self.settle = driver.settle
        self._make_tls = tls
        self._streams = network.streams(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self._around: WeakValueDictionary[int, Stream] = WeakValueDictionary()
        """The TLS around a stream of the machine's, by the stream's identity: it ends with it."""

    def flush(self, stream: Stream) -> None:
        self._streams.flush(self._around.get(id(stream), stream))

    def listen(self, port: Tcp) -> None:
        """Raises OSError: it is taken, or the network refuses. ConfigError: it has no certificate for TLS."""
        if self._accepting is None:
            raise TypeError(f"{self._machine!r} is not Accepting, and opens {port!r}")
        if port.tls:
            self._tls.check()
        self._streams.listen(port.number, partial(self._accepted, self._accepting, port))

    def close_port(self, port: Tcp) -> None:
        self._streams.close_port(port.number)

    def connect(self, wanted: Connect) -> None:
        if self._connecting is None:
            raise TypeError(f"{self._machine!r} is not Connecting, and wants {wanted!r}")
        task = self._loop.create_task(self._connect(self._connecting, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        self._streams.close()

    @cached_property
    def _tls(self) -> ServiceTls:
        return self._make_tls()

    def _accepted(self, machine: Accepting, port: Tcp, end: StreamEnd) -> Stream:
        def opened() -> Stream:
            return machine.accepted(end.local, end.peer, self._loop.time())

        if not port.tls:
            return opened()
        around = self._tls.serve(end.peer, lambda: self._inside(around, opened()), self._loop.time())
        return around

    async def _connect(self, machine: Connecting, wanted: Connect) -> None:
        try:
            if wanted.name:
                self._tls.check_name(wanted.name)
            await self._streams.connect(wanted.peer, partial(self._connected, machine, wanted), wanted.timeout)
        except (OSError, ValueError) as error:
            self._failed(machine, wanted, _why(error))
        except Exception as error:  # nobody looks at the task's
            self.fail(error)

    def _failed(self, machine: Connecting, wanted: Connect, why: str) -> None:
        self._driver.call(lambda now: machine.connect_failed(wanted.tag, why, now))

    def _connected(self, machine: Connecting, wanted: Connect, end: StreamEnd) -> Stream:
        stands = False

        def opened() -> Stream:
            nonlocal stands
            stands = True
            return machine.connected(wanted.tag, end.local, end.peer, self._loop.time())

        def failed(why: str) -> None:
            self.count("tls_refused")
            if not stands:
                self._failed(machine, wanted, why)

        if not wanted.name:
            return opened()
        around = self._tls.ask(wanted.name, lambda: self._inside(around, opened()), failed, self._loop.time())
        return around

    def _inside(self, around: Stream, stream: Stream) -> Stream:
        self._around[id(stream)] = around
        return stream


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
