"""The node's interfaces: each is found by the engine's address and given the lab's, at every start and reconnect.

The engine names the interfaces as it likes (eth0 may be another LAN after a restart), and it sets its own addresses. So
an interface belongs to a LAN if it has the engine's address there, or another of the engine's network: who connects a
LAN by hand seldom says which. From then on the kernel's own messages tell what becomes of it: cut, healed,
disconnected, connected again as a new device. Whenever its address is there anew, the LAN's other nodes are told where.
"""

from __future__ import annotations

import errno
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.control.impairment import Impairment, in_words
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.service import Source
from catenet.nodes.machine import Interface, Json
from catenet.nodes.runtime import ingress, offload
from catenet.nodes.runtime.addressing import Addressing, KernelAddressing, OwnAddressing
from catenet.nodes.runtime.egress import Egress
from catenet.nodes.runtime.impairing import Impairing
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Monitor, Netlink
from catenet.nodes.runtime.netlink.neighbours import Neighbour
from catenet.nodes.runtime.routes import Routes

if TYPE_CHECKING:
    from catenet.nodes.control.answers import LinkState
    from catenet.nodes.runtime.program_table import ProgramTable

__all__ = ["Lans"]

_SETTLE = 0.3
"""Seconds after which the engine is done with a LAN that it connects: it gives the address, sets the link up, then the
default route, and the whole connect fails where its own address has gone meanwhile."""


@dataclass(slots=True)
class _Attachment:
    """One LAN, and the interface that it has now."""

    config: InterfaceConfig
    ifindex: int = 0  # 0: none now
    found: Address = ANY  # the engine's address by which it was known
    addressed: bool = False
    reported: bool | None = None  # whether "up" was the last word about it
    told: tuple[Interface, int] | None = None  # what the listeners know of it, and its number then
    impairments: tuple[Impairment, ...] = ()  # what its packets suffer, whichever interface it has


