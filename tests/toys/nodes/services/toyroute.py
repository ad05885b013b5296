"""The service `toyroute`. It learns nothing yet."""

from __future__ import annotations

import asyncio

from catenet.nodes.internet.toyroute.config import ToyrouteOptions
from catenet.nodes.runtime.context import ServiceContext

__all__ = ["serve"]


async def serve(context: ServiceContext, _options: ToyrouteOptions) -> None:
    """Show an empty table, until cancelled."""
    context.show("toyroute", lambda: {"table": []})
    context.ready()
    await asyncio.Event().wait()
