"""Networks of RIP routers for the tests here, and what their tables should be, by networkx."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import networkx as nx
from network import Network

from catenet.nodes.address import Address
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
) -> Network:
    """LANs, each with the routers on it: at most 65,536 of at most 254."""
    network = Network(seed, record=record, reports=reports)
    places: dict[str, dict[str, str]] = {}
    for number, (lan, routers) in enumerate(lans.items()):
        net = f"10.{number >> 8}.{number & 255}"
        network.add_lan(lan, f"{net}.0/24")
        for last, router in enumerate(routers, 1):
            places.setdefault(router, {})[lan] = f"{net}.{last}"
    for router, on in places.items():
        add_router(network, router, on, options_of(router), wants=always if reports else _never)
    return network


def link(one: object, other: object) -> str:
    """The name of the link between two vertices."""
    return f"{min(one, other)}--{max(one, other)}"


def _never(kinds: tuple[str, ...], now: float) -> bool:
    return False


def add_router(
    network: Network, name: str, lans: dict[str, str], options: RipOptions, *, wants: Wants = always
) -> None:
    owners = {}

    def name_of(address: Address) -> str:
        if not owners:
            owners.update({a: node for lan in network.lans.values() for node, a in lan.members.items()})
        return owners.get(address, str(address))

    network.add_node(name, lans, lambda node: RipMachine(options, node.interfaces, node.random, name_of, wants=wants))


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
