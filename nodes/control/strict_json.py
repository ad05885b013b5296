"""JSON that others wrote, read as RFC 8259 has it, so that what is made of it is JSON again.

Python also takes NaN and Infinity, and makes infinity of 1e999; printed, either is no JSON any more. And it takes what
is nested so deeply that whoever goes through it by recursion, as its own encoder does, has no room left for that.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

__all__ = ["DEPTH", "read_json"]

DEPTH = 64
"""The deepest nesting: RFC 8259 section 9 lets an implementation set limits. Ours have six levels at most."""


def read_json(text: str, depth: int = DEPTH) -> Any:
    """The value that a JSON text stands for. `depth`: the deepest nesting that is taken, DEPTH at most.

    Raises:
        ValueError: it is no JSON, has a number that a float cannot hold (RFC 8259 section 6), or is nested too deeply.

    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError(_too_deep(depth)) from None
    _check_depth(value, depth)
    return value


def _check_depth(value: Any, depth: int) -> None:
    level = [value]
    for _ in range(depth + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]
    raise ValueError(_too_deep(depth))


def _too_deep(depth: int) -> str:
    return f"it is nested deeper than {depth} levels"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value
