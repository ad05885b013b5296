"""The service `echo`: one UDP port."""

from __future__ import annotations

import asyncio
import math

from catenet.nodes.address import Address
from catenet.nodes.application.echo.config import EchoOptions
from catenet.nodes.control.needs import Folder
from catenet.nodes.machine import Json, Packet
from catenet.nodes.runtime.host import Host

__all__ = ["serve"]

_MOST = 1000
"""Hosts that are remembered: anybody may send from any address, so without a limit they would fill the memory."""


async def serve(host: Host, options: EchoOptions) -> None:
    """Send back whatever comes, until cancelled."""
    greetings = Folder(host.data).read(options.greetings).splitlines()
    key = options.key.encode()
    greeted: dict[Address, float] = {}  # host → when, on the clock of host.now(); the oldest first

    def greeting(peer: Address) -> bytes:
        now = host.now()
        if now - greeted.get(peer, -math.inf) < options.remember:
            return b""
        greeted.pop(peer, None)
        if len(greeted) == _MOST:
            del greeted[next(iter(greeted))]
        greeted[peer] = now
        name = host.name_of(peer)
        host.report("echo.greeted", f"{name} greeted", {"node": name, "address": str(peer)})
        return host.random.choice(greetings) + b"\n"

    def receive(packet: Packet) -> None:
        # Two echo servers would send the same message to each other for ever.
        from_a_server = packet.source.port == port.number
        elsewhere = bool(options.lans) and packet.interface not in options.lans
        if from_a_server or elsewhere or not packet.data.startswith(key):
            host.count("refused")
            return
        port.send(packet.reply(greeting(packet.source.address) + packet.data.removeprefix(key)))

    def show() -> Json:
        return {
            "port": port.number,
            "timers": {"remember": options.remember},
            "peers": host.told.get("peers", {}),
            "greeted": [{"host": host.name_of(peer), "ago": host.now() - at} for peer, at in greeted.items()],
        }

    port = host.open_udp(options.port, receive)
    host.show("echo", show)
    host.on_flush(greeted.clear)
    host.ready()
    await asyncio.Event().wait()
