"""Nodes on hosts: few LANs that span several, memory shared, pins kept, and nobody moved who runs already."""

from __future__ import annotations

import random
from itertools import product

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.partition import Hypergraph, partition, shares, spanning
from catenet.orchestrator.plan.placing import ONE, loads, memory, place
from catenet.orchestrator.plan.plan_error import PlanError

GB = 10**9
TWO = {"here": 8 * GB, "big": 8 * GB}
NODE = 20  # in the tests of graphs: a node's weight


def ring(size: int, *, pins: dict[int, str] | None = None) -> Lab:
    lans = "".join(f"  l{n}: {{}}\n" for n in range(size))
    places = {n: f", place: {host}" for n, host in (pins or {}).items()}
    nodes = "".join(f"  r{n}: {{lans: [l{n}, l{(n + 1) % size}]{places.get(n, '')}}}\n" for n in range(size))
    return parse(f"lans:\n{lans}nodes:\n{nodes}".encode(), "ring.yaml")


def crossing(lab: Lab, chosen: dict[str, str]) -> set[str]:
    """By its meaning, apart from what is tested: the LANs with nodes on two hosts."""
    return {lan for lan in lab.lans if len({chosen[n.name] for n in lab.on_lan(lan)}) > 1}


def weights_of(graph: Hypergraph, part: list[int], parts: int) -> list[int]:
    return [sum(w for w, own in zip(graph.weights, part, strict=True) if own == each) for each in range(parts)]


def most(graph: Hypergraph, capacities: list[int], fixed: dict[int, int]) -> list[float]:
    """What each part may weigh."""
    return [share.most for share in shares(graph, capacities, fixed)]


def test_on_one_host_nothing_is_placed() -> None:
    assert place(ring(4), {}) is ONE
    assert place(ring(4), {"here": GB}) is ONE


@pytest.mark.parametrize("hosts", [2, 3, 4, 7])
def test_a_ring_is_cut_into_as_many_arcs_as_there_are_hosts(hosts: int) -> None:
    lab = ring(40)
    placement = place(lab, {f"h{n}": 8 * GB for n in range(hosts)})
    assert placement.spanning == crossing(lab, dict(placement.hosts))
    assert len(placement.spanning) == hosts
    share = 40 / hosts
    assert all(len(load.nodes) <= 1.2 * share for load in loads(lab, placement, {f"h{n}": GB for n in range(hosts)}))


def test_memory_is_shared_as_the_hosts_have_it() -> None:
    lab = ring(50)
    placement = place(lab, {"small": 2 * GB, "large": 8 * GB})
    small, large = loads(lab, placement, {"small": 2 * GB, "large": 8 * GB})
    assert (len(small.nodes), len(large.nodes)) == (10, 40)
    assert small.needs == 10 * memory(lab.nodes["r0"])


def test_a_pin_is_kept_and_its_neighbours_come_along() -> None:
    lab = ring(40, pins={0: "big", 20: "here"})
    placement = place(lab, TWO)
    assert (placement.hosts["r0"], placement.hosts["r20"]) == ("big", "here")
    assert len(placement.spanning) == 2


def test_pins_may_take_more_than_a_hosts_share() -> None:
    lab = ring(10, pins=dict.fromkeys(range(9), "big"))
    placement = place(lab, TWO)
    assert [*placement.hosts.values()] == ["big"] * 9 + ["here"]


def test_who_runs_stays_and_a_node_that_is_added_moves_nobody() -> None:
    smaller, larger = ring(30), ring(36)
    before = place(smaller, TWO).hosts
    after = place(larger, TWO, before).hosts
    assert {name: after[name] for name in before} == dict(before)
    # of the six that are new each is beside one that runs, or beside another new one: one LAN more at the most
    assert len(place(larger, TWO, before).spanning) <= len(place(smaller, TWO).spanning) + 1


def test_what_runs_on_a_host_that_is_named_no_more_is_placed_anew() -> None:
    lab = ring(10)
    assert {*place(lab, TWO, dict.fromkeys(lab.nodes, "gone")).hosts.values()} == {"here", "big"}


def test_a_pin_is_stronger_than_where_a_node_runs() -> None:
    lab = ring(10, pins={3: "big"})
    assert place(lab, TWO, dict.fromkeys(lab.nodes, "here")).hosts["r3"] == "big"


