"""Two conversations over supernodes that die: what is heard, and by which path.

A supernode is a real one; the phones' ports, what is said and what is lost are simulated. Silence is what the user
hears: frames without the tone that the other side says all the time.
"""

from __future__ import annotations

from random import Random

import pytest
from phone_world import ALLOWED, World, name_of, world

from catenet.nodes.application.phone.terms import (
    Checked,
    Connected,
    Failed,
    Moved,
    Path,
    Silent,
    Spared,
)

# Paths.


def test_two_that_reach_each_other_talk_directly() -> None:
    talks = world(relayed_only=False)
    talks.talk(3.0)
    for each in talks.both:
        assert each.of(Connected) == [Connected(Path("direct"))]
        assert each.longest_silence == 0
        figures = each.talk.statistics(talks.network.now)
        assert figures.sent >= 149 and figures.received >= 148 and figures.lost == figures.concealed == 0
        assert figures.mos is not None and figures.mos > 4.3
        assert 0.05 < figures.delay < 0.15
    talks.assert_heard()


def test_two_that_show_only_relays_talk_by_one_and_have_a_second_path_by_another() -> None:
    talks = world()
    talks.talk(3.0)
    for each in talks.both:
        [connected], [spared] = each.of(Connected), each.of(Spared)
        assert isinstance(connected, Connected) and isinstance(spared, Spared)
        assert connected.path.way == spared.path.way == "relayed"
        assert set(connected.path.by).isdisjoint(spared.path.by)
        assert not each.of(Moved) and not each.of(Silent)
    talks.assert_heard()


def test_both_name_the_same_path() -> None:
    for seed in range(3):
        talks = world(seed)
        talks.slow()
        talks.talk(2.0)
        paths = [each.talk.statistics(talks.network.now).path for each in talks.both]
        assert paths[0] is not None and paths[1] is not None
        assert (paths[0].way, set(paths[0].by)) == (paths[1].way, set(paths[1].by))


def test_the_second_path_is_made_over_the_first_where_the_offer_did_not_speak_of_it() -> None:
    talks = world()
    talks.talk(4.0, with_spare=False)
    for each in talks.both:
        [connected], [spared] = each.of(Connected), each.of(Spared)
        assert isinstance(connected, Connected) and isinstance(spared, Spared)
        assert set(connected.path.by).isdisjoint(spared.path.by)
    talks.network.kill(talks.carriers()[0])
    talks.network.run(2.0)
    assert max(each.longest_silence for each in talks.both) < ALLOWED
    talks.assert_heard()


def test_each_check_is_told() -> None:
    talks = world(relayed_only=False)
    talks.talk(1.0)
    told = talks.a.of(Checked)
    assert ("media", "") in {(each.stream, each.why) for each in told if isinstance(each, Checked)}


def test_what_is_offered_has_two_streams_that_differ() -> None:
    talks = world()
    talks.talk(0.0)
    talk = talks.a.talk
    assert talk.credentials != talk.spare.credentials
    assert {each.endpoint for each in talk.candidates}.isdisjoint(each.endpoint for each in talk.spare.candidates)


def test_nobody_speaks_before_somebody_has_answered() -> None:
    talks = world()
    talks.network.run(1.0)
    talks.introduce()
    talks.network.run(4.0)
    assert all(each.of(Connected) for each in talks.both)
    assert not talks.a.heard and talks.a.talk.statistics(talks.network.now).sent == 0
    talks.answer()
    talks.network.run(0.2)
    talks.assert_heard()


def test_without_any_way_it_fails() -> None:
    talks = world(supernodes=0)
    talks.network.run(3.2)
    talks.introduce()
    talks.answer()
    talks.network.run(20.0)
    for each in talks.both:
        assert len(each.of(Failed)) == 1
        assert each.talk.finished and each.talk.next_wake() is None


def test_a_supernode_that_dies_while_it_rings_is_left_before_anybody_speaks() -> None:
    talks = world()
    talks.network.run(1.0)
    talks.introduce()
    talks.network.run(3.0)
    [first] = talks.carriers()
    talks.network.kill(first)
    talks.network.run(4.0)
    assert talks.carriers() != [first]
    talks.answer()
    talks.network.run(0.2)
    talks.assert_heard()


# Survival.


def call_through_a_death(seed: int, *, loss: float) -> None:
    """A supernode that carries the call dies some time in the first four seconds after there is a path."""
    random = Random(seed)
    talks = world(seed)
    talks.slow(loss=loss)
    talks.talk(0.0)
    connected = lambda: all(each.of(Connected) for each in talks.both)  # noqa: E731
    assert talks.network.run_until(connected, within=15.0, step=0.01) is not None
    talks.network.run(random.uniform(0.0, 4.0))
    talks.network.kill(random.choice(talks.carriers()))
    talks.network.run(3.0)
    for each in talks.both:
        assert each.longest_silence < ALLOWED, f"seed {seed}: {each.longest_silence:.2f} s, {each.of(Moved)}"
        assert len(each.of(Moved)) == 1 and not each.of(Failed)


@pytest.mark.parametrize("seed", range(4))
def test_a_supernode_dies_at_any_time_and_the_call_goes_on_within_a_second(seed: int) -> None:
    call_through_a_death(seed, loss=0.05 * (seed % 2))


@pytest.mark.slow
def test_a_hundred_deaths_with_and_without_loss() -> None:
    for seed in range(100):
        call_through_a_death(seed, loss=0.05 * (seed % 2))


