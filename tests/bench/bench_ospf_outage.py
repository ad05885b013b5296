"""Outage over a ring of six routers that speak OSPF: ours, FRR's, BIRD's, with the same timers (1 and 4 s).

How it is measured says outages.py. Links are point-to-point, as links with two ends are. A router that hears nothing
waits for the dead interval, counted from the last Hello, up to 1 s ago: the moments of the faults are spread over that
second. They are further apart than MinLSInterval (5 s), within which a router must not speak of its links again.
"""

from __future__ import annotations

from figures import Figure
from outages import Plan, compare
from progress import Steps
from ring import LINKS, Routing

NETWORKS = ", ".join(f"{link}: point-to-point" for link in LINKS)
OPTIONS = f"hello: 1s, dead: 4s, retransmit: 2s, network: {{{NETWORKS}}}"  # 2 s is the least that BIRD takes
REST = 6.0
PLAN = Plan("bench-ospf-outage", Routing("ospf", OPTIONS), cycle=1.0, rest=REST, mending=True, cold_starts=True)


def seconds(runs: int) -> float:
    return 60 + 95 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    return compare(PLAN, runs, steps)
