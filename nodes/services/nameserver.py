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
from catenet.nodes.runtime.host import Host

__all__ = ["serve"]

_PORT = 53


async def serve(host: Host, options: NameserverOptions) -> None:
    """Answer questions about the zones until cancelled.

    Raises:
        ConfigError: a zone file is wrong; it names file and line.
        OSError: port 53 is taken.

    """
    hosts = {Name.parse(name): address for name, address in host.config.hosts.items()}
    server = Name.parse(host.node)
    try:
        zones = [read_zone(Folder(host.data), origin, server, hosts) for origin in options.origins.values()]
    except ZoneFileError as error:
        raise ConfigError(str(error)) from None
    machine = Nameserver(Zones(zones), host.count, host.wants)
    driver = host.drive(machine, lambda packet: clients.send(packet) if packet.stream else port.send(packet))
    clients = Clients(driver.receive, host.now)
    port = host.open_udp(_PORT, driver.receive, reply=machine.prepared.reply)
    await host.listen_tcp(_PORT, lambda c: clients.accept(c.peer, c.local, c.flush))
    host.show("nameserver", machine.show)
    host.ready()
    await asyncio.get_running_loop().create_future()
