"""`up` of nodes that leave the JSON out of their logs: they are asked for it, each once for all that it has said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import IMAGE, engine_for, five, words

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import ContainerSpec
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.ready import NotReadyError
from catenet.orchestrator.deploy.up import up

LAB = five()


class Kept:
    """What the nodes have said."""

    def __init__(self) -> None:
        self.events: dict[str, list[Event]] = {}
        self.asked: Counter[str] = Counter()

    def script(self, spec: ContainerSpec) -> list[str]:
        """Without JSON; each line is another, as a node's are."""
        said = [replace(each, text=f"{each.kind} {number}") for number, each in enumerate(words(LAB, spec))]
        self.events[spec.name] = said
        return [each.line(with_json=False) for each in said]

    def answer(self, container: str, _command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        question = Question.parse(given)
        if question.ask != "events":
            return 0, bytes(Answer({"ready": True})), b""
        self.asked[container] += 1
        return 0, bytes(Answer([each.line(with_json=True) for each in self.events[container]])), b""


def test_such_nodes_become_ready_too(tmp_path: Path) -> None:
    kept, engine = Kept(), engine_for(LAB)
    engine.script, engine.answer = kept.script, kept.answer
    assert up(engine, LAB, "five", IMAGE, NoProgress(), timeout=200, evidence=tmp_path).routers == 5
    assert kept.asked == {f"five-{node}": 1 for node in "abcde"}
    assert up(engine, LAB, "five", IMAGE, NoProgress(), timeout=200, evidence=tmp_path).steps == 0


def test_those_that_have_kept_nothing_are_not_taken_for_ready(tmp_path: Path) -> None:
    kept, engine = Kept(), engine_for(LAB)
    engine.script = kept.script
    engine.answer = lambda *_: (0, bytes(Answer(list[Json]())), b"")
    with pytest.raises(NotReadyError, match="has no route to"):
        up(engine, LAB, "five", IMAGE, NoProgress(), timeout=2, evidence=tmp_path)
