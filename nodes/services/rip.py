"""The service `rip`: one UDP port 520 on each interface, all of them in the group 224.0.0.9 (RFC 2453 section 4.5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from catenet.nodes.address import Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import GROUP, PORT
from catenet.nodes.machine import Interface, NextHop, Packet
from catenet.nodes.runtime.host import Host, UdpPort

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation

__all__ = ["serve"]


async def serve(host: Host, options: RipOptions) -> None:
    """Run RIP until cancelled."""
    interfaces = host.interfaces()
    machine = RipMachine(
        options,
        interfaces,
        host.random,
        host.name_of,
        epoch=host.wall_clock() - host.now(),
        began=host.config.began,
        remember=True,
    )
    ports: dict[str, UdpPort] = {}

    def send(packet: Packet) -> None:
        ports[packet.interface].send(packet)

    driver = host.drive(machine, send)
    for interface in interfaces:
        ports[interface.name] = host.open_udp(PORT, driver.receive, interface=interface.name, group=GROUP.address)

    def changed(interface: Interface) -> None:
        driver.call(lambda now: machine.set_interface(interface, now))

    def route_changed(source: str, prefix: Prefix, next_hops: tuple[NextHop, ...] | None) -> None:
        driver.call(lambda now: machine.route_changed(source, prefix, next_hops, now))

    host.on_interface(changed)
    host.on_route(route_changed)
    host.on_stop(lambda: driver.call(lambda _: machine.shutdown()))

    def explain(prefix: Prefix) -> Explanation | None:
        known = machine.explain(prefix, host.now())
        return None if known is None else known._replace(kernel=_refused(host).get(prefix, ""))

    host.explain(explain)
    host.show("rip", lambda: machine.status(host.now(), _not_taken(host)))
    host.ready()
    await asyncio.get_running_loop().create_future()


def _not_taken(host: Host) -> dict[Prefix, str]:
    """Of which routes the kernel does not have ours, or does not take it, and why (no machine knows a kernel)."""
    return {prefix: f"shadowed by {what}" for prefix, what in host.shadowed_routes().items()} | _refused(host)


def _refused(host: Host) -> dict[Prefix, str]:
    return {prefix: f"not there: {why}" for prefix, why in host.refused_routes().items()}
