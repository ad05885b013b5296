"""A hundred real OSPF routers in a random graph: until every kernel's table is right, and what they cost when idle.

Each router has three links, all point-to-point and in one area, so there are 150 networks. The timers are RFC 2328's.
How it is measured says crowd.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from crowd import Crowd, cost_of, seconds_of
from figures import Figure
from progress import Steps

AIM = 15.0


def _point_to_point(lans: Sequence[str]) -> str:
    return f"network: {{{', '.join(f'{lan}: point-to-point' for lan in lans)}}}"


CROWD = Crowd("bench-hundred", "ospf", 100, _point_to_point, every_way=True, aim=AIM)


def seconds(runs: int) -> float:
    return seconds_of(CROWD, runs)


def figures(runs: int, steps: Steps) -> list[Figure]:
    return cost_of(CROWD, runs, steps)
