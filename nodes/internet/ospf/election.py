"""Electing the Designated Router of a network and its Backup (RFC 2328 section 9.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.packet import NONE

__all__ = ["Candidate", "elect"]


class Candidate(NamedTuple):
    """A router of the network: what its Hellos say. `designated` and `backup` are addresses of interfaces."""

    priority: int
    router: Address
    address: Address
    designated: Address
    backup: Address

    @property
    def declares_designated(self) -> bool:
        """Whether it says that it is the Designated Router itself."""
        return self.designated == self.address

    @property
    def declares_backup(self) -> bool:
        """Whether it is "listing [itself] as Backup Designated Router, but not as Designated Router"."""
        return self.backup == self.address and not self.declares_designated


def elect(me: Candidate, others: Iterable[Candidate]) -> tuple[Address, Address]:
    """The addresses of the Designated Router and of the Backup; NONE where there is none.

    `me` declares what was elected before; `others`: the neighbours with whom there is two-way communication.
    """
    rivals = [other for other in others if other.priority]
    chosen = _choose([me, *rivals] if me.priority else rivals)
    # "If Router X is now newly the Designated Router or newly the Backup […], or is now no longer […], repeat steps 2
    # and 3" (step 4)
    if me.priority and _roles(me, *chosen) != _roles(me, me.designated, me.backup):
        return _choose([me._replace(designated=chosen[0], backup=chosen[1]), *rivals])
    return chosen


def _roles(me: Candidate, designated: Address, backup: Address) -> tuple[bool, bool]:
    return me.address == designated, me.address == backup


def _choose(routers: list[Candidate]) -> tuple[Address, Address]:
    """Steps 2 and 3. The highest priority wins, of equal ones the highest Router ID: the order of `Candidate`s."""
    may = [router for router in routers if not router.declares_designated]
    backup = max([router for router in may if router.declares_backup] or may, default=None)
    designated = max([router for router in routers if router.declares_designated], default=backup)
    return designated.address if designated else NONE, backup.address if backup else NONE
