"""RIP routers, many at a time: whatever the topology and whatever breaks, their tables end as networkx says.

A `Scenario` is a topology of up to 60 routers, their options, impaired LANs, and a list of faults. Hypothesis draws it,
and prints the smallest that fails. To replay one, put it above the test as it was printed: `@example(Scenario(…))`.
The short test draws the same scenarios, of 24 routers, in every run; the long one (`pytest -m slow tests/simulation`)
draws new ones.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network
from rip_world import build_lans, link, rip, rows, table

from catenet.nodes.internet.rip.config import RipOptions

Lans = dict[str, list[str]]
Costs = dict[str, dict[str, int]]

GRAPHS: dict[str, Callable[[int, int], nx.Graph]] = {
    "tree": lambda size, seed: nx.random_labeled_tree(size, seed=seed),
    "line": lambda size, seed: nx.path_graph(size),
    "ring": lambda size, seed: nx.cycle_graph(max(3, size)),
    "mesh": lambda size, seed: nx.complete_graph(2 + size % 7),
    "random": lambda size, seed: nx.compose(nx.random_labeled_tree(size, seed=seed), _chords(size, seed)),
}
AUTH = ({}, {"password": "word"}, {"md5": {"1": "word"}}, {"hmac-sha-256": {"7": "word"}})
TIMERS = ((30.0, 180.0, 120.0), (2.0, 6.0, 4.0))
"""Seconds: `update`, `timeout` and `garbage`, those of RFC 2453 and those of the labs."""
FORGIVEN = {"refused.auth-sequence", "refused.interface"}
"""What may be refused of another router's: what was overtaken on the way, or came in while the interface went down."""


@dataclass(frozen=True)
class Scenario:
    """`faults`: how long to wait before, in updates; a verb; which LAN or router. `wire`: jitter, loss, duplicates.
    `own`: their stacks are ours."""

    kind: str
    size: int
    seed: int
    costs: bool
    split_horizon: str
    auth: int
    timers: int
    wire: tuple[float, float, float]
    faults: tuple[tuple[float, str, int], ...]
    own: bool = False


VERBS = ("cut", "cut silently", "heal", "kill", "start", "pause", "resume")


def scenarios(most: int) -> st.SearchStrategy[Scenario]:
    """Of so many routers at most."""
    return st.builds(
        Scenario,
        kind=st.sampled_from((*GRAPHS, "shared")),
        size=st.integers(2, most),
        seed=st.integers(0, 2**16),
        costs=st.booleans(),
        split_horizon=st.sampled_from(("poisoned", "on", "off")),
        auth=st.integers(0, len(AUTH) - 1),
        timers=st.integers(0, len(TIMERS) - 1),
        wire=st.sampled_from(((0.0, 0.0, 0.0), (2.0, 0.1, 0.1), (0.05, 0.3, 0.0), (8.0, 0.05, 0.3))),
        faults=st.lists(
            st.tuples(st.sampled_from((0.0, 0.02, 0.2, 1.5, 8.0)), st.sampled_from(VERBS), st.integers(0, 200)),
            max_size=8,
        ).map(tuple),
        own=st.booleans(),
    )


@settings(max_examples=30)
@given(scenarios(24))
def test_whatever_happens_the_tables_end_as_networkx_says(scenario: Scenario) -> None:
    play(scenario)


@pytest.mark.slow
@pytest.mark.timeout(0)
@settings(max_examples=1000, derandomize=False, print_blob=True)
@given(scenarios(60))
def test_for_long_whatever_happens_the_tables_end_as_networkx_says(scenario: Scenario) -> None:
    play(scenario)


def play(scenario: Scenario) -> None:
    """Faults on impaired LANs; then nothing more happens, and what is cut or dead stays so; then the tables."""
    lans, costs = topology(scenario)
    update, timeout, garbage = TIMERS[scenario.timers]

    def options_of(router: str) -> RipOptions:
        return RipOptions(
            update=update,
            timeout=timeout,
            garbage=garbage,
            split_horizon=scenario.split_horizon,
            auth=AUTH[scenario.auth],
            cost=costs[router],
        )

    network = build_lans(lans, options_of, scenario.seed, record=True, reports=False, own=scenario.own)
    jitter, loss, duplicate = scenario.wire
    for lan in lans:
        late = jitter * update / 60
        network.impair(lan, delay=0.02 + late, jitter=late, loss=loss, duplicate=duplicate)
    for wait, verb, number in scenario.faults:
        network.run(wait * update)
        happen(network, verb, number)
        assert_sane(network)
    network.run(update)
    for name in [name for name, node in network.nodes.items() if node.paused]:
        network.resume(name)
    for lan in lans:
        network.impair(lan)
    # What is stale times out; then it is counted to infinity, at most 16 times a triggered update's delay (3.10.1).
    # Who finds another way over the LAN that it told of the old one, before it has said that this is gone, says nothing
    # there where its split horizon does not poison: the LAN's others time out by themselves.
    stale = timeout if scenario.split_horizon == "poisoned" else 2 * timeout
    network.run(stale + 16 * update / 6 + 2 * update)
    assert_sane(network)
    right = priced_oracle(network, costs)
    assert {name: table(network, name) for name in right} == right
    assert_kernels_follow(network, right, costs)
    # Nobody keeps alive what is gone by telling of it (3.8): the garbage-collection timers run out everywhere.
    network.run(garbage + update)
    assert {name: every_metric(network, name) for name in right} == right


def every_metric(network: Network, name: str) -> dict[str, int]:
    """A router's table, with what is unreachable."""
    return {lan: row["metric"] for lan, row in rows(network, name).items()}


