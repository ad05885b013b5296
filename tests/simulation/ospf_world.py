"""Networks of OSPF routers for the tests here, and what their tables should be, by networkx."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import networkx as nx
from network import Network
from router_world import names_in, place_routers

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.machine import Wants, always


def build_lans(
    lans: Mapping[str, Sequence[str]],
    options_of: Callable[[str], OspfOptions],
    seed: int = 1,
    *,
    record: bool = False,
    reports: bool = True,
    icmp: bool = False,
    own: bool | None = None,
) -> Network:
    """LANs, each with the routers on it: at most 65,536 of at most 254."""
    network = Network(seed, record=record, reports=reports, icmp=icmp, own=own)

    def add(name: str, on: dict[str, str], wants: Wants) -> None:
        add_router(network, name, on, options_of(name), wants=wants)

    place_routers(network, lans, add, reports=reports)
    return network


def add_router(
    network: Network, name: str, lans: dict[str, str], options: OspfOptions, *, wants: Wants = always
) -> None:
    identity = options.identity(Address.parse(next(iter(lans.values()))))

    network.add_node(
        name,
        lans,
        lambda node: OspfMachine(
            options, node.interfaces, node.random, names_in(network), router_id=identity, wants=wants
        ),
    )


def ospf(network: Network, node: str) -> OspfMachine:
    machine = network.nodes[node].machine
    assert isinstance(machine, OspfMachine)
    return machine


def rows(network: Network, node: str, table: str) -> list[dict]:
    """What a router shows."""
    return ospf(network, node).show(table, network.now)


def summary(network: Network, node: str) -> dict:
    return ospf(network, node).show("ospf", network.now)


def states(network: Network, node: str) -> dict[tuple[str, str], str]:
    """Each of its neighbours on each LAN, and its state."""
    return {(row["lan"], row["node"]): row["state"] for row in rows(network, node, "ospf neighbors")}


def database(network: Network, node: str, area: str = "0.0.0.0") -> dict[tuple[str, str, str], tuple[str, str]]:
    """A router's LSAs of an area (or `AS`): type, Link State ID and Advertising Router → sequence and checksum."""
    return {
        (row["type"], row["id"], row["router"]): (row["sequence"], row["checksum"])
        for row in rows(network, node, "ospf lsdb")
        if row["area"] == area
    }


Table = dict[str, tuple[int, frozenset[str]]]
"""LAN → cost, and the next hops: their nodes."""


def table(network: Network, node: str) -> Table:
    """A router's routes to LANs that are not its own, as its kernel has them; the costs as it shows them."""
    by_prefix = {lan.prefix: lan for lan in network.lans.values()}
    costs = {row["prefix"]: row["metric"] for row in summary(network, node)["table"]}
    return {
        by_prefix[prefix].name: (
            costs[str(prefix)],
            frozenset(network.lans[hop.interface].owners[hop.via] for hop in hops),
        )
        for prefix, hops in network.nodes[node].kernel.items()
    }


Costs = Mapping[str, Mapping[str, int]]
"""Router → LAN → what it costs to send there, where that is not 1."""


def running(network: Network) -> list[str]:
    return [name for name, node in network.nodes.items() if node.machine is not None]


def area_graph(network: Network, lans: Sequence[str], costs: Costs) -> nx.DiGraph:
    """The routers that run, with an edge over each LAN that carries packets."""
    graph = nx.DiGraph()
    for name in lans:
        lan = network.lans[name]
        on = [each for each in attached(network, name) if lan.up]
        graph.add_nodes_from(attached(network, name))
        for one in on:
            for other in on:
                if one != other:
                    cost = min(costs[one].get(name, 1), graph.edges.get((one, other), {"cost": 1 << 16})["cost"])
                    graph.add_edge(one, other, cost=cost)
    return graph


def attached(network: Network, lan: str) -> list[str]:
    """The routers that run and have that LAN; it need not carry packets."""
    alive = running(network)
    return [each for each in network.lans[lan].members if each in alive and network.nodes[each].by_lan[lan].up]


def oracle(network: Network, costs: Costs, of: Sequence[str] = ()) -> dict[str, Table]:
    """What every running router's table should be, or that of some, where all is one area."""
    graph = area_graph(network, list(network.lans), costs)
    graph.add_nodes_from(running(network))
    return {root: _table_of(network, graph, root, costs) for root in of or running(network)}


def _table_of(network: Network, graph: nx.DiGraph, root: str, costs: Costs) -> Table:
    before, distance = nx.dijkstra_predecessor_and_distance(graph, root, weight="cost")
    hops: dict[str, frozenset[str]] = {root: frozenset()}
    for vertex in sorted(distance, key=lambda each: distance[each]):
        if vertex != root:
            ways = [frozenset({vertex}) if parent == root else hops[parent] for parent in before[vertex]]
            hops[vertex] = frozenset().union(*ways)
    found: Table = {}
    for lan in network.lans:
        on = attached(network, lan)
        ends = {each: distance[each] + costs[each].get(lan, 1) for each in on if each in distance}
        if root not in on and ends:
            best = min(ends.values())
            found[lan] = best, frozenset().union(*(hops[each] for each, cost in ends.items() if cost == best))
    return found
