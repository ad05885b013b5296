"""RIP in simulation: routers of ours in one process, from their common start until every table is right.

How it is measured says simulated.py. Each router has four links, so 1,000 routers have 3,000 networks, and a whole
table is 120 messages for each neighbour; the longest way has 9 links, well below RIP's 15. The timers are those of RFC
2453.
"""

from __future__ import annotations

import networkx as nx
from figures import Figure
from network import Network
from progress import Steps
from rip_world import build, oracle, table
from simulated import World, converging

LINKS = 4


def _build(graph: nx.Graph, seed: int) -> Network:
    return build(graph, seed=seed, reports=False)


def seconds(runs: int) -> float:
    return 220 + 2 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    return converging(World(LINKS, _build, oracle, table), runs, steps)
