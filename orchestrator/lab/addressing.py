"""Addresses and prefixes where the file leaves them open.

The rule. What is written stands. What is left open is given out in the order of the file, each the lowest that is
free: a LAN's prefix from 10.0.1.0/24 upwards, a node's address from its LAN's .1 upwards. So a LAN or node that is
added below the others changes nothing above it, unless it writes for itself what had been given out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catenet.nodes.address import Address, Prefix, mask
from catenet.orchestrator.lab.model import Lab, Lan

__all__ = ["FullLanError", "free_addresses", "free_prefixes", "unused_address"]


class FullLanError(ValueError):
    """A LAN has no address that no node has."""


def free_prefixes(pool: Prefix, length: int, taken: Iterable[Prefix], first: int = 0) -> Iterator[Prefix]:
    """The prefixes of that length in the pool that overlap none of the taken ones, lowest first.

    `first`: how many of the pool's prefixes are passed over, taken or not.
    """
    others = sorted(taken, reverse=True)
    at = int(pool.network) + (first << 32 - length) if length >= pool.length else int(pool.broadcast) + 1
    while at <= pool.broadcast:
        candidate = Prefix(Address(at), length)
        while others and others[-1].broadcast < at:
            others.pop()
        if others and others[-1].network <= candidate.broadcast:
            after = max(int(others[-1].broadcast), int(candidate.broadcast)) + 1
            at = after if after & mask(length) == after else (after & mask(length)) + (1 << 32 - length)
            continue
        yield candidate
        at = int(candidate.broadcast) + 1


def free_addresses(lan: Lan, taken: Iterable[Address]) -> Iterator[Address]:
    """The LAN's addresses that a node may still have, lowest first."""
    used = set(taken)
    return (Address(value) for value in lan.usable if value not in used)


def unused_address(lab: Lab, lan: str) -> Address:
    """The highest address of a LAN that no node has: packets for it go to that LAN, whoever is there.

    Raises:
        FullLanError: the nodes have all; a bridge has at least the engine's.

    """
    place = lab.lans[lan]
    taken = {node.address_on(lan) for node in lab.on_lan(lan)}
    free = next((value for value in reversed(place.usable) if value not in taken), None)
    if free is None and place.wiring != "bridge":
        raise FullLanError(f"LAN {lan}: its nodes have all addresses of {place.prefix} (give it a larger prefix)")
    return place.gateway if free is None else Address(free)
