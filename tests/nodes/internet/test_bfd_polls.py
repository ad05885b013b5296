"""The Poll Sequence of a session, and a neighbour in Demand mode (RFC 5880 sections 6.5, 6.6 and 6.8.3)."""

from __future__ import annotations

import pytest
from bfd_router import ADMIN_DOWN, DOWN, INIT, UP, Watcher, gaps, keep_up, up

from catenet.nodes.internet.bfd.session_states import SessionState

# The Poll Sequence (6.5)


def test_6_8_3_a_poll_tells_that_it_is_faster_now() -> None:
    watcher = Watcher()
    watcher.watch()
    watcher.say(DOWN, yours=0)
    assert not any(each.control.poll for each in watcher.sent)
    watcher.say(INIT)
    assert (watcher.last.poll, watcher.last.desired) == (True, 100_000)


def test_6_5_a_poll_is_repeated_until_it_is_answered() -> None:
    watcher = Watcher()
    watcher.watch()
    watcher.say(DOWN, yours=0)
    watcher.say(INIT)
    before = len(watcher.sent)
    keep_up(watcher, 1.0)
    assert {each.control.poll for each in watcher.sent[before:]} == {True}
    watcher.say(UP, final=True)
    assert not any(each.control.poll for each in keep_up(watcher, 1.0))


def test_6_5_a_poll_is_on_the_periodic_packets_alone() -> None:
    """ "Additional packets MUST NOT be sent." """
    watcher = Watcher()
    watcher.watch()
    watcher.say(DOWN, yours=0)
    watcher.say(INIT)
    sent = keep_up(watcher, 1.0)
    assert set(gaps(sent)) == {0.1}


@pytest.mark.parametrize("state", [DOWN, INIT, UP])
def test_6_5_a_poll_is_answered_at_once_whatever_the_state(state: SessionState) -> None:
    watcher = up() if state == UP else Watcher()
    if state != UP:
        watcher.watch()
    if state == INIT:
        watcher.say(DOWN, yours=0)
    watcher.wait(0.05)
    at, count = watcher.now, len(watcher.sent)
    watcher.say(UP if state == UP else ADMIN_DOWN if state == DOWN else DOWN, poll=True)
    answers = [each for each in watcher.sent[count:] if each.control.final]
    assert [(each.at, each.control.poll) for each in answers] == [(at, False)]


def test_6_5_no_packet_has_both_bits() -> None:
    watcher = Watcher()
    watcher.watch()
    watcher.say(DOWN, yours=0, poll=True)
    watcher.say(INIT, poll=True)
    keep_up(watcher, 1.0, poll=True)
    assert any(each.control.poll for each in watcher.sent)
    assert any(each.control.final for each in watcher.sent)
    assert not any(each.control.poll and each.control.final for each in watcher.sent)


def test_6_5_an_answer_is_beside_the_periodic_packets() -> None:
    watcher = up()
    watcher.say(UP)
    watcher.wait(0.05)
    due = watcher.session().next_send
    watcher.say(UP, poll=True)
    assert watcher.session().next_send == due


def test_6_8_3_two_polls_are_not_mistaken_for_one() -> None:
    """Faster, and slower again before the first was answered: the answer to the first is not one to the second."""
    watcher = Watcher()
    watcher.watch()
    watcher.say(DOWN, yours=0)
    watcher.say(INIT)  # polls
    watcher.say(DOWN)  # slow again: another poll is wanted
    watcher.say(DOWN, final=True)  # of the first
    assert not watcher.last.poll
    watcher.say(DOWN)  # "an additional BFD Control packet with the Final (F) bit clear"
    assert [each.control.poll for each in watcher.wait(2.0)] == [True, True]
    watcher.say(DOWN, final=True)
    assert [each.control.poll for each in watcher.wait(2.0)] == [False, False]


def test_a_final_that_nobody_asked_for_changes_nothing() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.say(DOWN, yours=0, final=True)
    assert session.state == INIT
    watcher.say(INIT, final=True)
    assert watcher.last.poll


def test_a_final_that_comes_before_our_poll_went_out_does_not_end_it() -> None:
    """His poll was answered by a packet that cannot poll itself: ours is on the next one."""
    watcher = Watcher()
    watcher.watch()
    watcher.say(DOWN, yours=0)
    watcher.say(INIT, poll=True)
    assert (watcher.last.state, watcher.last.final) == (UP, True)
    watcher.say(UP, final=True)
    assert watcher.wait(0.1)[0].control.poll


# Demand mode of his (6.6)


def test_6_6_in_demand_mode_the_periodic_packets_cease_and_go_on_again() -> None:
    watcher = up()
    watcher.say(UP, demand=True, multiplier=100)
    watcher.sent.clear()
    assert watcher.wait(5) == []
    watcher.say(UP, multiplier=100)
    assert len(watcher.wait(1.0)) >= 10


def test_6_6_demand_mode_means_nothing_while_one_of_the_two_is_not_up() -> None:
    watcher = up()
    watcher.say(INIT, demand=True, multiplier=100)
    assert len(watcher.wait(1.0)) >= 9


def test_6_6_in_demand_mode_he_is_told_by_a_poll_what_has_changed() -> None:
    watcher = up()
    watcher.say(UP, demand=True, multiplier=100)
    watcher.sent.clear()
    watcher.say(UP, demand=True, multiplier=100, mine=0xBEEF)
    assert [(each.control.yours, each.control.poll) for each in watcher.sent] == [(0xBEEF, True)]
    assert watcher.wait(1.0)
    watcher.say(UP, demand=True, multiplier=100, mine=0xBEEF, final=True)
    assert watcher.wait(5) == []
