"""A hundred RIP routers on 150 LANs, as segments over one network and as a bridge network each: up and down.

Whole commands, as a user types them; `up` returns when routing has converged. It takes minutes, so there are half as
many runs as are asked for.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import networkx as nx
from bench_hosts_wiring import COPY, WIRINGS, Found, compared, up_and_down
from crowd import Crowd, write
from figures import Figure
from progress import Steps

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

CROWD = Crowd(COPY, "rip", 100)


def seconds(runs: int) -> float:
    return 30 + (runs + 1) // 2 * 2 * 200


def figures(runs: int, steps: Steps) -> list[Figure]:
    engine = connect()
    steps.step("image")
    ensure_node_image(engine, NoProgress())  # a build is not what is measured
    found: Found = {}
    try:
        down(engine, COPY, NoProgress())
        with tempfile.TemporaryDirectory() as folder:
            graph = nx.random_regular_graph(CROWD.links, CROWD.routers, seed=CROWD.seed)
            file = write(CROWD, graph, Path(folder))
            for run in range((runs + 1) // 2):
                for wiring in WIRINGS:
                    steps.step(f"a hundred routers, {wiring}, run {run + 1} of {(runs + 1) // 2}")
                    up_and_down("100 routers", file, wiring, found, steps)
    finally:  # after Ctrl-C too
        down(engine, COPY, NoProgress())
    return compared(found)
