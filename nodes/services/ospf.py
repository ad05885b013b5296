"""The service `ospf`."""

from __future__ import annotations

from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: OspfOptions) -> None:
    """Run OSPF until cancelled."""
    interfaces = context.interfaces()
    machine = OspfMachine(
        options,
        interfaces,
        context.random,
        context.name_of,
        router_id=options.identity(interfaces[0].address),
        epoch=context.wall_clock() - context.now(),
        began=context.config.began,
        wants=context.wants,
        not_taken=context.not_taken,
        remember=True,
    )
    await run_machine(context, machine, questions={"originate": machine.say_anew})
