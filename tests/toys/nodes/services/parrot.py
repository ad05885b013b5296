"""The service `parrot`."""

from __future__ import annotations

from catenet.nodes.application.parrot.config import ParrotOptions
from catenet.nodes.application.parrot.machine import Parrot
from catenet.nodes.control.needs import Folder
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: ParrotOptions) -> None:
    """Send back whatever comes, until cancelled."""
    greetings = Folder(context.data).read(options.greetings).splitlines()
    peers = context.told.get("peers", {})
    machine = Parrot(options, greetings, context.random.choice, peers, name_of=context.name_of, count=context.count)
    await run_machine(context, machine)
