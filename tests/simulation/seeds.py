"""Seeds of what is drawn by chance: one in every run, and more where time does not matter."""

from __future__ import annotations

from typing import Any

import pytest


def seeds(first: int, *others: int) -> list[Any]:
    """For `parametrize`: the others are for `make soak`, where what is shown with the first is shown again."""
    return [first, *(pytest.param(seed, marks=pytest.mark.slow) for seed in others)]
