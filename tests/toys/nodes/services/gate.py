"""The service `gate`."""

from __future__ import annotations

from catenet.nodes.internet.gate.config import GateOptions
from catenet.nodes.internet.gate.machine import Translate  # tests/machines/translate.py, copied there
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: GateOptions) -> None:
    """Translate until cancelled."""
    await run_machine(context, Translate(options, context.interfaces(), context.random))
