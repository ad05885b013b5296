"""The neighbour machine (RFC 2328 sections 10.1 to 10.3): what a conversation becomes, by what happens to it.

The state Attempt and the event Start are of networks without broadcast, which are not supported; the event LLDown says
what KillNbr says here, as an interface whose carrier is gone ends all its conversations.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum

from catenet.nodes.internet.ospf.transitions import Row, transitions

__all__ = ["ROWS", "TRANSITIONS", "NeighbourAction", "NeighbourEvent", "NeighbourState"]


class NeighbourState(IntEnum):
    """ "Listed in order of progressing functionality" (section 10.1)."""

    DOWN = 0
    INIT = 1
    TWO_WAY = 2
    EX_START = 3
    EXCHANGE = 4
    LOADING = 5
    FULL = 6

    @property
    def word(self) -> str:
        """As the RFC writes it."""
        return _WORDS[self]


class NeighbourEvent(Enum):
    """What happens to a conversation (section 10.2)."""

    HELLO_RECEIVED = "HelloReceived"
    ONE_WAY_RECEIVED = "1-WayReceived"
    TWO_WAY_RECEIVED = "2-WayReceived"
    ADJACENCY_OK = "AdjOK?"
    NEGOTIATION_DONE = "NegotiationDone"
    EXCHANGE_DONE = "ExchangeDone"
    LOADING_DONE = "LoadingDone"
    SEQUENCE_MISMATCH = "SeqNumberMismatch"
    BAD_REQUEST = "BadLSReq"
    INACTIVITY_TIMER = "InactivityTimer"
    KILL = "KillNbr"


class NeighbourAction(Enum):
    """What is done then, which may choose the new state."""

    NONE = "nothing"
    CONSIDER = "decide whether to become adjacent (section 10.4); if so, begin with empty Database Descriptions"
    RECONSIDER = "decide whether to stay adjacent (section 10.4); if not, clear the lists"
    DESCRIBE = "list the database, to be described"
    COMPLETE = "request what is still missing, if anything"
    RESTART = "clear the lists; begin again with empty Database Descriptions"
    CLEAR = "clear the lists of LSAs"


_WORDS: Mapping[NeighbourState, str] = {
    NeighbourState.DOWN: "Down",
    NeighbourState.INIT: "Init",
    NeighbourState.TWO_WAY: "2-Way",
    NeighbourState.EX_START: "ExStart",
    NeighbourState.EXCHANGE: "Exchange",
    NeighbourState.LOADING: "Loading",
    NeighbourState.FULL: "Full",
}


Transition = Row[NeighbourState, NeighbourEvent, NeighbourAction]
_S, _E, _A = NeighbourState, NeighbourEvent, NeighbourAction
_ANY = tuple(NeighbourState)


def _from(least: NeighbourState) -> tuple[NeighbourState, ...]:
    """ "That state or greater"."""
    return tuple(state for state in NeighbourState if state >= least)


ROWS: tuple[Transition, ...] = (
    Row((_S.DOWN,), _E.HELLO_RECEIVED, (_S.INIT,), _A.NONE),
    Row(_from(_S.INIT), _E.HELLO_RECEIVED, (), _A.NONE),
    Row((_S.INIT,), _E.TWO_WAY_RECEIVED, (_S.TWO_WAY, _S.EX_START), _A.CONSIDER),
    Row((_S.EX_START,), _E.NEGOTIATION_DONE, (_S.EXCHANGE,), _A.DESCRIBE),
    Row((_S.EXCHANGE,), _E.EXCHANGE_DONE, (_S.FULL, _S.LOADING), _A.COMPLETE),
    Row((_S.LOADING,), _E.LOADING_DONE, (_S.FULL,), _A.NONE),
    Row((_S.TWO_WAY,), _E.ADJACENCY_OK, (_S.TWO_WAY, _S.EX_START), _A.CONSIDER),
    Row(_from(_S.EX_START), _E.ADJACENCY_OK, (_S.TWO_WAY,), _A.RECONSIDER),
    Row(_from(_S.EXCHANGE), _E.SEQUENCE_MISMATCH, (_S.EX_START,), _A.RESTART),
    Row(_from(_S.EXCHANGE), _E.BAD_REQUEST, (_S.EX_START,), _A.RESTART),
    Row(_ANY, _E.KILL, (_S.DOWN,), _A.CLEAR),
    Row(_ANY, _E.INACTIVITY_TIMER, (_S.DOWN,), _A.CLEAR),
    Row(_from(_S.TWO_WAY), _E.ONE_WAY_RECEIVED, (_S.INIT,), _A.CLEAR),
    Row(_from(_S.TWO_WAY), _E.TWO_WAY_RECEIVED, (), _A.NONE),
    Row((_S.INIT,), _E.ONE_WAY_RECEIVED, (), _A.NONE),
)
"""Section 10.3, row by row."""

TRANSITIONS: Mapping[tuple[NeighbourState, NeighbourEvent], Transition] = transitions(ROWS, _S, _E, _A.NONE)
"""Each state and event; of what section 10.3 does not speak, nothing comes."""
