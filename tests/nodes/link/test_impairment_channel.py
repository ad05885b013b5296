"""What becomes of each frame: the shares, the bursts, the times, the rate, and that a seed gives the same again."""

from __future__ import annotations

from itertools import groupby, pairwise
from math import sqrt
from random import Random
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.impairment import NORMAL, Impairment
from catenet.nodes.link.impairment.channel import NEVER, Channel
from catenet.nodes.link.impairment.flaw import flawed

MANY = 20_000
SEEDS = st.integers(0, 2**31 - 1)
SHARES = st.sampled_from([0.001, 0.01, 0.1, 0.5, 0.9])


def channel(asked: Impairment) -> Channel:
    return Channel(asked, lambda kind: Random(f"{asked.seed} {kind}"))


def deviations(count: int, share: float, tries: int = MANY) -> float:
    """How far a count is from what is expected, in standard deviations of the binomial distribution."""
    return abs(count - tries * share) / sqrt(tries * share * (1 - share))


@given(SHARES, SEEDS)
def test_so_many_are_lost(share: float, seed: int) -> None:
    each = channel(Impairment(loss=share, seed=seed))
    lost = sum(each.take(100, 0.0) == NEVER for _ in range(MANY))
    assert each.lost == lost
    assert deviations(lost, share) < 6


@given(st.sampled_from([0.01, 0.1, 0.5]), st.sampled_from([2, 5, 20]), SEEDS)
def test_they_are_lost_in_bursts_of_that_length(share: float, burst: int, seed: int) -> None:
    each = channel(Impairment(loss=share, burst=burst, seed=seed))
    fates = [each.take(100, 0.0) == NEVER for _ in range(MANY)]
    runs = [len(list(run)) for lost, run in groupby(fates) if lost]
    # a burst's length is geometric: its standard deviation is less than its mean
    assert abs(mean(runs) - burst) < 6 * burst / sqrt(len(runs))
    # bursts come less often than packets, so the share deviates by as much more
    assert deviations(sum(fates), share) < 6 * sqrt(2 * burst)


@given(SHARES, SEEDS)
def test_so_many_arrive_twice_and_the_copy_as_late_as_its_original(share: float, seed: int) -> None:
    each = channel(Impairment(duplicate=share, delay=0.02, seed=seed))
    copies = 0
    for number in range(MANY):
        assert each.take(100, number * 0.001) == pytest.approx(number * 0.001 + 0.02)
        if each.copy != NEVER:
            copies += 1
            assert each.copy == pytest.approx(number * 0.001 + 0.02)
    assert each.copied == copies
    assert deviations(copies, share) < 6


@given(SHARES, SEEDS)
def test_so_many_are_damaged(share: float, seed: int) -> None:
    each = channel(Impairment(corrupt=share, seed=seed))
    places = []
    for _ in range(MANY):
        each.take(100, 0.0)
        places += [each.flaw] if each.flaw != NEVER else []
    assert each.flawed == len(places)
    assert deviations(len(places), share) < 6
    assert all(0 <= place < 1 for place in places)


@given(SHARES, SEEDS)
def test_so_many_overtake(share: float, seed: int) -> None:
    each = channel(Impairment(delay=0.5, reorder=share, seed=seed))
    at_once = sum(each.take(100, 7.0) == 7.0 for _ in range(MANY))
    assert each.overtook == at_once
    assert deviations(at_once, share) < 6


def test_jitter_is_anything_between_its_bounds() -> None:
    each = channel(Impairment(delay=0.1, jitter=0.03, seed=1))
    late = [each.take(100, 5.0) - 5.0 for _ in range(MANY)]
    assert 0.07 <= min(late) < 0.0701
    assert 0.1299 < max(late) <= 0.13
    assert mean(late) == pytest.approx(0.1, abs=0.001)


