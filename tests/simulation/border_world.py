"""A side of RIP routers and a side of OSPF routers, and border routers that speak both and redistribute; and what their
tables must lead to, by networkx."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import networkx as nx
from network import Network
from node import Node

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab

__all__ = ["FROM_OSPF", "FROM_RIP", "QUIET", "World"]

RIP, OSPF = Source("rip", 189, 120), Source("ospf", 188, 110)
FROM_RIP, FROM_OSPF = 120, 110
"""The tags of what has gone from one side to the other."""
TIMERS = {"update": 2.0, "timeout": 12.0, "garbage": 8.0}
QUIET = 45.0
"""Seconds after which all that broke has been noticed, and all timers have run out."""


class World:
    """`lans`: name → the routers on it; the name's first letter says what is spoken there: r (RIP), o (OSPF) or b
    (both). Each router has a LAN of its own beside them.

    `guarded`: the border routers have `last_resort`. `metric_type`: of the externals.
    """

    def __init__(
        self,
        lans: Mapping[str, Sequence[str]],
        seed: int = 1,
        *,
        guarded: bool = True,
        metric_type: int = 2,
        reports: bool = False,
    ) -> None:
        self.network = Network(seed, reports=reports)
        self.spoken = {name: name[0] for name in lans}
        routers = {router for on in lans.values() for router in on}
        self.sides = {
            router: {letter for name, on in lans.items() if router in on for letter in _letters(name)}
            for router in sorted(routers)
        }
        self.spoken |= {f"lan-{router}": "b" for router in routers}
        self.options: dict[str, dict[str, dict[str, Any]]] = {}
        """Router → service → its options, as a lab file has them, times in seconds."""
        places: dict[str, dict[str, str]] = {}
        whole = {**lans, **{f"lan-{router}": [router] for router in sorted(routers)}}
        for number, (lan, on) in enumerate(whole.items()):
            self.network.add_lan(lan, f"10.0.{number}.0/24")
            for last, router in enumerate(on, 1):
                places.setdefault(router, {})[lan] = f"10.0.{number}.{last}"
        for router, on in sorted(places.items()):
            self._add(router, on, guarded, metric_type)

    def _add(self, router: str, places: dict[str, str], guarded: bool, metric_type: int) -> None:
        sides = self.sides[router]
        rip: dict[str, Any] = {**TIMERS, "passive": [lan for lan in places if self.spoken[lan] == "o"]}
        off = {lan: "off" for lan in places if self.spoken[lan] == "r"}
        ospf: dict[str, Any] = {"hello": 1.0, "dead": 4.0, "retransmit": 1.0, "area": off, "metric_type": metric_type}
        if len(sides) > 1:
            rip |= {"redistribute": ["connected", "ospf"], "tag": FROM_OSPF}
            ospf |= {"redistribute": ["connected", "rip"], "tag": FROM_RIP}
            if guarded:
                rip["last_resort"], ospf["last_resort"] = [FROM_OSPF], [FROM_RIP]
        self.options[router] = {"rip": rip} if "r" in sides else {}
        self.options[router] |= {"ospf": ospf} if "o" in sides else {}
        identity = Address.parse(next(iter(places.values())))

        def speak_rip(node: Node) -> RipMachine:
            return RipMachine(RipOptions(**rip), node.interfaces, node.random)

        def speak_ospf(node: Node) -> OspfMachine:
            return OspfMachine(OspfOptions(**ospf), node.interfaces, node.random, router_id=identity)

        chosen = [(RIP, speak_rip)] if "r" in sides else []
        chosen += [(OSPF, speak_ospf)] if "o" in sides else []
        sources, makes = zip(*chosen, strict=True)
        self.network.add_node(router, places, *makes, sources=sources)

    # What there is now

    @property
    def running(self) -> list[str]:
        return [name for name, node in self.network.nodes.items() if node.running]

    def _own(self, router: str) -> set[str]:
        return {lan for lan, interface in self.network.nodes[router].by_lan.items() if interface.up}

    def _fragments(self, side: str) -> dict[str, set[str]]:
        """Router of that side → those that it is joined with by the side's protocol, itself among them."""
        graph = nx.Graph()
        running = [router for router in self.running if side in self.sides[router]]
        graph.add_nodes_from(running)
        for name, lan in self.network.lans.items():
            if lan.up and side in _letters(self.spoken[name]):
                on = [router for router in lan.members if router in running and name in self._own(router)]
                nx.add_path(graph, on)
        return {router: part for part in nx.connected_components(graph) for router in part}

    def reachable(self) -> dict[str, tuple[set[str], set[str]]]:
        """Router → the LANs that are not its own to which it must have a route, and those to which it may.

        A side's protocol brings the LANs of its own part, and what the border routers of that part have by the other
        side's protocol; and nothing that has gone through both, so that what is in two parts stays so. Of a LAN that
        RIP has from a router on it and from OSPF, the nearer says whether it goes on into another part of OSPF.
        """
        parts = {side: self._fragments(side) for side in "ro"}
        native = {
            side: {router: self._native(part, side) for router, part in found.items()} for side, found in parts.items()
        }
        wanted: dict[str, tuple[set[str], set[str]]] = {}
        for router in self.running:
            found: set[str] = set()
            perhaps: set[str] = set()
            for side, other in ("ro", "or"):
                if side in self.sides[router]:
                    found |= native[side][router]
                    for border in parts[side][router] & parts[other].keys():
                        beyond = native[other][border]
                        both = set() if side == "r" else self._by_both(border, parts, native)
                        found |= beyond - both
                        perhaps |= beyond & both
            wanted[router] = found - self._own(router), (found | perhaps) - self._own(router)
        return wanted

    @staticmethod
    def _by_both(
        border: str, parts: dict[str, dict[str, set[str]]], native: dict[str, dict[str, set[str]]]
    ) -> set[str]:
        """What the RIP part of a border router has by OSPF from its other border routers, too."""
        others = parts["r"][border] & parts["o"].keys() - parts["o"][border]
        return set().union(*(native["o"][other] for other in others))

    def _native(self, part: set[str], side: str) -> set[str]:
        """What its routers announce of their own. A border router's RIP LANs are externals to OSPF, and have its tag;
        its OSPF LANs, on which RIP is passive, have none."""
        own = set().union(*map(self._own, part))
        return own if side == "r" else {lan for lan in own if self.spoken[lan] != "r"}

    def has(self, router: str) -> set[str]:
        """The LANs to which its table has a route, its own left out."""
        return set(self.ways(router))

    def ways(self, router: str) -> dict[str, set[tuple[str, str]]]:
        """LAN that is not its own → the next hops in its table: LANs and routers."""
        kernel = self.network.nodes[router].kernel.items()
        ways = {
            self.name_of(prefix): {(hop.interface, self.network.lans[hop.interface].owners[hop.via]) for hop in hops}
            for prefix, hops in kernel
        }
        return {lan: hops for lan, hops in ways.items() if lan not in self._own(router)}

    def name_of(self, prefix: Prefix) -> str:
        return next(name for name, lan in self.network.lans.items() if lan.prefix == prefix)

    def wrong(self) -> Iterator[str]:
        """What is not as it should be, in words: routes that are lacking or too many, and ways that lead nowhere or in
        circles, whatever next hop is taken."""
        for router, (must, may) in self.reachable().items():
            has = self.has(router)
            if not must <= has <= may:
                yield f"{router} lacks {sorted(must - has)}, and has {sorted(has - may)}"
        for lan in self.network.lans:
            graph = nx.DiGraph(self._steps(lan))
            for cycle in nx.simple_cycles(graph):
                yield f"to {lan} in a circle: {cycle}"
            for router in graph:
                if graph.out_degree(router) == 0 and lan not in self._own(router):
                    yield f"to {lan} no further than {router}"

    def _steps(self, lan: str) -> Iterator[tuple[str, str]]:
        """Each router and each of its next hops on the way to a LAN."""
        prefix = self.network.lans[lan].prefix
        for router in self.running:
            node = self.network.nodes[router]
            for hop in node.kernel.get(prefix, ()) if lan not in self._own(router) else ():
                yield router, self.network.lans[hop.interface].owners[hop.via]

    def lab(self) -> Lab:
        """The same as a lab file."""
        lines = [f"  {name}: {{prefix: {lan.prefix}}}" for name, lan in self.network.lans.items()]
        lines = ["lans:", *lines, "nodes:"]
        for router, node in self.network.nodes.items():
            on = ", ".join(f"{lan}: {interface.address}" for lan, interface in node.by_lan.items())
            services = ", ".join(
                f"{name}: {json.dumps(_in_words(given))}" for name, given in self.options[router].items()
            )
            lines.append(f"  {router}: {{lans: {{{on}}}, forward: true, services: {{{services}}}}}")
        return parse("\n".join(lines).encode(), "lab.yaml")

    def tables(self) -> dict[str, dict]:
        return {name: dict(node.kernel) for name, node in self.network.nodes.items()}


def _in_words(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:g}s" if isinstance(value, float) else value for name, value in options.items()}


def _letters(name: str) -> str:
    return {"r": "r", "o": "o", "b": "ro"}[name[0]]
