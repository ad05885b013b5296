"""RIP in simulation: routers of ours in one process, from their common start until every table is right.

The graph is random and regular: each router has four links and a LAN of its own, so 1,000 routers have 3,000 networks,
and a whole table is 120 messages for each neighbour. Its longest way has 9 links, well below RIP's 15. The timers are
those of RFC 2453. Virtual seconds and messages depend on the seed alone; the wall time is the machine's.
A thousand routers take long, so they are done once, however many runs are asked for.
"""

from __future__ import annotations

import statistics

import networkx as nx
from figures import Figure, timed
from network import Network
from progress import Steps
from rip_world import build, oracle, table

FEW, MANY = 100, 1000
LINKS = 4
SEED = 1
STEP = 0.5
"""Virtual seconds between two looks at the tables."""
WITHIN = 120.0


def seconds(runs: int) -> float:
    return 220 + 2 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    return [*_converging(FEW, runs, steps), *_converging(MANY, 1, steps)]


def _converging(routers: int, runs: int, steps: Steps) -> list[Figure]:
    seconds = []
    for run in range(runs):
        steps.step(f"{routers:,} routers: run {run + 1} of {runs}")
        network = build(nx.random_regular_graph(LINKS, routers, seed=SEED), seed=SEED, reports=False)
        seconds.append(_seconds_until_converged(network))
    name = f"{routers:,} routers"
    return [
        Figure(f"{name}: wall time", statistics.median(seconds)),
        Figure(f"{name}: virtual time", network.now),
        Figure(f"{name}: messages", network.sent, unit=""),
    ]


def _seconds_until_converged(network: Network) -> float:
    """The wall time that the routers take, without that of looking at them. A table once right here stays so."""
    seconds = 0.0
    for name, right in oracle(network).items():
        while table(network, name) != right:
            assert network.now < WITHIN, f"{name}'s table is still wrong after {WITHIN} s"
            seconds += timed(lambda: network.run(STEP))
    return seconds
