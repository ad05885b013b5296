"""The table of a neighbour's states."""

from __future__ import annotations

from catenet.nodes.link.arp.states import ROWS, TRANSITIONS, Event, State, Step


def test_no_two_rows_speak_of_the_same() -> None:
    pairs = [(state, event) for row in ROWS for state in row.states for event in row.events]
    assert len(pairs) == len(set(pairs))


def test_each_state_and_event_has_a_row() -> None:
    assert set(TRANSITIONS) == {(state, event) for state in State for event in Event}


def test_who_is_nobody_becomes_somebody_only_when_it_is_wanted_or_asks_us() -> None:
    """RFC 826: "If Merge_flag is false, add the triplet", which is where we are the target."""
    makes = {event for event in Event if TRANSITIONS[State.NOBODY, event].new != State.NOBODY}
    assert makes == {Event.WANTED, Event.ASKED}


def test_whoever_is_heard_is_kept_with_what_it_says() -> None:
    for state in (State.INCOMPLETE, State.STALE, State.REACHABLE, State.PROBE):
        for event in (Event.HEARD, Event.ASKED):
            row = TRANSITIONS[state, event]
            assert row.step == Step.LEARN
            assert row.new in (State.STALE, State.REACHABLE)


def test_every_neighbour_that_is_never_heard_again_is_nobody_in_the_end() -> None:
    for first in State:
        state = first
        for _ in range(4):
            state = TRANSITIONS[state, Event.FRUITLESS].new
        assert state == State.NOBODY
