"""What an agent tells its owner."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.ice.pair import Pair

__all__ = ["Checked", "Event", "Expired", "Failed", "Selected"]


class Checked(NamedTuple):
    """A check has ended: it passed, or why not."""

    pair: Pair
    why: str = ""


class Selected(NamedTuple):
    """What is sent goes by this pair from now on."""

    pair: Pair


class Failed(NamedTuple):
    """There is no pair by which the two reach each other."""

    why: str


class Expired(NamedTuple):
    """The peer's consent to be sent to is gone: nothing more may be sent by this pair."""

    pair: Pair


Event = Checked | Selected | Failed | Expired
