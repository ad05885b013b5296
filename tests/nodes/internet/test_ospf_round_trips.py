"""What round trips say of a cost, by themselves: windows, hysteresis, the median of a network."""

from __future__ import annotations

from collections import deque

import pytest

from catenet.nodes.internet.ospf.round_trips import PATIENCE, MeasuredCost, RoundTrips, Window, cost_of, median


@pytest.mark.parametrize(
    ("milliseconds", "cost"),
    [(0, 1), (0.4, 1), (0.9, 1), (1, 2), (40, 41), (998.6, 999), (5000, 1000)],
)
def test_a_millisecond_costs_one_from_1_to_1000(milliseconds: float, cost: int) -> None:
    assert cost_of(milliseconds / 1000) == cost


def weigh(measured: MeasuredCost, *milliseconds: float, spread: float = 0.0, start: float = 100.0) -> list[int]:
    """The cost after each window of 4 s, of which this is the least round trip."""
    found = []
    for number, each in enumerate(milliseconds):
        measured.weigh(Window(each / 1000, spread / 1000), start + 4 * number)
        found.append(measured.cost)
    return found


def test_three_windows_in_a_row_change_it_and_two_do_not() -> None:
    assert weigh(MeasuredCost(), 40, 40, 0.1, 40, 40, 0.1) == [1] * 6
    assert weigh(MeasuredCost(), 40, 40, 40) == [1, 1, 41]


def test_it_becomes_the_nearest_that_three_have_proposed() -> None:
    assert weigh(MeasuredCost(), 90, 40, 60) == [1, 1, 41]
    assert weigh(MeasuredCost(cost=100), 20, 40, 30) == [100, 100, 41]
    assert [MeasuredCost(proposed=deque((0.09, 0.04))).weigh(Window(0.06, 0.0), 100.0)] == [0.04]


def test_one_that_is_dearer_among_cheaper_ones_begins_anew() -> None:
    assert weigh(MeasuredCost(cost=50), 20, 20, 90, 20, 20, 20) == [50] * 5 + [21]


@pytest.mark.parametrize(
    ("cost", "least", "changes"),
    [
        (1, 1.4, False),  # 2 is 1 more: under the least step
        (1, 2.0, True),  # 3
        (41, 47, False),  # 48: under a fifth more
        (41, 49, True),  # 50
        (41, 33, False),  # 34: under a fifth less
        (41, 31, True),  # 32
    ],
)
def test_it_has_to_differ_by_2_and_by_a_fifth(cost: int, least: float, changes: bool) -> None:
    assert (weigh(MeasuredCost(cost=cost), least, least, least)[-1] != cost) is changes


def test_what_is_no_further_away_than_the_round_trips_are_from_each_other_is_no_news() -> None:
    assert weigh(MeasuredCost(cost=10), 20, 20, 20, spread=12) == [10, 10, 10]
    assert weigh(MeasuredCost(cost=10), 20, 20, 20, spread=10) == [10, 10, 21]


def test_a_small_difference_is_believed_if_it_lasts() -> None:
    """A link that was slow is to cost again what it did, and not 1 more for ever."""
    assert weigh(MeasuredCost(cost=2), *[0.4] * 12) == [2] * 11 + [1]
    assert weigh(MeasuredCost(cost=2), *[0.4] * 11, 1.4, *[0.4] * 11) == [2] * 23
    assert weigh(MeasuredCost(cost=2), *[0.4] * 24, spread=1.5) == [2] * 24
    assert weigh(MeasuredCost(cost=41), *[44] * 11, 43, *[44] * 11) == [41] * 11 + [44] * 12


def test_two_changes_are_five_seconds_apart() -> None:
    """Where windows are short, as they are at first."""
    measured = MeasuredCost()
    assert [measured.weigh(Window(0.04, 0.0), at) for at in (100, 101, 102)] == [None, None, 0.04]
    assert [measured.weigh(Window(0.0, 0.0), at) for at in (103, 104, 105, 106, 107)] == [None] * 4 + [0.0]
    assert (measured.cost, measured.changed) == (1, 107)


def asked(number: int) -> RoundTrips:
    trips = RoundTrips(sequence=0xFFFE)
    for at in range(number):
        trips.ask(100 + at / 2)
    return trips


def test_an_answer_is_told_from_others_by_its_sequence_number_and_counts_once() -> None:
    trips = asked(3)
    assert list(trips.open) == [0xFFFE, 0xFFFF, 0]
    assert trips.answered(0xFFFF, 100.52)
    assert not trips.answered(0xFFFF, 100.53)
    assert not trips.answered(1, 100.53)
    assert (list(trips.over), trips.last) == ([pytest.approx(0.02)], pytest.approx(0.02))


def test_a_window_is_eight_that_are_over_and_the_next_one_has_none_of_them() -> None:
    trips = asked(12)
    for number, sequence in enumerate(tuple(trips.open)[:8]):
        assert not trips.whole
        assert trips.answered(sequence, 100 + number / 2 + 0.010 + number / 1000)
    assert trips.whole
    assert trips.window() == (pytest.approx(0.010), pytest.approx(0.004))
    assert not trips.whole
    assert trips.give_up(107.5) == 2
    assert (trips.fresh, list(trips.over)[-2:], list(trips.open)) == (2, [None, None], [8, 9])


def test_no_answer_is_waited_for_longer_than_three_seconds() -> None:
    """However long a neighbour is mute: what is open is bounded."""
    trips = RoundTrips(sequence=0)
    most = 0
    for tick in range(1000):
        trips.give_up(tick / 10)
        trips.ask(tick / 10)
        most = max(most, len(trips.open))
    assert most == PATIENCE * 10
    assert trips.window() is None
    assert not trips.answered(0, 100.0)


def test_an_answer_that_comes_after_them_is_none_though_nobody_has_looked_meanwhile() -> None:
    """As when the router was stopped for a while."""
    trips = asked(1)
    assert not trips.answered(0xFFFE, 100 + PATIENCE)
    assert (trips.last, list(trips.open)) == (None, [0xFFFE])


def test_two_answers_of_eight_say_nothing_and_three_do() -> None:
    for answers, said in ((2, None), (3, Window(pytest.approx(0.01), pytest.approx(0.0)))):
        trips = asked(8)
        for number, sequence in enumerate(tuple(trips.open)[:answers]):
            assert trips.answered(sequence, 100.01 + number / 2)
        assert trips.give_up(107.0) == 8 - answers
        assert trips.whole
        assert trips.window() == said


def test_of_several_neighbours_the_middle_one_counts_and_of_two_the_nearer() -> None:
    one, two, far = Window(0.001, 0.0), Window(0.002, 0.0), Window(0.9, 0.0)
    assert median([]) is None
    assert median([far]) == far
    assert median([far, one]) == one
    assert median([far, one, two]) == two
