"""A pair of candidates, and what became of its check (RFC 8445 sections 6.1.2 and 7.2.5).

Frozen ──▶ Waiting ──▶ In-Progress ──▶ Succeeded
              ▲              │
              └── triggered ─┴───────▶ Failed
"""

from __future__ import annotations

from enum import Enum

from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.machine import Endpoint

__all__ = ["Pair", "State", "pair_priority"]


class State(Enum):
    """RFC 8445 section 6.1.2.6."""

    FROZEN = "frozen"
    WAITING = "waiting"
    IN_PROGRESS = "in progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def pair_priority(controlling: int, controlled: int) -> int:
    """Of the priorities of both candidates (RFC 8445 section 6.1.2.3)."""
    return (min(controlling, controlled) << 32) + 2 * max(controlling, controlled) + (controlling > controlled)


class Pair:
    """Two candidates. Checks go from the local one's base to the remote one.

    `valid`: the pair that a check of this one has proved (section 7.2.5.3.2): itself, or that whose local candidate is
    the address that the peer saw. `nominated` is of a valid pair. `asked`: the peer has nominated it while its check
    was still to come (section 7.3.1.5).
    """

    __slots__ = ("asked", "local", "nominated", "remote", "state", "valid")

    def __init__(self, local: Candidate, remote: Candidate, state: State = State.FROZEN) -> None:
        self.local = local
        self.remote = remote
        self.state = state
        self.valid: Pair | None = None
        self.nominated = False
        self.asked = False

    def __repr__(self) -> str:
        return f"Pair({self.local.endpoint} {self.local.kind.word}, {self.remote.endpoint} {self.remote.kind.word})"

    @property
    def way(self) -> tuple[Endpoint, Endpoint]:
        """From where to where its checks go: what tells two pairs of a checklist apart."""
        return self.local.base, self.remote.endpoint

    @property
    def foundation(self) -> tuple[str, str]:
        """Both candidates' (section 6.1.2.6)."""
        return self.local.foundation, self.remote.foundation

    def priority(self, *, controlling: bool) -> int:
        """In that role of this agent."""
        mine, other = self.local.priority, self.remote.priority
        return pair_priority(mine, other) if controlling else pair_priority(other, mine)
