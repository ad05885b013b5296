"""The node's LANs, and which interface each has now: what is known of them, and nothing that is done to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catenet.nodes.address import ANY, Address
from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.machine import Interface
from catenet.nodes.runtime.netlink.routing import Link

__all__ = ["Attachment", "Attachments"]


@dataclass(slots=True)
class Attachment:
    """One LAN, and the interface that it has now."""

    config: InterfaceConfig
    ifindex: int = 0  # 0: none now
    found: Address = ANY  # the engine's address by which it was known
    addressed: bool = False
    reported: bool | None = None  # whether "up" was the last word about it
    told: tuple[Interface, int] | None = None  # what the listeners know of it, and its number then
    impairments: tuple[Impairment, ...] = ()  # what its packets suffer, whichever interface it has


class Attachments:
    """In the configuration's order."""

    def __init__(self, config: NodeConfig) -> None:
        self._by_lan = {i.lan: Attachment(i, impairments=i.impairments) for i in config.interfaces}
        self.links: dict[int, Link] = {}
        """Every interface of the node, by its number, those of no LAN among them."""

    def __iter__(self) -> Iterator[Attachment]:
        return iter(self._by_lan.values())

    def of(self, lan: str) -> Attachment:
        """The LAN's.

        Raises:
            ValueError: the node is not on that LAN.

        """
        if lan not in self._by_lan:
            raise ValueError(f"lan {lan!r} is none of this node's: {', '.join(self._by_lan)}")
        return self._by_lan[lan]

    def by_ifindex(self, ifindex: int) -> Attachment | None:
        """That of an interface's number; None where it belongs to no LAN."""
        return next((each for each in self if each.ifindex == ifindex), None)

    def link(self, attachment: Attachment) -> Link | None:
        """Its interface, where it has one."""
        return self.links.get(attachment.ifindex)

    def ifindex(self, lan: str) -> int:
        """The number of the LAN's interface, or of one with that very name (lo); 0 where there is none now."""
        attachment = self._by_lan.get(lan)
        if attachment is not None:
            return attachment.ifindex
        return next((link.ifindex for link in self.links.values() if link.name == lan), 0)

    def is_up(self, lan: str) -> bool:
        """Whether the LAN's interface (or one with that very name) is there and carries."""
        attachment = self._by_lan.get(lan)
        if attachment is not None:
            return self.carries(attachment)
        link = self.links.get(self.ifindex(lan))
        return link is not None and link.up

    def carries(self, attachment: Attachment) -> bool:
        """Whether it has its address, on an interface that is up."""
        link = self.link(attachment)
        return attachment.addressed and link is not None and link.up

    def name(self, ifindex: int) -> str:
        """The LAN of an interface; for one that belongs to none, its own name."""
        attachment = self.by_ifindex(ifindex)
        if attachment is not None:
            return attachment.config.lan
        link = self.links.get(ifindex)
        return "" if link is None else link.name

    def device(self, lan: str) -> str:
        """The kernel's name of a LAN's interface; empty where it has none now."""
        link = self.links.get(self.ifindex(lan))
        return "" if link is None else link.name

    def interface(self, attachment: Attachment) -> Interface:
        """As protocols have it."""
        config, link = attachment.config, self.link(attachment)
        if link is None:
            return Interface(config.lan, config.address, config.prefix, False, 0)
        hardware = bytes.fromhex(link.hardware.replace(":", ""))
        return Interface(config.lan, config.address, config.prefix, self.carries(attachment), link.mtu, hardware)
