"""What the orchestrator needs of Docker's Swarm: several engines that have networks in common.

Docker calls an engine of a swarm a node; here, where nodes are a lab's, it is a member. A manager of the swarm makes
its overlay networks and knows its members; the other members carry them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from catenet.orchestrator.backend.protocols import Engine

__all__ = ["LABEL_PATH_MTU", "LABEL_SWARM", "JoinToken", "Member", "Membership", "OneEngine", "Swarm"]

LABEL_SWARM = "catenet.swarm"
"""On a swarm that we made, and on each member that we brought into one."""
LABEL_PATH_MTU = "catenet.path-mtu"
"""On members: octets of the largest IP packet that their host's way to the others carries, as `join` measured it."""


@dataclass(frozen=True, slots=True)
class JoinToken:
    """The secret that lets an engine into a swarm. It is shown nowhere: not by repr, not in an error, on no command
    line."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """How an engine is in a swarm, by its own word.

    `state`: inactive, pending, active, locked or error; `reason`: what it says of the last two; `member`: its id there;
    `address`: by which the other members reach it; `managers`: each as address:port. Only a manager knows `swarm`, the
    swarm's id, and `ours`, whether we made it.
    """

    state: str = "inactive"
    member: str = ""
    address: str = ""
    manager: bool = False
    managers: tuple[str, ...] = ()
    swarm: str = ""
    ours: bool = False
    reason: str = ""

    @property
    def active(self) -> bool:
        """Whether it is in one, and works."""
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Member:
    """An engine as a manager of its swarm sees it.

    `state`: ready, down, disconnected or unknown; `reason`: why, as far as Docker says so; `ours`: we brought it in;
    `mtu`: octets of the largest IP packet between its host and the others (0: not measured).
    """

    member: str
    hostname: str
    state: str
    address: str
    manager: bool = False
    ours: bool = False
    reason: str = ""
    mtu: int = 0


class Swarm(Protocol):
    """An engine's part in a swarm. Leaving where it is in none is no error, nor forgetting who is no member."""

    def membership(self) -> Membership: ...
    def gossips(self) -> bool | None:
        """Whether it takes part in what the members tell each other of who is where, without which nothing gets from
        host to host. None: it has no network by which that is seen, as while it joins, or where a swarm has none.
        """

    def make_swarm(self, address: str) -> None:
        """One of its own, which it manages. `address`: by which others will reach it, else the engine chooses."""

    def join_token(self) -> JoinToken:
        """Asked of a manager."""

    def join_swarm(self, managers: Sequence[str], token: JoinToken, address: str) -> None:
        """`managers`: each as address:port; `address`: by which others will reach it, else the engine finds that."""

    def leave_swarm(self) -> None:
        """Whatever it is there: a swarm without its last manager is no more."""

    def members(self) -> Sequence[Member]:
        """Asked of a manager."""

    def mark_member(self, member: str, *, ours: bool = False, mtu: int = 0) -> None:
        """Asked of a manager: note that we brought it in, or what its host's way to the others carries."""

    def forget_member(self, member: str) -> None:
        """Asked of a manager: it has left, or never comes back; what it held of overlays is free."""


class OneEngine(Engine, Swarm, Protocol):
    """An engine by itself, which may be in a swarm with others."""
