"""Which node runs on which host, where a lab has several. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.plan_error import PlanError

__all__ = ["ONE", "Placement", "place"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Node → host; `spanning`: the LANs with nodes on several hosts. Both are empty where there is one engine."""

    hosts: Mapping[str, str]
    spanning: frozenset[str]


ONE = Placement(MappingProxyType({}), frozenset())
"""All is on one engine."""


def place(lab: Lab, hosts: Mapping[str, int], there: Mapping[str, str] = MappingProxyType({})) -> Placement:
    """Each node's host. `hosts`: name → octets of memory. `there`: node → the host on which it is already, and stays,
    unless the file pins it elsewhere.

    Raises:
        PlanError: a node is pinned to a host that there is not.

    """
    if len(hosts) < 2:
        return ONE
    for node in lab.nodes.values():
        if node.place and node.place not in hosts:
            raise PlanError(f"node {node.name}: place: there is no host {node.place} (there is: {', '.join(hosts)})")
    names = list(hosts)
    chosen = {
        name: node.place or (there[name] if there.get(name) in hosts else names[number * len(names) // len(lab.nodes)])
        for number, (name, node) in enumerate(lab.nodes.items())
    }
    spanning = {lan for lan in lab.lans if len({chosen[node.name] for node in lab.on_lan(lan)}) > 1}
    return Placement(chosen, frozenset(spanning))
