"""The service `rip`: one UDP port 520 on each interface, all of them in the group 224.0.0.9 (RFC 2453 section 4.5)."""

from __future__ import annotations

import asyncio

from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import GROUP, PORT
from catenet.nodes.machine import Interface, Packet
from catenet.nodes.runtime.host import Host, UdpPort

__all__ = ["serve"]


async def serve(host: Host, options: RipOptions) -> None:
    """Run RIP until cancelled."""
    interfaces = host.interfaces()
    machine = RipMachine(
        options,
        interfaces,
        host.random,
        host.name_of,
        static=[(route.to, route.via) for route in host.config.routes],
        epoch=host.wall_clock() - host.now(),
    )
    ports: dict[str, UdpPort] = {}

    def send(packet: Packet) -> None:
        ports[packet.interface].send(packet)

    driver = host.drive(machine, send)
    for interface in interfaces:
        ports[interface.name] = host.open_udp(PORT, driver.receive, interface=interface.name, group=GROUP.address)

    def changed(interface: Interface) -> None:
        driver.call(lambda now: machine.set_interface(interface, now))

    host.on_interface(changed)
    host.on_stop(lambda: driver.call(lambda _: machine.shutdown()))
    host.show("rip", lambda: machine.status(host.now()))
    host.ready()
    await asyncio.get_running_loop().create_future()
