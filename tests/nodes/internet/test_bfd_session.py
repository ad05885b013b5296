"""One session: how it comes up and goes down, when it sends, and when its neighbour counts as lost (RFC 5880 6.5, 6.8).

Where nothing else is said, both sides want 100 ms and a multiplier of 3.
"""

from __future__ import annotations

from random import Random

import pytest
from bfd_router import ADMIN_DOWN, DOWN, FAST, HIS, INIT, SECOND, UP, Sent, Watcher, gaps, keep_up, up

from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.bfd.session_states import SessionState


def states(sent: list[Sent]) -> list[SessionState]:
    return [each.control.state for each in sent]


# Coming up (6.2)


def test_6_8_1_a_session_begins_down_with_nothing_known_of_the_neighbour() -> None:
    watcher = Watcher()
    session = watcher.watch()
    assert (session.state, session.remote_state) == (DOWN, DOWN)
    assert [(each.control.state, each.control.yours, each.control.diagnostic) for each in watcher.sent] == [
        (DOWN, 0, 0)
    ]
    assert watcher.last.mine == session.discriminator


def test_6_2_a_three_way_handshake_brings_it_up() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.say(DOWN, yours=0)
    assert session.state == INIT
    assert (watcher.last.state, watcher.last.yours) == (INIT, HIS)
    watcher.say(UP)
    assert session.state == UP
    assert watcher.last.state == UP
    assert [(change.was, change.state, change.failed) for change in watcher.changes] == [
        (DOWN, INIT, False),
        (INIT, UP, False),
    ]


def test_6_2_a_session_remains_down_while_the_neighbour_says_up() -> None:
    """It does not know yet that this one was down: only when it has agreed that it is, both begin again."""
    watcher = Watcher()
    session = watcher.watch()
    watcher.say(UP)
    assert session.state == DOWN
    watcher.say(DOWN)
    assert session.state == INIT


@pytest.mark.parametrize("state", [INIT, UP])
def test_6_2_a_session_that_is_up_stays_so(state: SessionState) -> None:
    watcher = up()
    watcher.say(state)
    assert watcher.session().state == UP


# Going down


def test_6_8_4_the_detection_time_is_his_multiplier_times_the_greater_interval() -> None:
    """Not ours: he says how many of his packets may be missed, and how far apart they are at least."""
    for multiplier, desired, seconds in ((3, 100_000, 0.3), (5, 250_000, 1.25), (2, 10_000, 0.2), (255, 1, 25.5)):
        watcher = up(multiplier=multiplier, desired=desired)
        assert watcher.session().detection == pytest.approx(seconds)
        watcher.wait(seconds - 0.001)
        assert watcher.session().state == UP
        watcher.wait(0.002)
        assert watcher.session().state == DOWN


def test_6_8_4_each_packet_begins_the_detection_time_anew() -> None:
    watcher = up()
    for _ in range(50):
        watcher.wait(0.29)
        watcher.say(UP)
    assert watcher.session().state == UP
    watcher.wait(0.31)
    assert [(change.was, change.state, change.failed) for change in watcher.changes] == [(UP, DOWN, True)]
    assert watcher.changes[0].cause == "no packet for 300 ms"
    assert watcher.sent[-1].control.diagnostic == 1


def test_6_8_4_a_packet_that_is_discarded_does_not_count() -> None:
    watcher = up()
    for _ in range(3):
        watcher.wait(0.09)
        watcher.hear(b"", ttl=255)
        watcher.say(UP, authenticated=True)
    watcher.wait(0.04)
    assert watcher.session().state == DOWN


def test_6_8_4_a_session_in_init_goes_down_by_silence_and_is_no_failure() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.say(DOWN, yours=0, desired=SECOND)
    watcher.wait(2.9)
    assert session.state == INIT
    watcher.wait(0.2)
    assert session.state == DOWN
    assert not any(change.failed for change in watcher.changes)


def test_6_8_1_after_a_detection_time_of_silence_his_discriminator_is_forgotten() -> None:
    watcher = up()
    watcher.wait(0.31)
    assert watcher.last.yours == 0
    assert watcher.session().remote_discriminator == 0


def test_6_8_6_he_says_down() -> None:
    watcher = up()
    watcher.say(DOWN, diagnostic=1)
    (change,) = watcher.changes
    assert (change.was, change.state, change.failed) == (UP, DOWN, True)
    assert change.cause == "the neighbour says that it is Down (Control Detection Time Expired)"
    assert (watcher.last.state, watcher.last.diagnostic) == (DOWN, 3)


