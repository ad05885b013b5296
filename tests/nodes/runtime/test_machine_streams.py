"""A machine's connections: of each that it asks for it hears once what became of it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tcp_bench import HERE, Clock, Lines, free_port, turns

from catenet.nodes.machine import Action, Connect, Endpoint, OpenPort, Stream, Tcp
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.network import KernelNetwork

if TYPE_CHECKING:
    from conftest import Bench, OnBench


class Plain:
    """A machine that wants these, and nothing else."""

    def __init__(self, *wanted: Action) -> None:
        self.actions = list(wanted)

    def receive(self, packet: object, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class Asks(Plain):
    """It connects, and keeps what it hears of it."""

    def __init__(self, *wanted: Action) -> None:
        super().__init__(*wanted)
        self.heard: list[tuple[int, str]] = []

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        self.heard.append((tag, ""))
        return Lines()

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.heard.append((tag, why))


class Serves(Plain):
    """It has ports for connections."""

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        return Lines()


def running(b: Bench, machine: Plain) -> MachineRun:
    loop = asyncio.get_running_loop()
    run = MachineRun(
        machine,
        network=KernelNetwork(loop),
        lans=b.lans,
        loop=loop,
        perform=lambda _: None,
        count=b.count,
        fail=b.failures.append,
        service="svc",
        told={},
    )
    run.begin()
    return run


def heard(on_bench: OnBench, make: Callable[[int], Connect]) -> tuple[str, dict[str, int]]:
    """What one connection to a peer that accepts nothing and resets nothing comes to; `make`: its port → what is
    asked."""
    found: list[str] = []
    counters: dict[str, int] = {}

    async def run(b: Bench) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            machine = Asks(make(server.getsockname()[1]))
            service = running(b, machine)
            await b.until(lambda: bool(machine.heard or b.failures))
            service.close()
        assert b.failures == []
        found.extend(why for _, why in machine.heard)
        counters.update(b.counters)

    on_bench(run)
    (only,) = found
    return only, counters


def test_who_only_serves_makes_no_connection_and_who_only_asks_has_no_port(on_bench: OnBench) -> None:
    port = free_port(socket.SOCK_STREAM)
    ask, serve = Connect(Endpoint(HERE, port), 1, 200), OpenPort(Tcp(port))

    async def run(b: Bench) -> None:
        with pytest.raises(TypeError, match="is not Connecting"):
            running(b, Serves(ask))
        with pytest.raises(TypeError, match="is not Accepting"):
            running(b, Asks(serve))
        service, asks = running(b, Serves(serve)), Asks(ask)
        client = running(b, asks)
        await b.until(lambda: asks.heard == [(1, "")])
        for each in (client, service):
            each.close()

    on_bench(run)


def test_who_refuses_is_told_in_the_systems_words(on_bench: OnBench) -> None:
    nobody = Endpoint(HERE, free_port(socket.SOCK_STREAM))
    assert heard(on_bench, lambda _: Connect(nobody, 1, 200))[0] == "Connection refused"


@pytest.mark.parametrize("number", [0, 65_536, 1 << 40])
def test_a_port_that_there_cannot_be(on_bench: OnBench, number: int) -> None:
    why, _ = heard(on_bench, lambda _: Connect(Endpoint(HERE, number), 1, 200))
    assert why == f"127.0.0.1:{number}: a port is a number from 1 to 65535"


@pytest.mark.parametrize("name", ["a..b", ".a", "a" * 64 + ".org", "a\0b"])
def test_a_name_that_nobody_can_prove(on_bench: OnBench, name: str) -> None:
    why, counters = heard(on_bench, lambda port: Connect(Endpoint(HERE, port), 1, 200, name))
    assert why.startswith(f"{name!r} is no name: ")
    assert counters == {}


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x03"])
def test_a_peer_that_resets_within_the_handshake(on_bench: OnBench, said: bytes) -> None:
    async def run(b: Bench) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            machine = Asks(Connect(Endpoint(HERE, server.getsockname()[1]), 1, 200, "www"))
            service = running(b, machine)
            server.setblocking(False)
            peer, _ = await asyncio.get_running_loop().sock_accept(server)
            if said:
                peer.sendall(said)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            await b.until(lambda: bool(machine.heard or b.failures))
            service.close()
        assert (machine.heard, b.failures) == ([(1, "the connection was lost within the handshake")], [])
        assert b.counters == {"tls_refused": 1}

    on_bench(run)


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("name", ["", "www"])
def test_whenever_it_is_late_one_word_comes(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    async def run(b: Bench) -> None:
        clock = Clock(monkeypatch)
        with socket.create_server(("127.0.0.1", 0)) as server:
            machine = Asks(Connect(Endpoint(HERE, server.getsockname()[1]), 1, 10, name))
            service = running(b, machine)
            await turns(number)
            await clock.go_on(11)
            await clock.go_on(6)
            await turns(10)
            service.close()
        assert (len(machine.heard), b.failures) == (1, [])

    on_bench(run)


@pytest.mark.parametrize("number", range(8))
def test_nothing_is_heard_of_a_connection_once_the_service_is_closed(on_bench: OnBench, number: int) -> None:
    async def run(b: Bench) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            machine = Asks(Connect(Endpoint(HERE, server.getsockname()[1]), 1, 200))
            service = running(b, machine)
            await turns(number)
            service.close()
            before = list(machine.heard)
            await turns(10)
        assert (machine.heard, b.failures) == (before, [])

    on_bench(run)
