"""The service `resolver`."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.resolver import Resolver
from catenet.nodes.application.dns.served import ServedResolver
from catenet.nodes.control.config import ConfigError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


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
    asks_from: list[int] = []
    resolver = Resolver(
        options,
        hints,
        asks_from,
        local=_local(context),
        pick=context.random.randrange,
        count=context.count,
        wants=context.wants,
    )
    machine = ServedResolver(resolver, asks_from, options.deadline, count=context.count, name_of=context.name_of)
    await run_machine(context, machine)


def _local(context: ServiceContext) -> Callable[[Address], Address]:
    """Our address towards another one: that on its LAN, else that on the gateway's, else the first."""

    def local(there: Address) -> Address:
        interfaces = context.interfaces()
        hops = [there] if context.config.gateway is None else [there, context.config.gateway]
        near = (interface for hop in hops for interface in interfaces if interface.prefix.holds(hop))
        chosen = next(near, interfaces[0] if interfaces else None)
        return ANY if chosen is None else chosen.address

    return local
