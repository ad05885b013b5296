"""The table of the session machine: every state and event is decided (RFC 5880 sections 6.2, 6.8.6, 6.8.4, 6.8.16)."""

from __future__ import annotations

from collections import Counter

import pytest
from bfd_drawing import README, drawn

from catenet.nodes.internet.bfd.session_states import (
    RECEIVED,
    ROWS,
    TRANSITIONS,
    Diagnostic,
    SessionEvent,
    SessionState,
)

_EVENTS = ["ADMIN DOWN", "DOWN", "INIT", "UP", "TIMER", "disabled", "enabled"]
_SESSION = {
    "AdminDown": "= = = = = = Down",
    "Down": "= Init Up = = AdminDown/7 =",
    "Init": "Down/3 = Up Up Down/1 AdminDown/7 =",
    "Up": "Down/3 Down/3 = = Down/1 AdminDown/7 =",
}
"""Read once more, from the figure of section 6.2 and the text of sections 6.8.4, 6.8.6 and 6.8.16, in the order of the
events; behind a slash the diagnostic that is to be set; `=`: "No state change"."""


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("event", SessionEvent)
def test_6_2_the_session_machine(state: SessionState, event: SessionEvent) -> None:
    row = TRANSITIONS[state, event]
    new, _, diagnostic = _SESSION[state.word].split()[_EVENTS.index(event.value)].partition("/")
    assert row.new.word == (state.word if new == "=" else new)
    if diagnostic:
        assert row.diagnostic == int(diagnostic)
    else:
        assert row.diagnostic == (Diagnostic.NONE if new == "Up" else None)


def test_no_state_and_event_are_decided_twice() -> None:
    pairs = Counter((state, event) for row in ROWS for state in row.states for event in row.events)
    assert set(pairs.values()) == {1}


def test_4_1_the_states_are_numbered_as_on_the_wire() -> None:
    assert [state.word for state in sorted(SessionState)] == list(_SESSION)
    assert [RECEIVED[state].value for state in sorted(SessionState)] == _EVENTS[:4]


def test_the_picture_of_the_readme_is_that_of_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert drawn(text) == text
    assert text.count("stateDiagram-v2") == 1
