"""Sixty real routers in a random graph: from `up` until every kernel's table is right, and what they cost when idle.

Each router has three links, so there are 90 networks, and the longest way has 6 links or so. The timers are RFC 2453's.
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
from collections.abc import Mapping
from pathlib import Path

import networkx as nx
from bench_up import catenet
from figures import Figure, timed
from progress import Steps

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

COPY = "bench-sixty"
ROUTERS, LINKS, SEED = 60, 3, 1
IDLE = 30.0
TIMEOUT = 600
ASK = 20.0


def seconds(runs: int) -> float:
    return 60 + (runs + 1) // 2 * 90


def figures(runs: int, steps: Steps) -> list[Figure]:
    engine = connect()
    graph = nx.random_regular_graph(LINKS, ROUTERS, seed=SEED)
    steps.step("image")
    ensure_node_image(engine, NoProgress())  # a build is not what is measured
    assert nx.is_connected(graph), f"seed {SEED} gives a graph in parts"
    with tempfile.TemporaryDirectory() as folder:
        file = _write(graph, Path(folder))
        try:
            down(engine, COPY, NoProgress())
            seconds = []
            runs = (runs + 1) // 2
            for run in range(runs):
                steps.step(f"run {run + 1} of {runs}: up")
                before = _machines_memory()
                seconds.append(timed(lambda: catenet("up", str(file), "--name", COPY, "--timeout", str(TIMEOUT))))
                steps.found(f"up in {seconds[-1]:.1f} s")
                _check_kernels(engine, graph, load(file))
                if run < runs - 1:
                    down(engine, COPY, NoProgress())
            steps.step(f"idle for {IDLE:g} s")
            return [Figure("up until every kernel is right", statistics.median(seconds)), *_idle(engine, before)]
        finally:  # after Ctrl-C too
            down(engine, COPY, NoProgress())


def _write(graph: nx.Graph, folder: Path) -> Path:
    names = {edge: f"l{number}" for number, edge in enumerate(graph.edges)}
    lans = ", ".join(f"{name}: {{}}" for name in names.values())
    routers = "\n".join(
        f"  r{node}: {{lans: [{', '.join(name for edge, name in names.items() if node in edge)}], services: [rip]}}"
        for node in sorted(graph)
    )
    file = folder / "lab.yaml"
    file.write_text(f"name: sixty\nlans: {{{lans}}}\nnodes:\n{routers}\n")
    return file


def _check_kernels(engine: Engine, graph: nx.Graph, lab: Lab) -> None:
    """Every kernel reaches every network, by a neighbour that is nearest to it."""
    distances = dict(nx.all_pairs_shortest_path_length(graph))
    ends = {str(lab.lans[f"l{number}"].prefix): edge for number, edge in enumerate(graph.edges)}
    answers = ask_all(engine, _containers(engine), Question("show", {"what": "routes"}), ASK)
    for name, answer in answers.items():
        node = int(name.removeprefix("r"))
        learned = {prefix: edge for prefix, edge in ends.items() if node not in edge}
        hops = _next_hops(answer)
        assert hops.keys() == learned.keys(), f"{name}'s kernel: {len(hops)} networks of {len(learned)}"
        for prefix, edge in learned.items():
            nearest = min(distances[node][end] for end in edge)
            there = min(distances[hops[prefix]][end] for end in edge)
            assert graph.has_edge(node, hops[prefix]), f"{name} sends to {prefix} by r{hops[prefix]}, no neighbour"
            assert there == nearest - 1, f"{name} sends to {prefix} by r{hops[prefix]}, {there} away"


def _next_hops(answer: Answer) -> dict[str, int]:
    rows = answer.answer if isinstance(answer.answer, list) else []
    routes = [row for row in rows if isinstance(row, Mapping) and row.get("via")]
    return {str(row["prefix"]): int(str(row["node"]).removeprefix("r")) for row in routes}


def _idle(engine: Engine, before: int) -> list[Figure]:
    """Of a lab in which nothing happens. `before`: the machine's memory without it, in bytes."""
    used = before - _machines_memory()
    states = ask_all(engine, _containers(engine), Question("status"), ASK)
    memory = sum(each.answer["memory"] for each in states.values() if isinstance(each.answer, Mapping))
    began, spent = time.monotonic(), _processor_time(engine)
    time.sleep(IDLE)
    spent, waited = _processor_time(engine) - spent, time.monotonic() - began
    return [
        Figure("memory of the routers' processes", memory / 1e6, unit="MB"),
        Figure("memory that the machine has less", used / 1e6, unit="MB"),
        Figure(f"processor time of all, idle for {IDLE:g} s", spent * IDLE / waited),
        Figure("the same, of one core", 100 * spent / waited, unit="%"),
    ]


def _processor_time(engine: Engine) -> float:
    """Seconds that all routers' processes have spent so far. They have one thread each.

    The first word of schedstat (Documentation/scheduler/sched-stats) counts nanoseconds; the ticks of /proc/1/stat are
    longer than all that an idle router does in half a minute.
    """
    texts = [run_program(engine, each, ["cat", "/proc/1/schedstat"], ASK).stdout for each in _containers(engine)]
    return sum(int(text.split()[0]) for text in texts) / 1e9


def _machines_memory() -> int:
    """Bytes that programs can still have."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _containers(engine: Engine) -> list[Container]:
    return list(running_lab(engine, COPY).containers.values())
