"""What a node's LANs are to its translator: one is outside, others are inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.machine import Interface

__all__ = ["Roles"]


class Roles(NamedTuple):
    """The LANs outside and inside by their names. `address`: the node's on the LAN outside."""

    outside: str
    address: Address
    inside: frozenset[str]

    @classmethod
    def of(cls, options: NatOptions, interfaces: Sequence[Interface], gateway: Address | None) -> Roles:
        """By the options; where they do not say it, outside is the gateway's LAN, and inside is every other one.

        Raises:
            ValueError: there is no LAN outside, or none inside; the text names option and value.

        """
        lans = {interface.name: interface for interface in interfaces}
        towards = "" if gateway is None else next((each.name for each in interfaces if each.prefix.holds(gateway)), "")
        outside = options.outside or towards
        if not outside:
            raise ValueError("outside is not said, and no LAN of the node has its gateway; write outside: LAN")
        if outside not in lans:
            raise ValueError(f"outside {outside!r} is no LAN of the node; it has {', '.join(lans) or 'none'}")
        inside = frozenset(options.inside or lans.keys() - {outside})
        if outside in inside:
            raise ValueError(f"inside: {outside} is the LAN outside")
        if not inside or not inside <= lans.keys():
            wrong = ", ".join(sorted(inside - lans.keys())) or "()"
            raise ValueError(f"inside {wrong}: no LAN of the node beside {outside}, which is outside")
        return cls(outside, lans[outside].address, inside)
