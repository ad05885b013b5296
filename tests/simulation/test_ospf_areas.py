"""Several areas (RFC 2328 section 3): each router's costs are those that the rules give, and packets arrive.

The rules, as section 3.2 has them: "from the source to an area border router, the backbone path between the source and
destination areas, and then another path to the destination"; paths within an area come first, however long.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network
from ospf_world import add_router, area_graph, attached, database, ospf, rows, table

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.machine import NextHop, OtherRoute

BACKBONE = 0


class World:
    """Areas, each a connected random graph of its own links; the backbone joins them by their border routers."""

    def __init__(self, seed: int, areas: int, kinds: dict[str, str]) -> None:
        draw = random.Random(seed)
        self.lans: dict[str, tuple[int, list[str]]] = {}
        self.costs: dict[str, dict[str, int]] = {}
        routers = {BACKBONE: [f"b{number}" for number in range(draw.randint(1, 4))]}
        for area in range(1, areas + 1):
            borders = draw.sample(routers[BACKBONE], min(len(routers[BACKBONE]), draw.randint(1, 2)))
            routers[area] = [*borders, *(f"a{area}-{number}" for number in range(draw.randint(1, 4)))]
        for area, names in routers.items():
            graph = nx.compose(
                nx.random_labeled_tree(len(names), seed=seed),
                nx.gnm_random_graph(len(names), len(names) // 2, seed=seed),
            )
            for one, other in graph.edges:
                self._add(area, [names[one], names[other]], draw)
            for name in names:
                self._add(area, [name], draw)
        self.kinds = kinds
        self.network = Network(seed, reports=False)
        self._build()

    def _add(self, area: int, on: list[str], draw: random.Random) -> None:
        name = f"{area}:{'--'.join(on)}"
        self.lans[name] = area, on
        for router in on:
            self.costs.setdefault(router, {})[name] = draw.choice((1, 1, 2, 5, 30))

    def _build(self) -> None:
        places: dict[str, dict[str, str]] = {}
        for number, (lan, (_, on)) in enumerate(self.lans.items()):
            self.network.add_lan(lan, f"10.0.{number}.0/24")
            for last, router in enumerate(on, 1):
                places.setdefault(router, {})[lan] = f"10.0.{number}.{last}"
        for router, lans in places.items():
            used = {str(self.lans[lan][0]) for lan in lans}
            options = OspfOptions(
                hello=1,
                dead=4,
                area={lan: self.lans[lan][0] for lan in lans},
                areas={area: kind for area, kind in self.kinds.items() if area in used},
                cost=self.costs[router],
                network={lan: "point-to-point" for lan in lans if len(self.lans[lan][1]) == 2},
                redistribute=("static",),
            )
            add_router(self.network, router, lans, options)

    # The oracle

    def distances(self) -> dict[int, dict[str, dict[str, int]]]:
        """Area → router → router → cost within the area."""
        return {
            area: dict(nx.all_pairs_dijkstra_path_length(self._graph(area), weight="cost"))
            for area in {area for area, _ in self.lans.values()}
        }

    def _graph(self, area: int) -> nx.DiGraph:
        return area_graph(self.network, [lan for lan, (its, _) in self.lans.items() if its == area], self.costs)

    def right(self) -> dict[str, dict[str, int]]:
        """Router → LAN that is not its own → cost."""
        within = self.distances()
        areas = {router: {area for area in within if router in within[area]} for router in self.costs}
        return {
            router: {lan: cost for lan in self.lans for cost in self._cost(router, lan, within, areas)}
            for router in self.costs
        }

    def _cost(self, router: str, lan: str, within: dict, areas: dict) -> Iterator[int]:
        """Nothing where it is its own, or out of reach. An area may be in pieces: each has its own border routers."""
        if router in attached(self.network, lan):
            return
        ways = list(self._inside(router, lan, within, areas))
        if not ways and BACKBONE not in areas[router]:
            (area,) = areas[router]
            for border, cost in within[area][router].items():
                if BACKBONE in areas[border]:
                    ways += [cost + rest for rest in self._inside(border, lan, within, areas)]
        if ways:
            yield min(ways)

    def _inside(self, router: str, lan: str, within: dict, areas: dict) -> Iterable[int]:
        """Within an area of its own, or else by the backbone that it is on."""
        near = self._intra(router, lan, within) if self.lans[lan][0] in areas[router] else ()
        return near or (self._by_backbone(router, lan, within) if BACKBONE in areas[router] else ())

    def _intra(self, router: str, lan: str, within: dict) -> Iterable[int]:
        reached = within[self.lans[lan][0]].get(router, {})
        ends = [reached[end] + self.costs[end][lan] for end in attached(self.network, lan) if end in reached]
        return [min(ends)] if ends else []

    def _by_backbone(self, router: str, lan: str, within: dict) -> Iterable[int]:
        there = self.lans[lan][0]
        for border, cost in within[BACKBONE].get(router, {}).items():
            if border in within[there]:
                yield from (cost + rest for rest in self._intra(border, lan, within))

    # What is

    def found(self) -> dict[str, dict[str, int]]:
        return {router: {lan: cost for lan, (cost, _) in table(self.network, router).items()} for router in self.costs}

    def assert_packets_arrive(self) -> None:
        for router, lans in self.right().items():
            for lan in lans:
                end = next(iter(attached(self.network, lan)))
                path = self.network.path(router, self.network.lans[lan].members[end])
                assert path, (router, lan)


@settings(max_examples=5)
@given(st.integers(0, 2**16), st.integers(1, 4), st.integers(0, 60))
def test_costs_are_those_of_the_rules_before_and_after_a_cut(seed: int, areas: int, cut: int) -> None:
    world = World(seed, areas, {})
    network = world.network
    network.run(25)
    assert world.found() == world.right()
    world.assert_packets_arrive()
    network.cut(list(world.lans)[cut % len(world.lans)])
    network.run(25)
    assert world.found() == world.right()
    for area in {area for area, _ in world.lans.values()}:
        for component in nx.weakly_connected_components(world._graph(area)):
            databases = [database(network, name, f"0.0.0.{area}") for name in component]
            assert all(each == databases[0] for each in databases)


STATIC, HOST = Prefix.parse("172.16.0.0/16"), Address.parse("172.16.0.1")


@pytest.mark.parametrize("kind", ["normal", "stub", "totally-stub"])
def test_what_kind_an_area_is(kind: str) -> None:
    """A normal one hears of externals; a stub one has a default route; a totally stub one nothing but that."""
    world = World(3, 2, {} if kind == "normal" else {"1": kind})
    network = world.network
    hop = OtherRoute((NextHop(Address.parse("10.0.0.99"), next(iter(world.lans))),))
    network.call("a2-0", lambda machine, now: machine.route_changed("static", STATIC, hop, now))
    network.run(25)
    inside = {str(prefix) for prefix in network.nodes["a1-0"].kernel}
    assert ("172.16.0.0/16" in inside) == (kind == "normal")
    assert ("0.0.0.0/0" in inside) == (kind != "normal")
    others = {str(network.lans[lan].prefix) for lan, (area, _) in world.lans.items() if area != 1}
    assert (others <= inside) == (kind != "totally-stub")
    assert {row["type"] for row in rows(network, "a1-0", "ospf lsdb")} >= {"summary"}
    everywhere = [router for router in world.costs if router != "a2-0" and (kind == "normal" or "a1" not in router)]
    assert all(STATIC in network.nodes[router].kernel for router in everywhere)
    network.call("a2-0", lambda machine, now: machine.route_changed("static", STATIC, None, now))
    network.run(15)
    assert not any(STATIC in node.kernel for node in network.nodes.values())
    assert database(network, "b0", "") == {}
    assert ospf(network, "b0").explain(STATIC, network.now) is None
