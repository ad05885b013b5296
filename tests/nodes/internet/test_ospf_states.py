"""The tables of the interface machine and the neighbour machine: every state and event is decided (9.3, 10.3)."""

from __future__ import annotations

from collections import Counter

import pytest
from ospf_drawing import README, drawn

from catenet.nodes.internet.ospf import interface_states, neighbour_states
from catenet.nodes.internet.ospf.interface_states import InterfaceAction, InterfaceEvent, InterfaceState
from catenet.nodes.internet.ospf.neighbour_states import NeighbourAction, NeighbourEvent, NeighbourState

# Figures 12 and 13 and the text of section 10.3, read once more and by state, in this order of the events (10.2).
_EVENTS = [
    "HelloReceived",
    "1-WayReceived",
    "2-WayReceived",
    "AdjOK?",
    "NegotiationDone",
    "ExchangeDone",
    "LoadingDone",
]
_EVENTS += ["SeqNumberMismatch", "BadLSReq", "InactivityTimer", "KillNbr"]
_NEIGHBOUR = {
    "Down": "Init - - - - - - - - Down Down",
    "Init": "= = 2-Way/ExStart - - - - - - Down Down",
    "2-Way": "= Init = 2-Way/ExStart - - - - - Down Down",
    "ExStart": "= Init = =/2-Way Exchange - - - - Down Down",
    "Exchange": "= Init = =/2-Way - Full/Loading - ExStart ExStart Down Down",
    "Loading": "= Init = =/2-Way - - Full ExStart ExStart Down Down",
    "Full": "= Init = =/2-Way - - - ExStart ExStart Down Down",
}
"""`-`: the RFC does not say, nothing comes of it; `=`: "No state change"; a slash: the action chooses."""
_INTERFACE = {
    "Down": "Point-to-Point/DR_Other/Waiting - - - Down",
    "Waiting": "- elect elect - Down",
    "Point-to-Point": "- - - - Down",
    "DR Other": "- - - elect Down",
    "Backup": "- - - elect Down",
    "DR": "- - - elect Down",
}


@pytest.mark.parametrize("state", NeighbourState)
@pytest.mark.parametrize("event", NeighbourEvent)
def test_10_3_the_neighbour_machine(state: NeighbourState, event: NeighbourEvent) -> None:
    row = neighbour_states.TRANSITIONS[state, event]
    told = _NEIGHBOUR[state.word].split()[_EVENTS.index(event.value)]
    new = {each.word for each in row.new}
    if told in "-=":
        assert (row.action, new) == (NeighbourAction.NONE, set())
    elif told == "=/2-Way":
        assert (row.action, new) == (NeighbourAction.RECONSIDER, {"2-Way"})
    else:
        assert new == set(told.split("/"))


@pytest.mark.parametrize("state", InterfaceState)
@pytest.mark.parametrize("event", InterfaceEvent)
def test_9_3_the_interface_machine(state: InterfaceState, event: InterfaceEvent) -> None:
    row = interface_states.TRANSITIONS[state, event]
    told = _INTERFACE[state.word].split()[list(InterfaceEvent).index(event)]
    if told == "-":
        assert (row.action, row.new) == (InterfaceAction.NONE, ())
    elif told == "elect":
        assert row.action is InterfaceAction.ELECT
        assert {each.word for each in row.new} == {"DR Other", "Backup", "DR"}
    else:
        assert {each.word.replace(" ", "_") for each in row.new} == set(told.split("/"))


def test_no_state_and_event_are_decided_twice() -> None:
    for rows in (neighbour_states.ROWS, interface_states.ROWS):
        pairs = Counter((state, row.event) for row in rows for state in row.states)
        assert set(pairs.values()) == {1}


def test_10_1_the_states_are_in_the_order_of_progressing_functionality() -> None:
    assert [state.word for state in sorted(NeighbourState)] == list(_NEIGHBOUR)


def test_the_pictures_of_the_readme_are_those_of_the_tables() -> None:
    text = README.read_text(encoding="utf-8")
    assert drawn(text) == text
    assert text.count("stateDiagram-v2") == 2
