"""The service `supernode`: STUN and TURN."""

from __future__ import annotations

import os

from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.needs import lans_of
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.control.config import ConfigError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: SupernodeOptions) -> None:
    """Serve clients until cancelled.

    Raises:
        ConfigError: what it is told of the lab is no LANs.
        OSError: the port is taken.

    """
    try:
        lans = lans_of(context.told)
    except ValueError as error:
        raise ConfigError(f"supernode: {error}") from None
    machine = Supernode(
        options,
        Policy(context.interfaces(), lans, options.denied),
        realm=options.realm or context.config.lab,
        entropy=os.urandom,
        wall_clock=context.wall_clock,
        count=context.count,
    )
    await run_machine(context, machine)
