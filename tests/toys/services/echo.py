"""The service `echo`: one UDP port."""

from __future__ import annotations

import asyncio

from catenet.nodes.application.echo.config import EchoOptions

from catenet.nodes.control.needs import Folder
from catenet.nodes.machine import Json, Packet
from catenet.nodes.runtime.host import Host

__all__ = ["serve"]


async def serve(host: Host, options: EchoOptions) -> None:
    """Send back whatever comes, until cancelled."""
    heard: list[tuple[float, str]] = []
    greetings: list[Json] = [*Folder(host.data).read(options.greetings).decode("ascii").splitlines()]

    def receive(packet: Packet) -> None:
        text = packet.data.decode("ascii", "replace")
        heard.append((host.now(), text))
        host.report("echo.heard", text, {"text": text, "source": str(packet.source)})
        port.send(Packet(packet.data, packet.destination, packet.source))

    def show() -> Json:
        return {
            "port": port.number,
            "limits": {"forget": options.forget},
            "greetings": greetings,
            "heard": [{"text": text, "ago": host.now() - at} for at, text in heard],
        }

    port = host.open_udp(options.port, receive)
    host.show("echo", show)
    host.on_flush(heard.clear)
    host.ready()
    await asyncio.Event().wait()
