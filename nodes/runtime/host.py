"""What a service gets of its node. One `Host` for each run of a service; all that it opened closes with it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from catenet.nodes.address import Address
from catenet.nodes.control.config import NodeConfig
from catenet.nodes.machine import Endpoint, Interface, Json, Machine, Packet, Stream

__all__ = ["Connection", "Driver", "Host", "UdpPort"]


class UdpPort(Protocol):
    """An open UDP port."""

    def send(self, packet: Packet) -> None: ...


class Driver(Protocol):
    """Runs one machine."""

    def receive(self, packet: Packet) -> None: ...
    def call(self, function: Callable[[float], None]) -> None: ...


class Connection(Protocol):
    """One TCP connection, seen from its Stream's owner."""

    peer: Endpoint
    local: Endpoint

    def flush(self) -> None: ...
    def abort(self) -> None: ...


class Host(Protocol):
    """What a service gets of its node."""

    node: str
    config: NodeConfig
    data: Path  # the lab's folder inside the container, /lab, read-only
    random: random.Random

    def now(self) -> float: ...
    def wall_clock(self) -> float: ...
    def ready(self) -> None: ...
    def report(self, kind: str, text: str, data: Mapping[str, Json]) -> None: ...
    def name_of(self, address: Address) -> str: ...  # the node's name where it is known, else the address
    def interfaces(self) -> tuple[Interface, ...]: ...
    def on_interface(
        self, function: Callable[[Interface], None]
    ) -> None: ...  # called at each change, with the new state
    def show(self, what: str, function: Callable[[], Json]) -> None: ...
    def answer(self, ask: str, function: Callable[[Mapping[str, Json]], Awaitable[Json]]) -> None: ...
    def on_flush(self, function: Callable[[], None]) -> None: ...
    def on_stop(
        self, function: Callable[[], None]
    ) -> None: ...  # at SIGTERM or the service's end, while sockets are open
    def count(self, counter: str, by: int = 1) -> None: ...
    def drive(self, machine: Machine, send: Callable[[Packet], None]) -> Driver: ...
    def open_udp(
        self, port: int, receive: Callable[[Packet], None], *, interface: str = "", group: Address | None = None
    ) -> UdpPort: ...
    async def listen_tcp(self, port: int, accept: Callable[[Connection], Stream]) -> None: ...
    async def connect_tcp(self, peer: Endpoint, opened: Callable[[Connection], Stream], timeout: float) -> None: ...
