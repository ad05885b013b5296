"""A hundred RIP routers on 150 LANs, as segments over one network and as a bridge network each: up and down.

Whole commands, as a user types them; `up` returns when routing has converged. It takes minutes, so there are half as
many runs as are asked for.
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx
from bench_hosts_wiring import COPY, compared, up_and_down
from crowd import Crowd, write
from figures import Figure
from progress import Steps

CROWD = Crowd(COPY, "rip", 100)


def seconds(runs: int) -> float:
    return 30 + (runs + 1) // 2 * 2 * 200


def figures(runs: int, steps: Steps) -> list[Figure]:
    return compared(up_and_down("100 routers", _written, (runs + 1) // 2, steps))


def _written(folder: Path) -> Path:
    graph = nx.random_regular_graph(CROWD.links, CROWD.routers, seed=CROWD.seed)
    return write(CROWD, graph, folder)
