"""The checks that look at tables: `routes`, at the kernel's and a protocol's, and `shows`, at any."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.nodes.machine import Json
from catenet.orchestrator.checks.expectation import Finding, NoAnswerError
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.checks.shows import ShowsCheck

KERNEL = [
    {"prefix": "10.0.9.0/24", "via": via, "node": "x", "lan": lan, "metric": metric, "source": "ospf"}
    for via, lan, metric in (("10.0.1.2", "link1", 110), ("10.0.3.4", "link3", 110), ("10.0.5.6", "link5", 120))
]
TABLE = [{"prefix": "10.0.9.0/24", "lan": lan, "via": via, "cost": 2} for via, lan in (("10.0.1.2", "link1"),)]
NEIGHBOURS = [
    {"router": "1.1.1.1", "node": "b", "lan": "link1", "state": "Full", "priority": 1, "role": None},
    {"router": "2.2.2.2", "node": "c", "lan": "link1", "state": "2-Way", "priority": 0, "role": None},
    {"router": "2.2.2.2", "node": "c", "lan": "link2", "state": "Full", "priority": 1, "role": "DR"},
]
NAMES = {"2.2.2.2": "c", "1.1.1.1": "b"}


class Scene:
    """A lab in which node a shows these tables."""

    def __init__(self, **tables: Json) -> None:
        self.tables = {"routes": KERNEL, "ospf": {"table": TABLE}, "neighbors": NEIGHBOURS} | tables

    def show(self, node: str, what: str) -> Json:
        assert node == "a"
        return self.tables[what]

    def leads_to(self, prefix: str, lan: str, at: str) -> bool:
        return (prefix, lan, at) == ("10.0.9.0/24", "far", "a")

    def prefix(self, lan: str) -> str:
        return {"far": "10.0.9.0/24"}[lan]

    def routing(self, node: str) -> list[str]:
        return ["ospf"]

    def name(self, address: str, at: str) -> str:
        return NAMES.get(address, address)


def route(**words: Any) -> Finding:
    return RoutesCheck("a", "far", **words).run(Scene())  # type: ignore[arg-type]


def shows(row: str, rows: int | None = None, **tables: Json) -> Finding:
    return ShowsCheck("a", "neighbors", row, rows).run(Scene(**tables))  # type: ignore[arg-type]


def test_of_several_next_hops_none_may_leave_by_another_lan() -> None:
    """The route at the higher metric is another one, which the kernel does not take."""
    assert route(via=("link1", "link3")).holds
    assert route(via=("link1", "link3", "link5"), cost=2).holds
    done = route(via=("link1",), cost=2)
    assert (done.holds, done.seen) == (False, "via link1 and link3, cost 2")


@pytest.mark.parametrize(
    ("row", "rows", "seen"),
    [
        ("Full", None, "2 of 3"),
        ("Full", 2, "2 of 3"),
        ("c link2 DR", None, "1 of 3"),
        ("1.1.1.1 Full 1", 1, "1 of 3"),
        ("Init", 0, "0 of 3"),
    ],
)
def test_rows_with_these_cells(row: str, rows: int | None, seen: str) -> None:
    done = shows(row, rows)
    assert (done.holds, done.seen) == (True, seen)


@pytest.mark.parametrize(("row", "rows"), [("Ful", None), ("b DR", None), ("Full", 1), ("Full", 0), ("None", None)])
def test_a_part_of_a_cell_is_none_nor_are_cells_of_different_rows(row: str, rows: int | None) -> None:
    assert not shows(row, rows).holds


def test_a_node_goes_by_its_name_where_the_table_has_its_address() -> None:
    assert shows("c 7", 1, neighbors={"lsas": [{"router": "2.2.2.2", "age": 7}], "counters": {"c": 1}}).holds


def test_what_has_no_rows_is_no_answer() -> None:
    with pytest.raises(NoAnswerError, match="a's neighbors has no rows"):
        shows("x", neighbors="none")


def test_in_words() -> None:
    assert ShowsCheck("a", "ospf lsdb", "router b", 1).describe() == "a shows in ospf lsdb: router b (1 row)"
    assert ShowsCheck("a", "ospf lsdb", "router b").describe() == "a shows in ospf lsdb: router b"
    assert shows("Full", 3).next == "catenet show a neighbors"
