"""The service `echo`."""

from __future__ import annotations

from catenet.nodes.application.echo.config import EchoOptions
from catenet.nodes.application.echo.machine import Echo
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: EchoOptions) -> None:
    """Send back whatever comes, until cancelled.

    Raises:
        OSError: the port is taken.

    """
    await run_machine(context, Echo(options, context.interfaces(), context.count))
