"""`catenet test` of a lab that measures, on the engine in memory: what is counted is in its JSON, as in `play`'s."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import ContainerSpec
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import node_image_tag

COPY = "test-measured"
WEST = "10.0.1.0/24"
FILE = f"""
lans: {{west: {{prefix: {WEST}}}, link: {{prefix: 10.0.2.0/24}}}}
nodes:
  a: {{lans: [west, link]}}
  b: {{lans: [link]}}
measure:
  - {{name: row, at: a, to: west}}
timeline:
  - {{at: 0s, cut: west}}
"""


class Told(FakeEngine):
    """Its nodes say what such nodes say; a has sent five messages before the cut, and seven when it is done."""

    def __init__(self) -> None:
        super().__init__(script=self._starts, answer=self._answers)
        self.build(node_image_tag(), b"x", {}, {})
        self.up = True

    def _starts(self, spec: ContainerSpec) -> list[str]:
        node = spec.name.rpartition("-")[2]
        return [Event(time.time(), node, "node", "node.ready", "ready", {}).line(with_json=True)]

    def _answers(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        assert tuple(command) == ASK_COMMAND
        question = Question.parse(given)
        if question.ask == "link":
            self.up = bool(question.arguments["up"])
            down = Event(time.time(), "a", "node", "link.down", "down", {"lan": "west"})
            self.write(container, down.line(with_json=True))
        return 0, bytes(Answer(self._said(question))), b""

    def _said(self, question: Question) -> Json:
        if question.arguments.get("what") == "rip":
            return {"table": [{"prefix": WEST, "cost": 0}], "counters": {"sent.update": 5 if self.up else 7}}
        return [{"lan": "west", "up": self.up, "silent": False}]


def test_what_was_measured_is_in_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.yaml").write_text(FILE)
    engine = Told()
    assert run(["test", str(tmp_path), "--name", COPY, "--json"], lambda: engine) == 0
    said = json.loads(capsys.readouterr().out)
    [row] = said["measured"]
    assert row.pop("seconds") is not None
    assert row == {"name": "row", "metric": None, "changes": 0, "messages": 2, "died": None}
