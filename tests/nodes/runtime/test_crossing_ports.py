"""Ports of packets that wait, among the others of a machine; by them: tests/labs/test_translating_in_containers.py."""

from __future__ import annotations

import asyncio
import errno
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Crossing, Hook, Interface, OpenPort
from catenet.nodes.runtime.network import KernelNetwork
from catenet.nodes.runtime.port import Owner
from catenet.nodes.runtime.ports import Ports

if TYPE_CHECKING:
    from conftest import Bench, OnBench

    from catenet.nodes.runtime.network import OpenedPort

PORT = Crossing((Address.parse("203.0.113.1"),))


class Standing:
    """A port that does nothing but hear of interfaces."""

    def __init__(self) -> None:
        self.heard: list[Interface] = []
        self.closed = False

    def send(self, unit: object) -> None: ...

    def join(self, group: object, interface: str) -> None: ...

    def leave(self, group: object, interface: str) -> None: ...

    def interface_changed(self, interface: Interface) -> None:
        self.heard.append(interface)

    def close(self) -> None:
        self.closed = True


class Elsewhere(KernelNetwork):
    """A network of another kind."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.opened: list[Standing] = []

    def open(self, asked: OpenPort, owner: Owner) -> tuple[OpenedPort, int]:
        self.opened.append(Standing())
        return self.opened[-1], 0


def owner(bench: Bench) -> Owner:
    return Owner(
        lambda unit, now: None,
        lambda: None,
        bench.lans,
        asyncio.get_running_loop(),
        Counter().update,
        bench.failures.append,
        cross=lambda packet, hook, came, goes, now: packet if hook == Hook.FORWARDING else None,
    )


def test_a_machine_has_one_until_it_closes_it_and_it_hears_of_interfaces(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        network = Elsewhere(asyncio.get_running_loop())
        ports = Ports(network)
        ports.owner = owner(bench)
        assert ports.open(OpenPort(PORT)) == PORT
        with pytest.raises(OSError, match="in use") as caught:
            ports.open(OpenPort(Crossing(())))
        assert caught.value.errno == errno.EADDRINUSE
        interface = Interface("lan", PORT.addresses[0], Prefix.of(PORT.addresses[0], 24))
        ports.interface_changed(interface)
        ports.close_port(PORT)
        assert ports.open(OpenPort(Crossing(()))) == Crossing(())
        ports.close()
        assert [port.closed for port in network.opened] == [True, True]
        assert [port.heard for port in network.opened] == [[interface], []]

    on_bench(run)


def test_who_does_not_translate_has_none(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        ports = Ports(KernelNetwork(loop))
        ports.owner = Owner(
            lambda unit, now: None, lambda: None, bench.lans, loop, Counter().update, bench.failures.append
        )
        with pytest.raises(TypeError, match="is not Translating"):
            ports.open(OpenPort(PORT))

    on_bench(run)
