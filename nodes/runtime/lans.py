"""The node's interfaces: each is found by the engine's address and given the lab's, at every start and reconnect.

The engine names the interfaces as it likes (eth0 may be another LAN after a restart), and it sets its own addresses. So
an interface belongs to a LAN if it has the engine's address there, or another of the engine's network: who connects a
LAN by hand seldom says which. A LAN that is a segment has a device that the node makes, once the underlay is found so.
From then on the kernel's own messages tell what becomes of it: cut, healed, disconnected, connected again as a new
device. Whenever its address is there anew, the LAN's other nodes are told where.
"""

from __future__ import annotations

import errno
from asyncio import AbstractEventLoop
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from catenet.nodes.address import Prefix
from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.control.impairment import Impairment, in_words
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.service import Source
from catenet.nodes.machine import Interface, Json
from catenet.nodes.runtime import ingress, offload
from catenet.nodes.runtime.addressing import Addressing, KernelAddressing, OwnAddressing
from catenet.nodes.runtime.attachments import Attachment, Attachments
from catenet.nodes.runtime.egress import Egress
from catenet.nodes.runtime.impairing import Impairing
from catenet.nodes.runtime.lan_news import LanNews
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Monitor, Netlink
from catenet.nodes.runtime.netlink.filtering import Dropped
from catenet.nodes.runtime.netlink.neighbours import Neighbour
from catenet.nodes.runtime.routes import Routes

if TYPE_CHECKING:
    from catenet.nodes.control.answers import LinkState
    from catenet.nodes.runtime.program_table import ProgramTable
    from catenet.nodes.runtime.segments import Segments

__all__ = ["Lans"]

_SETTLE = 0.3
"""Seconds after which the engine is done with a LAN that it connects: it gives the address, sets the link up, then the
default route, and the whole connect fails where its own address has gone meanwhile."""


