"""The service `supernode`: STUN and TURN; with an account at the directory, by whose word its clients come."""

from __future__ import annotations

import os
from typing import Any

from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.directory.place import place_of
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.member import Member
from catenet.nodes.application.turn.needs import lans_of
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.registrar import DIRECTORY_TAG
from catenet.nodes.control.config import ConfigError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: SupernodeOptions) -> None:
    """Serve clients until cancelled.

    Raises:
        ConfigError: what it is told of the lab is no LANs, or no directory where it has an account.
        OSError: the port is taken.

    """
    try:
        policy = Policy(context.interfaces(), lans_of(context.told), options.denied)
        client = _client(context, options) if options.user else None
    except ValueError as error:
        raise ConfigError(f"supernode: {error}") from None
    more: dict[str, Any] = {
        "realm": options.realm or context.config.lab,
        "entropy": os.urandom,
        "wall_clock": context.wall_clock,
        "count": context.count,
    }
    if client is None:
        await run_machine(context, Supernode(options, policy, **more))
    else:
        await run_machine(context, Member(options, policy, client, **more))


def _client(context: ServiceContext, options: SupernodeOptions) -> DirectoryClient:
    """Raises ValueError: it is not told where the directory is."""
    directory = place_of(context.told)
    return DirectoryClient(
        options.user,
        options.password,
        directory.at,
        directory.name,
        tag=DIRECTORY_TAG,
        entropy=os.urandom,
        random=context.random,
        count=context.count,
    )