class Lans:
    """The node's attachments to its LANs."""

    def __init__(
        self,
        config: NodeConfig,
        netlink: Netlink,
        loop: AbstractEventLoop,
        report: Callable[[str, str, Mapping[str, Json]], None],
    ) -> None:
        self.own = OwnAddressing(netlink) if config.stack == "userspace" else None
        """Where our own stack carries the node's packets."""
        self._addressing: Addressing = self.own or KernelAddressing(config, netlink)
        self.routes = Routes(netlink if self.own is None else self.own.table, self.ifindex, self.is_up, loop)
        self.egress = Egress(netlink, config.names.__contains__ if self.own is None else lambda _: False)
        """The way out of the lab."""
        self._netlink = netlink
        self._loop = loop
        self._report = report
        self._attachments = {i.lan: _Attachment(i, impairments=i.impairments) for i in config.interfaces}
        self._impairing = Impairing(config, loop, report)
        self._links: dict[int, routing.Link] = {}
        self._listeners: list[Callable[[Interface], None]] = []
        self._monitor = Monitor(self._changed, self._rescan)

    def program_table(self, source: Source, number: int) -> ProgramTable:
        """A table of the kernel's for a source's programs."""
        from catenet.nodes.runtime.program_table import ProgramTable

        return ProgramTable(self._netlink, self.ifindex, source, number)

    def start(self) -> None:
        """Address every interface that is there; those that come later are addressed as they come."""
        self._loop.add_reader(self._monitor, self._monitor.drain)
        self._rescan()
        for attachment in self._attachments.values():
            if not attachment.ifindex:
                self._report_state(attachment, f"no interface has the engine's address {attachment.config.engine} yet")

    def close(self) -> None:
        self.routes.close()
        self._impairing.close()
        self._loop.remove_reader(self._monitor)
        self._monitor.close()

    @property
    def complete(self) -> bool:
        """Whether every interface is there and has its lab address."""
        return all(attachment.addressed for attachment in self._attachments.values())

    def ifindex(self, lan: str) -> int:
        """The number of the LAN's interface, or of one with that very name (lo); 0 where there is none now."""
        attachment = self._attachments.get(lan)
        if attachment is not None:
            return attachment.ifindex
        return next((link.ifindex for link in self._links.values() if link.name == lan), 0)

    def is_up(self, lan: str) -> bool:
        """Whether the LAN's interface (or one with that very name) is there and carries."""
        attachment = self._attachments.get(lan)
        if attachment is not None:
            return self._is_up(attachment)
        link = self._links.get(self.ifindex(lan))
        return link is not None and link.up

    def name(self, ifindex: int) -> str:
        """The LAN of an interface; for one that belongs to none, its own name."""
        for attachment in self._attachments.values():
            if attachment.ifindex == ifindex:
                return attachment.config.lan
        link = self._links.get(ifindex)
        return "" if link is None else link.name

    def device(self, lan: str) -> str:
        """The kernel's name of a LAN's interface; empty where it has none now."""
        link = self._links.get(self.ifindex(lan))
        return "" if link is None else link.name

    def interfaces(self) -> tuple[Interface, ...]:
        """Every LAN of the configuration, in its order."""
        return tuple(self._interface(attachment) for attachment in self._attachments.values())

    def neighbours(self) -> list[Neighbour]:
        """Whom the kernel's ARP knows or asks for."""
        return self._netlink.known_neighbours()

    def forget_neighbours(self) -> None:
        """On every LAN the kernel's ARP asks anew."""
        for attachment in self._attachments.values():
            if attachment.ifindex:
                self._netlink.forget_neighbours(attachment.ifindex)

    def listen(self, function: Callable[[Interface], None]) -> None:
        self._listeners.append(function)

    def unlisten(self, function: Callable[[Interface], None]) -> None:
        self._listeners.remove(function)

    def set_condition(self, lan: str, condition: LinkCondition) -> None:
        """The LAN's interface becomes so, and everything that follows from it is done on return.

        A protocol is told whether it is up, and not that it drops what comes in: it is to find out.

        Raises:
            ValueError: the node is not on that LAN, or has no interface there now.
            OSError: the kernel refuses.

        """
        if lan not in self._attachments:
            raise ValueError(f"lan {lan!r} is none of this node's: {', '.join(self._attachments)}")
        ifindex = self.ifindex(lan)
        if not ifindex:
            raise ValueError(f"lan {lan!r} has no interface here now: the engine has disconnected it")
        was = self._condition(self._attachments[lan])
        drop = condition.up and condition.drop
        self._impair(self._attachments[lan], condition.impairments)
        if drop:
            ingress.drop_ingress(lan, self.device(lan))  # before it comes up
        self._netlink.set_up(ifindex, condition.up)
        self._monitor.drain()
        if not drop:
            ingress.allow_ingress(lan)
        if drop and not was.drop:
            self._report("link.silent", f"{lan} is silent: what comes in is dropped", {"lan": lan})
        elif condition.up and was.drop and was.up and not drop:
            # Where they are now, they may have said while nobody heard.
            self._addressing.forget(self._interface(self._attachments[lan]), ifindex)
            self._report_up(self._attachments[lan])

    def _impair(self, attachment: _Attachment, wanted: tuple[Impairment, ...]) -> None:
        lan, was = attachment.config.lan, attachment.impairments
        self._impairing.impair(attachment.config, self.device(lan), wanted)
        attachment.impairments = wanted
        if wanted != was:
            said = in_words(wanted)
            text = f"{lan} suffers {said or 'nothing any more'}"
            self._report("link.impaired", text, {"lan": lan, "impairments": said})

    def status(self) -> list[LinkState]:
        """Every interface, for people and checks."""
        return [self._describe(attachment) for attachment in self._attachments.values()]

    def _describe(self, attachment: _Attachment) -> LinkState:
        from catenet.nodes.control.answers import LinkState

        config = attachment.config
        link = self._links.get(attachment.ifindex)
        return LinkState(
            config.lan,
            self._condition(attachment),
            str(config.address),
            config.length,
            "" if config.engine is None else str(config.engine),
            link.name if link else None,
            link.hardware if link else None,
            link.mtu if link else None,
            self._impairing.counted(config.lan),
            config.impairments,
            "kernel" if self.own is None else "userspace",
        )

    def _interface(self, attachment: _Attachment) -> Interface:
        config = attachment.config
        link = self._links.get(attachment.ifindex)
        if link is None:
            return Interface(config.lan, config.address, config.prefix, False, 0)
        hardware = bytes.fromhex(link.hardware.replace(":", ""))
        return Interface(config.lan, config.address, config.prefix, self._is_up(attachment), link.mtu, hardware)

    def _condition(self, attachment: _Attachment) -> LinkCondition:
        link, lan = self._links.get(attachment.ifindex), attachment.config.lan
        drops = link is not None and ingress.drops_ingress(lan, link.name)
        return LinkCondition(self._is_up(attachment), drops, self._impairing.impaired(lan))

    def _is_up(self, attachment: _Attachment) -> bool:
        link = self._links.get(attachment.ifindex)
        return attachment.addressed and link is not None and link.up

    # What the kernel tells.

    def _changed(self, kind: int, payload: bytes) -> None:
        if kind == routing.RTM_NEWLINK:
            self._link_changed(routing.parse_link(payload))
        elif kind == routing.RTM_DELLINK:
            self._link_gone(routing.parse_link(payload).ifindex)
        elif kind == routing.RTM_NEWADDR:
            entry = routing.parse_address(payload)
            if entry is not None:
                self._adopt(entry, now=False)
        elif kind == routing.RTM_DELADDR:
            self.routes.check_soon()
        elif kind in (routing.RTM_NEWROUTE, routing.RTM_DELROUTE):
            self._route_changed(routing.parse_route(payload), gone=kind == routing.RTM_DELROUTE)

    def _route_changed(self, route: routing.Route | None, *, gone: bool) -> None:
        """The kernel says so; where it is not the kernel by whose routes the node's packets go, all is well."""
        if route is not None and not gone and route.table == routing.TABLE_MAIN:
            self.egress.route_added(route)
        if self.own is not None:
            return
        if route is None:  # a blackhole, perhaps, in the place of one of ours
            self.routes.check_soon()
        else:
            self.routes.changed(route, gone=gone)

    def _rescan(self) -> None:
        """At the start, and after changes that we missed."""
        links = {link.ifindex: link for link in self._netlink.links()}
        for ifindex in self._links.keys() - links.keys():
            self._link_gone(ifindex)
        self._links.update(links)
        for entry in self._netlink.addresses():
            self._adopt(entry, now=True)
        for link in links.values():
            self._link_changed(link)
        self.egress.check_routes()
        self.routes.check_soon()

    def _link_changed(self, link: routing.Link) -> None:
        before = self._links.get(link.ifindex, link)
        self._links[link.ifindex] = link
        attachment = self._by_ifindex(link.ifindex)
        if attachment is None or not attachment.addressed:
            return
        if link.hardware != before.hardware:
            self._announce(attachment)
        if link.up == attachment.reported:
            self._tell(attachment)
        elif link.up:
            self._configure(attachment)
        else:
            self._report_state(attachment, "the link is down")

    def _link_gone(self, ifindex: int) -> None:
        self._links.pop(ifindex, None)
        attachment = self._by_ifindex(ifindex)
        if attachment is not None:
            attachment.ifindex, attachment.addressed = 0, False
            self._impairing.forget(attachment.config.lan)
            ingress.allow_ingress(attachment.config.lan)  # newer kernels keep it for the next device of that name
            self._report_state(attachment, "the engine has disconnected it")

    def _by_ifindex(self, ifindex: int) -> _Attachment | None:
        return next((item for item in self._attachments.values() if item.ifindex == ifindex), None)

    # What we do.

    def _adopt(self, entry: routing.AddressEntry, *, now: bool) -> None:
        """An interface with this address: if it is the engine's on a LAN that has no interface, it is that LAN's."""
        owner = self._by_ifindex(entry.ifindex)
        if owner is not None:
            self._came(owner, entry)
            return
        network = Prefix.of(entry.address, entry.length)
        for attachment in self._attachments.values():
            config = attachment.config
            if not attachment.ifindex and config.engine is not None and network.holds(config.engine):
                attachment.ifindex, attachment.found = entry.ifindex, entry.address
                if now or entry.address == config.address:
                    self._configure(attachment)
                else:
                    self._loop.call_later(_SETTLE, self._configure, attachment)
                return

    def _came(self, attachment: _Attachment, entry: routing.AddressEntry) -> None:
        """Before it is configured the engine is at it still."""
        if attachment.addressed:
            with suppress(OSError):  # it goes just now
                self._addressing.came(entry)

    def _configure(self, attachment: _Attachment) -> None:
        """Make the interface what the lab wants; what is right already stays as it is."""
        link = self._links.get(attachment.ifindex)
        if link is None:  # gone again
            return
        try:
            link = self._with_hardware(attachment.config, link)
            offload.switch_off(link.name)
            self._netlink.add_altname(link.ifindex, attachment.config.lan)
            self._addressing.configure(attachment.config, link.ifindex, attachment.found)
            self._impairing.impair(attachment.config, link.name, attachment.impairments)
            if not attachment.addressed:
                self._netlink.set_up(link.ifindex, True)
        except OSError as error:
            if error.errno != errno.ENODEV:
                hint = " (give the container the capability NET_ADMIN)" if error.errno == errno.EPERM else ""
                self._report_state(attachment, f"it cannot be set up: {error}{hint}")
            return
        attachment.addressed = True
        self._addressing.carries(self._interface(attachment), link.ifindex)
        self.routes.restore(attachment.config.lan)
        if link.up:
            self._report_state(attachment, "")

    def _with_hardware(self, config: InterfaceConfig, link: routing.Link) -> routing.Link:
        """With the hardware address of the lab file, before anybody is told of the interface, and may bind to it."""
        if not config.mac or link.hardware == config.mac.hex(":"):
            return link
        self._netlink.set_hardware(link.ifindex, config.mac)
        self._links[link.ifindex] = link._replace(hardware=config.mac.hex(":"))
        return self._links[link.ifindex]

    def _report_state(self, attachment: _Attachment, why: str) -> None:
        interface = self._interface(attachment)
        if interface.up != attachment.reported:
            attachment.reported = interface.up
            self._addressing.carries(interface, attachment.ifindex)
            if interface.up:
                self._report_up(attachment)
            else:
                self._report("link.down", f"{interface.name}: {why}", {"lan": interface.name})
        self._tell(attachment)

    def _tell(self, attachment: _Attachment) -> None:
        """Who listens, of what has changed: whether it is up, its MTU, its hardware address, or the device itself."""
        interface = self._interface(attachment)
        if attachment.told != (interface, attachment.ifindex):
            attachment.told = interface, attachment.ifindex
            for function in tuple(self._listeners):
                function(interface)

    def _report_up(self, attachment: _Attachment) -> None:
        config = attachment.config
        text = f"{config.lan} is up with {config.address}/{config.length}"
        self._report("link.up", text, {"lan": config.lan, "address": str(config.address)})
        self._announce(attachment)

    def _announce(self, attachment: _Attachment, times: Sequence[float] | None = None) -> None:
        """Where the address is now, at these times (seconds from the first of them on), while it is there."""
        times = self._addressing.announces if times is None else times
        link = self._links.get(attachment.ifindex)
        if link is None or not times or not self._is_up(attachment):
            return
        with suppress(OSError):  # it goes just now, or the node may not: then the neighbours' kernels find out, later
            self._addressing.announce(link, attachment.config.address)
        now, *later = times
        if later:
            self._loop.call_later(later[0] - now, self._announce, attachment, later)
