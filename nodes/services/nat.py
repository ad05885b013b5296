"""The service `nat`."""

from __future__ import annotations

import os

from catenet.nodes.catalogue import services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.header import TCP, UDP
from catenet.nodes.internet.nat.machine import NatMachine, Roles
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
    machine = NatMachine(
        options,
        _roles(context, options),
        os.urandom,
        context.count,
        kept=_kept(context),
        name_of=context.name_of,
        wants=context.wants,
    )
    await run_machine(context, machine)


def _roles(context: ServiceContext, options: NatOptions) -> Roles:
    gateway = context.config.gateway
    name = options.outside or ("" if gateway is None else context.lan_of(gateway))
    lans = {interface.name: interface for interface in context.interfaces()}
    if not name:
        raise ConfigError(f"nat.outside is not said, and {context.node} has no gateway on a LAN of its own")
    if name not in lans:
        raise ConfigError(f"nat.outside {name!r} is none of {', '.join(lans)}")
    inside = frozenset(options.inside or lans.keys() - {name})
    if not inside or name in inside or not inside <= lans.keys():
        raise ConfigError(f"nat.inside {sorted(inside)} are no LANs of {context.node} beside {name}, which is outside")
    return Roles(name, lans[name].address, inside)


def _kept(context: ServiceContext) -> set[tuple[int, int]]:
    """Where the node's own services listen."""
    return {
        (_PROTOCOLS[transport], port)
        for name, given in context.config.services.items()
        for transport, port in services()[name].ports(read_service(name, given).options)
    }
