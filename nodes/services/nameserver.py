"""The service `nameserver`: UDP and TCP port 53 in front of one authoritative `Nameserver`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from catenet.nodes.address import Address
from catenet.nodes.application.dns.config import NameserverOptions
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.streams import Clients
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.application.dns.zonefile import ZoneFileError
from catenet.nodes.runtime.host import Host

__all__ = ["read_zone", "serve"]

_PORT = 53


async def serve(host: Host, options: NameserverOptions) -> None:
    """Answer questions about the zones until cancelled.

    Raises:
        ZoneFileError: a zone file is wrong; it names file and line.
        OSError: port 53 is taken, or a zone file cannot be read.

    """
    hosts = {Name.parse(name): address for name, address in host.config.hosts.items()}
    server = Name.parse(host.node)
    zones = [
        read_zone(host.data / "zones" / f"{zone}.zone", origin, server, hosts)
        for zone, origin in options.origins.items()
    ]
    machine = Nameserver(Zones(zones), host.count, host.wants)
    driver = host.drive(machine, lambda packet: clients.send(packet) if packet.stream else port.send(packet))
    clients = Clients(driver.receive, host.now)
    port = host.open_udp(_PORT, driver.receive, reply=machine.reply)
    await host.listen_tcp(_PORT, lambda c: clients.accept(c.peer, c.local, c.flush))
    host.show("nameserver", machine.show)
    host.ready()
    await asyncio.get_running_loop().create_future()


def read_zone(file: Path, origin: Name, server: Name, hosts: Mapping[Name, Address]) -> Zone:
    """A zone from its file, or from the lab's hosts where there is no file.

    Raises:
        ZoneFileError: the file is wrong.
        OSError: it cannot be read.

    """
    if not file.exists():
        return Zone.from_hosts(origin, server, hosts)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ZoneFileError(str(file), 1, f"it is no UTF-8 text: {error}") from None
    return Zone.from_file(origin, text, str(file))