def test_rfc_5882_4_2_he_is_switched_off_which_is_no_failure() -> None:
    watcher = up()
    watcher.say(ADMIN_DOWN, diagnostic=7)
    (change,) = watcher.changes
    assert (change.was, change.state, change.failed) == (UP, DOWN, False)
    watcher.say(ADMIN_DOWN, diagnostic=7)
    watcher.wait(10)
    assert watcher.session().state == DOWN
    assert len(watcher.changes) == 1


def test_4_1_the_diagnostic_stays_until_it_is_up_again() -> None:
    watcher = up()
    watcher.wait(0.31)
    watcher.say(DOWN, yours=0)
    assert (watcher.last.state, watcher.last.diagnostic) == (INIT, 1)
    watcher.say(INIT)
    assert (watcher.last.state, watcher.last.diagnostic) == (UP, 0)


def test_a_neighbour_that_starts_again_with_another_discriminator() -> None:
    watcher = up()
    watcher.say(DOWN, yours=0, mine=0xBEEF)
    assert watcher.changes[0].failed
    assert (watcher.last.state, watcher.last.yours) == (DOWN, 0xBEEF)
    watcher.say(DOWN, mine=0xBEEF)
    watcher.say(INIT, mine=0xBEEF)
    assert watcher.session().state == UP


def test_6_3_a_neighbour_may_change_its_discriminator_in_a_session() -> None:
    """ "Without affecting the session state"."""
    watcher = up()
    watcher.say(UP, mine=0xBEEF)
    assert watcher.session().state == UP
    assert watcher.last.yours == 0xBEEF


# Timers (6.8.3, 6.8.7)


def test_6_8_3_while_it_is_not_up_at_least_a_second_is_between_packets() -> None:
    watcher = Watcher()
    watcher.watch()
    watcher.wait(10)
    assert {each.control.desired for each in watcher.sent} == {SECOND}
    assert gaps(watcher.sent) == [1.0] * 10


def test_6_8_3_a_slower_wish_than_a_second_is_kept() -> None:
    watcher = Watcher(BfdTimers(5.0, 0.1, 3))
    watcher.watch()
    watcher.wait(20)
    assert {each.control.desired for each in watcher.sent} == {5 * SECOND}
    assert gaps(watcher.sent) == [5.0] * 4


def test_6_8_3_up_it_sends_as_fast_as_it_would_like() -> None:
    watcher = up()
    sent = keep_up(watcher, 1.0)
    assert {each.control.desired for each in sent} == {100_000}
    assert gaps(sent) == [0.1] * (len(sent) - 1)


def test_6_8_7_the_slower_of_the_two_says_how_fast() -> None:
    watcher = up(required=400_000)
    assert set(gaps(keep_up(watcher, 4.0, required=400_000))) == {0.4}


def test_6_8_3_a_faster_wish_of_his_is_honoured_at_once() -> None:
    """ "The local system cannot wait longer than the new interval between the previous packet transmission and the next
    one." """
    watcher = up(required=2 * SECOND)
    watcher.wait(0.05)
    watcher.say(UP, required=2 * SECOND)
    before = watcher.session().next_send
    watcher.say(UP, required=100_000)
    assert watcher.session().next_send < before
    assert watcher.wait(0.1)


def test_6_8_3_if_that_interval_has_passed_already_it_sends_at_once() -> None:
    watcher = up(required=2 * SECOND, multiplier=20)
    watcher.wait(1.5)
    at = watcher.now
    watcher.say(UP, required=100_000)
    assert [each.at for each in watcher.wait(0.0)] == [at]


def test_6_8_3_down_again_it_is_slow_again() -> None:
    watcher = up()
    watcher.wait(0.31)
    sent = watcher.wait(5)
    assert {(each.control.state, each.control.desired) for each in sent} == {(DOWN, SECOND)}
    assert gaps(sent) == [1.0] * (len(sent) - 1)


@pytest.mark.parametrize(("multiplier", "most"), [(3, 1.0), (2, 1.0), (1, 0.9)])
def test_6_8_7_each_interval_is_jittered(multiplier: int, most: float) -> None:
    """By up to 25 %; with a multiplier of 1, to no more than 90 % of it."""
    watcher = up(BfdTimers(0.1, 0.1, multiplier))
    watcher.random.asked.clear()
    keep_up(watcher, 1.0)
    assert set(watcher.random.asked) == {(0.75, most)}


