"""OSPF routers, many at a time: whatever the topology and whatever breaks, their tables end as networkx says, and their
databases are equal.

A `Scenario` is a topology of up to 60 routers, their options, impaired LANs, and a list of faults. Hypothesis draws it,
and prints the smallest that fails. To replay one, put it above the test as it was printed: `@example(Scenario(…))`.
The short test draws the same scenarios, of 14 routers, in every run; the long one (`pytest -m slow tests/simulation`)
draws new ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from network import Network
from ospf_world import area_graph, build_lans, database, oracle, summary, table

from catenet.nodes.internet.ospf.config import OspfOptions

Lans = dict[str, list[str]]
Costs = dict[str, dict[str, int]]

GRAPHS: dict[str, Callable[[int, int], nx.Graph]] = {
    "tree": lambda size, seed: nx.random_labeled_tree(size, seed=seed),
    "ring": lambda size, seed: nx.cycle_graph(max(3, size)),
    "mesh": lambda size, seed: nx.complete_graph(2 + size % 6),
    "random": lambda size, seed: nx.compose(
        nx.random_labeled_tree(size, seed=seed), nx.gnm_random_graph(size, size // 2, seed=seed)
    ),
}
AUTH = ({}, {"password": "word"}, {"md5": {"1": "word"}}, {"hmac-sha-256": {"7": "word"}})
TIMERS = ((10.0, 40.0, 5.0), (1.0, 4.0, 1.0))
"""Seconds: `hello`, `dead` and `retransmit`, those of RFC 2328 and those of labs."""
FORGIVEN = {"refused.auth-sequence", "refused.interface", "refused.destination", "refused.not-running"}
"""What may be refused of another router's: what was overtaken on the way, or came in while the interface went down, or
before the Designated Router knew that it is."""


@dataclass(frozen=True)
class Scenario:
    """`faults`: how long to wait before, in dead intervals; a verb; which LAN or router. `wire`: jitter, loss,
    duplicates. `own`: their stacks are ours."""

    kind: str
    size: int
    seed: int
    costs: bool
    point_to_point: bool
    auth: int
    timers: int
    wire: tuple[float, float, float]
    faults: tuple[tuple[float, str, int], ...]
    own: bool = False


VERBS = ("cut", "cut silently", "heal", "kill", "start", "pause", "resume", "leave")


def scenarios(most: int) -> st.SearchStrategy[Scenario]:
    """Of so many routers at most."""
    return st.builds(
        Scenario,
        kind=st.sampled_from((*GRAPHS, "shared")),
        size=st.integers(2, most),
        seed=st.integers(0, 2**16),
        costs=st.booleans(),
        point_to_point=st.booleans(),
        auth=st.integers(0, len(AUTH) - 1),
        timers=st.integers(0, len(TIMERS) - 1),
        wire=st.sampled_from(((0.0, 0.0, 0.0), (0.5, 0.1, 0.1), (0.005, 0.3, 0.0), (0.05, 0.05, 0.3))),
        faults=st.lists(
            st.tuples(st.sampled_from((0.0, 0.02, 0.2, 1.5, 3.0)), st.sampled_from(VERBS), st.integers(0, 200)),
            max_size=8,
        ).map(tuple),
        own=st.booleans(),
    )


FLUSHED = Scenario(
    kind="shared",
    size=49,
    seed=1377,
    costs=True,
    point_to_point=True,
    auth=0,
    timers=1,
    wire=(0.005, 0.3, 0.0),
    faults=((3.0, "resume", 23), (3.0, "resume", 23), (1.5, "leave", 16), (3.0, "resume", 23)),
)
"""A network-LSA that is flushed as soon as it is said: where the flush was forgotten at once, the two went on chasing
each other around the rings of LANs."""


@settings(max_examples=12)
@given(scenarios(14))
def test_whatever_happens_the_tables_end_as_networkx_says(scenario: Scenario) -> None:
    play(scenario)


@pytest.mark.slow
@pytest.mark.timeout(0)
@settings(max_examples=1000, derandomize=False, print_blob=True)
@example(FLUSHED)
@given(scenarios(60))
def test_for_long_whatever_happens_the_tables_end_as_networkx_says(scenario: Scenario) -> None:
    play(scenario)


def play(scenario: Scenario) -> None:
    """Faults on impaired LANs; then nothing more happens, and what is cut or dead stays so; then the tables."""
    lans, costs = topology(scenario)
    hello, dead, retransmit = TIMERS[scenario.timers]
    pairs = [lan for lan, on in lans.items() if len(on) == 2 and scenario.point_to_point]

    def options_of(router: str) -> OspfOptions:
        return OspfOptions(
            hello=hello,
            dead=dead,
            retransmit=retransmit,
            auth=AUTH[scenario.auth],
            cost=costs[router],
            network=dict.fromkeys(pairs, "point-to-point"),
            ecmp=64,
        )

    network = build_lans(lans, options_of, scenario.seed, reports=False, own=scenario.own)
    jitter, loss, duplicate = scenario.wire
    for lan in lans:
        network.impair(lan, delay=0.001 + jitter / 2, jitter=jitter / 2, loss=loss, duplicate=duplicate)
    for wait, verb, number in scenario.faults:
        network.run(wait * dead)
        happen(network, verb, number)
        assert_sane(network)
    network.run(dead / 4)
    for name in [name for name, node in network.nodes.items() if node.paused]:
        network.resume(name)
    for lan in lans:
        network.impair(lan)
    # A Wait Timer and an Inactivity Timer; then MinLSInterval, the last retransmissions and the last calculation.
    network.run(2 * dead + 30)
    assert_sane(network)
    right = oracle(network, costs)
    assert {name: table(network, name) for name in right} == right
    assert_databases_agree(network, costs)


def assert_databases_agree(network: Network, costs: Costs) -> None:
    for component in nx.weakly_connected_components(area_graph(network, list(network.lans), costs)):
        databases = {name: database(network, name) for name in component}
        first = next(iter(databases.values()))
        assert all(each == first for each in databases.values()), databases


def topology(scenario: Scenario) -> tuple[Lans, Costs]:
    """The LANs, each with its routers, and what it costs them to send there, where that is not 1."""
    draw = random.Random(scenario.seed)
    if scenario.kind == "shared":
        lans = _shared(scenario.size, draw)
    else:
        graph = GRAPHS[scenario.kind](scenario.size, scenario.seed)
        lans = {f"lan-{vertex}": [str(vertex)] for vertex in graph}
        lans |= {f"{min(ends)}--{max(ends)}": [str(end) for end in ends] for ends in graph.edges}
    costs: Costs = {router: {} for routers in lans.values() for router in routers}
    for lan, routers in lans.items():
        for router in routers:
            if scenario.costs and draw.random() < 0.3:
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
    elif verb == "leave":
        network.call(target, lambda machine, now: machine.shutdown())
        network.kill(target)
    else:
        getattr(network, verb)(target)


def assert_sane(network: Network) -> None:
    """At any moment: nothing of another router's is refused."""
    for name, node in network.nodes.items():
        if node.machine is not None:
            counted = {word for word, count in summary(network, name)["counters"].items() if count}
            refused = {word for word in counted if word.startswith("refused.")}
            assert refused <= FORGIVEN, (name, counted)
