"""Outage over a ring of six routers that speak RIP: ours, FRR's, BIRD's, with the same timers (5, 15 and 10 s).

How it is measured says outages.py. How long a silent loss lasts depends on when it falls in the update cycle: the
timeout counts from the last update that was heard, up to 5 s ago. Each ring has a cycle of its own, with jitter; the
moments of the faults are spread evenly over one cycle from round to round, on top of whatever time the convergence
before took. The median over three rounds is therefore good to a second or two, over twelve (--runs 12) to half a
second. What happens when a fault ends is told for orientation.
"""

from __future__ import annotations

from figures import Figure
from outages import Plan, compare
from progress import Steps
from ring import Routing

TIMERS = "update: 5s, timeout: 15s, garbage: 10s"  # 5 s is the least that FRR takes
PLAN = Plan("bench-outage", Routing("rip", TIMERS), cycle=5.0)


def seconds(runs: int) -> float:
    return 60 + 85 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    return compare(PLAN, runs, steps)
