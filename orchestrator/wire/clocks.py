"""The clocks of nodes on several hosts, made one by what they saw: nothing arrives before it has left. Pure.

How far the hosts' clocks differ is measured before, but no better than to some milliseconds (`MEASURED` at the most).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["MEASURED", "put_forward"]

MEASURED = 0.25
"""Seconds by which two hosts' clocks may differ still, each measured from here, on a machine that is busy."""


def put_forward(passed: Iterable[tuple[str, str, float]]) -> dict[str, float]:
    """Node → the seconds by which its clock is put forward: the least with which nothing arrives too early.

    `passed`: who sent, who got it, and how many seconds later that was, each by its own clock. Of one clock all are 0.
    """
    late: dict[tuple[str, str], float] = {}
    for sender, node, seconds in passed:
        late[sender, node] = max(late.get((sender, node), -math.inf), -seconds)
    ahead = dict.fromkeys((node for way in late for node in way), 0.0)
    for _ in ahead:  # by as many nodes a difference may have come; more is a contradiction
        for (sender, node), seconds in late.items():
            ahead[node] = max(ahead[node], ahead[sender] + seconds)
    return ahead
