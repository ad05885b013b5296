"""The service `echo`: one UDP port."""

from __future__ import annotations

import asyncio
import math

from catenet.nodes.address import Address
from catenet.nodes.application.echo.config import EchoOptions
from catenet.nodes.control.needs import Folder
from catenet.nodes.machine import Datagram, Json
from catenet.nodes.runtime.context import ServiceContext

__all__ = ["serve"]

_MOST = 1000
"""Hosts that are remembered: anybody may send from any address, so without a limit they would fill the memory."""


async def serve(context: ServiceContext, options: EchoOptions) -> None:
    """Send back whatever comes, until cancelled."""
    greetings = Folder(context.data).read(options.greetings).splitlines()
    key = options.key.encode()
    greeted: dict[Address, float] = {}  # host → when, on the clock of context.now(); the oldest first

    def greeting(peer: Address) -> bytes:
        now = context.now()
        if now - greeted.get(peer, -math.inf) < options.remember:
            return b""
        greeted.pop(peer, None)
        if len(greeted) == _MOST:
            del greeted[next(iter(greeted))]
        greeted[peer] = now
        name = context.name_of(peer)
        context.report("echo.greeted", f"{name} greeted", {"node": name, "address": str(peer)})
        return context.random.choice(greetings) + b"\n"

    def receive(packet: Datagram) -> None:
        # Two echo servers would send the same message to each other for ever.
        from_a_server = packet.source.port == port.number
        elsewhere = bool(options.lans) and packet.interface not in options.lans
        if from_a_server or elsewhere or not packet.data.startswith(key):
            context.count("refused")
            return
        port.send(packet.reply(greeting(packet.source.address) + packet.data.removeprefix(key)))

    def show() -> Json:
        return {
            "port": port.number,
            "timers": {"remember": options.remember},
            "peers": context.told.get("peers", {}),
            "greeted": [{"host": context.name_of(peer), "ago": context.now() - at} for peer, at in greeted.items()],
        }

    port = context.open_udp(options.port, receive)
    context.show("echo", show)
    context.on_flush(greeted.clear)
    context.ready()
    await asyncio.Event().wait()
