"""Outage over a ring of six routers: ours, FRR's, BIRD's, with the same timers (5, 15 and 10 s).

Probes go from one end to the other and back, one a millisecond; an outage is the time for which they are lost, from the
sending of the last one that is answered to that of the next. A link on their way is cut (down at both ends), or goes
silent (the carrier stays), or a router on their way is killed; and each is mended again (told for orientation).

The three rings run at the same time, and are broken at the same moment, so that a busy machine slows all alike. How
long a silent loss lasts depends on when it falls in the update cycle: the timeout counts from the last update that was
heard, up to 5 s ago. Each ring has a cycle of its own, with jitter; the moments of the faults are spread evenly over
one cycle from round to round, on top of whatever time the convergence before took, so no ring is favoured. The median
over three rounds is therefore good to a second or two, over twelve (--runs 12) to half a second.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

from figures import Figure
from progress import Steps
from ring import FAULTS, Ring

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.progress import NoProgress

COPY = "bench-outage"
MAKES = {"ours": "catenet", "FRR": "frr", "BIRD": "bird"}
CYCLE = 5.0
SEED = 5

Outages = dict[tuple[str, str], list[float]]
"""(What happened, whose ring) → seconds, one for each run."""


def seconds(runs: int) -> float:
    return 60 + 85 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    broken: Outages = {}
    mended: Outages = {}
    random = Random(SEED)
    with _rings(steps) as rings:
        for number in range(runs):
            for what in FAULTS:
                steps.step(f"run {number + 1} of {runs}: {what}")
                time.sleep(CYCLE * (number + random.random()) / runs)
                steps.found(_note(broken, what, rings, lambda ring, what=what: ring.break_it(what)))
                steps.found(_note(mended, f"{what}, mended", rings, lambda ring, what=what: ring.mend(what)))
    compared = [
        Figure(what, _median(broken, what, "ours"), 1.0, make, _median(broken, what, make))
        for what in FAULTS
        for make in MAKES
        if make != "ours"
    ]
    told = [Figure(f"{what}: {make}", _median(mended, what, make)) for what, make in mended]
    return compared + told


@contextmanager
def _rings(steps: Steps) -> Iterator[dict[str, Ring]]:
    """They are removed in any case."""
    engine = connect()
    copies = {make: f"{COPY}-{word}" for make, word in MAKES.items()}
    with tempfile.TemporaryDirectory() as folder:
        rings = {make: Ring(engine, copies[make], word, Path(folder)) for make, word in MAKES.items()}
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


def _note(outages: Outages, what: str, rings: dict[str, Ring], do: Callable[[Ring], float]) -> str:
    """To all rings at once; it is over when it is over for the slowest. Returns what to say of it."""
    pool = ThreadPoolExecutor(len(rings))
    try:
        for make, seconds in zip(rings, pool.map(do, rings.values()), strict=True):
            outages.setdefault((what, make), []).append(seconds)
    finally:  # after Ctrl-C the rings are removed at once
        pool.shutdown(wait=False, cancel_futures=True)
    said = ", ".join(f"{make} {outages[what, make][-1]:.3f} s" for make in rings)
    return f"{what}: {said}"


def _median(outages: Outages, what: str, make: str) -> float:
    return statistics.median(outages[what, make])
