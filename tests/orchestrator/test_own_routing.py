"""A routing protocol of one's own beside RIP, on the same nodes: a lab is ready, and has converged, by both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.deploy.ready import Readiness
from catenet.orchestrator.lab.graph import best, expected, routing
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.operations.scene import RunningScene
from catenet.orchestrator.plan.compose import ComposePaths, compose_file
from catenet.orchestrator.plan.desired import desired
from catenet.orchestrator.status.converged import not_converged

pytestmark = pytest.mark.usefixtures("own_service")

FILE = """\
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}}
nodes:
  a: {lans: {link1: 10.0.1.1}, services: [toyroute, rip], forward: true}
  b: {lans: {link1: 10.0.1.2, link2: 10.0.2.2}, services: [rip, toyroute]}
  c: {lans: {link2: 10.0.2.3}, services: [toyroute], forward: true}
"""
PREFIX = {"link1": "10.0.1.0/24", "link2": "10.0.2.0/24"}


def lab() -> Lab:
    return parse(FILE.encode(), "lab.yaml")


def told(node: str, service: str, lan: str, cost: int) -> Event:
    return Event(1.0, node, service, "route.changed", "", {"prefix": PREFIX[lan], "cost": cost})


def started(node: str) -> Iterator[Event]:
    for service in lab().nodes[node].services:
        yield Event(1.0, node, service, "service.ready", "")
    for place in lab().nodes[node].attachments:
        yield Event(1.0, node, "link", "link.up", "", {"lan": place.lan})
    yield Event(1.0, node, "node", "node.ready", "")


def test_each_protocol_is_awaited_by_its_own_rules() -> None:
    readiness = Readiness(lab(), "abc")
    for node in "abc":
        for event in started(node):
            readiness.note(node, event)
    assert [each.words for each in readiness.lacking()] == [
        "a has no route to link2 at cost 10 by toyroute",
        "a has no route to link2 at cost 1 by rip",
        "c has no route to link1 at cost 10",
    ]
    readiness.note("a", told("a", "rip", "link2", 10))  # of another protocol
    readiness.note("c", told("c", "toyroute", "link1", 10))
    assert readiness.counts()["converged"] == (2, 3)
    readiness.note("a", told("a", "toyroute", "link2", 10))
    assert [each.words for each in readiness.lacking()] == ["a has no route to link2 at cost 1, only at cost 10 by rip"]
    readiness.note("a", told("a", "rip", "link2", 1))
    assert readiness.is_ready()


def test_rip_knows_nothing_of_routers_that_do_not_speak_it() -> None:
    found = expected(lab())
    assert {service: set(rows) for service, rows in found.items()} == {"rip": {"a", "b"}, "toyroute": {"a", "b", "c"}}
    services = routing(lab().nodes["a"])
    assert best(found, services, "a")["link2"].cost == 10  # by the lesser distance
    assert best(found, [each for each in services if each.name == "rip"], "a")["link2"].cost == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({}, []),
        ({("a", "toyroute"): []}, ["a has no route to link2 at cost 10"]),
        ({("a", "rip"): []}, ["a has no route to link2 at cost 1"]),
        ({("c", "routes"): []}, ["c's kernel has no route to link1, not by link2"]),
    ],
)
def test_it_has_converged_when_both_tables_are_right(small: Any, spoil: dict[Any, Any], said: list[str]) -> None:
    def row(to: str, lan: str, via: str, cost: int) -> dict[str, Json]:
        return {"prefix": PREFIX[to], "lan": lan, "via": via, "cost": cost}

    tables = {
        ("a", "rip"): [row("link2", "link1", "10.0.1.2", 1)],
        ("a", "toyroute"): [row("link2", "link1", "10.0.1.2", 10)],
        ("c", "toyroute"): [row("link1", "link2", "10.0.2.2", 10)],
        ("a", "routes"): [row("link2", "link1", "10.0.1.2", 0)],
        ("c", "routes"): [row("link1", "link2", "10.0.2.2", 0)],
        **spoil,
    }
    ordinary = small.engine.answer

    def answer(container: str, command: Any, given: bytes) -> tuple[int, bytes, bytes]:
        what = Question.parse(given).arguments.get("what") if tuple(command) == ASK_COMMAND else None
        if what not in ("rip", "toyroute", "routes"):
            return ordinary(container, command, given)  # type: ignore[no-any-return]
        rows: Any = tables.get((container.removeprefix("small-"), what), [])
        return 0, bytes(Answer(rows if what == "routes" else {"table": rows})), b""

    small.engine.answer = answer
    assert not_converged(small.engine, lab(), small.running.containers) == said


def test_the_compose_file_shows_its_table(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    text = compose_file(desired(lab(), "x", "i"), ComposePaths("lab.yaml", ".", ""), "catenet export compose")
    assert "docker compose exec a show toyroute\n" in text


def test_a_cost_is_asked_of_a_service_that_the_router_runs(world: Any) -> None:
    """The toy is nearer than RIP, and declared; this router does not run it."""
    route = {"prefix": "10.0.2.0/24", "lan": "link1", "via": "10.0.1.2"}
    world.tables = {"routes": [{**route, "source": "a-program"}], "rip": {"table": [{**route, "cost": 1}]}}
    [result] = world.check(RoutesCheck("r", "link2", ("link1",), 1))
    assert result.passed, result.finding
    assert world.asked == ["routes", "rip"]


def test_of_a_routers_services_the_nearest_is_the_first() -> None:
    scene = RunningScene(FakeEngine(), RunningLab("small", None, {}, {}, lab()))
    assert [scene.routing(node) for node in "bc"] == [["toyroute", "rip"], ["toyroute"]]
