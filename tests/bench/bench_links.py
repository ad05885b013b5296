"""A bad LAN: frames that pass the emulator of impairments, a connection through it, and what it adds to a delay.

Two nodes on a LAN that the lab file impairs, two on one that is well, all on one machine. Frames are sent faster than
they can pass, and those that arrive are counted by the device. Where the kernel has sch_netem, it is that which is
measured.
"""

from __future__ import annotations

from statistics import median

from figures import Figure
from progress import Steps
from traffic import MEASURED, Traffic, traffic

from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.operations.verbs import do, options_of

COPY = "bench-links"
ROUND_TRIPS = 500
_OCTETS = 22
"""Of a datagram, whose frame then has 64."""
_LAB = """\
lans: {bad: {prefix: 10.0.1.0/24}, well: {prefix: 10.0.2.0/24}}
nodes: {bad1: {lans: [bad]}, bad2: {lans: [bad]}, well1: {lans: [well]}, well2: {lans: [well]}}
impairments: {bad: {delay: 1ms}}
"""
_PEERS = {"bad": "10.0.1.2", "well": "10.0.2.2"}
_EMULATOR = "/proc/$(pgrep -f runtime.[e]mulator || echo no)/stat"
_JOBS = {
    "frames of 64 octets": ("/s", True),
    "a connection, 20 ms each way": ("MB/s", True),
    "beyond 1 ms each way, there and back": ("µs", False),
}
"""What is measured → its unit, and whether more of it is better."""


def seconds(runs: int) -> float:
    return 15 + runs * 2 * (2 * MEASURED + 6)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = {}
    costs: list[float] = []
    steps.step("two LANs")
    with traffic(COPY, _LAB) as lans:
        for name in _PEERS:
            lans.answer(f"{name}2")
        for run in range(runs):
            for name in ("bad", "well") if run % 2 == 0 else ("well", "bad"):
                steps.step(f"run {run + 1} of {runs}: {name}")
                *measured, cost = _measure(lans, name)
                costs += [cost] if name == "bad" else []
                for job, value in zip(_JOBS, measured, strict=True):
                    found.setdefault((job, name), []).append(value)
                steps.found(f"{name}: {measured[0]:,.0f}/s, {measured[1]:,.0f} MB/s, {measured[2]:,.0f} µs")
    compared = [
        Figure(job, median(found[job, "bad"]), None, "a LAN that is well", median(found[job, "well"]), unit, more)
        for job, (unit, more) in _JOBS.items()
    ]
    return [*compared, Figure("processor time of the emulator for a frame", median(costs), unit="µs")]


def _measure(lans: Traffic, name: str) -> tuple[float, float, float, float]:
    """The jobs, and what a frame costs the emulator in the node that sends; 0: there is none."""
    sender, receiver, address = f"{name}1", f"{name}2", _PEERS[name]
    delay = lans.delay(sender, address, times=ROUND_TRIPS, octets=_OCTETS) - (2000 if name == "bad" else 0)
    frames, cost = lans.datagrams(
        sender, receiver, address, lambda: lans.processor_time(sender, _EMULATOR), flows=1, octets=_OCTETS
    )
    _suffer(lans, name, "20ms")  # that of a real one, for the time of it
    try:
        connection = lans.connection(sender, address)
    finally:
        _suffer(lans, name, "1ms")
    return frames, connection, delay, cost


def _suffer(lans: Traffic, name: str, delay: str) -> None:
    if name == "bad":
        do(lans.engine, running_lab(lans.engine, COPY), "impair", name, options_of("impair", {"delay": delay}))
