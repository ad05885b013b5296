"""Outage over a ring of six routers that speak OSPF, with BFD on all links: ours, FRR's, BIRD's, with the same timers.

How it is measured says outages.py. What is silent is seen by BFD (RFC 5880) within three intervals of 200 ms, whatever
OSPF's own timers are.
"""

from __future__ import annotations

from bench_ospf_outage import OPTIONS, REST
from figures import Figure
from outages import Plan, compare
from progress import Steps
from ring import Routing

CYCLE = 0.2
TIMERS = "{transmit: 200ms, receive: 200ms, multiplier: 3}"
PLAN = Plan(
    "bench-ospf-bfd",
    Routing("ospf", f"bfd: on, bfd_timers: {TIMERS}, {OPTIONS}"),
    CYCLE,
    REST,
    ("link silent", "router killed"),
)


def seconds(runs: int) -> float:
    return 60 + 45 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    return compare(PLAN, runs, steps)
