"""The service `rip`: one UDP port 520 on each interface, all of them in the group 224.0.0.9 (RFC 2453 section 4.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from catenet.nodes.address import Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import GROUP, PORT
from catenet.nodes.machine import Interface, Json, NextHop, Packet
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

    def explain(prefix: Prefix) -> Mapping[str, Json] | None:
        known = machine.explain(prefix, host.now())
        return None if known is None else {**known, **_kernel(host.refused_routes().get(prefix))}

    host.explain(explain)
    host.show("rip", lambda: _with_kernel(machine.status(host.now()), host))
    host.ready()
    await asyncio.get_running_loop().create_future()


def _with_kernel(status: dict[str, Json], host: Host) -> Json:
    """The machine's own status; a route that is not in the kernel's table, or that the kernel does not take, says why
    (no machine knows a kernel).
    """
    shadowed = {str(prefix): {"kernel": f"shadowed by {what}"} for prefix, what in host.shadowed_routes().items()}
    why = shadowed | {str(prefix): _kernel(reason) for prefix, reason in host.refused_routes().items()}
    table = status["table"]
    assert isinstance(table, list)
    rows = [row for row in table if isinstance(row, Mapping)]
    return {**status, "table": [{**row, **why.get(str(row["prefix"]), {})} for row in rows]}


def _kernel(why: str | None) -> dict[str, Json]:
    return {} if why is None else {"kernel": f"not there: {why}"}
