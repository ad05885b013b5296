"""`catenet trace route` on the lab five-routers: whence a has its way to lan-c, and whence after a cut."""

from __future__ import annotations

import pytest
from lab_bench import until

from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.trace.route import RouteTrace, trace_route

pytestmark = [pytest.mark.engine, pytest.mark.lab("five-routers")]


def trace(lab: LabUnderTest, node: str, target: str) -> RouteTrace:
    return trace_route(lab.engine, lab.running, node, target)


def routers(done: RouteTrace) -> list[str]:
    return [hop.node for hop in done.hops]


def rivals(lab: LabUnderTest) -> list[tuple[object, ...]]:
    return [(rival.node, rival.lan, rival.why) for rival in trace(lab, "a", "lan-c").rivals]


def test_each_router_on_the_way_says_who_told_it(lab: LabUnderTest) -> None:
    done = trace(lab, "a", "lan-c")
    assert done.prefix == "10.1.3.0/24"
    assert [(hop.node, hop.kind, hop.metric, hop.lan, hop.source) for hop in done.hops] == [
        ("c", "own", 1, "lan-c", ""),
        ("b", "protocol", 2, "link2", "c"),
        ("a", "protocol", 3, "link1", "b"),
    ]
    assert [(row.via, row.protocol, row.metric) for row in done.kernel] == [("10.0.1.2", "rip", 120)]
    assert {hop.message for hop in done.hops[1:]} <= {"answer", "update", "triggered update"}
    until(lambda: rivals(lab) != [("d", "link3", "worse: 4, not 3")])


def test_after_a_cut_it_is_the_other_way_round_with_the_story_of_how_that_came(lab: LabUnderTest) -> None:
    with lab.cut("link1"):
        until(lambda: routers(trace(lab, "a", "c")) != ["c", "e", "d", "a"])
        causes = [turn.cause for turn in trace(lab, "a", "c").history]
        assert "link1 went down" in causes
        assert causes[-1] in ("d's answer", "d's update")
    until(lambda: routers(trace(lab, "a", "10.1.3.3")) != ["c", "b", "a"])


def test_a_paused_router_ends_the_chain(lab: LabUnderTest) -> None:
    with lab["b"].pause():
        done = trace(lab, "a", "lan-b")
        first = done.hops[0]
        assert (first.node, first.kind, first.note) == ("b", "silent", "paused") or not done.found
