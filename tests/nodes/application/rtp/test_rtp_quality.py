"""The E-model: values that the ITU has printed, and that worse is never better."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.rtp.quality import BEST, CONCEALED, SILENT, burst_ratio, mos, rating

SHARES = st.floats(0, 1)
DELAYS = st.floats(0, 10)
BURSTS = st.floats(1, 50)


@pytest.mark.parametrize(
    ("r", "score"), [(93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (0, 1), (100, 4.5)]
)
def test_scores_of_ratings(r: float, score: float) -> None:
    """As G.107 annex B has them, in hundredths; and 93.2, the default, which gives 4.41."""
    assert mos(r) == pytest.approx(score, abs=0.01)


def test_without_loss_and_delay_it_is_the_best() -> None:
    assert rating(0, 1, 0) == BEST
    assert mos(rating(0, 1, 0)) == pytest.approx(4.41, abs=0.005)


@pytest.mark.parametrize(
    ("loss", "robustness", "impairment"),
    # 95 · Ppl / (Ppl + Bpl): at Ppl = Bpl half of 95 is lost (G.107 section 7.4).
    [(0.251, CONCEALED, 47.5), (0.043, SILENT, 47.5), (0.01, CONCEALED, 95 / 26.1), (0.01, SILENT, 95 / 5.3)],
)
def test_what_random_loss_costs(loss: float, robustness: float, impairment: float) -> None:
    assert BEST - rating(loss, 1, 0, robustness) == pytest.approx(impairment)


@pytest.mark.parametrize(("delay", "cost"), [(0.1, 2.4), (0.1773, 4.2552), (0.2773, 6.6552 + 11)])
def test_what_delay_costs(delay: float, cost: float) -> None:
    """Cole and Rosenbluth: 0.024 d + 0.11 (d − 177.3), the second part only where d is over 177.3 ms."""
    assert BEST - rating(0, 1, delay) == pytest.approx(cost)


@given(st.tuples(SHARES, BURSTS, DELAYS), st.tuples(SHARES, BURSTS, DELAYS))
def test_worse_is_never_better(one: tuple[float, float, float], other: tuple[float, float, float]) -> None:
    better, worse = tuple(map(min, one, other)), tuple(map(max, one, other))
    assert 1 <= mos(rating(*worse)) <= mos(rating(*better)) + 1e-9
    assert rating(*better, SILENT) <= rating(*better)


@given(st.floats(-100, 120), st.floats(-100, 120))
def test_the_score_rises_with_the_rating(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert 1 <= mos(low) <= mos(high) + 1e-9 <= 4.5 + 1e-9


@pytest.mark.parametrize(
    ("lost", "played", "bursts", "ratio"),
    [
        (0, 100, 0, 1.0),
        (10, 90, 9, 1.0),  # by chance at 10 %: a row of 1 / 0.9
        (10, 90, 5, 1.8),
        (10, 90, 1, 9.0),
        (10, 90, 10, 1.0),  # less than by chance
        (5, 0, 1, 1.0),
    ],
)
def test_burst_ratio(lost: int, played: int, bursts: int, ratio: float) -> None:
    """G.107 section 7.4: the average length of bursts, to that under random loss, 1 / (1 − loss)."""
    assert burst_ratio(lost, played, bursts) == pytest.approx(ratio)