def topology(scenario: Scenario) -> tuple[Lans, Costs]:
    """The LANs, each with its routers, and what it costs them to cross it, where that is not 1."""
    draw = random.Random(scenario.seed)
    if scenario.kind == "shared":
        lans = _shared(scenario.size, draw)
    else:
        graph = GRAPHS[scenario.kind](scenario.size, scenario.seed)
        lans = {f"lan-{vertex}": [str(vertex)] for vertex in graph}
        lans |= {link(*ends): [str(end) for end in ends] for ends in graph.edges}
    costs: Costs = {router: {} for routers in lans.values() for router in routers}
    for lan, routers in lans.items():
        for router in routers:
            if scenario.costs and draw.random() < 0.2:
                costs[router][lan] = draw.choice((2, 3, 5, 15))
    return lans, costs


def _shared(size: int, draw: random.Random) -> Lans:
    """LANs of several routers, hung together by one router each; the others are on one or two of them."""
    lans: Lans = {f"shared-{number}": [] for number in range(1 + size // 4)}
    names = list(lans)
    for router in range(size):
        on = {names[router % len(names)], draw.choice(names[: router % len(names) + 1]), draw.choice(names)}
        for lan in sorted(on)[: 3 if router < len(names) else 2]:
            lans[lan].append(str(router))
    return lans


def _chords(size: int, seed: int) -> nx.Graph:
    return nx.gnm_random_graph(size, size // 2, seed=seed)


def happen(network: Network, verb: str, number: int) -> None:
    """A fault, or a repair, of one of those whom it can befall."""
    dead = [name for name, node in network.nodes.items() if node.machine is None]
    paused = [name for name, node in network.nodes.items() if node.paused]
    running = [name for name in network.nodes if name not in dead and name not in paused]
    broken = [name for name, lan in network.lans.items() if not lan.up]
    whole = [name for name, lan in network.lans.items() if lan.up]
    targets = {"heal": broken, "start": dead, "resume": paused, "cut": whole, "cut silently": whole}
    choice = targets.get(verb, running)
    if not choice:
        return
    target = choice[number % len(choice)]
    if verb == "cut silently":
        network.cut(target, silent=True)
    else:
        getattr(network, verb)(target)


def assert_sane(network: Network) -> None:
    """At any moment: no metric but 1 to 16, in the tables and on the wire; nothing malformed, nothing refused."""
    assert network.record is not None
    told = {metric for data in {hop.packet.data for hop in network.record} for metric in metrics_in(data)}
    network.record.clear()
    for name, node in network.nodes.items():
        if node.machine is not None:
            status = rip(network, name).status(network.now)
            told.update(row["metric"] for row in status["table"])
            counted = {word for word, count in status["counters"].items() if count}
            ours = {word for word in counted if word.startswith(("refused.", "skipped."))}
            assert ours <= FORGIVEN, (name, status["counters"])
    assert told <= set(range(1, 17)), told


def metrics_in(data: bytes) -> set[int]:
    """Every metric in a response, read without the project's decoder; authentication is not looked at."""
    if data[0] != 2:
        return set()
    end = len(data)
    if data[4:8] == b"\xff\xff\x00\x03":  # RFC 4822 section 2.2: the length of the packet without its trailer
        end = struct.unpack_from(">H", data, 8)[0]
    entries = struct.iter_unpack(">HHIIII", data[4:end])
    return {metric for family, _, _, _, _, metric in entries if family != 0xFFFF}


def priced_oracle(network: Network, costs: Costs) -> dict[str, dict[str, int]]:
    """What every running router's table should be: the least sum of its own and its next hops' costs, up to 15.

    Who is on a network goes there straight, and says so to others, though another way be cheaper. A LAN that is cut
    silently falls apart: each router on it still reaches it, alone.
    """
    running = {name for name, node in network.nodes.items() if node.machine is not None}
    graph = nx.DiGraph()
    graph.add_nodes_from(running)
    places: dict[str, dict[str, int]] = {}
    for lan in network.lans.values():
        on = [name for name in lan.members if name in running and network.nodes[name].by_lan[lan.name].up]
        places[lan.name] = {name: costs[name].get(lan.name, 1) for name in on}
        for router in on if lan.up else ():
            ways = {(other, router) for other in on if other != router}
            for way in ways:
                before = graph.edges[way]["cost"] if graph.has_edge(*way) else 16
                graph.add_edge(*way, cost=min(before, places[lan.name][router]))
    right: dict[str, dict[str, int]] = {name: {} for name in running}
    for lan_name, on_it in places.items():
        tree = graph.copy()
        tree.remove_edges_from(list(graph.in_edges(on_it)))
        tree.add_edges_from((lan_name, router, {"cost": cost}) for router, cost in on_it.items())
        if on_it:
            for name, metric in nx.single_source_dijkstra_path_length(tree, lan_name, cutoff=15, weight="cost").items():
                if name != lan_name:
                    right[name][lan_name] = metric
    return right


def assert_kernels_follow(network: Network, right: dict[str, dict[str, int]], costs: Costs) -> None:
    """Every kernel route leads to a router that is nearer, by just what it costs to go there: so packets arrive."""
    names = {lan.prefix: lan.name for lan in network.lans.values()}
    for name, metrics in right.items():
        node = network.nodes[name]
        learned = {lan for lan in metrics if not (lan in node.by_lan and node.by_lan[lan].up)}
        assert {names[prefix] for prefix in node.kernel} == learned, name
        for prefix, [(via, lan)] in node.kernel.items():
            (following,) = [other for other, address in network.lans[lan].members.items() if address == via]
            there = right[following][names[prefix]]
            assert there + costs[name].get(lan, 1) == metrics[names[prefix]], (name, names[prefix], following)
