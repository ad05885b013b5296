"""A machine as a table: in which states, by which event, it becomes what."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Row", "transitions"]

State = TypeVar("State", bound=IntEnum)
Event = TypeVar("Event", bound=Enum)
Action = TypeVar("Action", bound=Enum)


class Row(NamedTuple, Generic[State, Event, Action]):
    """In one of these states, by this event → one of these, which the action chooses; if it chooses none, the same."""

    states: tuple[State, ...]
    event: Event
    new: tuple[State, ...]
    action: Action


def transitions(
    rows: Iterable[Row[State, Event, Action]], states: Iterable[State], events: Iterable[Event], nothing: Action
) -> dict[tuple[State, Event], Row[State, Event, Action]]:
    """Each state and event. Of what no row speaks, nothing comes: the event came too late or too early."""
    known = list(events)
    table = {(state, event): Row((state,), event, (), nothing) for state in states for event in known}
    table.update({(state, row.event): row for row in rows for state in row.states})
    return table
