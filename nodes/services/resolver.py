"""The service `resolver`: UDP and TCP port 53 for clients, and a pool of random ports to ask name servers from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.resolver import PORT, Resolver
from catenet.nodes.application.dns.streams import IDLE, Clients, MessageStream
from catenet.nodes.control.config import ConfigError
from catenet.nodes.machine import Datagram
from catenet.nodes.runtime.context import Connection, Driver, ServiceContext, UdpPort

__all__ = ["serve"]

_PORTS = 32
"""Ports to ask from, which the kernel draws at random (RFC 5452 section 9.2)."""


async def serve(context: ServiceContext, options: ResolverOptions) -> None:
    """Resolve for clients until cancelled.

    Raises:
        ConfigError: the lab has no root server.
        OSError: port 53 is taken.

    """
    try:
        hints = options.servers(context.told)
    except ValueError as error:
        raise ConfigError(f"resolver: {error}") from None
    ports: dict[int, UdpPort] = {}
    asking: list[int] = []
    connecting: set[asyncio.Task[None]] = set()

    def send(packet: Datagram) -> None:
        if not packet.stream:
            ports[packet.source.port].send(packet)
        elif packet.source.port == PORT:
            clients.send(packet)
        else:
            asked = asyncio.create_task(_ask_over_tcp(context, driver, packet, options.deadline))
            connecting.add(asked)
            asked.add_done_callback(connecting.discard)

    machine = Resolver(
        options,
        hints,
        asking,
        local=_local(context),
        pick=context.random.randrange,
        count=context.count,
        wants=context.wants,
    )
    driver = context.drive(machine, send)
    for _ in range(_PORTS):
        port = context.open_udp(0, driver.feed, settle=driver.settle)
        ports[port.number] = port
        asking.append(port.number)

    def settle() -> None:
        machine.prepared.settle()
        driver.settle()

    ports[PORT] = context.open_udp(PORT, driver.feed, settle=settle, reply=machine.prepared.reply)
    # A connection outlives the longest search, so that no answer comes to a closed one.
    clients = Clients(driver.receive, context.now, max(IDLE, 2 * options.deadline))
    await context.listen_tcp(PORT, lambda c: clients.accept(c.peer, c.local, c.flush))
    context.show("resolver", lambda: machine.show(context.now(), context.name_of))
    context.on_flush(machine.flush)
    context.ready()
    await asyncio.get_running_loop().create_future()


async def _ask_over_tcp(context: ServiceContext, driver: Driver, packet: Datagram, patience: float) -> None:
    """One question over a connection of its own; a failure is like a lost datagram, and the machine's timer tells."""

    def opened(connection: Connection) -> MessageStream:
        def deliver(data: bytes) -> None:
            stream.close()
            driver.receive(Datagram(data, connection.peer, connection.local, stream=True))

        stream = MessageStream(deliver, context.now(), patience)
        stream.send(packet.data, context.now())
        return stream

    try:
        await context.connect_tcp(packet.destination, opened, patience)
    except OSError:
        context.count("tcp_failures")


def _local(context: ServiceContext) -> Callable[[Address], Address]:
    """Our address towards another one: that on its LAN, else the first."""

    def local(there: Address) -> Address:
        interfaces = context.interfaces()
        near = (interface for interface in interfaces if interface.prefix.holds(there))
        chosen = next(near, interfaces[0] if interfaces else None)
        return ANY if chosen is None else chosen.address

    return local
