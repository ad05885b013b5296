"""The service `rip`: one UDP port 520 on each interface, all of them in the group 224.0.0.9 (RFC 2453 section 4.5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from catenet.nodes.address import Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import GROUP, PORT
from catenet.nodes.machine import Interface, NextHop, Packet
from catenet.nodes.runtime.context import ServiceContext, UdpPort

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation

__all__ = ["serve"]


async def serve(context: ServiceContext, options: RipOptions) -> None:
    """Run RIP until cancelled."""
    interfaces = context.interfaces()
    machine = RipMachine(
        options,
        interfaces,
        context.random,
        context.name_of,
        epoch=context.wall_clock() - context.now(),
        began=context.config.began,
        remember=True,
        wants=context.wants,
    )
    ports: dict[str, UdpPort] = {}

    def send(packet: Packet) -> None:
        ports[packet.interface].send(packet)

    driver = context.drive(machine, send)
    for interface in interfaces:
        ports[interface.name] = context.open_udp(PORT, driver.receive, interface=interface.name, group=GROUP.address)

    def changed(interface: Interface) -> None:
        driver.call(lambda now: machine.set_interface(interface, now))

    def route_changed(source: str, prefix: Prefix, next_hops: tuple[NextHop, ...] | None) -> None:
        driver.call(lambda now: machine.route_changed(source, prefix, next_hops, now))

    context.on_interface(changed)
    context.on_route(route_changed)
    context.on_stop(lambda: driver.call(lambda _: machine.shutdown()))

    def explain(prefix: Prefix) -> Explanation | None:
        known = machine.explain(prefix, context.now())
        return None if known is None else known._replace(kernel=_refused(context).get(prefix, ""))

    context.explain(explain)
    context.show("rip", lambda: machine.status(context.now(), _not_taken(context)))
    context.ready()
    await asyncio.get_running_loop().create_future()


def _not_taken(context: ServiceContext) -> dict[Prefix, str]:
    """Of which routes the kernel does not have ours, or does not take it, and why (no machine knows a kernel)."""
    return {prefix: f"shadowed by {what}" for prefix, what in context.shadowed_routes().items()} | _refused(context)


def _refused(context: ServiceContext) -> dict[Prefix, str]:
    return {prefix: f"not there: {why}" for prefix, why in context.refused_routes().items()}
