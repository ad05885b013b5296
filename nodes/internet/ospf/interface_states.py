"""The interface machine (RFC 2328 sections 9.1 to 9.3): what an interface becomes, by what happens to it.

No interface here is looped back, so the state Loopback and the events LoopInd and UnloopInd are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum

from catenet.nodes.internet.ospf.transitions import Row, transitions

__all__ = ["ROWS", "TRANSITIONS", "InterfaceAction", "InterfaceEvent", "InterfaceState"]


class InterfaceState(IntEnum):
    """ "Listed in order of progressing functionality" (section 9.1)."""

    DOWN = 0
    WAITING = 1
    POINT_TO_POINT = 2
    DR_OTHER = 3
    BACKUP = 4
    DR = 5

    @property
    def word(self) -> str:
        """As the RFC writes it."""
        return _WORDS[self]


class InterfaceEvent(Enum):
    """What happens to an interface (section 9.2)."""

    INTERFACE_UP = "InterfaceUp"
    WAIT_TIMER = "WaitTimer"
    BACKUP_SEEN = "BackupSeen"
    NEIGHBOUR_CHANGE = "NeighborChange"
    INTERFACE_DOWN = "InterfaceDown"


class InterfaceAction(Enum):
    """What is done then, which may choose the new state."""

    NONE = "nothing"
    START = "send Hellos; wait where a Designated Router is elected and this router may become it"
    ELECT = "elect the Designated Router (section 9.4)"
    RESET = "end all conversations, stop the timers, forget what was elected"


_WORDS: Mapping[InterfaceState, str] = {
    InterfaceState.DOWN: "Down",
    InterfaceState.WAITING: "Waiting",
    InterfaceState.POINT_TO_POINT: "Point-to-Point",
    InterfaceState.DR_OTHER: "DR Other",
    InterfaceState.BACKUP: "Backup",
    InterfaceState.DR: "DR",
}


Transition = Row[InterfaceState, InterfaceEvent, InterfaceAction]
_S, _E, _A = InterfaceState, InterfaceEvent, InterfaceAction
_ANY = tuple(InterfaceState)
_ELECTED = (_S.DR_OTHER, _S.BACKUP, _S.DR)

ROWS: tuple[Transition, ...] = (
    Row((_S.DOWN,), _E.INTERFACE_UP, (_S.POINT_TO_POINT, _S.DR_OTHER, _S.WAITING), _A.START),
    Row((_S.WAITING,), _E.BACKUP_SEEN, _ELECTED, _A.ELECT),
    Row((_S.WAITING,), _E.WAIT_TIMER, _ELECTED, _A.ELECT),
    Row(_ELECTED, _E.NEIGHBOUR_CHANGE, _ELECTED, _A.ELECT),
    Row(_ANY, _E.INTERFACE_DOWN, (_S.DOWN,), _A.RESET),
)
"""Section 9.3, row by row."""

TRANSITIONS: Mapping[tuple[InterfaceState, InterfaceEvent], Transition] = transitions(ROWS, _S, _E, _A.NONE)
"""Each state and event; of what section 9.3 does not speak, nothing comes."""
