"""Addresses and prefixes where the file leaves them open.

The rule. What is written stands. What is left open is given out in the order of the file, each the lowest that is
free: a LAN's prefix from 10.0.1.0/24 upwards, a node's address from its LAN's .1 upwards. So a LAN or node that is
added below the others changes nothing above it, unless it writes for itself what had been given out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catenet.nodes.address import Address, Prefix, mask
from catenet.orchestrator.lab.model import Lab, Lan

__all__ = ["free_addresses", "free_prefixes", "unused_address"]


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
    return (Address(value) for value in range(lan.prefix.network + 1, lan.gateway) if value not in used)


def unused_address(lab: Lab, lan: str) -> Address:
    """The highest address of a LAN that no node has: packets for it go to that LAN, whoever is there."""
    place = lab.lans[lan]
    taken = {node.address_on(lan) for node in lab.on_lan(lan)}
    free = (Address(value) for value in range(place.gateway - 1, place.prefix.network, -1))
    return next((address for address in free if address not in taken), place.gateway)
