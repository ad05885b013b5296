"""Who has the lab's address of an interface: the kernel, or nobody that the kernel knows of (`Addressing`).

The engine gives each interface an address of its own, by which `Lans` knows it. The kernel of most nodes then gets the
lab's in its place. Where our own stack carries the node's packets the kernel is to have none, on no interface: it would
answer beside us, send by routes of its own, and forward what we forward.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import Protocol

from catenet.nodes.address import Address
from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.machine import Interface
from catenet.nodes.runtime import announce
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.table import OwnTable

__all__ = ["Addressing", "KernelAddressing", "OwnAddressing"]

_NOT_AT_ALL = 8
"""Of arp_ignore: "do not reply for all local addresses"."""


class Addressing(Protocol):
    """What is done with an interface that has been found. OSError where the kernel refuses."""

    @property
    def announces(self) -> Sequence[float]:
        """Seconds after an interface has come up at which `announce` is to be called; none, where another does that."""

    def configure(
        self, config: InterfaceConfig, ifindex: int, found: Address, present: Sequence[routing.AddressEntry], /
    ) -> None:
        """Make its addresses and settings what they should be; `found`: the engine's address by which it was known,
        `present`: all addresses of the node's kernel. What is right already stays as it is."""

    def came(self, entry: routing.AddressEntry, /) -> None:
        """An interface that is configured has got another address."""

    def carries(self, interface: Interface, ifindex: int, /) -> None:
        """A LAN's interface carries now, or does so no more; before anybody else is told."""

    def announce(self, link: routing.Link, address: Address, /) -> None:
        """Its neighbours are to know whose the address is."""

    def forget(self, interface: Interface, ifindex: int, /) -> None:
        """What is known of its neighbours is out of date."""

    def close(self) -> None:
        """The node ends."""


class KernelAddressing:
    """The kernel has the lab's address."""

    announces: Sequence[float] = announce.TIMES

    def __init__(self, config: NodeConfig, netlink: Netlink) -> None:
        self._netlink = netlink
        self._announcer = announce.Announcer()
        self._settings = {
            **_ONE_WAY,
            routing.FORWARDING: int(config.forward),
            routing.ACCEPT_SOURCE_ROUTE: int(config.source_routes == "follow"),
            **({routing.PROXY_ARP: 1} if config.proxy_arp else {}),
        }

    def configure(
        self, config: InterfaceConfig, ifindex: int, found: Address, present: Sequence[routing.AddressEntry]
    ) -> None:
        self._netlink.set_settings(ifindex, self._settings)
        wanted = routing.AddressEntry(ifindex, config.address, config.length)
        has = [entry for entry in present if entry.ifindex == ifindex]
        for entry in has:
            if entry != wanted and entry.address in (found, config.address):
                self._netlink.delete_address(entry)
        if wanted not in has or len(has) > 1:  # with the first address of a network go all others of it
            self._netlink.add_address(wanted)

    def came(self, entry: routing.AddressEntry) -> None:
        """It may have as many as it likes."""

    def carries(self, interface: Interface, ifindex: int) -> None:
        """The kernel knows before us."""

    def announce(self, link: routing.Link, address: Address) -> None:
        self._announcer.announce(link.name, link.hardware, address)

    def forget(self, interface: Interface, ifindex: int) -> None:
        self._netlink.forget_neighbours(ifindex)

    def close(self) -> None:
        self._announcer.close()


class OwnAddressing:
    """The kernel has no address; the node's own table has the network, and our own stack announces the address."""

    announces: Sequence[float] = ()

    def __init__(self, netlink: Netlink) -> None:
        self.table = OwnTable()
        self.on_forget: list[Callable[[Interface], None]] = []
        """Called where what is known of a LAN's neighbours is out of date."""
        self._netlink = netlink

    def configure(
        self, config: InterfaceConfig, ifindex: int, found: Address, present: Sequence[routing.AddressEntry]
    ) -> None:
        self._netlink.set_settings(ifindex, _DEAF)
        for entry in present:
            if entry.ifindex == ifindex:
                self._delete(entry)

    def came(self, entry: routing.AddressEntry) -> None:
        self._delete(entry)

    def carries(self, interface: Interface, ifindex: int) -> None:
        self.table.set_interface(interface, ifindex)

    def announce(self, link: routing.Link, address: Address) -> None:
        """The stack does."""

    def forget(self, interface: Interface, ifindex: int) -> None:
        for function in tuple(self.on_forget):
            function(interface)

    def close(self) -> None:
        """It has opened nothing."""

    def _delete(self, entry: routing.AddressEntry) -> None:
        try:
            self._netlink.delete_address(entry)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:  # the first address of a network takes all others of it along
                raise


_ONE_WAY = {routing.RP_FILTER: 0, routing.SEND_REDIRECTS: 0, routing.ACCEPT_REDIRECTS: 0}
"""Routes of a lab may be one-way."""
_DEAF = {**_ONE_WAY, routing.FORWARDING: 0, routing.ACCEPT_SOURCE_ROUTE: 0, routing.ARP_IGNORE: _NOT_AT_ALL}
