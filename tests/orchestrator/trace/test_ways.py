"""Over which LANs a packet and its answer may go, by the nodes' own tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.answers import KernelRoute
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.trace.ways import Routes, _between

SQUARE = """
name: square
lans:
  left: {prefix: 10.0.1.0/24}
  up: {prefix: 10.0.2.0/24}
  down: {prefix: 10.0.3.0/24}
  right: {prefix: 10.0.4.0/24}
nodes:
  h1: {lans: {left: 10.0.1.1}, gateway: a}
  a: {lans: {left: 10.0.1.2, up: 10.0.2.2, down: 10.0.3.2}}
  b: {lans: {up: 10.0.2.3, right: 10.0.4.3}}
  c: {lans: {down: 10.0.3.4, right: 10.0.4.4}}
  h2: {lans: {right: 10.0.4.5}, gateway: b}
"""
H1, H2 = Address.parse("10.0.1.1"), Address.parse("10.0.4.5")
THERE = {
    "h1": [("default", "10.0.1.2", "left")],
    "a": [("10.0.4.0/24", "10.0.2.3", "up"), ("10.0.4.0/24", "10.0.3.4", "down")],
    "b": [("10.0.4.0/24", None, "right")],
    "c": [("10.0.4.0/24", None, "right")],
}
BACK = {
    "h2": [("default", "10.0.4.3", "right")],
    "b": [("10.0.1.0/24", "10.0.2.2", "up")],
    "a": [("10.0.1.0/24", None, "left")],
}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    file = tmp_path / "lab.yaml"
    file.write_text(SQUARE)
    return load(file)


def found(lab: Lab, routes: Routes, to: Address = H2) -> list[str]:
    return list(_between(lab, views(lab).at("h1"), "h1", to, routes))


def tables(at: str, to: Address) -> tuple[KernelRoute, ...]:
    rows = (BACK if to == H1 else THERE).get(at, [])
    return tuple(KernelRoute(prefix, via, None, lan) for prefix, via, lan in rows)


def test_all_ways_of_equal_cost_and_those_back(lab: Lab) -> None:
    assert found(lab, tables) == ["left", "up", "down", "right"]


def test_a_second_route_that_is_not_taken_is_no_way(lab: Lab) -> None:
    def routes(at: str, to: Address) -> tuple[KernelRoute, ...]:
        rows = tables(at, to)
        return tuple(row._replace(metric=number) for number, row in enumerate(rows))

    assert found(lab, routes) == ["left", "up", "right"]


def test_where_a_node_does_not_answer_the_way_ends_with_its_lan(lab: Lab) -> None:
    assert found(lab, lambda at, to: tables(at, to) if at in ("h1", "h2") else ()) == ["left", "right"]
    assert found(lab, lambda _at, _to: ()) == []


def test_routes_in_a_circle_end(lab: Lab) -> None:
    circle = {"h1": ("10.0.1.2", "left"), "a": ("10.0.2.3", "up"), "b": ("10.0.2.2", "up")}

    def routes(at: str, _to: Address) -> tuple[KernelRoute, ...]:
        via, lan = circle.get(at, (None, ""))
        return (KernelRoute("10.9.9.0/24", via, None, lan),) if via else ()

    assert found(lab, routes, Address.parse("10.9.9.9")) == ["left", "up"]


def test_an_address_that_nobody_has_is_looked_for_on_its_lan(lab: Lab) -> None:
    assert found(lab, tables, Address.parse("10.0.4.99")) == ["left", "up", "down", "right"]
