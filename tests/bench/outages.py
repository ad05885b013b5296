"""Rings of six routers, ours, FRR's and BIRD's, broken and mended at the same moments: for how long packets are lost.

Probes go from one end to the other and back, one a millisecond; an outage is the time for which they are lost, from the
sending of the last one that is answered to that of the next. A link on their way is cut (down at both ends), or goes
silent (the carrier stays), or a router on their way is killed; and each is mended again: then what counts is when they
go the shortest way again. The three rings run at the same time, and are broken at the same moment, so that a busy
machine slows all alike. A cold start, all of a ring's routers together, is work for the machine, so there each ring has
its turn.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from figures import Figure
from progress import Steps
from ring import FAULTS, Mended, Ring, Routing

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.progress import NoProgress

__all__ = ["MAKES", "Plan", "compare"]

COLD = "all started"
MAKES = {"ours": "catenet", "FRR": "frr", "BIRD": "bird"}
Value = TypeVar("Value", float, Mended)

Seconds = dict[str, dict[str, list[float]]]
"""What happened → whose ring → seconds, one for each run."""


class Plan(NamedTuple):
    """What is compared. `cycle`: seconds between two messages of a router: the moments of the faults are spread evenly
    over it from round to round, so that no ring is favoured by what its routers were about to say. `rest`: seconds
    before each of them, in which all rings can be told of it, on a busy machine too, and the routers may speak of the
    next thing again. `mending`: what comes of the end of a fault counts, too.
    """

    copy: str
    routing: Routing
    cycle: float
    rest: float = 1.0
    faults: Sequence[str] = tuple(FAULTS)
    mending: bool = False
    cold_starts: bool = False

    def moment(self, number: int, runs: int) -> float:
        """When a fault of that round happens, in seconds since 1970."""
        soon = time.time() + self.rest
        return soon + (self.cycle * number / runs - soon) % self.cycle


def compare(plan: Plan, runs: int, steps: Steps) -> list[Figure]:
    """Medians over the runs, ours beside each other one's."""
    found: Seconds = {}
    told: Seconds = {}
    with _rings(plan, steps) as rings:
        for number in range(runs):
            for what in plan.faults:
                steps.step(f"run {number + 1} of {runs}: {what}")
                at = plan.moment(number, runs)
                steps.found(_note(found, what, _at_once(rings, lambda ring, what=what, at=at: ring.break_it(what, at))))
                at = plan.moment(number, runs)
                mended = _at_once(rings, lambda ring, what=what, at=at: ring.mend(what, at))
                back = {make: each.back for make, each in mended.items()}
                steps.found(_note(found if plan.mending else told, f"{what}, mended: the shortest way", back))
                _note(told, f"{what}, mended: lost", {make: each.lost for make, each in mended.items()})
            if plan.cold_starts:
                steps.step(f"run {number + 1} of {runs}: {COLD}")
                steps.found(_note(found, COLD, {make: ring.cold_start() for make, ring in rings.items()}))
    return [*_beside(found), *_alone(told)]


def _beside(found: Seconds) -> list[Figure]:
    return [
        Figure(what, statistics.median(seconds["ours"]), 1.0, make, statistics.median(seconds[make]))
        for what, seconds in found.items()
        for make in seconds
        if make != "ours"
    ]


def _alone(told: Seconds) -> list[Figure]:
    return [
        Figure(f"{what}: {make}", statistics.median(seconds[make]))
        for what, seconds in told.items()
        for make in seconds
    ]


@contextmanager
def _rings(plan: Plan, steps: Steps) -> Iterator[dict[str, Ring]]:
    """They are removed in any case."""
    engine = connect()
    copies = {make: f"{plan.copy}-{word}" for make, word in MAKES.items()}
    with tempfile.TemporaryDirectory() as folder:
        rings = {make: Ring(engine, copies[make], word, plan.routing, Path(folder)) for make, word in MAKES.items()}
        try:
            for copy in copies.values():
                down(engine, copy, NoProgress())
            for make, ring in rings.items():
                steps.step(f"a ring of {make}")
                ring.up()
            for ring in rings.values():
                ring.start_probes()
                ring.settle()
            yield rings
        finally:
            for ring in rings.values():
                ring.end_probes()
            for copy in copies.values():
                down(engine, copy, NoProgress())


def _at_once(rings: Mapping[str, Ring], do: Callable[[Ring], Value]) -> dict[str, Value]:
    """To all rings; it is over when it is over for the slowest."""
    pool = ThreadPoolExecutor(len(rings))
    try:
        return dict(zip(rings, pool.map(do, rings.values()), strict=True))
    finally:  # after Ctrl-C the rings are removed at once
        pool.shutdown(wait=False, cancel_futures=True)


def _note(seconds: Seconds, what: str, of: Mapping[str, float]) -> str:
    """Returns what to say of it."""
    for make, value in of.items():
        seconds.setdefault(what, {}).setdefault(make, []).append(value)
    return f"{what}: {', '.join(f'{make} {value:.3f} s' for make, value in of.items())}"