def test_or_normal() -> None:
    each = channel(Impairment(delay=0.1, jitter=0.03, distribution=NORMAL, seed=1))
    late = [each.take(100, 5.0) - 5.0 for _ in range(MANY)]
    assert min(late) >= 0.0
    assert mean(late) == pytest.approx(0.1, abs=0.001)
    assert stdev(late) == pytest.approx(0.03, rel=0.03)
    within = sum(abs(value - 0.1) < 0.03 for value in late) / MANY
    assert within == pytest.approx(0.6827, abs=0.015)


def test_each_nth_is_lost() -> None:
    each = channel(Impairment(drop_every=10))
    assert [number for number in range(1, 41) if each.take(100, 0.0) == NEVER] == [10, 20, 30, 40]


def test_a_rate_counts_whole_frames_and_what_waits_is_delayed_behind_it() -> None:
    each = channel(Impairment(rate=1e6, delay=0.01))
    assert each.take(125, 1.0) == pytest.approx(1.011)  # 1,000 bits are a millisecond
    assert each.take(250, 1.0) == pytest.approx(1.013)
    assert each.take(125, 2.0) == pytest.approx(2.011)


@given(st.integers(1, 50), st.integers(0, 100))
def test_who_finds_the_queue_full_is_lost(room: int, more: int) -> None:
    each = channel(Impairment(rate=1e6, queue=room))
    dues = [each.take(125, 0.0) for _ in range(1 + room + more)]
    assert [due != NEVER for due in dues] == [True] * (1 + room) + [False] * more  # one is sent, so many wait
    assert each.overflowed == more
    assert each.take(125, 0.0011) != NEVER, "one has gone, so there is room"


@given(st.sampled_from([1e4, 1e6, 1e9]), st.lists(st.integers(60, 1514), min_size=200, max_size=300), SEEDS)
def test_no_more_than_the_rate_passes_in_any_time(rate: float, sizes: list[int], seed: int) -> None:
    random, each, now = Random(seed), channel(Impairment(rate=rate, queue=100)), 0.0
    passed: list[tuple[float, int]] = []
    for size in sizes:
        now += random.expovariate(rate / 8 / 800)  # about as much as passes
        due = each.take(size, now)
        passed += [(due, size)] if due != NEVER else []
    for (before, _), (after, size) in pairwise(passed):
        assert after - before >= size * 8 / rate * (1 - 1e-6)


WORDS = st.fixed_dictionaries(
    {"seed": SEEDS, "loss": st.sampled_from([0.1, 0.4])},
    optional={
        "delay": st.just(0.2),
        "duplicate": st.just(0.3),
        "corrupt": st.just(0.3),
        "burst": st.just(3),
    },
)


@given(WORDS, st.lists(st.floats(0, 1), min_size=50, max_size=50), st.integers(60, 1514))
def test_the_same_seed_loses_the_same_packets_however_fast_they_come(
    words: dict[str, float], gaps: list[float], size: int
) -> None:
    asked = Impairment(**words)  # type: ignore[arg-type]
    one, other, now = channel(asked), channel(asked._replace(duplicate=0.0, corrupt=0.0)), 0.0
    for gap in gaps:
        now += gap
        assert (one.take(size, now) == NEVER) == (other.take(60, 0.0) == NEVER)


FRAMES = st.binary(min_size=14, max_size=200)


@given(FRAMES, st.floats(0, 1, exclude_max=True))
def test_one_bit_is_another_behind_the_headers(data: bytes, share: float) -> None:
    frame = bytes(12) + b"\x08\x00\x45" + bytes(19) + data
    damaged = flawed(frame, share)
    assert len(damaged) == len(frame)
    assert (int.from_bytes(damaged) ^ int.from_bytes(frame)).bit_count() == 1
    assert damaged[: 14 + 20] == frame[: 14 + 20]


@given(st.binary(min_size=12, max_size=60), st.floats(0, 1, exclude_max=True))
def test_of_any_frame_the_length_stays_and_at_most_a_bit_changes(frame: bytes, share: float) -> None:
    damaged = flawed(frame, share)
    assert len(damaged) == len(frame)
    assert (int.from_bytes(damaged) ^ int.from_bytes(frame)).bit_count() <= 1
    assert damaged[:14] == frame[:14]
