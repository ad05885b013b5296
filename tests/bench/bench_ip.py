"""Our stack beside the kernel's: packets a second through a router, pings, and our name server's answers.

Each stack's node has one core, what sends and what receives the other one. The kernel passes a packet on where it came
in, so on the senders' core, and the node's stays idle: a ratio above 1 says only that ours has a core to itself.
Packets are sent faster than they can pass, those that arrive are counted by the device, and dropped before anything
else looks at them. Questions go over a LAN, by dnsperf.
"""

from __future__ import annotations

import os
import re
from functools import partial
from statistics import median

import docker
from bench_nameserver import ZONE, questions, rate, zone
from figures import Figure
from progress import Steps
from servers import MEASURED as ASKED
from servers import WARM, Servers, beside, servers
from traffic import MEASURED, Traffic, traffic

COPY = "bench-ip"
LEAST = 60_000
"""Packets a second that a router of ours is to pass on."""
_ECHOES = 500
_LAB = """\
lans:
  from-ours: {prefix: 10.0.1.0/24}
  to-ours: {prefix: 10.0.2.0/24}
  from-kernel: {prefix: 10.0.3.0/24}
  to-kernel: {prefix: 10.0.4.0/24}
nodes:
  ours: {lans: {from-ours: 10.0.1.1, to-ours: 10.0.2.1}, stack: userspace}
  kernel: {lans: {from-kernel: 10.0.3.1, to-kernel: 10.0.4.1}}
  before-ours: {lans: {from-ours: 10.0.1.2}}
  behind-ours: {lans: {to-ours: 10.0.2.2}}
  before-kernel: {lans: {from-kernel: 10.0.3.2}}
  behind-kernel: {lans: {to-kernel: 10.0.4.2}}
"""
_ROUTERS = {"ours": ("10.0.1.1", "10.0.2.2"), "kernel": ("10.0.3.1", "10.0.4.2")}
"""Each with its own address there, and whom it has behind it."""
_JOBS = {
    "packets of 64 octets": ("/s", True),
    "packets of 1,500 octets": ("/s", True),
    "ping through it": ("µs", False),
    "ping of itself": ("µs", False),
}
"""What is measured → its unit, and whether more of it is better."""
_SERVERS = f"""\
name: nameserver
lans: {{lan: {{prefix: 10.0.5.0/24}}}}
nodes:
  ours: {{lans: {{lan: 10.0.5.1}}, stack: userspace, services: {{nameserver: {{zones: [{ZONE}]}}}}}}
  kernel: {{lans: {{lan: 10.0.5.2}}, services: {{nameserver: {{zones: [{ZONE}]}}}}}}
  asker: {{lans: {{lan: 10.0.5.3}}}}
"""
_ADDRESSES = {"ours": "10.0.5.1", "kernel": "10.0.5.2"}


def seconds(runs: int) -> float:
    return 60 + runs * 2 * (2 * (MEASURED + 4) + 6 + WARM + ASKED + 3)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = {}
    costs: dict[str, list[float]] = {}
    steps.step("two routers")
    with traffic(COPY, _LAB) as nodes:
        _give_cores(nodes)
        for name in _ROUTERS:
            nodes.answer(f"behind-{name}")
        for run in range(runs):
            for name in ("ours", "kernel") if run % 2 == 0 else ("kernel", "ours"):
                steps.step(f"run {run + 1} of {runs}: {name}")
                measured, cost = _measure(nodes, name)
                for job, value in zip(_JOBS, measured, strict=True):
                    found.setdefault((job, name), []).append(value)
                if name == "ours":
                    for job, value in zip(_JOBS, cost, strict=False):
                        costs.setdefault(job, []).append(value)
                steps.found(f"{name}: {measured[0]:,.0f}/s, {measured[1]:,.0f}/s, {measured[2]:,.0f} µs")
    ours = {job: median(found[job, "ours"]) for job in _JOBS}
    return [
        *(Figure(job, ours[job], LEAST, unit="/s", more_is_better=True) for job in costs),
        *(
            Figure(job, ours[job], None, "the kernel", median(found[job, "kernel"]), unit, more)
            for job, (unit, more) in _JOBS.items()
        ),
        *(Figure(f"{job}, time each", median(values), unit="µs") for job, values in costs.items()),
        *_answers(runs, steps),
    ]


def _measure(nodes: Traffic, name: str) -> tuple[list[float], list[float]]:
    """The jobs, and what a packet of the first two costs the process that is the router."""
    own, behind = _ROUTERS[name]
    passed = [
        nodes.datagrams(
            f"before-{name}",
            f"behind-{name}",
            behind,
            lambda: nodes.processor_time(name, "/proc/1/stat"),
            flows=0,
            octets=octets,
        )
        for octets in (64 - 28, 1500 - 28)
    ]
    echoes = [_ping(nodes, f"before-{name}", address) for address in (behind, own)]
    return [*(rate for rate, _ in passed), *echoes], [cost for _, cost in passed]


def _ping(nodes: Traffic, sender: str, address: str) -> float:
    """Microseconds there and back, the median."""
    said = nodes.run(sender, "ping", "-n", "-i", "0.002", "-c", str(_ECHOES), address)
    times = [float(each) for each in re.findall(r"time=([\d.]+) ms", said)]
    if len(times) < _ECHOES * 0.99:
        raise RuntimeError(f"of {_ECHOES} echoes of {address} {len(times)} came back")
    return median(times) * 1000


def _answers(runs: int, steps: Steps) -> list[Figure]:
    """Of the name server, on either stack."""
    files = {"lab.yaml": _SERVERS, f"zones/{ZONE}.zone": zone(), "questions": questions()}
    with servers(files, steps) as all_:
        for name in _ADDRESSES:
            all_.give_core(name)
        all_.ask_from("asker")
        names = {"ours": "ours", "kernel": "the kernel's stack"}
        measure = partial(_rate, all_)
        return beside("answers of our name server", measure, names, runs, steps, aim=None)


def _rate(all_: Servers, name: str) -> float:
    return rate(all_, "asker", _ADDRESSES[name])


def _give_cores(nodes: Traffic) -> None:
    """Each router has one, all others another."""
    cores = sorted(os.sched_getaffinity(0))
    api = docker.from_env(version="auto").api
    for node, container in nodes.nodes.items():
        api.update_container(container.name, cpuset_cpus=str(cores[0] if node in _ROUTERS else cores[-1]))
    api.close()
