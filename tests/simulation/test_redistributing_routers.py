"""RIP and OSPF meet on border routers: whatever breaks, every table leads to its target and nothing goes in circles, as
long as what has gone from one to the other is the last resort where it comes back.

A `Scenario` is drawn by hypothesis, which prints the smallest that fails. To replay one, put it above the test as it
was printed: `@example(Scenario(…))`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import pytest
from border_world import FROM_OSPF, FROM_RIP, QUIET, World
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.orchestrator.lab.graph import best, expected, routing

SQUARE = {"r1": ["x", "b1"], "r2": ["x", "b2"], "o1": ["y", "b1"], "o2": ["y", "b2"]}
"""The least with two border routers: one router on each side, and each border router next to both."""


@dataclass(frozen=True)
class Scenario:
    """So many routers of RIP, of OSPF and of both, on a random tree of LANs on each side and some LANs more; `shared`:
    LANs on which border routers speak both. `faults`: seconds before, a verb, which LAN, router or machine."""

    rip: int
    ospf: int
    borders: int
    more: int
    shared: int
    seed: int
    metric_type: int
    loss: float
    faults: tuple[tuple[float, str, int], ...]


VERBS = ("cut", "cut silently", "heal", "kill", "start", "pause", "resume", "restart")


def scenarios(most: int) -> st.SearchStrategy[Scenario]:
    return st.builds(
        Scenario,
        rip=st.integers(1, most),
        ospf=st.integers(1, most),
        borders=st.integers(1, 3),
        more=st.integers(0, 3),
        shared=st.integers(0, 1),
        seed=st.integers(0, 2**16),
        metric_type=st.sampled_from((1, 2)),
        loss=st.sampled_from((0.0, 0.1)),
        faults=st.lists(
            st.tuples(st.sampled_from((0.0, 0.05, 0.5, 3.0, 15.0)), st.sampled_from(VERBS), st.integers(0, 99)),
            max_size=8,
        ).map(tuple),
    )


def lans_of(scenario: Scenario) -> dict[str, list[str]]:
    chance = random.Random(scenario.seed)
    borders = [f"b{number}" for number in range(scenario.borders)]
    lans: dict[str, list[str]] = {}
    for letter, size in (("r", scenario.rip), ("o", scenario.ospf)):
        inside = [f"{'x' if letter == 'r' else 'y'}{number}" for number in range(size)]
        for number, router in enumerate([*inside[1:], *borders], 1):
            lans[f"{letter}{number}"] = [chance.choice(inside[:number]), router]
        for number in range(scenario.more):
            pair = chance.sample([*inside, *borders], 2)
            lans[f"{letter}more{number}"] = pair
    for number in range(scenario.shared if len(borders) > 1 else 0):
        lans[f"b{number}"] = chance.sample(borders, 2)
    return lans


def build(scenario: Scenario) -> World:
    world = World(lans_of(scenario), scenario.seed, metric_type=scenario.metric_type)
    for name in world.network.lans:
        world.network.impair(name, loss=scenario.loss)
    return world


def apply(world: World, verb: str, number: int) -> None:
    network = world.network
    lans = [name for name in network.lans if not name.startswith("lan-")]
    lan, router = lans[number % len(lans)], sorted(network.nodes)[number % len(network.nodes)]
    node = network.nodes[router]
    if verb.startswith("cut"):
        network.cut(lan, silent=verb == "cut silently")
    elif verb == "heal":
        network.heal(lan)
    elif verb == "kill" and node.running:
        network.kill(router)
    elif verb == "start" and not node.running:
        network.start(router)
    elif verb == "pause" and node.running:
        network.pause(router)
    elif verb == "resume" and node.paused:
        network.resume(router)
    elif verb == "restart" and node.running and not node.paused:
        network.restart(router, number % len(node.processes))


def check(scenario: Scenario) -> None:
    world = build(scenario)
    network = world.network
    for wait, verb, number in scenario.faults:
        network.run(wait)
        apply(world, verb, number)
    for name in network.lans:
        network.impair(name)
    for router, node in network.nodes.items():
        if node.paused:
            network.resume(router)
    network.run(QUIET)
    assert list(world.wrong()) == []
    before = world.tables()
    for _ in range(20):
        network.run(0.5)
        assert world.tables() == before


def changes(world: World, seconds: int) -> int:
    """How often some table was another one than half a second before."""
    found, before = 0, world.tables()
    for _ in range(2 * seconds):
        world.network.run(0.5)
        found += world.tables() != before
        before = world.tables()
    return found


def routes(world: World, router: str, lan: str) -> list[tuple[str, int, bool]]:
    """What the sources of a router have, the best first: name, tag, whether it is the last resort."""
    table = world.network.nodes[router].table
    assert table is not None
    found = table.wanted.to(world.network.lans[lan].prefix)
    return [(source.name, route.tag, route.last_resort) for source, route in found]


def test_with_tags_each_border_router_keeps_the_way_of_its_own_side() -> None:
    world = World(SQUARE)
    world.network.run(QUIET)
    assert (list(world.wrong()), changes(world, 20)) == ([], 0)
    for border in ("b1", "b2"):
        assert routes(world, border, "lan-x") == [("rip", 0, False), ("ospf", FROM_RIP, True)]
        assert routes(world, border, "lan-y")[0] == ("ospf", 0, False)
        assert set(routes(world, border, "lan-y")[1:]) <= {("rip", FROM_OSPF, True)}
    assert routes(world, "x", "lan-y") == [("rip", FROM_OSPF, False)]
    assert routes(world, "y", "lan-x") == [("ospf", FROM_RIP, False)]


def test_without_them_two_border_routers_send_in_circles_and_never_rest() -> None:
    """Distance 110 beats 120: each border router believes what the other took out of its own RIP side."""
    world = World(SQUARE, guarded=False)
    world.network.run(QUIET)
    circles = 0
    for _ in range(20):
        circles += any("in a circle" in said for said in world.wrong())
        world.network.run(0.5)
    assert circles > 5
    assert changes(world, 20) > 10


def test_a_border_router_that_has_lost_its_side_goes_by_the_other_one() -> None:
    """It is on the way of others, too: to refuse such routes altogether would make it a black hole."""
    world = World(SQUARE | {"o3": ["y", "z"]})
    world.network.run(QUIET)
    world.network.cut("r2")
    world.network.run(QUIET)
    assert list(world.wrong()) == []
    assert routes(world, "b2", "lan-x") == [("ospf", FROM_RIP, True)]
    world.network.heal("r2")
    world.network.run(QUIET)
    assert routes(world, "b2", "lan-x") == [("rip", 0, False), ("ospf", FROM_RIP, True)]


def test_the_better_source_wins_and_the_other_comes_back_without_a_gap() -> None:
    """Both protocols on one path: when OSPF's way ends, RIP's is in the table in the same moment."""
    world = World({"b1": ["p", "q"], "b2": ["q", "s"]})
    network = world.network
    network.run(QUIET)
    assert [source for source, _, _ in routes(world, "p", "lan-s")] == ["ospf", "rip"]
    seen: set[tuple[str, ...]] = set()
    for number in (1, 1):
        network.restart("p", number)
        for _ in range(400):
            network.run(0.05)
            seen.add(tuple(source for source, _, _ in routes(world, "p", "lan-s")))
    assert seen == {("rip",), ("ospf", "rip")}
    assert list(world.wrong()) == []


@given(scenario=scenarios(3).map(lambda each: replace(each, faults=(), loss=0.0)), cut=st.integers(0, 9))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_what_the_orchestrator_expects_is_what_the_routers_come_to(scenario: Scenario, cut: int) -> None:
    """By every way that a router takes; its costs, too, as it shows them; and what is the last resort."""
    world = build(scenario)
    lan = list(world.network.lans)[cut % len(world.network.lans)]
    world.network.cut(lan)
    world.network.run(QUIET)
    lab = world.lab()
    wanted = expected(lab, {lan})
    for router, node in world.network.nodes.items():
        ways = best(wanted, routing(lab.nodes[router]), router)
        assert world.ways(router).keys() == ways.keys()
        for to, hops in world.ways(router).items():
            assert hops <= ways[to].next_hops, (router, to)
        assert node.table is not None
        for source, prefix in node.table.wanted:
            route, to = node.table.wanted[source, prefix], world.name_of(prefix)
            if to in wanted[source.name][router]:  # of RIP behind OSPF nothing is awaited
                due = wanted[source.name][router][to]
                assert due.cost in (None, route.metric - 1), (router, source, to)
                assert route.last_resort == due.last_resort, (router, source, to)


@given(scenario=scenarios(3))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_table_leads_to_its_target_and_stays(scenario: Scenario) -> None:
    check(scenario)


@pytest.mark.slow
@given(scenario=scenarios(8))
@settings(max_examples=400, deadline=None)
def test_in_larger_networks_too(scenario: Scenario) -> None:
    check(scenario)
