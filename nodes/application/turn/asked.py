"""A request whose sender is known, and why one is refused."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.stun.credentials import Signing
from catenet.nodes.application.stun.message import Message
from catenet.nodes.application.turn.allocation import FiveTuple

__all__ = ["Asked", "RefusedError"]


class Asked(NamedTuple):
    """A request that has been authenticated. `user` is whom its username names; as it was signed its answer is."""

    message: Message
    five_tuple: FiveTuple
    user: str
    signing: Signing

    @property
    def username(self) -> str:
        """The whole one."""
        return self.signing.username


class RefusedError(Exception):
    """It is answered with an error response of this code."""

    def __init__(self, code: int, peer: str = "") -> None:
        """`peer`: to whom it wanted to be relayed, where that is why."""
        super().__init__(f"{code}{' ' if peer else ''}{peer}")
        self.code = code
        self.peer = peer
