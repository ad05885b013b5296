"""What is told once for each reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.once import OncePerReason

SECONDS, MOST = 10.0, 3


def test_without_an_interval_it_is_once_for_ever() -> None:
    once = OncePerReason()
    assert [once.first(reason) for reason in ("a", "b", "a")] == [True, True, False]


def test_after_the_interval_it_is_told_again() -> None:
    once = OncePerReason(SECONDS)
    assert [once.first("a", now) for now in (0.0, 9.9, 10.0, 19.9)] == [True, False, True, False]


def test_beyond_the_most_none_is_told_until_there_is_room() -> None:
    once = OncePerReason(SECONDS, MOST)
    assert [once.first(reason, float(reason)) for reason in range(4)] == [True, True, True, False]
    assert once.first(3, SECONDS)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 30)), max_size=60))
def test_never_twice_within_the_interval_and_never_more_than_so_many(asked: list[tuple[int, float]]) -> None:
    once, told = OncePerReason(SECONDS, MOST), list[tuple[int, float]]()
    for reason, now in sorted(asked, key=lambda each: each[1]):
        of_late = [each for each, at in told if now < at + SECONDS]
        first = once.first(reason, now)
        assert first == (reason not in of_late and len(set(of_late)) < MOST)
        if first:
            told.append((reason, now))
