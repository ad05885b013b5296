"""Which node runs on which host, where a lab has several. Pure, and the same at every run.

A LAN with nodes on several hosts costs: it is a VXLAN segment, whose packets cross the way between the hosts, and of an
MTU that may be lower. So there are to be few of these. And each host is to have its share of the nodes, by its memory:
at the most SLACK more than that, or most of a node (partition.py). What the file pins stays where it is pinned, and
what runs where it runs: a node that is added moves nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catenet.orchestrator.lab.model import Lab, Node
from catenet.orchestrator.plan.partition import Hypergraph, partition, spanning
from catenet.orchestrator.plan.plan_error import PlanError

__all__ = ["ONE", "HostLoad", "Placement", "loads", "memory", "place"]

_MB = 1_000_000
_NODE, _OTHERS = 20 * _MB, 25 * _MB
"""Octets of memory: of a node with daemons of ours (19.7 MB idle, 22 MB as one of a hundred routers), and what those of
another implementation take beside them (measured idle as proportional set size: FRR 24 MB, BIRD 5 MB)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Node → host; `spanning`: the LANs with nodes on several hosts. Both are empty where there is one engine."""

    hosts: Mapping[str, str]
    spanning: frozenset[str]


ONE = Placement(MappingProxyType({}), frozenset())
"""All is on one engine."""


@dataclass(frozen=True, slots=True)
class HostLoad:
    """What a host has to carry: its nodes, the octets of memory that they need, estimated, and those that it has."""

    host: str
    nodes: tuple[str, ...]
    needs: int
    has: int


def memory(node: Node) -> int:
    """How many octets of memory the node needs, estimated."""
    return _NODE + (_OTHERS if node.implementations else 0)


def place(lab: Lab, hosts: Mapping[str, int], there: Mapping[str, str] = MappingProxyType({})) -> Placement:
    """Each node's host. `hosts`: name → octets of memory. `there`: node → the host on which it is already, and stays,
    unless the file pins it elsewhere.

    Raises:
        PlanError: a node is pinned to a host that there is not, or the nodes need more memory than there is.

    """
    if len(hosts) < 2:
        return ONE
    names, nodes = [*hosts], [*lab.nodes.values()]
    fixed: dict[int, int] = {}
    for number, node in enumerate(nodes):
        if node.place and node.place not in hosts:
            raise PlanError(f"node {node.name}: place: there is no host {node.place} (there is: {', '.join(names)})")
        if (host := node.place or there.get(node.name, "")) in hosts:
            fixed[number] = names.index(host)
    _must_fit(lab, hosts)
    number_of = {node.name: number for number, node in enumerate(nodes)}
    edges = {lan: [number_of[node.name] for node in on] for lan, on in lab.by_lan().items() if len(on) > 1}
    graph = Hypergraph([memory(node) for node in nodes], [*edges.values()])
    part = partition(graph, [max(1, octets) for octets in hosts.values()], fixed)
    lans = [*edges]
    return Placement(
        {node.name: names[own] for node, own in zip(nodes, part, strict=True)},
        frozenset(lans[edge] for edge in spanning(graph, part)),
    )


def loads(lab: Lab, placement: Placement, hosts: Mapping[str, int]) -> Iterator[HostLoad]:
    """What each host has to carry, in their order."""
    for host, has in hosts.items():
        nodes = tuple(node for node in lab.nodes.values() if placement.hosts[node.name] == host)
        yield HostLoad(host, tuple(node.name for node in nodes), sum(map(memory, nodes)), has)


def _must_fit(lab: Lab, hosts: Mapping[str, int]) -> None:
    """What cannot be, whatever else runs on the hosts."""
    for host, has in hosts.items():
        pinned = [node for node in lab.nodes.values() if node.place == host]
        needs = sum(map(memory, pinned))
        if needs > has:
            raise PlanError(
                f"host {host}: the {len(pinned)} nodes with `place: {host}` need about {_mb(needs)} of memory, and it"
                f" has {_mb(has)} (leave the place of some open)"
            )
    needs = sum(map(memory, lab.nodes.values()))
    if needs > sum(hosts.values()):
        raise PlanError(
            f"the {len(lab.nodes)} nodes need about {_mb(needs)} of memory, and {', '.join(hosts)} have"
            f" {_mb(sum(hosts.values()))} together (add a host)"
        )


def _mb(octets: int) -> str:
    return f"{octets / _MB:.0f} MB"
