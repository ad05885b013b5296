"""JSON that others wrote, read as RFC 8259 has it, so that what is made of it is JSON again.

Python also takes NaN and Infinity, and makes infinity of 1e999; printed, either is no JSON any more.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

__all__ = ["read_json"]


def read_json(text: str) -> Any:
    """The value that a JSON text stands for.

    Raises:
        ValueError: it is no JSON, or has a number that a float cannot hold (RFC 8259 section 6).
        RecursionError: it is nested too deeply.

    """
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value