def test_after_a_move_there_is_a_second_path_again_and_no_way_back() -> None:
    talks = world()
    talks.talk(3.0)
    first = talks.carriers()
    talks.network.kill(first[0])
    talks.network.run(5.0)
    second = talks.carriers()
    spares = [each for each in talks.a.of(Spared) if isinstance(each, Spared)]
    assert len(spares) == 2 and not {name_of(address) for address in spares[1].path.by} & {*first, *second}
    talks.network.start(first[0])
    talks.network.run(5.0)
    assert talks.carriers() == second
    assert max(each.longest_silence for each in talks.both) < ALLOWED
    talks.network.kill(second[0])
    talks.network.run(3.0)
    assert max(each.longest_silence for each in talks.both) < ALLOWED
    talks.assert_heard()


def test_with_two_supernodes_one_that_came_back_carries_the_call_when_the_other_dies() -> None:
    talks = world(3, supernodes=2)
    talks.talk(3.0)
    [first] = talks.carriers()
    talks.network.kill(first)
    talks.network.run(5.0)
    [second] = talks.carriers()
    talks.network.start(first)
    spared_again = lambda: all(len(each.of(Spared)) == 2 for each in talks.both)  # noqa: E731
    assert talks.network.run_until(spared_again, within=40.0) is not None
    talks.network.run(1.0)
    talks.network.kill(second)
    talks.network.run(3.0)
    assert talks.carriers() == [first]
    assert max(each.longest_silence for each in talks.both) < ALLOWED
    talks.assert_heard()


def test_a_second_path_that_dies_unused_is_made_anew() -> None:
    talks = world()
    talks.talk(3.0)
    [spared] = talks.a.of(Spared)
    assert isinstance(spared, Spared)
    talks.network.kill(name_of(spared.path.by[0]))
    talks.network.run(9.0)
    again = talks.a.of(Spared)[-1]
    assert isinstance(again, Spared) and set(again.path.by).isdisjoint(spared.path.by)
    assert not talks.a.of(Moved) and max(each.longest_silence for each in talks.both) == 0


def test_both_move_at_once_and_meet() -> None:
    """The LAN of all supernodes is silent for a while: neither path is better, and both sides try both."""
    for seed in range(2):
        talks = world(seed)
        talks.talk(2.0 + seed / 10)
        talks.network.cut("middle", silent=True)
        talks.network.run(3.1)
        talks.network.heal("middle")
        talks.network.run(2.5)
        talks.assert_heard(2.0)
        assert [str(each.talk.statistics(talks.network.now).path) for each in talks.both] in (
            [f"relayed by 10.0.3.{11 + number}"] * 2 for number in range(3)
        )
        moves = [at for each in talks.both for at, event in each.events if isinstance(event, Moved)]
        assert len(moves) <= 12, "once a second each, and once to meet"


def test_one_way_alone_is_dead_and_both_move() -> None:
    """What comes to `a` from the supernode is lost; what it sends arrives."""
    talks = world()
    talks.talk(3.0)
    [carrier] = talks.carriers()
    talks.a.deaf_to = talks.network.nodes[carrier].interfaces[0].address
    talks.network.run(2.0)
    assert talks.carriers() != [carrier]
    assert [each.why for each in talks.a.of(Moved) + talks.b.of(Moved) if isinstance(each, Moved)] in (
        ["silence", "peer"],
        ["peer", "silence"],
    )
    assert max(each.longest_silence for each in talks.both) < ALLOWED


def test_thirty_seconds_of_silence_end_it() -> None:
    talks = world()
    talks.talk(3.0)
    talks.network.cut("west", silent=True)
    talks.network.run(29.0)
    assert not talks.a.of(Failed)
    assert len(talks.a.of(Silent)) == 1
    talks.network.run(3.0)
    for each in talks.both:
        assert [event.why for event in each.of(Failed) if isinstance(event, Failed)] == ["nothing was heard for 30 s"]
        assert each.talk.finished


def test_a_loss_of_five_percent_is_concealed() -> None:
    talks = world(2)
    talks.slow(loss=0.05)
    talks.talk(15.0)
    for each in talks.both:
        figures = each.talk.statistics(talks.network.now)
        assert 0.02 < figures.concealed / figures.played < 0.09
        assert figures.mos is not None and 3.0 < figures.mos < 4.3
        assert each.longest_silence <= 0.2 and not each.of(Moved)
        assert figures.longest_silence == pytest.approx(each.longest_silence, abs=0.05)


# Over TCP.


def over_tcp() -> World:
    """`a` cannot send UDP to the supernodes: it has a connection to each."""
    talks = world()
    talks.a.udp_blocked = True
    talks.network.run(3.2)
    talks.introduce()
    talks.answer()
    talks.network.run(3.0)
    return talks


def test_who_cannot_send_udp_talks_by_a_connection() -> None:
    talks = over_tcp()
    assert talks.a.of(Connected)
    talks.assert_heard()


def test_a_connection_that_is_reset_moves_the_call_at_once() -> None:
    talks = over_tcp()
    assert talks.a.of(Spared)
    path = talks.a.talk.statistics(talks.network.now).path
    assert path is not None
    own = next(iter(talks.a.own_servers() & set(path.by)))
    talks.network.kill(name_of(own))
    talks.network.run(2.0)
    [moved] = talks.a.of(Moved)
    assert isinstance(moved, Moved) and moved.why == "connection" and moved.silent < 0.1
    assert talks.a.longest_silence < 0.3
    talks.assert_heard()
