"""The service `rip`."""

from __future__ import annotations

from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: RipOptions) -> None:
    """Run RIP until cancelled."""
    machine = RipMachine(
        options,
        context.interfaces(),
        context.random,
        context.name_of,
        epoch=context.wall_clock() - context.now(),
        began=context.config.began,
        remember=True,
        wants=context.wants,
        not_taken=context.not_taken,
    )
    await run_machine(context, machine)
