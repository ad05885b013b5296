"""The shortest routes, against networkx."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catenet
from catenet.nodes.control.topology import ExpectedRoute
from catenet.orchestrator.lab.graph import best, expected, lacking, routing
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Lab

LABS = Path(catenet.__file__).parent / "labs"


@st.composite
def random_labs(draw: st.DrawFn) -> Lab:
    lans = [f"l{number}" for number in range(draw(st.integers(1, 7)))]
    nodes = draw(st.lists(st.lists(st.sampled_from(lans), min_size=1, max_size=4, unique=True), min_size=1, max_size=9))
    lines = [f"  n{number}: {{lans: [{', '.join(on)}], forward: {len(on) > 1}}}" for number, on in enumerate(nodes)]
    lines = [line.replace("False", "false, services: [rip]").replace("True", "true, services: [rip]") for line in lines]
    text = "lans: {" + ", ".join(f"{lan}: {{}}" for lan in lans) + "}\nnodes:\n" + "\n".join(lines)
    return parse(text.encode(), "lab.yaml")


def learned(lab: Lab, **now: Collection[Any]) -> Mapping[str, Mapping[str, ExpectedRoute]]:
    return expected(lab, **now).get("rip", {})


def bipartite(lab: Lab, cut: set[str], dead: set[str]) -> networkx.Graph[str]:
    """Routers and LANs, an edge for each interface that is up."""
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_nodes_from(f"lan {lan}" for lan in lab.lans if lan not in cut)
    for node in lab.nodes.values():
        if node.forward and node.name not in dead:
            graph.add_node(node.name)
            graph.add_edges_from((node.name, f"lan {place.lan}") for place in node.attachments if place.lan not in cut)
    return graph


def check(lab: Lab, cut: set[str], dead: set[str]) -> None:
    graph = bipartite(lab, cut, dead)
    found = learned(lab, cut=cut, absent=dead)
    assert set(found) == {name for name in graph if not name.startswith("lan ")}
    for router, row in found.items():
        lengths = networkx.single_source_shortest_path_length(graph, router)
        # a way of n links has n + 1 LANs and n routers after the first: 2 n + 1 edges
        costs = {name.removeprefix("lan "): (far - 1) // 2 for name, far in lengths.items() if name.startswith("lan ")}
        assert {lan: way.cost for lan, way in row.items()} == {lan: cost for lan, cost in costs.items() if cost}
        for lan, way in row.items():
            paths = networkx.all_shortest_paths(graph, router, f"lan {lan}")
            firsts = {(path[1].removeprefix("lan "), path[2]) for path in paths if len(path) > 2}
            assert way.next_hops == firsts


@settings(max_examples=100)
@given(random_labs(), st.data())
def test_ways_are_the_shortest_paths(lab: Lab, data: st.DataObject) -> None:
    cut = data.draw(st.sets(st.sampled_from(sorted(lab.lans)), max_size=2))
    dead = data.draw(st.sets(st.sampled_from(sorted(lab.nodes)), max_size=2))
    check(lab, cut, dead)


@pytest.mark.parametrize("cut", [set(), {"link1"}, {"link2"}, {"link1", "link5"}])
def test_ways_of_the_default_lab(cut: set[str]) -> None:
    check(load(LABS / "internet" / "lab.yaml"), cut, set())


def test_the_lectures_three_tables() -> None:
    """Slides 14-8 … 14-11; two entries tie."""
    lab = load(LABS / "five-routers" / "lab.yaml")
    tables = {
        "a": {"b": ("1", 1), "c": ("1", 2), "d": ("3", 1), "e": ("13", 2)},
        "b": {"a": ("1", 1), "c": ("2", 1), "d": ("14", 2), "e": ("4", 1)},
        "c": {"a": ("2", 2), "b": ("2", 1), "d": ("5", 2), "e": ("5", 1)},
    }
    found = learned(lab)
    for at, table in tables.items():
        for to, (links, cost) in table.items():
            way = found[at][f"lan-{to}"]
            assert (way.via, way.cost) == ({f"link{link}" for link in links}, cost)
    assert "lan-a" not in found["a"]  # it is its own


def test_the_default_labs_story_has_one_way_before_and_after_the_cut() -> None:
    """Where a tie stood, a check of the path would be a matter of luck."""
    lab = load(LABS / "internet" / "lab.yaml")
    for cut, routers in ((set[str](), "a b c f1"), ({"link1"}, "a d e c f1")):
        found = learned(lab, cut=cut)
        at, path = "a", ["a"]
        while "cs" in found[at]:
            ((_, at),) = found[at]["cs"].next_hops
            path.append(at)
        assert " ".join(path) == routers


def test_over_a_silent_lan_nobody_is_heard_and_it_stays_its_routers_own() -> None:
    lab = load(LABS / "five-routers" / "lab.yaml")
    silent = learned(lab, silent=[("a", "link1"), ("b", "link1")])
    gone = learned(lab, cut=["link1"])
    for router, row in gone.items():
        assert {lan: way for lan, way in silent[router].items() if lan != "link1"} == row
    assert {router: row["link1"].cost for router, row in silent.items() if "link1" in row} == {"c": 1, "d": 1, "e": 1}


def test_a_lan_that_is_silent_at_one_end_is_heard_from_the_other() -> None:
    lab = load(LABS / "five-routers" / "lab.yaml")
    found = learned(lab, silent=[("a", "link1")])
    assert found["b"]["lan-a"].via == {"link1"}
    assert (found["a"]["lan-b"].via, found["a"]["lan-b"].cost) == ({"link3"}, 3)


def test_of_several_protocols_the_nearest_one_has_the_kernels_route() -> None:
    lab = load(LABS / "five-routers" / "lab.yaml")
    (rip,) = routing(lab.nodes["a"])
    assert rip.routing is not None
    near = rip._replace(name="near", routing=rip.routing._replace(distance=90))
    one, other = ExpectedRoute(1, frozenset({("l", "b")})), ExpectedRoute(7, frozenset({("m", "c")}))
    found = {"rip": {"a": {"x": one, "y": one}}, "near": {"a": {"y": other}, "b": {"x": other}}}
    for services in ([rip, near], [near, rip]):
        assert best(found, services, "a") == {"x": one, "y": other}
    assert best(found, [rip], "a") == {"x": one, "y": one}


def test_what_a_router_lacks_is_said_in_words() -> None:
    assert list(lacking({"here": 0, "far": 3, "more": 1}, {"here": 0, "far": 2, "gone": 1})) == [
        "far at cost 2, only at cost 3",
        "gone at cost 1",
    ]
    assert list(lacking({"here": 5}, {"here": None, "gone": None})) == ["gone"]


REDISTRIBUTED = """\
lans: {x: {prefix: 10.1.0.0/24}, r: {prefix: 10.2.0.0/24}, o: {prefix: 10.3.0.0/24}, s: {prefix: 10.4.0.0/24}}
nodes:
  x: {lans: {x: 10.1.0.1, r: 10.2.0.1}, services: [rip]}
  b:
    lans: {r: 10.2.0.2, o: 10.3.0.2}
    services:
      rip: {passive: [o], redistribute: [connected, static]}
      ospf: {area: {r: off}, redistribute: [rip], tag: 120}
    routes: [{to: 10.4.0.0/24, via: 10.3.0.9}]
  y: {lans: {o: 10.3.0.1}, forward: true, services: {ospf: {last_resort: [120]}}}
  far: {lans: {o: 10.3.0.9, s: 10.4.0.9}}
"""


def test_what_a_router_redistributes_is_expected_of_its_neighbours() -> None:
    """RIP's routes in OSPF (and its static ones not, as nobody says so), a static route that leads to a LAN in RIP."""
    found = expected(parse(REDISTRIBUTED.encode(), "lab.yaml"))
    b = frozenset({("o", "b")})
    assert found["ospf"]["y"] == {"x": ExpectedRoute(19, b, 120, last_resort=True)}
    assert found["rip"]["x"] == {
        "o": ExpectedRoute(1, frozenset({("r", "b")})),
        "s": ExpectedRoute(1, frozenset({("r", "b")})),
    }
    lost = expected(parse(REDISTRIBUTED.encode(), "lab.yaml"), cut={"o"})
    assert (lost["ospf"]["y"], lost["rip"]["x"]) == ({}, {})
