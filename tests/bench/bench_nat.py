"""Packets through our translator, beside the kernel's (iptables' MASQUERADE): datagrams, a connection, and the delay.

Between a home and one host outside stands `ours`, between another home and the same host `kernel`, a node that forwards
and has the one rule. Ours has one core, what sends and what receives the other; the kernel translates on whichever core
a packet came by. Datagrams are sent faster than either can take them, and those that arrive are counted by the device.
"""

from __future__ import annotations

import os
from statistics import median

import docker
from figures import Figure
from progress import Steps
from traffic import MEASURED, Traffic, traffic

COPY = "bench-nat"
FLOWS, ROUND_TRIPS = 100, 3000
_OCTETS = 36
"""Of a datagram, whose packet then has 64."""
_SERVER = "203.0.113.80"
_LAB = f"""\
lans:
  outside: {{prefix: 203.0.113.0/24}}
  home-ours: {{prefix: 192.168.1.0/24}}
  home-kernel: {{prefix: 192.168.2.0/24}}
nodes:
  server: {{lans: {{outside: {_SERVER}}}, gateway: kernel}}
  ours: {{lans: {{outside: 203.0.113.1, home-ours: 192.168.1.1}}, services: {{nat: {{outside: outside}}}}}}
  kernel: {{lans: {{outside: 203.0.113.2, home-kernel: 192.168.2.1}}}}
  behind-ours: {{lans: [home-ours]}}
  behind-kernel: {{lans: [home-kernel]}}
"""
_MASQUERADE = "-t nat -A POSTROUTING -s 192.168.2.0/24 -d 203.0.113.0/24 -j MASQUERADE"
_JOBS = {
    f"datagrams of 64 bytes, {FLOWS} flows": ("/s", True),
    "a connection": ("MB/s", True),
    "a datagram there and back": ("µs", False),
}
"""What is measured → its unit, and whether more of it is better."""


def seconds(runs: int) -> float:
    return 30 + runs * 2 * (2 * MEASURED + 8)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = {}
    costs: list[float] = []
    steps.step("two homes")
    with traffic(COPY, _LAB) as homes:
        _give_cores(homes)
        homes.run("kernel", "iptables", *_MASQUERADE.split())
        homes.answer("server")
        for run in range(runs):
            for name in ("ours", "kernel") if run % 2 == 0 else ("kernel", "ours"):
                steps.step(f"run {run + 1} of {runs}: {name}")
                *measured, cost = _measure(homes, f"behind-{name}")
                costs += [cost] if name == "ours" else []
                for job, value in zip(_JOBS, measured, strict=True):
                    found.setdefault((job, name), []).append(value)
                steps.found(f"{name}: {measured[0]:,.0f}/s, {measured[1]:,.0f} MB/s, {measured[2]:,.0f} µs")
    compared = [
        Figure(job, median(found[job, "ours"]), None, "MASQUERADE", median(found[job, "kernel"]), unit, more)
        for job, (unit, more) in _JOBS.items()
    ]
    return [*compared, Figure("processor time of ours for a datagram", median(costs), unit="µs")]


def _give_cores(homes: Traffic) -> None:
    """Ours has one, all others another."""
    cores = sorted(os.sched_getaffinity(0))
    api = docker.from_env(version="auto").api
    for node, container in homes.nodes.items():
        api.update_container(container.name, cpuset_cpus=str(cores[0] if node == "ours" else cores[-1]))
    api.close()


def _measure(homes: Traffic, sender: str) -> tuple[float, float, float, float]:
    """The jobs, and what a datagram costs the process in which ours translates."""
    datagrams, cost = homes.datagrams(
        sender,
        "server",
        _SERVER,
        lambda: homes.processor_time("ours", "/proc/1/stat"),
        flows=FLOWS,
        octets=_OCTETS,
    )
    delay = homes.delay(sender, _SERVER, times=ROUND_TRIPS, octets=_OCTETS)
    return datagrams, homes.connection(sender, _SERVER), delay, cost
