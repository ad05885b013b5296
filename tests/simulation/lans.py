"""The LANs of the simulated network, and what was seen on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.machine import Unit

__all__ = ["Hop", "Lan"]


class Hop(NamedTuple):
    """A packet that a node put on a LAN, and when."""

    at: float
    node: str
    packet: Unit


@dataclass(slots=True)
class Lan:
    """One network. `delay`: seconds that its wire takes of itself; `mtu`: octets; `impairments`: what all that are on
    it, or come to it, are told of what it suffers (network.py)."""

    name: str
    prefix: Prefix
    members: dict[str, Address] = field(default_factory=dict)
    owners: dict[Address, str] = field(default_factory=dict)
    hardware: dict[bytes, str] = field(default_factory=dict)
    mtu: int = 1500
    up: bool = True
    delay: float = 0.001
    impairments: tuple[Impairment, ...] = ()
