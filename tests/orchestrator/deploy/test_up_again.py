"""`up` of a lab that runs, on the engine in memory: what its nodes say of themselves now, and what they said before."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import IMAGE, engine_for, event, five

from catenet.nodes.control.questions import Answer
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import ContainerSpec, EngineError
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import UpReport, up

LAB = five()


def bring_up(engine: FakeEngine, folder: Path) -> UpReport:
    return up(engine, LAB, "five", IMAGE, NoProgress(), evidence=folder)


@pytest.fixture
def engine() -> FakeEngine:
    return engine_for(LAB)


def status_of(engine: FakeEngine, services: Json) -> None:
    """From now on every node says this of its services."""
    answer = bytes(Answer({"ready": services == {}, "services": services}))
    engine.answer = lambda container, command, given: (0, answer if container == "five-b" else OTHERS, b"")


OTHERS = bytes(Answer({"ready": True, "services": {}}))


def test_a_node_whose_service_stays_down_is_started_again_since_what_it_refused_may_be_mended(
    engine: FakeEngine, tmp_path: Path
) -> None:
    failed = event("b", "service.failed", {"error": "bad zone", "retry": None}, "nameserver")
    bring_up(engine, tmp_path)
    engine.write("five-b", failed.line(with_json=True))
    status_of(engine, {"nameserver": {"state": "failed", "retry": None}})
    engine.calls.clear()
    assert bring_up(engine, tmp_path).steps == 2
    assert engine.calls == [("kill", "five-b"), ("start", "five-b")]


def test_one_that_is_started_again_by_itself_is_left_to_that(engine: FakeEngine, tmp_path: Path) -> None:
    bring_up(engine, tmp_path)
    status_of(engine, {"nameserver": {"state": "failed", "retry": 5.0}})
    assert bring_up(engine, tmp_path).steps == 0


def test_what_a_node_got_over_in_an_earlier_life_does_not_count(engine: FakeEngine, tmp_path: Path) -> None:
    failed = event("b", "service.failed", {"error": "bad zone", "retry": None}, "nameserver")
    bring_up(engine, tmp_path)
    engine.kill("five-b")
    said = engine.script
    engine.script = lambda spec: [failed.line(with_json=True), event("b", "node.failed", {}).line(with_json=True)]
    engine.start("five-b")
    engine.kill("five-b")
    engine.script = said
    engine.start("five-b")
    status_of(engine, {})
    assert bring_up(engine, tmp_path).steps == 0


@pytest.mark.parametrize("again", [False, True])
def test_a_node_that_is_killed_for_want_of_memory_is_no_fault_of_its_own(
    engine: FakeEngine, tmp_path: Path, again: bool
) -> None:
    if again:
        bring_up(engine, tmp_path)
        engine.kill("five-b")
    said = engine.script

    def script(spec: ContainerSpec) -> list[str]:
        if spec.name == "five-b":
            engine.stop(spec.name, 137)
        return said(spec)

    engine.script = script
    with pytest.raises(EngineError, match=r"node b was killed \(exit code 137\), for want of memory most likely"):
        bring_up(engine, tmp_path)
    assert len(engine.listed({})) == (5 if again else 0), "only what this up had made is taken away"
