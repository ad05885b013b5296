"""Many real routers in a random graph: from `up` until every kernel's table is right, and what they cost when idle.

The seconds are those of the whole command, which returns when every router knows every network at its shortest cost;
then every kernel's next hops are compared with networkx's shortest paths. Memory is told twice: what the routers'
processes take (proportional set size), and what the machine has less of, engine and kernel included. Processor time is
that of the routers' processes alone, over half a minute in which nothing happens. Since a start takes long, there are
half as many as runs are asked for.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import networkx as nx
from bench_up import catenet
from figures import Figure, timed
from progress import Steps

from catenet.nodes.control.answers import kernel_routes
from catenet.nodes.control.fields import read
from catenet.nodes.control.questions import Answer, Question
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import running_lab

__all__ = ["TIMEOUT", "Crowd", "cost_of", "seconds_of", "write"]

IDLE = 30.0
TIMEOUT = 900
"""Seconds in which all must be right."""
ASK = 30.0


class Crowd(NamedTuple):
    """Routers with so many links each that speak `service` with the lab's `defaults` for it. `aim`: the most that they
    may take of one core when idle, all together, in percent. `every_way`: a kernel has all shortest ways, and not one.
    """

    copy: str
    service: str
    routers: int
    defaults: Callable[[Sequence[str]], str] = lambda lans: ""
    every_way: bool = False
    aim: float | None = None
    links: int = 3
    seed: int = 1


def seconds_of(crowd: Crowd, runs: int) -> float:
    """How long that takes."""
    return 60 + (runs + 1) // 2 * 1.5 * crowd.routers


def cost_of(crowd: Crowd, runs: int, steps: Steps) -> list[Figure]:
    """Seconds, memory, processor time."""
    engine, copy = connect(), crowd.copy
    graph = nx.random_regular_graph(crowd.links, crowd.routers, seed=crowd.seed)
    steps.step("image")
    ensure_node_image(engine, NoProgress())  # a build is not what is measured
    assert nx.is_connected(graph), f"seed {crowd.seed} gives a graph in parts"
    with tempfile.TemporaryDirectory() as folder:
        file = write(crowd, graph, Path(folder))
        try:
            down(engine, copy, NoProgress())
            seconds = []
            runs = (runs + 1) // 2
            for run in range(runs):
                steps.step(f"run {run + 1} of {runs}: up")
                before = _machines_memory()
                seconds.append(timed(lambda: catenet("up", str(file), "--name", copy, "--timeout", str(TIMEOUT))))
                steps.found(f"up in {seconds[-1]:.1f} s")
                _check_kernels(engine, crowd, graph, load(file))
                if run < runs - 1:
                    down(engine, copy, NoProgress())
            steps.step(f"idle for {IDLE:g} s")
            return [Figure("up until every kernel is right", statistics.median(seconds)), *_idle(engine, crowd, before)]
        finally:  # after Ctrl-C too
            down(engine, copy, NoProgress())


def write(crowd: Crowd, graph: nx.Graph, folder: Path) -> Path:
    """The lab's file, with a LAN for each edge."""
    names = {edge: f"l{number}" for number, edge in enumerate(graph.edges)}
    routers = "\n".join(
        f"  r{node}: {{lans: [{', '.join(name for edge, name in names.items() if node in edge)}], "
        f"services: [{crowd.service}]}}"
        for node in sorted(graph)
    )
    options = crowd.defaults([*names.values()])
    defaults = f"defaults: {{{crowd.service}: {{{options}}}}}\n" if options else ""
    lans = ", ".join(f"{name}: {{}}" for name in names.values())
    file = folder / "lab.yaml"
    file.write_text(f"name: {crowd.copy}\nlans: {{{lans}}}\n{defaults}nodes:\n{routers}\n")
    return file


def _check_kernels(engine: Engine, crowd: Crowd, graph: nx.Graph, lab: Lab) -> None:
    """Every kernel reaches every network, by neighbours that are nearest to it: by one, or by all of them."""
    distances = dict(nx.all_pairs_shortest_path_length(graph))
    ends = {str(lab.lans[f"l{number}"].prefix): edge for number, edge in enumerate(graph.edges)}
    answers = ask_all(engine, _containers(engine, crowd.copy), Question("show", {"what": "routes"}), ASK)
    for name, answer in answers.items():
        node = int(name.removeprefix("r"))
        learned = {prefix: edge for prefix, edge in ends.items() if node not in edge}
        hops = _next_hops(answer)
        assert hops.keys() == learned.keys(), f"{name}'s kernel: {len(hops)} networks of {len(learned)}"
        for prefix, edge in learned.items():
            away = {each: min(distances[each][end] for end in edge) for each in graph[node]}
            nearest = {each for each, there in away.items() if there == min(away.values())}
            found, wanted = (", ".join(f"r{each}" for each in sorted(some)) for some in (hops[prefix], nearest))
            right = hops[prefix] == nearest if crowd.every_way else hops[prefix] <= nearest
            assert right, f"{name} sends to {prefix} by {found}, and the nearest are {wanted}"


def _next_hops(answer: Answer) -> dict[str, set[int]]:
    """Network → the neighbours by which the kernel sends there."""
    found: dict[str, set[int]] = {}
    for route in read(answer, kernel_routes):
        if route.via is not None:
            found.setdefault(route.prefix, set()).add(int(str(route.node).removeprefix("r")))
    return found


def _idle(engine: Engine, crowd: Crowd, before: int) -> list[Figure]:
    """Of a lab in which nothing happens. `before`: the machine's memory without it, in bytes."""
    used = before - _machines_memory()
    states = ask_all(engine, _containers(engine, crowd.copy), Question("status"), ASK)
    memory = sum(each.answer["memory"] for each in states.values() if isinstance(each.answer, Mapping))
    began, spent = time.monotonic(), _processor_time(engine, crowd.copy)
    time.sleep(IDLE)
    spent, waited = _processor_time(engine, crowd.copy) - spent, time.monotonic() - began
    return [
        Figure("memory of the routers' processes", memory / 1e6, unit="MB"),
        Figure("memory that the machine has less", used / 1e6, unit="MB"),
        Figure(f"processor time of all, idle for {IDLE:g} s", spent * IDLE / waited),
        Figure("the same, of one core", 100 * spent / waited, crowd.aim, unit="%"),
    ]


def _processor_time(engine: Engine, copy: str) -> float:
    """Seconds that all routers' processes have spent so far. They have one thread each.

    The first word of schedstat (Documentation/scheduler/sched-stats) counts nanoseconds; the ticks of /proc/1/stat are
    longer than all that an idle router does in half a minute.
    """
    texts = [run_program(engine, each, ["cat", "/proc/1/schedstat"], ASK).stdout for each in _containers(engine, copy)]
    return sum(int(text.split()[0]) for text in texts) / 1e9


def _machines_memory() -> int:
    """Bytes that programs can still have."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _containers(engine: Engine, copy: str) -> list[Container]:
    return list(running_lab(engine, copy).containers.values())
