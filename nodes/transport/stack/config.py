"""What a node's stack is told of its node, with every default. None of it stands under `services:` in a lab file: it is
the node's own (`forward`, `proxy_arp`, `source_routes`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from catenet.nodes.control.units import About
from catenet.nodes.internet.icmp.config import IcmpOptions
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.link.arp.config import ArpOptions

__all__ = ["StackOptions"]


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Options of the service `stack`."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- the name and the form are pydantic's

    proxy_arp: Annotated[bool, About("Whether it answers ARP for addresses that are behind it (RFC 1027).")] = False
    arp: Annotated[ArpOptions, About("The times and sizes of its ARP.")] = field(default_factory=ArpOptions)
    ipv4: Annotated[Ipv4Options, About("What it forwards.")] = field(default_factory=Ipv4Options)
    icmp: Annotated[IcmpOptions, About("How many ICMP errors it sends.")] = field(default_factory=IcmpOptions)
