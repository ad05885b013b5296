"""What a check that failed says of the lab: what is cut, dead or paused, and what mends it."""

from __future__ import annotations

from typing import Any

from catenet.orchestrator.checks.ping import PingCheck

PING = PingCheck("h", "g")
AFTER = "catenet traceroute h g"


def next_of(world: Any) -> str:
    world.prints("ping", b"", code=1)
    [result] = world.check(PING)
    assert not result.passed
    return result.finding.next


def test_a_lab_that_is_whole_has_no_cause(world: Any) -> None:
    assert next_of(world) == AFTER


def test_a_cut_lan(world: Any) -> None:
    world.down = {("r", "link2"), ("g", "link2")}
    assert next_of(world) == f"link2 is cut: catenet heal link2; else {AFTER}"


def test_a_lan_that_is_cut_at_one_end(world: Any) -> None:
    world.down = {("r", "link2")}
    assert next_of(world) == f"link2 is cut at r: catenet heal link2; else {AFTER}"


def test_a_dead_node_and_a_paused_one(world: Any) -> None:
    world.engine.kill("line-r")
    world.engine.pause("line-g")
    assert next_of(world) == f"g is paused: catenet resume g; r is exited (137): catenet start r; else {AFTER}"


def test_of_much_reset_mends_all(world: Any) -> None:
    world.engine.kill("line-r")
    world.engine.pause("line-g")
    world.down = {("h", "link1")}
    assert next_of(world) == f"link1 is cut, g is paused, r is exited (137): catenet reset; else {AFTER}"


def test_a_check_that_holds_says_nothing(world: Any) -> None:
    world.engine.pause("line-g")
    world.prints("ping", b"")
    [result] = world.check(PING)
    assert result.finding.next == AFTER
