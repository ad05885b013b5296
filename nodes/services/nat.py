"""The service `nat`."""

from __future__ import annotations

import os

from catenet.nodes.catalogue import services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.header import TCP, UDP
from catenet.nodes.internet.nat.machine import NatMachine
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine
from catenet.nodes.runtime.service_config import read_service

__all__ = ["serve"]

_PROTOCOLS = {"tcp": TCP, "udp": UDP}


async def serve(context: ServiceContext, options: NatOptions) -> None:
    """Translate between the LANs inside and the one outside, until cancelled.

    Raises:
        ConfigError: the node has no LAN outside, or none inside.
        OSError: the kernel gives no packets.

    """
    try:
        roles = Roles.of(options, context.interfaces(), context.config.gateway)
    except ValueError as error:
        raise ConfigError(f"nat: {error}") from None
    machine = NatMachine(
        options,
        roles,
        os.urandom,
        context.count,
        kept=_kept(context),
        name_of=context.name_of,
        wants=context.wants,
    )
    await run_machine(context, machine)


def _kept(context: ServiceContext) -> set[tuple[int, int]]:
    """Where the node's own services listen."""
    return {
        (_PROTOCOLS[transport], port)
        for name, given in context.config.services.items()
        for transport, port in services()[name].ports(read_service(name, given).options)
    }
