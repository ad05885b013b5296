"""A service that stands on another: started, started anew and stopped in that order, on the other one's network."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import pytest

from catenet.nodes.catalogue import service_module, services
from catenet.nodes.control.service import Service
from catenet.nodes.machine import Action, Datagram, OpenPort, Send, Udp
from catenet.nodes.runtime.context import ServiceContext, Shared
from catenet.nodes.runtime.machine_run import run_machine
from catenet.nodes.runtime.network import KernelNetwork, OpenedPort
from catenet.nodes.runtime.port import Owner
from catenet.nodes.runtime.supervisor import SupervisedService, stand, stop

if TYPE_CHECKING:
    from conftest import Bench, OnBench


@dataclass(frozen=True)
class Options:
    """None."""


class Shifted(KernelNetwork):
    """A network on which port 7 is another one of the kernel's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        super().__init__(loop)
        self._port = port

    def open(self, asked: OpenPort, owner: Owner) -> tuple[OpenedPort, int]:
        assert asked.port == Udp(7)
        opened, _ = super().open(OpenPort(Udp(self._port)), owner)
        return opened, 7


class Echo:
    """On port 7, of whatever network."""

    def __init__(self) -> None:
        self.actions: list[Action] = [OpenPort(Udp(7))]

    def receive(self, packet: Datagram, now: float) -> None:
        source = packet.destination._replace(port=7)
        self.actions.append(Send(packet.reply(packet.data)._replace(source=source)))

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class Pair:
    """The services `stack` and `top`, which stands on it, as they run, and what became of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, shared: Shared, port: int, stands_on: tuple[str, ...]) -> None:
        declare(monkeypatch, "stack", (), self.serve_stack)
        declare(monkeypatch, "top", stands_on, self.serve_top)
        self.port = port
        self.story: list[str] = []
        self.ready = asyncio.Event()  # what `stack` waits for before it serves
        self.fail: Callable[[Exception], None]
        known = lambda: None  # noqa: E731
        self.top = SupervisedService(shared, "top", {}, known)
        self.stack = SupervisedService(shared, "stack", {}, known)
        stand({"top": self.top, "stack": self.stack}, shared.below)
        self.running = {each: asyncio.ensure_future(each.run()) for each in (self.top, self.stack)}

    async def serve_stack(self, context: ServiceContext, options: Options) -> None:
        self.story.append("stack begins")
        context.on_stop(lambda: self.story.append("stack ends"))
        self.fail = context.fail
        await self.ready.wait()
        context.offer(Shifted(asyncio.get_running_loop(), self.port))
        context.ready()
        await asyncio.Event().wait()

    async def serve_top(self, context: ServiceContext, options: Options) -> None:
        self.story.append("top begins")
        context.on_stop(lambda: self.story.append("top ends"))
        await run_machine(context, Echo())


def declare(monkeypatch: pytest.MonkeyPatch, name: str, stands_on: tuple[str, ...], serve: Callable[..., Any]) -> None:
    module = ModuleType(name)
    module.serve = serve  # type: ignore[attr-defined]
    service = Service(name, "A toy.", lambda: Options, stands_on=stands_on)
    monkeypatch.setitem(cast(dict[str, Service], services()), name, service)
    monkeypatch.setitem(sys.modules, service_module(name), module)


@pytest.fixture
def port() -> int:
    """One of the kernel's that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_it_waits_is_started_anew_with_it_and_stopped_before_it(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    async def run(bench: Bench) -> None:
        pair = Pair(monkeypatch, bench.shared, port, ("stack", "nobody"))
        await bench.until(lambda: pair.story == ["stack begins"])
        for _ in range(10):
            await asyncio.sleep(0)
        assert pair.top.state == "starting"
        pair.ready.set()
        await bench.until(lambda: pair.top.state == "ready")
        assert await asked(port) == b"hello"

        pair.fail(ZeroDivisionError("a fault of the stack's"))
        await bench.until(lambda: pair.story.count("top begins") == 2 and pair.top.state == "ready")
        assert pair.story == [
            *("stack begins", "top begins", "stack ends", "top ends", "stack begins", "top begins"),
        ]
        assert (pair.top.status().restarts, pair.stack.status().restarts) == (1, 1)
        assert await asked(port) == b"hello"

        del pair.story[:]
        await stop(pair.running, 60.0)
        assert pair.story == ["top ends", "stack ends"]

    on_bench(run)


def test_what_carries_the_whole_node_every_other_service_stands_on(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    """Its declaration says nothing of it; nothing goes by the kernel's network meanwhile."""

    async def run(bench: Bench) -> None:
        shared = replace(bench.shared, below=("stack",))
        pair = Pair(monkeypatch, shared, port, ())
        await bench.until(lambda: pair.story == ["stack begins"])
        with pytest.raises(OSError, match="stack does not serve now"):
            shared.network()
        pair.ready.set()
        await bench.until(lambda: pair.top.state == "ready")
        assert await asked(port) == b"hello"
        assert isinstance(shared.network(), Shifted)
        await stop(pair.running, 60.0)
        assert pair.story == ["stack begins", "top begins", "top ends", "stack ends"]

    on_bench(run)


async def asked(port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.setblocking(False)
        asker.sendto(b"hello", ("127.0.0.1", port))
        async with asyncio.timeout(60):
            return await asyncio.get_running_loop().sock_recv(asker, 100)
