"""What is kept: rows put and deleted, in whatever order, found by whoever asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from directory_rows import CHANGES, model
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.directory.state import REMEMBERED, Change, Contact, Put, State


@settings(max_examples=60)
@given(st.lists(CHANGES, max_size=20))
def test_the_rows_are_those_that_were_put_and_not_deleted(changes: Sequence[Change]) -> None:
    state = State()
    for change in changes:
        state.apply(change)
    assert sorted(state.rows(), key=repr) == model(changes)
    assert sorted(State(state.rows()).rows(), key=repr) == model(changes)


def test_a_contact_is_found_from_both_sides_and_is_one_when_it_is_accepted() -> None:
    state = State([Contact("a", "b", accepted=False)])
    assert state.contact("a", "b") == state.contact("b", "a") == Contact("a", "b", accepted=False)
    assert not state.are_contacts("b", "a")
    state.apply((Put(Contact("a", "b", accepted=True)),))
    assert state.are_contacts("b", "a")
    assert not state.are_contacts("a", "a")


def test_so_many_requests_of_a_user_are_remembered_as_done() -> None:
    state = State()
    for number in range(REMEMBERED + 2):
        state.apply((Put(state.next_done("a", f"r{number}")),))
    assert not state.is_done("a", "r0")
    assert not state.is_done("a", "r1")
    assert all(state.is_done("a", f"r{number}") for number in range(2, REMEMBERED + 2))
    assert not state.is_done("b", "r5")
    again = State(state.rows())
    assert again.next_done("a", "x").number == REMEMBERED + 2