def test_another_implementation_weighs_more() -> None:
    text = "lans: {l: {}}\nnodes:\n  a: {lans: [l]}\n  b: {lans: [l], services: {rip: {implementation: frr}}}\n"
    lab = parse(text.encode(), "f")
    assert memory(lab.nodes["b"]) > 2 * memory(lab.nodes["a"])


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(PlanError, match=r"node r1: place: there is no host bik \(there is: here, big\)"):
        place(ring(4, pins={1: "bik"}), TWO)
    with pytest.raises(PlanError, match="the 100 nodes need about 2000 MB of memory, and a, b have 1000 MB together"):
        place(ring(100), {"a": GB // 2, "b": GB // 2})
    with pytest.raises(PlanError, match="host small: the 5 nodes with `place: small` need about 100 MB of memory"):
        place(ring(20, pins=dict.fromkeys(range(5), "small")), {"small": 90_000_000, "big": GB})


@st.composite
def problems(draw: st.DrawFn) -> tuple[Hypergraph, list[int], dict[int, int]]:
    size, parts = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    weights = draw(st.lists(st.sampled_from([NODE, 2 * NODE, 45]), min_size=size, max_size=size))
    vertices = st.integers(0, size - 1)
    edges = draw(st.lists(st.lists(vertices, min_size=1, max_size=8, unique=True), max_size=60))
    capacities = draw(st.lists(st.integers(1, 64), min_size=parts, max_size=parts))
    return (
        Hypergraph(weights, edges),
        capacities,
        draw(st.dictionaries(vertices, st.integers(0, parts - 1), max_size=8)),
    )


@given(problems())
@settings(max_examples=150, deadline=None)
def test_whatever_the_graph_all_is_placed_pins_are_kept_and_no_part_is_too_heavy(
    problem: tuple[Hypergraph, list[int], dict[int, int]],
) -> None:
    graph, capacities, fixed = problem
    part = partition(graph, capacities, fixed)
    assert len(part) == len(graph.weights)
    assert all(0 <= own < len(capacities) for own in part)
    assert all(part[vertex] == own for vertex, own in fixed.items())
    heaviest = most(graph, capacities, fixed)
    assert all(
        load <= bound + 1e-6 for load, bound in zip(weights_of(graph, part, len(capacities)), heaviest, strict=True)
    )
    assert partition(graph, capacities, fixed) == part


@given(problems())
@settings(max_examples=100, deadline=None)
def test_no_bound_is_far_from_a_share(problem: tuple[Hypergraph, list[int], dict[int, int]]) -> None:
    """Without pins: a fifth more than the share, or less than the heaviest node more."""
    graph, capacities, _ = problem
    for bound, capacity in zip(most(graph, capacities, {}), capacities, strict=True):
        share = sum(graph.weights) * capacity / sum(capacities)
        assert share < bound <= max(1.2 * share, share + max(graph.weights)) + 1e-6


def test_of_small_graphs_it_finds_nearly_always_the_fewest() -> None:
    """Beside all ways that there are, of 300 graphs (seed 7)."""
    draws = random.Random(7)
    excess: list[int] = []
    for _ in range(300):
        size = draws.randint(2, 10)
        edges = [draws.sample(range(size), draws.randint(2, min(size, 4))) for _ in range(draws.randint(1, 12))]
        graph = Hypergraph([NODE] * size, edges)
        fixed = {vertex: draws.randrange(2) for vertex in range(size) if draws.random() < 0.15}
        found = partition(graph, [1, 1], fixed)
        bounds = most(graph, [1, 1], fixed)
        fewest = min(
            len(spanning(graph, [*way]))
            for way in product((0, 1), repeat=size)
            if all(way[vertex] == own for vertex, own in fixed.items())
            and all(load <= bound for load, bound in zip(weights_of(graph, [*way], 2), bounds, strict=True))
        )
        excess.append(len(spanning(graph, found)) - fewest)
    assert sum(each == 0 for each in excess) >= 294
    assert max(excess) <= 2


def shapes() -> dict[str, tuple[int, list[list[int]], int]]:
    """Name → (vertices, edges, how many edges two halves need at the least, or are known to need)."""
    grid = networkx.convert_node_labels_to_integers(networkx.grid_2d_graph(30, 30))
    clusters = [[20 * each + n for n in range(20)] for each in range(50)]
    between = [[20 * each, 20 * (each + 1) % 1000 + 1] for each in range(50)]
    ring_of = [[n, (n + 1) % 1000] for n in range(1000)]
    order = [*range(1000)]
    random.Random(1).shuffle(order)
    return {
        "a ring": (1000, ring_of, 2),
        "a ring whose nodes stand anyhow": (1000, [[order[one], order[other]] for one, other in ring_of], 2),
        "a grid": (900, [list(edge) for edge in grid.edges], 30),
        "sites in a ring": (1000, clusters + between, 2),
        "a LAN that all are on, and a ring": (1000, [[*range(1000)], *ring_of], 3),
        "islands": (1000, clusters, 0),
    }


@pytest.mark.parametrize("name", shapes())
def test_a_thousand_nodes_of_known_shapes(name: str) -> None:
    size, edges, fewest = shapes()[name]
    graph = Hypergraph([NODE] * size, edges)
    part = partition(graph, [1, 1], {})
    assert len(spanning(graph, part)) == fewest
    assert all(0.4 * size <= part.count(own) <= 0.6 * size for own in (0, 1))
