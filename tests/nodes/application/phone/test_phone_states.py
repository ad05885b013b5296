"""A call's states, whose key is believed, which offers were seen: tables, without a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.phone.call import CONNECT, NO_ANSWER, Call, Happening, State
from catenet.nodes.application.phone.seen import EACH, MOST, REMEMBERED, Seen
from catenet.nodes.application.phone.trust import MOST_PINS, Sight, Trust

KEY = bytes(32)


def call(*, outgoing: bool = True, seconds: float = 0.0) -> Call:
    return Call("0" * 32, "bob", KEY, 100.0, outgoing=outgoing, seconds=seconds)


def through(*happenings: Happening, each: Call, now: float = 101.0) -> list[State]:
    states = [each.state]
    for happening in happenings:
        each.happens(happening, now)
        states.append(each.state)
    return states


def test_an_outgoing_call_goes_through_its_states() -> None:
    states = through(
        Happening.RINGS, Happening.ANSWERED, Happening.PATH, Happening.SILENT, Happening.HEARD, each=call()
    )
    assert states == [State.CALLING, State.RINGING, State.CONNECTING, State.UP, State.MOVING, State.UP]


def test_an_incoming_call_begins_ringing() -> None:
    states = through(Happening.ANSWERED, Happening.PATH, each=call(outgoing=False))
    assert states == [State.RINGING, State.CONNECTING, State.UP]


@given(st.lists(st.sampled_from(Happening), max_size=12), st.booleans())
def test_whatever_happens_it_is_up_only_when_answered_and_with_a_path(happenings: list[Happening], out: bool) -> None:
    each = call(outgoing=out)
    states = through(*happenings, each=each)
    if State.UP in states:
        before = happenings[: states.index(State.UP)]
        assert Happening.ANSWERED in before
        assert before[-1] is Happening.PATH
    assert each.end("hung-up", 102.0)
    assert not each.end("refused", 103.0)
    assert through(*Happening, each=each) == [State.ENDED] * 6
    assert each.why == "hung-up"


@pytest.mark.parametrize(("outgoing", "until"), [(True, NO_ANSWER), (False, NO_ANSWER + 2.0)])
def test_nobody_answers(outgoing: bool, until: float) -> None:
    each = call(outgoing=outgoing)
    assert each.due() == 100.0 + until
    assert each.expired(100.0 + until - 0.01) == ""
    assert each.expired(100.0 + until) == "no-answer"


def test_answered_it_has_fifteen_seconds_for_a_path() -> None:
    each = call(outgoing=False)
    each.happens(Happening.ANSWERED, 120.0)
    assert each.due() == 120.0 + CONNECT
    assert each.expired(120.0 + CONNECT) == "no-path"


def test_it_is_hung_up_when_it_was_up_for_so_long() -> None:
    each = call(seconds=5.0)
    through(Happening.RINGS, Happening.ANSWERED, Happening.PATH, each=each, now=110.0)
    assert each.expired(114.9) == ""
    assert each.expired(115.0) == "hung-up"
    assert each.seconds_up(114.0) == 4.0
    endless = call()
    through(Happening.RINGS, Happening.ANSWERED, Happening.PATH, each=endless)
    assert endless.due() is None


# Keys.


def test_the_first_key_is_believed_and_another_one_is_not_until_the_user_says_so() -> None:
    trust = Trust({})
    one, other = b"1" * 32, b"2" * 32
    assert [trust.see("bob", one), trust.see("bob", one)] == [Sight.FIRST, Sight.SAME]
    assert trust.key_of("bob") == one
    assert [trust.see("bob", other), trust.see("bob", other)] == [Sight.CHANGED, Sight.SAME], "it is told once"
    assert trust.key_of("bob") is None
    assert trust.pins == {"bob": one}
    assert not trust.believe("bob", one), "which is not the one that he is seen with"
    assert trust.key_of("bob") is None
    assert trust.believe("bob", other)
    assert trust.key_of("bob") == other
    assert not trust.believe("bob", other)


def test_a_key_that_is_back_is_believed_again() -> None:
    trust = Trust({"bob": b"1" * 32})
    trust.see("bob", b"2" * 32)
    assert trust.see("bob", b"1" * 32) is Sight.SAME
    assert trust.key_of("bob") == b"1" * 32
    assert trust.see("bob", b"2" * 32) is Sight.CHANGED


def test_when_so_many_are_pinned_nobody_new_is_believed() -> None:
    trust = Trust({f"u{number}": KEY for number in range(MOST_PINS)})
    assert trust.see("bob", KEY) is Sight.SAME
    assert trust.key_of("bob") is None
    assert trust.key_of("u7") == KEY


# Offers.


def test_an_offer_rings_once_for_as_long_as_it_is_remembered() -> None:
    seen = Seen()
    assert seen.first("alice", "a" * 32, 0.0)
    assert not seen.first("alice", "a" * 32, REMEMBERED - 1)
    assert seen.first("carol", "a" * 32, 1.0), "another user's is another one"
    assert seen.first("alice", "a" * 32, REMEMBERED)


def test_one_user_cannot_fill_the_memory_and_all_together_cannot_either() -> None:
    seen = Seen()
    assert [seen.first("mallory", str(number), 0.0) for number in range(EACH + 1)] == [True] * EACH + [False]
    assert seen.first("alice", "1", 1.0)
    rung = sum(seen.first(f"u{number // EACH}", str(number), 2.0) for number in range(2 * MOST))
    assert rung == MOST - EACH - 1
    assert seen.first("mallory", "again", REMEMBERED)
