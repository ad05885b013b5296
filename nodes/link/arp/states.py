"""What becomes of a neighbour: a table of states and events.

An entry of the translation table (RFC 826) is in one of four states; who has no entry is NOBODY. The names are those of
RFC 4861 section 7.3.2, as Linux has them for ARP, too.

              wanted                       heard (he asks us)
    NOBODY ----------> INCOMPLETE   NOBODY ------------------> STALE ---> (wanted) REACHABLE
                          |  | heard: packets go                 | timer: forgotten
           fruitless:     |  +-----------> REACHABLE <---------+
           unreachable    v                    | timer         | heard
                        NOBODY <--- PROBE <----+ (a poll)      |
                          no answer  |  +----------------------+
                                     +-- timer: a poll again
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum
from typing import NamedTuple

__all__ = ["ROWS", "TRANSITIONS", "Event", "Row", "State", "Step"]


class State(IntEnum):
    """Of a neighbour."""

    NOBODY = 0
    INCOMPLETE = 1
    STALE = 2
    REACHABLE = 3
    PROBE = 4

    @property
    def word(self) -> str:
        """As `show` has it."""
        return self.name.lower()


class Event(Enum):
    """What happens to it."""

    WANTED = "a packet is to go to it"
    HEARD = "an ARP packet of its own came"
    ASKED = "the same, and we are its target"
    TIMER = "its time has come"
    FRUITLESS = "its time has come, and it has been asked often enough"


class Step(Enum):
    """What is done then."""

    NOTHING = "nothing"
    ASK = "the packet waits, and who has the address is asked of all"
    WAIT = "the packet waits"
    ASK_AGAIN = "it is asked of all again"
    LEARN = "what it says of itself is kept, and waiting packets go"
    POLL = "it is asked itself whether it is still there"
    GIVE_UP = "its packets are dropped, and one of their senders is to hear of it"
    FORGET = "the entry goes"


class Row(NamedTuple):
    """In one of these states, by one of these events → the new state, and what is done."""

    states: tuple[State, ...]
    events: tuple[Event, ...]
    new: State
    step: Step


_S, _E = State, Event
_HEARD = (_E.HEARD, _E.ASKED)

ROWS = (
    Row((_S.NOBODY,), (_E.WANTED,), _S.INCOMPLETE, Step.ASK),
    # "If Merge_flag is false, add the triplet": where "I am the target protocol address" alone (RFC 826).
    Row((_S.NOBODY,), (_E.ASKED,), _S.STALE, Step.LEARN),
    Row((_S.INCOMPLETE,), (_E.WANTED,), _S.INCOMPLETE, Step.WAIT),
    Row((_S.INCOMPLETE,), (_E.TIMER,), _S.INCOMPLETE, Step.ASK_AGAIN),
    # "reply that the destination is unreachable to one of the queued datagrams only when this proves fruitless" (RFC
    # 1812 section 3.3.2)
    Row((_S.INCOMPLETE,), (_E.FRUITLESS,), _S.NOBODY, Step.GIVE_UP),
    # "If the pair […] is already in my translation table, update the sender hardware address" (RFC 826), whoever is
    # asked; the packets that wait go.
    Row((_S.INCOMPLETE, _S.REACHABLE, _S.PROBE), _HEARD, _S.REACHABLE, Step.LEARN),
    Row((_S.STALE,), _HEARD, _S.STALE, Step.LEARN),
    Row((_S.STALE,), (_E.WANTED,), _S.REACHABLE, Step.NOTHING),
    # Mechanism 1 of RFC 1122 section 2.3.2.1 for who is not used, mechanism 2 for who is.
    Row((_S.STALE,), (_E.TIMER, _E.FRUITLESS), _S.NOBODY, Step.FORGET),
    Row((_S.REACHABLE,), (_E.TIMER, _E.FRUITLESS), _S.PROBE, Step.POLL),
    Row((_S.PROBE,), (_E.TIMER,), _S.PROBE, Step.POLL),
    # "delete the entry if no ARP Reply is received from N successive polls"
    Row((_S.PROBE,), (_E.FRUITLESS,), _S.NOBODY, Step.FORGET),
)


def _all(states: Iterable[State], events: Iterable[Event]) -> dict[tuple[State, Event], Row]:
    every = tuple(events)
    table = {(state, event): Row((state,), (event,), state, Step.NOTHING) for state in states for event in every}
    table.update({(state, event): row for row in ROWS for state in row.states for event in row.events})
    return table


TRANSITIONS: Mapping[tuple[State, Event], Row] = _all(State, Event)
"""Each state and event. What the rows do not speak of leaves the neighbour as it is."""
