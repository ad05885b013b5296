"""The service `supernode`: STUN and TURN; with an account at the directory, whose word its clients come by."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

from catenet.nodes.address import ANY
from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.directory.place import place_of
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.needs import lans_of
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.registrar import DIRECTORY_TAG, Registrar
from catenet.nodes.control.config import ConfigError
from catenet.nodes.machine import Endpoint
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: SupernodeOptions) -> None:
    """Serve clients until cancelled.

    Raises:
        ConfigError: what it is told of the lab is no LANs, or no directory where it has an account.
        OSError: the port is taken.

    """
    registrar: Registrar | None = None
    try:
        lans = lans_of(context.told)
        machine = Supernode(
            options,
            Policy(context.interfaces(), lans, options.denied),
            realm=options.realm or context.config.lab,
            entropy=os.urandom,
            wall_clock=context.wall_clock,
            count=context.count,
            secrets=(lambda: registrar.secrets if registrar is not None else ()) if options.user else None,
        )
        if options.user:
            registrar = _registrar(context, options, machine)
    except ValueError as error:
        raise ConfigError(f"supernode: {error}") from None
    beside = asyncio.ensure_future(run_machine(context, registrar)) if registrar is not None else None
    try:
        await run_machine(context, machine)
    finally:
        if beside is not None:
            beside.cancel()
            with suppress(asyncio.CancelledError):
                await beside


def _registrar(context: ServiceContext, options: SupernodeOptions, machine: Supernode) -> Registrar:
    """Raises ValueError: it is not told where the directory is."""
    directory = place_of(context.told)
    interfaces = context.interfaces()
    client = DirectoryClient(
        options.user,
        options.password,
        directory.at,
        directory.name,
        tag=DIRECTORY_TAG,
        entropy=os.urandom,
        random=context.random,
    )
    at = Endpoint(interfaces[0].address if interfaces else ANY, options.port)
    return Registrar(client, at, options.allocations, lambda: machine.allocations, entropy=os.urandom)
