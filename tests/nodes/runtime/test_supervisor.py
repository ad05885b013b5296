"""Services come and go, each on its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import service_module, services
from catenet.nodes.control.service import Service as Declaration
from catenet.nodes.machine import Action, Datagram, DeleteRoute, NextHop, OpenPort, SetRoute, Udp
from catenet.nodes.runtime.context import ServiceContext, UndeclaredError
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench

Serve = Callable[[ServiceContext, Any], Awaitable[None]]
Offer = Callable[[Serve], None]


@dataclass(frozen=True)
class Options:
    number: int = 1


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Puts a service `test` into the catalogue."""

    def put(serve: Serve) -> None:
        module = ModuleType("a service")
        module.serve = serve  # type: ignore[attr-defined]
        monkeypatch.setitem(
            cast(dict[str, Declaration], services()), "test", Declaration("test", "A toy.", lambda: Options)
        )
        monkeypatch.setitem(sys.modules, service_module("test"), module)

    return put


class Idle:
    """A machine that wants nothing."""

    def receive(self, packet: Datagram, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        return []


def kinds(bench: Bench) -> list[str]:
    return [event.kind for event in bench.events() if event.service == "test"]


async def end(running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_a_service_is_ready_and_stops_while_everything_is_open(offer: Offer, on_bench: OnBench) -> None:
    said: list[str] = []

    async def serve(context: ServiceContext, options: Options) -> None:
        port = context.run(Idle()).ports.open(OpenPort(Udp()))
        context.on_stop(lambda: said.append(f"stopped with port {port.number > 0}"))
        context.count("starts")
        context.ready()
        await asyncio.Event().wait()

    async def run(bench: Bench) -> None:
        offer(serve)
        service = SupervisedService(bench.shared, "test", {"number": 2}, lambda: said.append("ready"))
        running = asyncio.ensure_future(service.run())
        await bench.until(lambda: service.state == "ready")
        told = {"state": "ready", "restarts": 0, "counters": {"starts": 1}, "error": None}
        assert service.status().to_json() == told
        await end(running)
        assert said == ["ready", "stopped with port True"]
        assert (service.state, service.context, kinds(bench)) == ("stopped", None, ["service.ready"])

    on_bench(run)


@pytest.mark.parametrize("where", ["serve", "driver", "returns", "cancels itself", "import"])
def test_one_that_falls_over_is_started_again(
    offer: Offer, on_bench: OnBench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    runs: list[int] = []

    def fault() -> None:
        raise ZeroDivisionError("our own mistake")

    async def serve(context: ServiceContext, options: Options) -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            if where == "serve":
                fault()
            if where == "driver":
                asyncio.get_running_loop().call_soon(context.fail, ZeroDivisionError("in a callback"))
            if where == "returns":
                return
            if where == "cancels itself":
                raise asyncio.CancelledError
        context.ready()
        await asyncio.Event().wait()

    async def run(bench: Bench) -> None:
        offer(serve)
        if where == "import":
            runs.append(0)
            module = sys.modules[service_module("test")]
            whole = module.serve
            del module.serve
            asyncio.get_running_loop().call_later(0.1, lambda: setattr(module, "serve", whole))
        service = SupervisedService(bench.shared, "test", {}, lambda: None)
        running = asyncio.ensure_future(service.run())
        await bench.until(lambda: service.state == "ready" and len(runs) == 2)
        failed = [event for event in bench.events() if event.kind == "service.failed"]
        assert [event.data["retry"] for event in failed] == [0.2]
        if where == "serve":
            assert "ZeroDivisionError: our own mistake (" in failed[0].text
            assert "test_supervisor.py:" in failed[0].text
        assert service.status().restarts == 1
        await end(running)

    on_bench(run)


def test_wrong_options_are_told_and_not_tried_again(offer: Offer, on_bench: OnBench) -> None:
    async def serve(context: ServiceContext, options: Options) -> None:
        raise AssertionError("never served")

    async def run(bench: Bench) -> None:
        offer(serve)
        service = SupervisedService(bench.shared, "test", {"numbr": 1}, lambda: None)
        await service.run()
        (event,) = bench.events()
        error = "test.numbr is an unknown option; it has number"
        assert event.text == f"{error}; it stays down"
        assert (event.data["retry"], service.state) == (None, "failed")
        told = {"state": "failed", "retry": None, "restarts": 0, "counters": {}, "error": error}
        assert service.status().to_json() == told
        assert service.status().stays_down
        unknown = SupervisedService(bench.shared, "gopher", {}, lambda: None)
        await unknown.run()
        assert bench.events()[-1].text.startswith(f"gopher is an unknown service; there are {', '.join(services())}")

    on_bench(run)


def test_routes_that_the_kernel_refuses_are_counted(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        context, prefix = bench.context(bench.router), Prefix.parse("192.0.2.0/24")
        context.perform(SetRoute(prefix, (NextHop(Address.parse("192.0.2.1"), "no-such-lan"),)))
        context.perform(DeleteRoute(prefix))
        context.perform(DeleteRoute(prefix))
        assert bench.counters == {"route_failures": 1}
        (event,) = bench.events()
        assert (event.kind, event.data["lan"], event.data["via"]) == ("route.refused", "no-such-lan", "192.0.2.1")
        assert event.text.endswith("(no-such-lan has no interface now)")

    on_bench(run)


def test_a_service_that_declares_no_routes_has_none(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with pytest.raises(UndeclaredError, match="svc has routes, which `routing` of its declaration has not"):
            bench.context().perform(DeleteRoute(Prefix.parse("192.0.2.0/24")))

    on_bench(run)


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (lambda context: context.report("svc.odd", "x", {}), "svc tells of svc.odd, which `events`"),
        (lambda context: context.show("odd", dict), "svc shows odd, which `tables`"),
        (lambda context: context.on_flush(lambda: None), "svc has a cache, which `caches`"),
    ],
)
def test_what_a_service_does_its_declaration_says(
    on_bench: OnBench, does: Callable[[ServiceContext], None], why: str
) -> None:
    async def run(bench: Bench) -> None:
        with pytest.raises(UndeclaredError, match=f"{why} of its declaration has not"):
            does(bench.context(bench.service._replace(caches=False)))

    on_bench(run)
