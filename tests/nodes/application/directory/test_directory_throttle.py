"""Who guesses is slowed, in memory that nobody can make grow."""

from __future__ import annotations

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.directory.throttle import ADDRESSES, Failures, Sketch, Throttle

KEY = bytes(range(32))


def test_failures_wear_off_by_half_in_ten_minutes() -> None:
    failures = Failures()
    for _ in range(16):
        failures.add(0.0)
    assert [failures.left(now) for now in (0.0, 600.0, 1200.0)] == [16, 8, 4]


@pytest.mark.parametrize(("times", "wait"), [(9, 0), (10, 1), (11, 2), (12, 4), (15, 32), (16, 60), (1000, 60)])
def test_from_the_tenth_failure_on_the_wait_doubles_up_to_a_minute(times: int, wait: float) -> None:
    failures = Failures()
    for _ in range(times):
        failures.add(100.0)
    assert max(0.0, failures.until() - 100.0) == wait


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_a_sketch_never_lets_a_name_try_earlier_than_its_own_failures_would(names: list[str]) -> None:
    sketch, own = Sketch(KEY), {name: Failures() for name in "abcdefgh"}
    for now, name in enumerate(names):
        sketch.add(name, float(now))
        own[name].add(float(now))
    for name, failures in own.items():
        assert sketch.until(name) >= failures.until()


def spray(throttle: Throttle, random: Random, names: int) -> int:
    """So many names from as many addresses, some of which get in → bytes of all memory that is in use behind them."""
    for _ in range(names):
        address = Address(random.getrandbits(32))
        throttle.failed(f"name{random.getrandbits(64)}", address, 1.0)
        throttle.succeeded("mallory", address)
    return tracemalloc.get_traced_memory()[0]


def test_names_fill_no_memory_and_push_nobody_out() -> None:
    tracemalloc.start()
    try:
        throttle, random = Throttle(KEY), Random("spray")
        for _ in range(12):
            throttle.failed("victim", Address(1), 0.0)
        used = [spray(throttle, random, 6_000) for _ in range(3)]
    finally:
        tracemalloc.stop()
    assert used[2] - used[1] < 50_000
    assert throttle.wait("victim", Address(2), 1.0) > 0


def test_spraying_names_makes_others_wait_a_minute_at_most() -> None:
    throttle = Throttle(KEY)
    for number in range(20_000):
        throttle.failed(f"name{number}", Address(number), 0.0)
    assert 0 < throttle.wait("somebody-else", Address(1 << 31), 0.0) <= 60


def test_of_addresses_the_one_that_failed_longest_ago_is_forgotten() -> None:
    throttle = Throttle(KEY)
    for number in range(ADDRESSES + 1):
        for _ in range(10):
            throttle.failed(f"user{number % 7}", Address(number), 0.0)
    assert throttle.waiting(0.0)[0] == ADDRESSES


def test_how_many_wait_is_counted() -> None:
    throttle = Throttle(KEY)
    for _ in range(10):
        throttle.failed("a", Address(1), 0.0)
    for number in range(10):
        throttle.failed("b", Address(2 + number), 0.0)
    assert throttle.waiting(0.5) == (1, 2)
    assert throttle.waiting(100.0) == (0, 0)
