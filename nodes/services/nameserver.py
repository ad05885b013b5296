"""The service `nameserver`: UDP and TCP port 53 in front of one authoritative `Nameserver`."""

from __future__ import annotations

import asyncio

from catenet.nodes.application.dns.config import NameserverOptions
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.needs import read_zone
from catenet.nodes.application.dns.streams import Clients
from catenet.nodes.application.dns.zone import Zones
from catenet.nodes.application.dns.zonefile import ZoneFileError
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.needs import Folder
from catenet.nodes.runtime.context import ServiceContext

__all__ = ["serve"]

_PORT = 53


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
    driver = context.drive(machine, lambda packet: clients.send(packet) if packet.stream else port.send(packet))
    clients = Clients(driver.receive, context.now)

    def settle() -> None:
        machine.prepared.settle()
        driver.settle()

    port = context.open_udp(_PORT, driver.feed, settle=settle, reply=machine.prepared.reply)
    await context.listen_tcp(_PORT, lambda c: clients.accept(c.peer, c.local, c.flush))
    context.show("nameserver", machine.show)
    context.ready()
    await asyncio.get_running_loop().create_future()
