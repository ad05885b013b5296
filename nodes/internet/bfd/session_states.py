"""The session machine (RFC 5880 section 6.2): what a session becomes, by what the neighbour says and what happens here.

The rules of sections 6.8.4 (nothing came), 6.8.6 (a packet came) and 6.8.16 (it is switched off and on), row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import NamedTuple

__all__ = ["RECEIVED", "ROWS", "TRANSITIONS", "Diagnostic", "Row", "SessionEvent", "SessionState"]


class SessionState(IntEnum):
    """As the field State (Sta) has it (section 4.1)."""

    ADMIN_DOWN = 0
    DOWN = 1
    INIT = 2
    UP = 3

    @property
    def word(self) -> str:
        """As the RFC writes it."""
        return _WORDS[self]


class SessionEvent(Enum):
    """What happens to a session."""

    RECEIVED_ADMIN_DOWN = "ADMIN DOWN"
    RECEIVED_DOWN = "DOWN"
    RECEIVED_INIT = "INIT"
    RECEIVED_UP = "UP"
    TIMER = "TIMER"
    DISABLED = "disabled"
    ENABLED = "enabled"


class Diagnostic(IntEnum):
    """ "The local system's reason for the last change in session state" (section 4.1): those that are ours to say."""

    NONE = 0
    DETECTION_TIME_EXPIRED = 1
    NEIGHBOUR_SIGNALED_DOWN = 3
    ADMINISTRATIVELY_DOWN = 7


_WORDS: Mapping[SessionState, str] = {
    SessionState.ADMIN_DOWN: "AdminDown",
    SessionState.DOWN: "Down",
    SessionState.INIT: "Init",
    SessionState.UP: "Up",
}

RECEIVED: Mapping[SessionState, SessionEvent] = {
    SessionState.ADMIN_DOWN: SessionEvent.RECEIVED_ADMIN_DOWN,
    SessionState.DOWN: SessionEvent.RECEIVED_DOWN,
    SessionState.INIT: SessionEvent.RECEIVED_INIT,
    SessionState.UP: SessionEvent.RECEIVED_UP,
}
"""The state that a packet says → the event."""


class Row(NamedTuple):
    """In one of these states, by one of these events → the new state, and the diagnostic; None: it stays as it is."""

    states: tuple[SessionState, ...]
    events: tuple[SessionEvent, ...]
    new: SessionState
    diagnostic: Diagnostic | None


_S, _E, _D = SessionState, SessionEvent, Diagnostic

ROWS = (
    Row((_S.DOWN,), (_E.RECEIVED_DOWN,), _S.INIT, None),
    Row((_S.DOWN,), (_E.RECEIVED_INIT,), _S.UP, _D.NONE),
    Row((_S.INIT,), (_E.RECEIVED_INIT, _E.RECEIVED_UP), _S.UP, _D.NONE),
    Row((_S.INIT,), (_E.RECEIVED_ADMIN_DOWN,), _S.DOWN, _D.NEIGHBOUR_SIGNALED_DOWN),
    Row((_S.UP,), (_E.RECEIVED_ADMIN_DOWN, _E.RECEIVED_DOWN), _S.DOWN, _D.NEIGHBOUR_SIGNALED_DOWN),
    Row((_S.INIT, _S.UP), (_E.TIMER,), _S.DOWN, _D.DETECTION_TIME_EXPIRED),
    Row((_S.DOWN, _S.INIT, _S.UP), (_E.DISABLED,), _S.ADMIN_DOWN, _D.ADMINISTRATIVELY_DOWN),
    Row((_S.ADMIN_DOWN,), (_E.ENABLED,), _S.DOWN, None),
)


def _all() -> dict[tuple[SessionState, SessionEvent], Row]:
    table = {(state, event): Row((state,), (event,), state, None) for state in _S for event in _E}
    table.update({(state, event): row for row in ROWS for state in row.states for event in row.events})
    return table


TRANSITIONS: Mapping[tuple[SessionState, SessionEvent], Row] = _all()
"""Each state and event. What the rows do not speak of leaves the session as it is."""
