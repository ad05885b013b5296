"""The service `nameserver`: an authoritative name server."""

from __future__ import annotations

from catenet.nodes.application.dns.config import NameserverOptions
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.needs import read_zone
from catenet.nodes.application.dns.served import ServedNameserver
from catenet.nodes.application.dns.zone import Zones
from catenet.nodes.application.dns.zonefile import ZoneFileError
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.needs import Folder
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine

__all__ = ["serve"]


async def serve(context: ServiceContext, options: NameserverOptions) -> None:
    """Answer questions about the zones until cancelled.

    Raises:
        ConfigError: a zone file is wrong; it names file and line.
        OSError: port 53 is taken.

    """
    hosts = {Name.parse(name): address for name, address in context.config.hosts.items()}
    server = Name.parse(context.node)
    try:
        zones = [read_zone(Folder(context.data), origin, server, hosts) for origin in options.origins.values()]
    except ZoneFileError as error:
        raise ConfigError(str(error)) from None
    machine = Nameserver(Zones(zones), context.count, context.wants)
    await run_machine(context, ServedNameserver(machine))