class Lans:
    """The node's attachments to its LANs."""

    def __init__(
        self,
        config: NodeConfig,
        netlink: Netlink,
        loop: AbstractEventLoop,
        report: Callable[[str, str, Mapping[str, Json]], None],
    ) -> None:
        self._attachments = Attachments(config)
        self.ifindex, self.is_up = self._attachments.ifindex, self._attachments.is_up
        self.name, self.device = self._attachments.name, self._attachments.device
        self.own = OwnAddressing(netlink) if config.stack == "userspace" else None
        """Where our own stack carries the node's packets."""
        self._addressing: Addressing = self.own or KernelAddressing(config, netlink)
        self.routes = Routes(netlink if self.own is None else self.own.table, self.ifindex, self.is_up, loop)
        self.egress = Egress(netlink, config.names.__contains__ if self.own is None else lambda _: False)
        """The way out of the lab."""
        self._config = config
        self._netlink = netlink
        self._loop = loop
        self._report = report
        self._segments = _segments(config, netlink)
        self._impairing = Impairing(config, loop, report)
        self._news = LanNews(self._attachments, self._addressing, loop, report)
        self.listen, self.unlisten = self._news.listen, self._news.unlisten
        """Call a function with each interface that has changed, or no more."""
        self._monitor = Monitor(self._changed, self._rescan)

    def program_table(self, source: Source, number: int) -> ProgramTable:
        """A table of the kernel's for a source's programs."""
        from catenet.nodes.runtime.program_table import ProgramTable

        return ProgramTable(self._netlink, self.ifindex, source, number)

    def start(self) -> None:
        """Address every interface that is there; those that come later are addressed as they come."""
        self._loop.add_reader(self._monitor, self._monitor.drain)
        self._rescan()
        for attachment in self._attachments:
            if not attachment.ifindex and attachment.reported is None:
                self._news.state(attachment, f"no interface has {self._sign(attachment.config)} yet")

    def close(self) -> None:
        self.routes.close()
        self._impairing.close()
        self._addressing.close()
        self._loop.remove_reader(self._monitor)
        self._monitor.close()

    @property
    def complete(self) -> bool:
        """Whether every interface is there and has its lab address."""
        return all(attachment.addressed for attachment in self._attachments)

    def interfaces(self) -> tuple[Interface, ...]:
        """Every LAN of the configuration, in its order."""
        return tuple(map(self._attachments.interface, self._attachments))

    def neighbours(self) -> list[Neighbour]:
        """Whom the kernel's ARP knows or asks for."""
        return self._netlink.known_neighbours()

    def forget_neighbours(self) -> None:
        """On every LAN the kernel's ARP asks anew."""
        for attachment in self._attachments:
            if attachment.ifindex:
                self._netlink.forget_neighbours(attachment.ifindex)

    def set_condition(self, lan: str, condition: LinkCondition) -> None:
        """The LAN's interface becomes so, and everything that follows from it is done on return.

        A protocol is told whether it is up, and not that it drops what comes in: it is to find out.

        Raises:
            ValueError: the node is not on that LAN, or has no interface there now.
            OSError: the kernel refuses.

        """
        attachment = self._attachments.of(lan)
        ifindex = attachment.ifindex
        if not ifindex:
            raise ValueError(f"lan {lan!r} has no interface here now: {self._lost(attachment.config)}")
        was = self._condition(attachment, ingress.dropping())
        drop = condition.up and condition.drop
        self._impair(attachment, condition.impairments)
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
            self._addressing.forget(self._attachments.interface(attachment), ifindex)
            self._news.up(attachment)

    def _impair(self, attachment: Attachment, wanted: tuple[Impairment, ...]) -> None:
        lan, was = attachment.config.lan, attachment.impairments
        self._impairing.impair(attachment.config, self.device(lan), wanted)
        attachment.impairments = wanted
        if wanted != was:
            said = in_words(wanted)
            text = f"{lan} suffers {said or 'nothing any more'}"
            self._report("link.impaired", text, {"lan": lan, "impairments": said})

    def status(self) -> list[LinkState]:
        """Every interface, for people and checks."""
        dropping = ingress.dropping()
        return [self._describe(attachment, dropping) for attachment in self._attachments]

    def _describe(self, attachment: Attachment, dropping: Collection[Dropped]) -> LinkState:
        from catenet.nodes.control.answers import LinkState

        config = attachment.config
        link = self._attachments.link(attachment)
        return LinkState(
            config.lan,
            self._condition(attachment, dropping),
            str(config.address),
            config.length,
            "" if config.engine is None else str(config.engine),
            link.name if link else None,
            link.hardware if link else None,
            link.mtu if link else None,
            self._impairing.counted(config.lan),
            config.impairments,
            "kernel" if self.own is None else "userspace",
            0 if config.segment is None else config.segment.id,
        )

    def _condition(self, attachment: Attachment, dropping: Collection[Dropped]) -> LinkCondition:
        link, lan = self._attachments.link(attachment), attachment.config.lan
        drops = link is not None and ingress.rule_of(lan, link.name) in dropping
        return LinkCondition(self._attachments.carries(attachment), drops, self._impairing.impaired(lan))

    def _sign(self, config: InterfaceConfig) -> str:
        """By what the interface is known that a LAN needs."""
        underlay = self._config.underlay
        if config.segment is None or underlay is None:
            return f"the engine's address {config.engine}"
        return f"the underlay's address {underlay.address}"

    def _lost(self, config: InterfaceConfig) -> str:
        """Why a LAN has no interface any more."""
        if config.segment is None:
            return "the engine has disconnected it"
        if self._segments is None or not self._segments.ifindex:
            return "the engine has disconnected the underlay"
        return "somebody has deleted its device: start the node anew"

    # What the kernel tells.

    def _changed(self, kind: int, payload: bytes) -> None:
        if kind == routing.RTM_NEWLINK:
            self._link_changed(routing.parse_link(payload))
        elif kind == routing.RTM_DELLINK:
            self._link_gone(routing.parse_link(payload).ifindex)
        elif kind == routing.RTM_NEWADDR:
            entry = routing.parse_address(payload)
            if entry is not None:
                self._adopt(entry)
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
        for ifindex in self._attachments.links.keys() - links.keys():
            self._link_gone(ifindex)
        self._attachments.links.update(links)
        present = self._netlink.addresses()
        for entry in present:
            self._adopt(entry, present)
        for link in links.values():
            self._link_changed(link)
        self.egress.check_routes()
        self.routes.check_soon()

    def _link_changed(self, link: routing.Link) -> None:
        before = self._attachments.links.get(link.ifindex, link)
        self._attachments.links[link.ifindex] = link
        if self._segments is not None and link.ifindex == self._segments.ifindex and link.up:
            with suppress(OSError):  # it goes just now
                self._segments.restore(link.ifindex)
        attachment = self._attachments.by_ifindex(link.ifindex)
        if attachment is None or not attachment.addressed:
            return
        if link.hardware != before.hardware:
            self._news.announce(attachment)
        if link.up == attachment.reported:
            self._news.tell(attachment)
        elif link.up:
            self._configure(attachment)
        else:
            self._news.state(attachment, "the link is down")

    def _link_gone(self, ifindex: int) -> None:
        self._attachments.links.pop(ifindex, None)
        if self._segments is not None and ifindex == self._segments.ifindex:
            self._segments.gone()
        attachment = self._attachments.by_ifindex(ifindex)
        if attachment is not None:
            attachment.ifindex, attachment.addressed = 0, False
            self._impairing.forget(attachment.config.lan)
            ingress.allow_ingress(attachment.config.lan)  # newer kernels keep it for the next device of that name
            self._news.state(attachment, self._lost(attachment.config))

    # What we do.

    def _adopt(self, entry: routing.AddressEntry, present: Sequence[routing.AddressEntry] = ()) -> None:
        """An interface with this address: if it is the engine's on a LAN that has no interface, it is that LAN's.
        `present`: all addresses that there are, where the engine is done with them."""
        owner = self._attachments.by_ifindex(entry.ifindex)
        if owner is not None:
            self._came(owner, entry)
        elif self._segments is not None and self._segments.finds(entry):
            self._segments.ifindex = entry.ifindex
            self._soon(self._make_segments, now=bool(present))
        elif self._segments is None or self._segments.ifindex != entry.ifindex:
            self._adopt_lan(entry, present)

    def _adopt_lan(self, entry: routing.AddressEntry, present: Sequence[routing.AddressEntry]) -> None:
        network = Prefix.of(entry.address, entry.length)
        for attachment in self._attachments:
            config = attachment.config
            if not attachment.ifindex and config.engine is not None and network.holds(config.engine):
                attachment.ifindex, attachment.found = entry.ifindex, entry.address
                now = bool(present) or entry.address == config.address
                self._soon(partial(self._configure, attachment, present), now=now)
                return

    def _soon(self, function: Callable[[], None], *, now: bool) -> None:
        if now:
            function()
        else:
            self._loop.call_later(_SETTLE, function)

    def _came(self, attachment: Attachment, entry: routing.AddressEntry) -> None:
        """Before it is configured the engine is at it still."""
        if attachment.addressed:
            with suppress(OSError):  # it goes just now
                self._addressing.came(entry)

    def _make_segments(self) -> None:
        """The underlay is there: all devices over it."""
        assert self._segments is not None
        link = self._attachments.links.get(self._segments.ifindex)
        wanted = [
            (place, each, segment)
            for place, each in enumerate(self._attachments)
            if (segment := each.config.segment) is not None and not each.ifindex
        ]
        if link is None or not wanted:  # gone again, or there already
            return
        made: list[Attachment] = []
        try:
            self._segments.prepare(link)
        except OSError as error:
            for _, attachment, _ in wanted:
                self._refused(attachment, error)
            return
        for place, attachment, segment in wanted:
            try:
                attachment.ifindex = self._segments.make(self._config.lab, place, attachment.config, segment, link)
                made.append(attachment)
            except OSError as error:
                self._refused(attachment, error)
        self._monitor.drain()  # what became of them until now, before they count as the LANs'
        present: Sequence[routing.AddressEntry] = ()
        with suppress(OSError):  # each looks for itself
            present = self._netlink.addresses()
        for attachment in made:
            self._configure(attachment, present)

    def _configure(self, attachment: Attachment, present: Sequence[routing.AddressEntry] = ()) -> None:
        """Make the interface what the lab wants; what is right already stays as it is. `present`: all addresses that
        there are, where somebody has looked just now."""
        link = self._attachments.link(attachment)
        if link is None:  # gone again
            return
        try:
            link = self._with_hardware(attachment.config, link)
            offload.switch_off(link.name)
            self._netlink.add_altname(link.ifindex, attachment.config.lan)
            present = present or self._netlink.addresses()
            self._addressing.configure(attachment.config, link.ifindex, attachment.found, present)
            self._impairing.impair(attachment.config, link.name, attachment.impairments)
            if not attachment.addressed:
                self._netlink.set_up(link.ifindex, True)
        except OSError as error:
            self._refused(attachment, error)
            return
        attachment.addressed = True
        self._addressing.carries(self._attachments.interface(attachment), link.ifindex)
        self.routes.restore(attachment.config.lan)
        if link.up:
            self._news.state(attachment, "")

    def _refused(self, attachment: Attachment, error: OSError) -> None:
        if error.errno != errno.ENODEV:  # it has gone just now: we shall hear of that
            hint = " (give the container the capability NET_ADMIN)" if error.errno == errno.EPERM else ""
            self._news.state(attachment, f"it cannot be set up: {error}{hint}")

    def _with_hardware(self, config: InterfaceConfig, link: routing.Link) -> routing.Link:
        """With the hardware address of the lab file, before anybody is told of the interface, and may bind to it."""
        if not config.mac or link.hardware == config.mac.hex(":"):
            return link
        self._netlink.set_hardware(link.ifindex, config.mac)
        self._attachments.links[link.ifindex] = link._replace(hardware=config.mac.hex(":"))
        return self._attachments.links[link.ifindex]


def _segments(config: NodeConfig, netlink: Netlink) -> Segments | None:
    if config.underlay is None:
        return None
    from catenet.nodes.runtime.segments import Segments  # most nodes have none

    return Segments(config.underlay, netlink)
