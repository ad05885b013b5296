"""LANs as segments over one network (`wiring: vxlan`), beside a bridge network each: up, down, round trips, goodput.

Whole commands, as a user types them, of a ring of forty nodes without routing. Then a datagram there and back, a
connection and datagrams of 64 octets between two nodes on one LAN, on a copy of each wiring. Runs alternate.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from bench_up import catenet, ring
from crowd import TIMEOUT
from figures import Figure, timed
from progress import Steps
from traffic import MEASURED, Traffic, traffic

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

COPY = "bench-wiring"
WIRINGS = ("bridge", "vxlan")
ROUND_TRIPS = 2000
_OCTETS = 22
"""Of a datagram, whose frame then has 64."""
_PAIR = "lans: {lan: {prefix: 10.0.1.0/24}}\nnodes: {n1: {lans: [lan]}, n2: {lans: [lan]}}\n"
_PEER = "10.0.1.2"
_JOBS = {
    "a datagram there and back": ("µs", False),
    "a connection": ("MB/s", True),
    "frames of 64 octets": ("/s", True),
}
"""What is measured → its unit, and whether more of it is better."""


Found = dict[str, dict[str, list[float]]]
"""Job → wiring → what each run took, or gave."""


def seconds(runs: int) -> float:
    return 60 + runs * 80 + runs * 2 * (2 * MEASURED + 6)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found = up_and_down("a ring of 40 nodes", lambda folder: ring(folder).file, runs, steps)
    _carry(runs, steps, found)
    return compared(found)


def up_and_down(what: str, write: Callable[[Path], Path | None], runs: int, steps: Steps) -> Found:
    """A lab, whose file is written into a folder, so often by each wiring. Its copy is `COPY`."""
    engine = connect()
    steps.step("image")
    ensure_node_image(engine, NoProgress())  # a build is not what is measured
    found: Found = {}
    try:
        down(engine, COPY, NoProgress())
        with tempfile.TemporaryDirectory() as folder:
            file = write(Path(folder))
            for run in range(runs):
                for wiring in _in_turn(run):
                    steps.step(f"{what}, {wiring}, run {run + 1} of {runs}")
                    _once(what, file, wiring, found, steps)
    finally:  # after Ctrl-C too
        down(engine, COPY, NoProgress())
    return found


def compared(found: Found) -> list[Figure]:
    """The medians, segments beside bridges."""
    units = {**dict.fromkeys(found, ("s", False)), **_JOBS}
    return [
        Figure(job, median(each["vxlan"]), None, "a network each", median(each["bridge"]), *units[job])
        for job, each in found.items()
    ]


def _in_turn(run: int) -> tuple[str, ...]:
    return WIRINGS if run % 2 == 0 else WIRINGS[::-1]


def _once(what: str, file: Path | None, wiring: str, found: Found, steps: Steps) -> None:
    up = ("up", str(file), "--name", COPY, "--wiring", wiring, "--timeout", str(TIMEOUT))
    for verb, command in (("up", up), ("down", ("down", COPY))):
        took = timed(partial(catenet, *command))
        steps.found(f"{verb} of {what}, {wiring}: {took:.1f} s")
        found.setdefault(f"{verb} of {what}", {}).setdefault(wiring, []).append(took)


def _carry(runs: int, steps: Steps, found: Found) -> None:
    """What two nodes get through a LAN."""
    steps.step("a LAN of each wiring")
    with ExitStack() as stack:
        pairs = {
            wiring: stack.enter_context(traffic(f"{COPY}-{wiring}", f"wiring: {wiring}\n{_PAIR}")) for wiring in WIRINGS
        }
        for pair in pairs.values():
            pair.answer("n2")
        for run in range(runs):
            for wiring in _in_turn(run):
                steps.step(f"traffic, {wiring}, run {run + 1} of {runs}")
                for job, value in zip(_JOBS, _measure(pairs[wiring]), strict=True):
                    steps.found(f"{job}, {wiring}: {value:,.1f} {_JOBS[job][0]}")
                    found.setdefault(job, {}).setdefault(wiring, []).append(value)


def _measure(pair: Traffic) -> tuple[float, float, float]:
    """The jobs."""
    delay = pair.delay("n1", _PEER, times=ROUND_TRIPS, octets=_OCTETS)
    frames, _ = pair.datagrams("n1", "n2", _PEER, lambda: 0.0, flows=1, octets=_OCTETS)
    return delay, pair.connection("n1", _PEER), frames
