"""Whether routing has converged, told from the tables that the routers show: a -link1- b -link2- c, in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.status.converged import not_converged, wait_until_converged

OTHERS = {"a": ("link2", "link1", "10.0.1.2"), "c": ("link1", "link2", "10.0.2.2")}
LAB = parse(
    b"""\
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}}
nodes:
  a: {lans: {link1: 10.0.1.1}, services: [rip], forward: true}
  b: {lans: {link1: 10.0.1.2, link2: 10.0.2.2}, services: [rip]}
  c: {lans: {link2: 10.0.2.3}, services: [rip], forward: true}
""",
    "lab.yaml",
)
PREFIX = {"link1": "10.0.1.0/24", "link2": "10.0.2.0/24"}


class Tables:
    """`rip` and `routes` of each router, as they should be; a test spoils them."""

    def __init__(self, small: Any) -> None:
        self.small = small
        self._links = small.answer
        self.asked: Counter[str] = Counter()
        self.dies = ("", 0)
        """The node that dies when it has been asked so often."""
        small.engine.answer = self._answer
        self.rip: dict[str, list[dict[str, Any]]] = {"b": []}
        self.routes: dict[str, list[dict[str, Any]]] = {"b": []}
        for node, (to, lan, via) in OTHERS.items():
            self.rip[node] = [{"prefix": PREFIX[to], "lan": lan, "via": via, "cost": 1}]
            self.routes[node] = [{"prefix": PREFIX[to], "lan": lan, "via": via}]

    def _answer(self, container: str, command: Any, given: bytes) -> tuple[int, bytes, bytes]:
        question, node = Question.parse(given), container.removeprefix("small-")
        what = question.arguments.get("what")
        self.asked[node] += 1
        if (node, self.asked[node]) == self.dies:
            self.small.kill(node)
        if tuple(command) == ASK_COMMAND and what == "rip":
            known = self.rip.get(node)
            return 0, bytes(Answer(error="no such table") if known is None else Answer({"table": known})), b""
        if tuple(command) == ASK_COMMAND and what == "routes":
            return 0, bytes(Answer(self.routes[node])), b""
        return self._links(container, command, given)  # type: ignore[no-any-return]

    def lacking(self) -> list[str]:
        return not_converged(self.small.engine, LAB, self.small.running.containers)

    def wait(self, within: float) -> list[str]:
        return wait_until_converged(self.small.engine, replace(self.small.running, model=LAB), within)


@pytest.fixture
def tables(small):
    return Tables(small)


def test_nothing_is_lacking_where_every_router_knows_every_lan_at_its_cost(tables):
    assert tables.lacking() == []
    assert tables.wait(0.0) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.rip["a"].clear(), ["a has no route to link2 at cost 1"]),
        (lambda t: t.rip["a"][0].update(cost=3), ["a has no route to link2 at cost 1, only at cost 3"]),
        (lambda t: t.rip["a"][0].update(cost=None), ["a has no route to link2 at cost 1"]),  # garbage
        (lambda t: t.routes["c"].clear(), ["c's kernel has no route to link1, not by link2"]),
        (lambda t: t.routes["c"][0].update(lan="link9"), ["c's kernel sends to link1 by link9, not by link2"]),
        (lambda t: t.rip.pop("a"), []),  # another implementation: its kernel's table tells
        (lambda t: t.routes["c"].append({**t.routes["c"][0], "lan": "link9", "metric": 120}), []),  # the kernel's next
        (
            lambda t: t.routes["c"].append({**t.routes["c"][0], "lan": "link9"}),  # of two next hops one leads astray
            ["c's kernel sends to link1 by link2 and link9, not by link2"],
        ),
    ],
)
def test_what_a_router_lacks_is_said(tables, spoil, said):
    spoil(tables)
    assert tables.lacking() == said


def test_what_cannot_be_reached_should_be_known_to_nobody(tables):
    tables.small.down = {("b", "link2"), ("c", "link2")}
    assert "a has a route to link2, which cannot be reached" in tables.lacking()
    tables.rip["a"].clear()
    tables.rip["c"].clear()
    assert tables.lacking() == []


def test_a_dead_router_is_as_good_as_none_and_a_lan_cut_at_one_end_is_heard_of_from_the_other(tables):
    tables.small.down = {("b", "link2")}
    assert tables.lacking() == ["c has a route to link1, which cannot be reached"]
    tables.small.kill("b")
    assert "a has a route to link2, which cannot be reached" in tables.lacking()
    for node in "ac":
        tables.rip[node].clear()
    assert tables.lacking() == []
    tables.small.engine.pause("small-a")
    assert tables.lacking() == []


def test_the_last_words_are_given_when_the_time_is_over(tables):
    tables.rip["a"].clear()
    assert tables.wait(0.3) == ["a has no route to link2 at cost 1"]


def test_while_one_router_lacks_something_it_alone_is_asked_again_and_by_one_program(tables):
    tables.rip["a"].clear()
    assert tables.wait(1.0) == ["a has no route to link2 at cost 1"]
    assert tables.asked["b"] == tables.asked["c"] == 6  # links, rip, routes: at the beginning and at the end
    assert tables.asked["a"] > 6
    assert sorted(tables.small.engine.executed) == ["small-a", "small-b", "small-c"]


def test_one_that_dies_while_it_lacks_something_is_no_longer_waited_for(tables):
    tables.rip["a"].clear()
    tables.dies = ("a", 7)
    assert tables.wait(200.0) == []
