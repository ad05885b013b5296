"""When reports are sent (RFC 3550 sections 6.2 and 6.3)."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import pytest

from catenet.nodes.application.rtp.intervals import LOWER_HEADERS, Intervals

SPEECH = 10_800.0
"""Octets a second of G.711 at 20 ms, with its headers."""


class Middle:
    """What is drawn is the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_the_first_report_comes_after_half_the_minimum() -> None:
    """6.3.1 steps 2 to 5: 2.5 s, divided by e − 3/2."""
    assert Intervals(SPEECH, 100, Middle(), 50.0).due == pytest.approx(50 + 2.5 / 1.21828, abs=1e-4)


def test_then_each_comes_after_the_minimum() -> None:
    intervals = Intervals(SPEECH, 100, Middle(), 0.0)
    now = intervals.due
    assert intervals.expired(now, 2, 2, we_sent=True)
    assert intervals.due - now == pytest.approx(5 / 1.21828, abs=1e-4)


def test_it_is_random_between_half_and_one_and_a_half() -> None:
    """6.3.1 step 4; on average 5 s / 1.218, or a little more: who is reconsidered waits longer (6.3.6)."""
    intervals = Intervals(SPEECH, 100, Random(1), 0.0)
    now, sent = 0.0, []
    while now < 20_000:
        now = intervals.due
        if intervals.expired(now, 2, 2, we_sent=True):
            sent.append(now)
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    compensated = math.e - 1.5
    assert 2.5 / compensated <= min(gaps) < 2.9 / compensated
    assert max(gaps) > 6 / compensated
    assert 4.1 < sum(gaps) / len(gaps) < 5.5


def test_what_comes_too_early_is_reconsidered() -> None:
    """6.3.6: "If tp + T is greater than tc, tn is set to tp + T. No RTCP packet is transmitted.\""""
    intervals = Intervals(SPEECH, 100, Middle(), 0.0)
    assert not intervals.expired(1.0, 2, 2, we_sent=True)
    assert intervals.due == pytest.approx(2.5 / 1.21828, abs=1e-4)


def test_reports_take_five_percent_of_the_bandwidth() -> None:
    """6.2, 6.3.1: where the minimum is less than that."""
    intervals = Intervals(200.0, 72, Middle(), 0.0)
    size = 72 + LOWER_HEADERS
    intervals.expired(100.0, 2, 2, we_sent=True)
    # More than a quarter send: all share 10 octets a second.
    assert intervals.due - 100 == pytest.approx(2 * size / 10 / 1.21828, abs=1e-3)


def test_few_senders_have_a_quarter_and_receivers_the_rest() -> None:
    """6.3.1 step 1."""
    intervals = Intervals(200.0, 72, Middle(), 0.0)
    intervals.expired(1000.0, 8, 2, we_sent=True)
    assert intervals.due - 1000 == pytest.approx(2 * 100 / 2.5 / 1.21828, abs=1e-2)
    intervals.expired(2000.0, 8, 2, we_sent=False)
    assert intervals.due - 2000 == pytest.approx(6 * 100 / 7.5 / 1.21828, abs=1e-2)


def test_the_size_is_an_average() -> None:
    """6.3.3: 1/16 of the packet and 15/16 of what was; lower headers included (6.2)."""
    intervals = Intervals(200.0, 72, Middle(), 0.0)
    intervals.carried(72 + 160)
    intervals.expired(1000.0, 2, 2, we_sent=True)
    assert intervals.due - 1000 == pytest.approx(2 * 110 / 10 / 1.21828, abs=1e-3)


def test_a_silent_member_is_gone_after_five_intervals() -> None:
    """6.3.5."""
    intervals = Intervals(SPEECH, 100, Middle(), 0.0)
    intervals.expired(10.0, 2, 2, we_sent=True)
    assert intervals.patience(2, 2) == 25.0
