"""Many routers of ours in one process, from their common start until every table is right.

The graph is random and regular: each router has as many links as another, and a LAN of its own. Virtual seconds and
messages depend on the seed alone; the wall time is the machine's. A thousand routers take long, so they are done once,
however many runs are asked for.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple

import networkx as nx
from figures import Figure, timed
from network import Network
from progress import Steps

__all__ = ["World", "converging"]

FEW, MANY = 100, 1000
SEED = 1
STEP = 0.5
"""Virtual seconds between two looks at the tables."""
WITHIN = 120.0


class World(NamedTuple):
    """How many links each router has, how the network of a graph is built, what some or all of its routers' tables
    should be, and what one is.
    """

    links: int
    build: Callable[[nx.Graph, int], Network]
    oracle: Callable[[Network], Mapping[str, object]]
    table: Callable[[Network, str], object]


def converging(world: World, runs: int, steps: Steps) -> list[Figure]:
    """A hundred routers, as often as is asked for, and a thousand."""
    return [*_converging(world, FEW, runs, steps), *_converging(world, MANY, 1, steps)]


def _converging(world: World, routers: int, runs: int, steps: Steps) -> list[Figure]:
    seconds = []
    for run in range(runs):
        steps.step(f"{routers:,} routers: run {run + 1} of {runs}")
        network = world.build(nx.random_regular_graph(world.links, routers, seed=SEED), SEED)
        seconds.append(_seconds_until_converged(world, network))
    name = f"{routers:,} routers"
    return [
        Figure(f"{name}: wall time", statistics.median(seconds)),
        Figure(f"{name}: virtual time", network.now),
        Figure(f"{name}: messages", network.sent, unit=""),
    ]


def _seconds_until_converged(world: World, network: Network) -> float:
    """The wall time that the routers take, without that of looking at them. A table once right here stays so."""
    seconds = 0.0
    for name, right in world.oracle(network).items():
        while world.table(network, name) != right:
            assert network.now < WITHIN, f"{name}'s table is still wrong after {WITHIN} s"
            seconds += timed(lambda: network.run(STEP))
    return seconds