def test_6_8_7_the_intervals_are_as_the_randomness_says() -> None:
    watcher = Watcher(random=Random("jitter"))
    watcher.watch()
    between = gaps(watcher.wait(400))
    assert 0.75 <= min(between) < 0.76
    assert 0.99 < max(between) <= 1.0
    assert 0.86 < sum(between) / len(between) < 0.89  # "roughly 12.5% less than that negotiated"


def test_6_8_7_he_wants_no_packets() -> None:
    """ "A system MUST NOT periodically transmit BFD Control packets if bfd.RemoteMinRxInterval is zero." """
    watcher = up(required=0, multiplier=100)
    watcher.sent.clear()
    assert watcher.wait(9) == []
    watcher.say(DOWN, required=0, multiplier=100)
    assert states(watcher.sent) == [DOWN]  # a change of state is told all the same


def test_6_8_18_who_wanted_no_packets_and_is_silent_gets_some_again() -> None:
    watcher = up(required=0)
    watcher.wait(0.31)
    assert len(watcher.wait(5)) == 5


def test_6_8_7_a_packet_of_other_contents_is_sent_between_the_periodic_ones() -> None:
    watcher = Watcher()
    watcher.watch()
    watcher.wait(0.5)
    before = len(watcher.sent)
    watcher.say(DOWN, yours=0)
    assert [each.at for each in watcher.sent[before:]] == [watcher.now]


# The end (6.8.16)


def test_6_8_16_who_is_not_needed_any_more_says_so_for_a_detection_time() -> None:
    watcher = up()
    watcher.release()
    assert (watcher.last.state, watcher.last.diagnostic, watcher.last.desired) == (ADMIN_DOWN, 7, SECOND)
    sent = watcher.wait(60)
    assert set(states(sent)) == {ADMIN_DOWN}
    assert [change.failed for change in watcher.changes] == [False]
    assert 2 <= len(sent) <= 3  # three seconds: his Detection Time now
    assert list(watcher.machine.sessions) == []


def test_6_8_6_in_admin_down_all_is_discarded() -> None:
    watcher = up()
    watcher.release()
    count = len(watcher.sent)
    watcher.say(DOWN, poll=True)
    assert watcher.session().state == ADMIN_DOWN
    assert len(watcher.sent) == count


def test_who_has_failed_goes_on_saying_down() -> None:
    """AdminDown would say to who hears us that nothing is wrong (RFC 5882 section 3.2)."""
    watcher = up()
    watcher.wait(0.31)
    watcher.release()
    assert set(states(watcher.wait(60))) == {DOWN}
    assert list(watcher.machine.sessions) == []


def test_6_8_1_the_session_is_kept_for_a_detection_time_after_the_last_packet() -> None:
    watcher = up(multiplier=50)
    watcher.wait(0.5)
    watcher.release()
    watcher.wait(4.9)
    assert watcher.session()
    watcher.wait(0.2)
    assert list(watcher.machine.sessions) == []


def test_who_wants_no_packets_is_forgotten_all_the_same() -> None:
    watcher = up(required=0, multiplier=50)
    watcher.release()
    watcher.wait(5.1)
    assert list(watcher.machine.sessions) == []


def test_6_8_16_it_is_needed_again() -> None:
    watcher = up()
    watcher.release()
    session = watcher.watch()
    assert session.state == DOWN
    watcher.say(DOWN)
    watcher.say(INIT)
    assert session.state == UP
    keep_up(watcher, 60.0)
    assert watcher.session() is session


def test_a_neighbour_that_was_never_heard_is_forgotten_without_a_word() -> None:
    watcher = Watcher()
    watcher.watch()
    count = len(watcher.sent)
    watcher.release()
    assert len(watcher.sent) == count
    assert list(watcher.machine.sessions) == []


def test_6_8_16_the_router_ends() -> None:
    watcher = up()
    watcher.machine.shutdown(watcher.now)
    watcher.take()
    assert [(each.control.state, each.control.diagnostic) for each in watcher.sent] == [(ADMIN_DOWN, 7)]
    assert watcher.machine.next_wake() is None


def test_time_that_stands_still_for_long_is_no_storm() -> None:
    """Woken a minute late, it sends one packet, not those of a minute."""
    watcher = up()
    watcher.now += 60
    watcher.wake()
    watcher.wake()
    assert states(watcher.sent) == [DOWN]
    assert FAST.multiplier == watcher.last.multiplier
