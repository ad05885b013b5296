"""Sixty real RIP routers in a random graph: until every kernel's table is right, and what they cost when idle.

Each router has three links, so there are 90 networks, and the longest way has 6 links or so. The timers are RFC 2453's.
How it is measured says crowd.py.
"""

from __future__ import annotations

from crowd import Crowd, cost_of, seconds_of
from figures import Figure
from progress import Steps

CROWD = Crowd("bench-sixty", "rip", 60)


def seconds(runs: int) -> float:
    return seconds_of(CROWD, runs)


def figures(runs: int, steps: Steps) -> list[Figure]:
    return cost_of(CROWD, runs, steps)
