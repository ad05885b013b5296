"""The service `web`: static pages of the lab's folder pages/, over HTTP/1.1."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.application.http.config import WebOptions
from catenet.nodes.application.http.needs import PAGES, site_fault
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.site import StaticSite
from catenet.nodes.application.http.stream import ServerStream
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.needs import Folder
from catenet.nodes.machine import Json, Stream
from catenet.nodes.runtime.context import Connection, ServiceContext
from catenet.nodes.services.web_files import SiteFolder

__all__ = ["serve"]


async def serve(context: ServiceContext, options: WebOptions) -> None:
    """Serve the site until cancelled.

    Raises:
        ConfigError: the lab has no such folder of pages.

    """
    fault = site_fault(options, Folder(context.data))
    if fault is not None:
        raise ConfigError(fault.message)
    folder = SiteFolder(context.data / PAGES / options.root, context.wall_clock)
    site = StaticSite(folder, context.count)
    server = Server(site, wall_clock=context.wall_clock, idle=options.idle, count=context.count, wants=context.wants)

    def accept(connection: Connection) -> ServerStream:
        return ServerStream(server, connection.peer, connection.local, context.now(), connection.flush)

    def show() -> Json:
        pages, size = folder.kept
        return {
            "root": options.root,
            "port": options.port,
            "requests": server.statuses.total(),
            "statuses": {str(status): count for status, count in sorted(server.statuses.items())},
            "cache": {"pages": pages, "bytes": size, "hits": folder.hits, "misses": folder.misses},
        }

    context.show("web", show)
    context.on_flush(folder.clear)
    await context.listen_tcp(options.port, accept if options.tls == "off" else _secure(context, accept))
    context.ready()
    await asyncio.Event().wait()


def _secure(context: ServiceContext, accept: Callable[[Connection], Stream]) -> Callable[[Connection], Stream]:
    from catenet.nodes.runtime.tls import over_tls  # OpenSSL is a sixth of what a node loads

    return over_tls(context, accept)
