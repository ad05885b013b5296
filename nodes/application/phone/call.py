"""A call, as its user sees it.

    state        what happens                              then
    CALLING      the other phone rings                     RINGING
    RINGING      answered, by either                       CONNECTING, or UP where there is a path already
    CONNECTING   there is a path                           UP
    UP           nothing is heard for half a second        MOVING
    MOVING       it is heard again, by whatever path       UP
    any of them  an end, by whomever, for whatever reason  ENDED, for good

One that comes in begins RINGING. What has no place in the table changes nothing.

    it ends by itself    after                     why
    CALLING, RINGING     30 s; 32 s, coming in     no-answer
    CONNECTING           15 s                      no-path
    UP, MOVING           30 s without a packet     lost (conversation)
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from catenet.nodes.application.phone.terms import Checked, Path, Statistics

if TYPE_CHECKING:
    from catenet.nodes.application.phone.description import Description
    from catenet.nodes.application.phone.keys import Ephemeral
    from catenet.nodes.application.phone.offer import Party

__all__ = ["CONNECT", "NO_ANSWER", "Call", "Ended", "Happening", "State"]

NO_ANSWER = 30.0
_CALLEE_LONGER = 2.0  # the caller is the one who gives up
CONNECT = 15.0
"""Seconds."""
_MOST_CHECKS = 100
"""Checks that are remembered: as many pairs as a checklist has (RFC 8445 section 6.1.2.5)."""


class State(Enum):
    """Where a call is (see the module's text)."""

    CALLING = "calling"
    RINGING = "ringing"
    CONNECTING = "connecting"
    UP = "up"
    MOVING = "moving"
    ENDED = "ended"


class Happening(Enum):
    """What can happen to a call, but for its end."""

    RINGS = "the other phone rings"
    ANSWERED = "answered"
    PATH = "there is a path"
    SILENT = "nothing is heard"
    HEARD = "heard again"


_TABLE = {
    (State.CALLING, Happening.RINGS): State.RINGING,
    (State.RINGING, Happening.ANSWERED): State.CONNECTING,
    (State.CONNECTING, Happening.PATH): State.UP,
    (State.UP, Happening.SILENT): State.MOVING,
    (State.MOVING, Happening.HEARD): State.UP,
}


class Ended(NamedTuple):
    """One of the last calls. `began`: seconds since 1970; `seconds`: for how long it was up; `own`: this side ended
    it."""

    call: str
    peer: str
    outgoing: bool
    began: float
    seconds: float
    why: str
    own: bool
    statistics: Statistics | None


class Call:
    """`peer`: the other user, and `key` his identity. `offer`: what the caller has signed; `restart`: what the other
    has said of another address while its party was still to come. `path`: by what packets go, None before there is one.
    `seconds`: it is hung up when it was up for so long, 0: never."""

    def __init__(self, name: str, peer: str, key: bytes, now: float, *, outgoing: bool, seconds: float = 0.0) -> None:
        self.name = name
        self.peer = peer
        self.key = key
        self.outgoing = outgoing
        self.state = State.CALLING if outgoing else State.RINGING
        self.why = ""
        self.began = now
        self.up_at: float | None = None
        self.path: Path | None = None
        self.offer = b""
        self.party: Party | None = None
        """The peer's."""
        self.own: Party | None = None
        self.ephemeral: Ephemeral | None = None
        self.begun = False
        """Each knows the other's party: a path is being looked for."""
        self.wants_answer = False
        """It is to be answered as soon as it has begun."""
        self.restart: Description | None = None
        self.checks: deque[Checked] = deque(maxlen=_MOST_CHECKS)
        self.statistics: Statistics | None = None
        """When it ended."""
        self.received = 0
        """Packets that had come when the peer fell silent."""
        self.seconds = seconds
        self._until = now + NO_ANSWER + (0.0 if outgoing else _CALLEE_LONGER)

    @property
    def is_over(self) -> bool:
        return self.state is State.ENDED

    @property
    def is_early(self) -> bool:
        """Whether there is no path yet by which the other could be told that it is over."""
        return self.state in (State.CALLING, State.RINGING, State.CONNECTING)

    def happens(self, what: Happening, now: float) -> bool:
        """→ whether that has changed its state."""
        state = _TABLE.get((self.state, what))
        if state is None:
            return False
        self.state = state
        if state is State.CONNECTING:
            self._until = now + CONNECT
        elif state is State.UP and self.up_at is None:
            self.up_at = now
        return True

    def end(self, why: str, now: float) -> bool:
        """→ whether it was not over yet."""
        if self.is_over:
            return False
        self.state, self.why = State.ENDED, why
        return True

    def ended(self, at: float, now: float, *, own: bool) -> Ended:
        """What is remembered of it. `at`: seconds since 1970, now."""
        return Ended(
            self.name,
            self.peer,
            self.outgoing,
            at - (now - self.began),
            self.seconds_up(now),
            self.why,
            own,
            self.statistics,
        )

    def seconds_up(self, now: float) -> float:
        """For how long it has been up."""
        return 0.0 if self.up_at is None else now - self.up_at

    def due(self) -> float | None:
        """When `expired` should next be asked."""
        if self.is_early:
            return self._until
        if self.is_over or self.up_at is None or not self.seconds:
            return None
        return self.up_at + self.seconds

    def expired(self, now: float) -> str:
        """Why it is to end now; "": it is not."""
        due = self.due()
        if due is None or now < due:
            return ""
        if not self.is_early:
            return "hung-up"
        return "no-path" if self.state is State.CONNECTING else "no-answer"
