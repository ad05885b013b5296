"""Captures merged by time, however late and in whatever turns they are read."""

from __future__ import annotations

import math

import hypothesis.strategies as st
from hypothesis import given

from catenet.orchestrator.capture.merge import Merge
from catenet.orchestrator.wire.packets import Frame


def frame(at: float, name: str = "") -> Frame:
    return Frame(at, 1, name.encode(), 60)


@given(
    captures=st.lists(st.lists(st.integers(0, 50)).map(sorted), min_size=1, max_size=5),
    turns=st.randoms(use_true_random=False),
)
def test_the_order_is_that_of_time_and_nothing_is_lost(captures: list[list[int]], turns) -> None:
    merge, out = Merge(len(captures)), []
    left = [list(times) for times in captures]
    while any(left):
        number = turns.choice([n for n, times in enumerate(left) if times])
        merge.add(number, frame(left[number].pop(0)))
        out += [(got.at, source) for source, got in merge.take()]
    for number in range(len(captures)):
        merge.passed(number, math.inf)
    out += [(got.at, source) for source, got in merge.take()]
    assert [at for at, _ in out] == sorted(at for times in captures for at in times)
    for number, times in enumerate(captures):
        assert [at for at, source in out if source == number] == times


def test_a_silent_capture_is_waited_for_until_its_mark() -> None:
    merge = Merge(2)
    merge.add(0, frame(5.0))
    assert list(merge.take()) == [] and merge.lagging() == [1]
    merge.passed(1, 4.0)  # a mark from before
    assert list(merge.take()) == [] and merge.lagging() == [1]
    merge.add(1, frame(4.5))
    merge.passed(1, 6.0)
    assert [(source, got.at) for source, got in merge.take()] == [(1, 4.5), (0, 5.0)]
    assert merge.lagging() == []


def test_nobody_waits_for_a_capture_that_has_ended_and_one_that_is_back_counts_again() -> None:
    merge = Merge(2)
    merge.add(0, frame(5.0))
    merge.passed(1, math.inf)
    assert [got.at for _, got in merge.take()] == [5.0]
    merge.add(1, frame(7.0))
    merge.add(0, frame(8.0))
    assert [got.at for _, got in merge.take()] == [7.0]
