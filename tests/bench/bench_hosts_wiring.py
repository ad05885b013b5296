"""LANs as segments over one network (`wiring: vxlan`), beside a bridge network each: up, down, round trips, goodput.

Whole commands, as a user types them, of a ring of forty nodes without routing. Then a datagram there and back, a
connection and datagrams of 64 octets between two nodes on one LAN, on a copy of each wiring. Runs alternate.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench_up import ring
from beside import Beside
from crowd import TIMEOUT
from figures import Figure
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


def seconds(runs: int) -> float:
    return 60 + runs * 80 + runs * 2 * (2 * MEASURED + 6)


def figures(runs: int, steps: Steps) -> list[Figure]:
    wirings = up_and_down("a ring of 40 nodes", lambda folder: ring(folder).file, runs, steps)
    _carry(runs, steps, wirings)
    return compared(wirings)


def up_and_down(what: str, write: Callable[[Path], Path | None], runs: int, steps: Steps) -> Beside:
    """A lab, whose file is written into a folder, so often by each wiring. Its copy is `COPY`."""
    engine = connect()
    steps.step("image")
    ensure_node_image(engine, NoProgress())  # a build is not what is measured
    wirings = Beside(steps, WIRINGS, _JOBS)
    try:
        down(engine, COPY, NoProgress())
        with tempfile.TemporaryDirectory() as folder:
            file = str(write(Path(folder)))
            for wiring in wirings.in_turn(what, runs):
                up = (file, "--name", COPY, "--wiring", wiring, "--timeout", str(TIMEOUT))
                wirings.up_and_down(what, wiring, up, (COPY,))
    finally:  # after Ctrl-C too
        down(engine, COPY, NoProgress())
    return wirings


def compared(wirings: Beside) -> list[Figure]:
    """Segments beside bridges."""
    return wirings.figures("vxlan", "bridge", "a network each")


def _carry(runs: int, steps: Steps, wirings: Beside) -> None:
    """What two nodes get through a LAN."""
    steps.step("a LAN of each wiring")
    with ExitStack() as stack:
        pairs = {
            wiring: stack.enter_context(traffic(f"{COPY}-{wiring}", f"wiring: {wiring}\n{_PAIR}")) for wiring in WIRINGS
        }
        for pair in pairs.values():
            pair.answer("n2")
        for wiring in wirings.in_turn("traffic", runs):
            for job, value in zip(_JOBS, _measure(pairs[wiring]), strict=True):
                wirings.note(job, wiring, value)


def _measure(pair: Traffic) -> tuple[float, float, float]:
    """The jobs."""
    delay = pair.delay("n1", _PEER, times=ROUND_TRIPS, octets=_OCTETS)
    frames, _ = pair.datagrams("n1", "n2", _PEER, lambda: 0.0, flows=1, octets=_OCTETS)
    return delay, pair.connection("n1", _PEER), frames
