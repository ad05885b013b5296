"""Deadlines by key."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.timers import Timers

SETS = st.tuples(st.just("set"), st.integers(0, 7), st.integers(0, 20))
CANCELS = st.tuples(st.just("cancel"), st.integers(0, 7), st.just(0))
CHANGES = SETS | CANCELS
TAKES = st.tuples(st.just("due"), st.integers(0, 20), st.lists(st.lists(CHANGES, max_size=2), max_size=6))
"""Until when, and what is changed behind each key that is given: so many are taken, and then no more."""


class Model:
    """Timers as a dict that is sorted for each question."""

    def __init__(self) -> None:
        self.standing: dict[int, tuple[int, int]] = {}
        self.calls = 0

    def set(self, key: int, when: int) -> None:
        self.calls += 1
        self.standing[key] = when, self.calls

    def cancel(self, key: int) -> None:
        self.standing.pop(key, None)

    def next(self) -> int | None:
        return min(self.standing.values(), default=(None, 0))[0]

    def take(self, now: int) -> int | None:
        key = min(self.standing, key=lambda key: self.standing[key], default=None)
        if key is None or self.standing[key][0] > now:
            return None
        del self.standing[key]
        return key


def change(timers: Timers[int], model: Model, changes: Iterable[tuple[str, int, int]]) -> None:
    for what, key, when in changes:
        if what == "set":
            timers.set(key, when)
            model.set(key, when)
        else:
            timers.cancel(key)
            model.cancel(key)


@given(st.lists(CHANGES | TAKES, max_size=80))
def test_it_gives_what_a_sorted_dict_gives(steps: list[tuple]) -> None:
    timers, model = Timers[int](), Model()
    for what, first, second in steps:
        if what != "due":
            change(timers, model, [(what, first, second)])
        else:
            due = timers.due(first)
            for changes in second:
                taken = model.take(first)
                assert next(due, None) == taken
                if taken is None:
                    break
                change(timers, model, changes)
                assert timers.next() == model.next()
        assert timers.next() == model.next()
    assert list(timers.due(100)) == sorted(model.standing, key=lambda key: model.standing[key])
    assert timers.next() is None


def test_only_the_last_time_counts_earlier_or_later() -> None:
    timers = Timers[str]()
    for key, *times in (("a", 5.0, 9.0), ("b", 5.0, 1.0), ("c", 3.0, 8.0, 2.0)):
        for when in times:
            timers.set(key, when)
    assert list(timers.due(8.0)) == ["b", "c"]
    assert timers.next() == 9.0


def test_equal_times_in_the_order_in_which_they_were_set() -> None:
    timers = Timers[str]()
    for key in "abca":
        timers.set(key, 1.0)
    assert list(timers.due(1.0)) == ["b", "c", "a"]


def test_what_is_set_or_cancelled_meanwhile_counts() -> None:
    timers = Timers[str]()
    for key, when in (("again", 1.0), ("gone", 2.0), ("last", 5.0)):
        timers.set(key, when)
    given = []
    for key in timers.due(5.0):
        given.append(key)
        timers.cancel("gone")
        if len(given) < 3:
            timers.set("again", len(given) + 1.0)
    assert given == ["again", "again", "again", "last"]


def test_what_is_not_taken_stays() -> None:
    timers = Timers[int]()
    for key in range(3):
        timers.set(key, key)
    assert list(islice(timers.due(2.0), 1)) == [0]
    assert timers.next() == 1
    assert list(timers.due(2.0)) == [1, 2]


@given(st.integers(0, 30), st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 100)), max_size=60))
def test_the_heap_is_no_longer_than_twice_the_timers(kept: int, steps: list[tuple[int, int]]) -> None:
    timers, standing = Timers[int](), set(range(kept))
    for key in range(kept):
        timers.set(key, 200)
    for key, when in steps * 5:
        if when < 0:
            timers.cancel(key)
            standing.discard(key)
        else:
            timers.set(key, when)
            standing.add(key)
        assert len(timers._heap) <= 2 * len(standing) + 64
    for key in timers.due(100):
        standing.remove(key)
        assert len(timers._heap) <= 2 * len(standing) + 64


def test_a_hundred_thousand_set_and_cancelled_fill_no_memory() -> None:
    timers, longest = Timers[int](), 0
    timers.set(-1, 1e9)
    for key in range(100_000):
        timers.set(key, 1e6 - key)
        timers.cancel(key)
        longest = max(longest, len(timers._heap))
    for earlier in range(100_000):
        timers.set(-1, 1e8 - earlier)
        longest = max(longest, len(timers._heap))
    assert longest <= 2 * 2 + 64
    assert list(timers.due(1e9)) == [-1]
