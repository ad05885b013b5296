"""Networks of RIP routers for the tests here, and what their tables should be, by networkx."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import networkx as nx
from network import Network
from router_world import names_in, place_routers

from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.machine import Wants, always

UNREACHABLE = 16


def build(
    graph: nx.Graph,
    options: RipOptions | None = None,
    seed: int = 1,
    *,
    record: bool = False,
    reports: bool = True,
    own_lans: bool = True,
) -> Network:
    """A router for each vertex, with a LAN of its own unless told otherwise, and a link for each edge."""
    lans = {f"lan-{vertex}": [str(vertex)] for vertex in graph} if own_lans else {}
    lans |= {link(*ends): [str(end) for end in ends] for ends in graph.edges}
    chosen = options or RipOptions()
    return build_lans(lans, lambda router: chosen, seed, record=record, reports=reports)


def build_lans(
    lans: Mapping[str, Sequence[str]],
    options_of: Callable[[str], RipOptions],
    seed: int = 1,
    *,
    record: bool = False,
    reports: bool = True,
    own: bool | None = None,
) -> Network:
    """LANs, each with the routers on it: at most 65,536 of at most 254."""
    network = Network(seed, record=record, reports=reports, own=own)

    def add(name: str, on: dict[str, str], wants: Wants) -> None:
        add_router(network, name, on, options_of(name), wants=wants)

    place_routers(network, lans, add, reports=reports)
    return network


def link(one: object, other: object) -> str:
    """The name of the link between two vertices."""
    return f"{min(one, other)}--{max(one, other)}"


def add_router(
    network: Network, name: str, lans: dict[str, str], options: RipOptions, *, wants: Wants = always
) -> None:
    network.add_node(
        name, lans, lambda node: RipMachine(options, node.interfaces, node.random, names_in(network), wants=wants)
    )


def rip(network: Network, node: str) -> RipMachine:
    machine = network.nodes[node].machine
    assert isinstance(machine, RipMachine)
    return machine


def rows(network: Network, node: str) -> dict[str, dict]:
    """A router's table, by LAN, with what is garbage."""
    by_prefix = {str(lan.prefix): lan.name for lan in network.lans.values()}
    return {by_prefix[row["prefix"]]: row for row in rip(network, node).status(network.now)["table"]}


def table(network: Network, node: str) -> dict[str, int]:
    """A router's usable routes: LAN → metric."""
    return {lan: row["metric"] for lan, row in rows(network, node).items() if row["metric"] < UNREACHABLE}


def oracle(network: Network) -> dict[str, dict[str, int]]:
    """What every running router's table should be: how many networks lie on the shortest way, up to 15."""
    running = {name for name, node in network.nodes.items() if node.machine is not None}
    graph = nx.Graph()
    graph.add_nodes_from(("node", name) for name in running)
    for lan in network.lans.values():
        if lan.up:
            graph.add_edges_from((("lan", lan.name), ("node", name)) for name in lan.members if name in running)
    tables = {}
    for name in running:
        distances = nx.single_source_shortest_path_length(graph, ("node", name))
        tables[name] = {
            lan: (distance + 1) // 2
            for (kind, lan), distance in distances.items()
            if kind == "lan" and (distance + 1) // 2 < UNREACHABLE
        }
    return tables


def converged(network: Network) -> bool:
    """Whether every running router's table is what it should be."""
    return all(table(network, name) == right for name, right in oracle(network).items())


def assert_packets_arrive(network: Network) -> None:
    """By the kernels' tables each router's LAN is reached from everywhere, over as many links as the metric says."""
    for name, right in oracle(network).items():
        for lan, metric in right.items():
            if lan.startswith("lan-"):
                owner = lan.removeprefix("lan-")
                path = network.path(name, network.lans[lan].members[owner])
                assert path[-1:] == [owner] and len(path) == metric, (name, lan, metric, path)
