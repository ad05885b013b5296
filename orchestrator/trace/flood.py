"""What became of an advertisement that was flooded: each packet with it, who has it from whom, who was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from catenet.nodes.control.flooding import Instance, Key
from catenet.nodes.machine import Json

__all__ = ["Flood", "FloodStep", "Followed", "How", "Outcome", "Reached", "Receipt", "Told"]


class How(StrEnum):
    """What a packet with it was."""

    ORIGINATED = "originated"
    FORWARDED = "forwarded"
    REFLOODED = "flooded by the DR"
    """Back to the LAN that it came in by: not all there have heard it."""
    REQUESTED = "requested"
    RETRANSMITTED = "retransmitted"
    ANSWERED = "answer to an older one"
    DELAYED = "acknowledged"
    """Of one that was news; it may have waited for others."""
    DIRECT = "acknowledged at once"
    """Of a copy."""


class Outcome(StrEnum):
    """What a copy was to a router that it was for."""

    NEW = "new"
    DUPLICATE = "duplicate"
    IMPLIED = "duplicate, counts as acknowledgement"
    OLDER = "older, dropped"
    LOST = "lost"
    UNHEARD = "not heard"
    ACKNOWLEDGED = "acknowledged"


class Receipt(NamedTuple):
    """A router that a packet was for. `at`: when it came in there, in seconds since the advertisement was originated;
    None: it did not."""

    node: str
    outcome: Outcome
    at: float | None = None


@dataclass(frozen=True, slots=True)
class FloodStep:
    """One packet with it. `at`: in seconds since it was originated; `to`: a node, or the name of a group."""

    at: float
    lan: str
    source: str
    to: str
    how: How
    sequence: str
    age: int
    receipts: tuple[Receipt, ...]
    followed: bool
    """Whether it is the instance that is followed, and no older or newer one."""

    @property
    def carries(self) -> bool:
        """Whether the advertisement itself was in it."""
        return self.how not in (How.DELAYED, How.DIRECT)

    def to_json(self) -> dict[str, Json]:
        """For --json; times are in seconds."""
        receipts: list[Json] = [
            {"node": each.node, "outcome": each.outcome.value, "at": None if each.at is None else round(each.at, 6)}
            for each in self.receipts
        ]
        own = {word: getattr(self, word) for word in ("lan", "source", "to", "sequence", "age", "followed")}
        return {"at": round(self.at, 6), **own, "how": self.how.value, "receipts": receipts}


class Reached(NamedTuple):
    """How a router came to have it: in so many seconds, from whom, over which LAN; whether it tells so itself."""

    node: str
    at: float
    source: str
    lan: str
    told: bool


class Told(NamedTuple):
    """What a router of ours tells: from whom, on which LAN, it took the instance, and when."""

    source: str
    lan: str
    at: float


class Followed(NamedTuple):
    """Which instance, and what is known of it beside the packets: who says it, when it told so (None: it did not), and
    what others told. `area`: "" for one that is flooded in all. `watched`: the nodes whose packets were seen."""

    instance: Instance
    area: str
    origin: str
    at: float | None
    told: Mapping[str, Told]
    watched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flood:
    """What became of one instance. `at`: when it was originated, in seconds since 1970.

    `ends`: LAN → the routers that were seen speaking there; `elected`: LAN → who floods for all on it, and the backup
    (neither on a point-to-point link); `unacknowledged`: (router, LAN) where it came in, and nothing came back.
    """

    key: Key
    area: str
    sequence: str
    origin: str
    at: float
    steps: tuple[FloodStep, ...]
    reached: tuple[Reached, ...]
    ends: Mapping[str, tuple[str, ...]]
    elected: Mapping[str, tuple[str, str]]
    unacknowledged: tuple[tuple[str, str], ...]

    @property
    def routers(self) -> tuple[str, ...]:
        """All that were seen."""
        return tuple(sorted({node for nodes in self.ends.values() for node in nodes}))

    @property
    def missing(self) -> tuple[str, ...]:
        """The routers that have not got it."""
        have = {self.origin, *(each.node for each in self.reached)}
        return tuple(node for node in self.routers if node not in have)

    @property
    def is_over(self) -> bool:
        """Whether everybody has it, and has said so."""
        sent = {step.source: step for step in self.steps if step.followed and step.carries}
        return bool(sent) and not self.missing and not self.unacknowledged
