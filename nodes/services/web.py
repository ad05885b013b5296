"""The service `web`: static pages of the lab's folder pages/, over HTTP/1.1."""

from __future__ import annotations

from catenet.nodes.application.http.config import WebOptions
from catenet.nodes.application.http.needs import PAGES, site_fault
from catenet.nodes.application.http.served import ServedSite
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.site import StaticSite
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.needs import Folder
from catenet.nodes.machine import Json
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine
from catenet.nodes.services.web_files import SiteFolder

__all__ = ["serve"]


async def serve(context: ServiceContext, options: WebOptions) -> None:
    """Serve the site until cancelled.

    Raises:
        ConfigError: the lab has no such folder of pages, or there is no certificate for TLS.
        OSError: the port is taken.

    """
    fault = site_fault(options, Folder(context.data))
    if fault is not None:
        raise ConfigError(fault.message)
    folder = SiteFolder(context.data / PAGES / options.root, context.wall_clock)
    site = StaticSite(folder, context.count)
    server = Server(site, wall_clock=context.wall_clock, idle=options.idle, count=context.count, wants=context.wants)

    def table() -> Json:
        pages, size = folder.kept
        return {
            "root": options.root,
            "port": options.port,
            "requests": server.statuses.total(),
            "statuses": {str(status): count for status, count in sorted(server.statuses.items())},
            "cache": {"pages": pages, "bytes": size, "hits": folder.hits, "misses": folder.misses},
        }

    await run_machine(context, ServedSite(server, options.port, table, folder.clear, tls=options.tls != "off"))
