"""Durations, as lab files and messages have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.units import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "200ms"), (0.0, "0ms"), (90.0, "90s"), (120.0, "2m"), (7200.0, "2h"), (604799.5, "604799.5s")],
)
def test_a_duration_is_written_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, int(LONGEST) * 10**6))
def test_what_is_written_is_read_back(microseconds: int) -> None:
    seconds = microseconds / 10**6
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, rel=1e-12, abs=1e-12)
