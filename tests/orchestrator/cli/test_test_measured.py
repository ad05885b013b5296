"""`catenet test` of a lab that measures, on the engine in memory: what is counted is in its JSON, as in `play`'s."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import ContainerSpec, LogLine
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import node_image_tag

COPY = "test-measured"
WEST = "10.0.1.0/24"
FILE = f"""
lans: {{west: {{prefix: {WEST}}}, link: {{prefix: 10.0.2.0/24}}}}
nodes:
  a: {{lans: [west, link], services: [rip]}}
  b: {{lans: [link]}}
measure:
  - {{name: row, at: a, to: west}}
timeline:
  - {{at: 0s, cut: [west, link]}}
  - {{at: 0s, expect: {{gone: {{at: a, to: west}}}}, within: 200s}}
"""


class Told(FakeEngine):
    """Its nodes say what such nodes say. `sent`: what a has sent each time that it is asked: when the play begins, just
    before the cut, and when its last route is gone.
    """

    def __init__(self) -> None:
        super().__init__(script=self._starts, answer=self._answers)
        self.build(node_image_tag(), b"x", {})
        self.sent = [2, 5, 7]
        self.gone_after = 0
        """So many questions before the last one its kernel has no route any more."""

    def _starts(self, spec: ContainerSpec) -> list[str]:
        return [_line(spec.name.rpartition("-")[2], "node.ready")]

    def _answers(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        assert tuple(command) == ASK_COMMAND
        what = Question.parse(given).arguments.get("what")
        if what != "rip":
            return 0, bytes(Answer(self._shown(what))), b""
        if len(self.sent) == 2:
            self.write(container, _line("a", "link.down", lan="west"))
        return 0, bytes(Answer({"table": [_ROW], "counters": {"sent.update": self.sent.pop(0)}})), b""

    def _shown(self, what: Json) -> Json:
        if what == "routes":
            return [_ROW] if len(self.sent) > self.gone_after else []
        return [{"lan": lan, "up": True, "silent": False} for lan in ("west", "link")]


_ROW: Json = {"prefix": WEST, "cost": 0, "lan": "west"}


def _line(node: str, kind: str, **data: Json) -> str:
    return Event(time.time(), node, "node", kind, kind, data).line(with_json=True)


class _Lacking:
    """A log without the lines that would end a row."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines

    def __iter__(self) -> _Lacking:
        return self

    def __next__(self) -> LogLine:
        line: LogLine = next(self._lines)
        return next(self) if "link.down" in line.text else line

    def close(self) -> None:
        self._lines.close()


class Late(Told):
    """What a router writes comes too late to whoever follows its log."""

    def logs(self, name: str, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        lines = super().logs(name, follow=follow, tail=tail)
        return _Lacking(lines) if follow else lines


def test_a_row_has_its_end_however_late_a_router_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.yaml").write_text(FILE)
    engine = Late()
    engine.gone_after = 1
    assert run(["test", str(tmp_path), "--name", COPY, "--json"], lambda: engine) == 0
    [row] = json.loads(capsys.readouterr().out)["measured"]
    assert (row["seconds"] is not None, row["messages"]) == (True, None)


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
    assert row == {"name": "row", "metric": None, "changes": 0, "messages": 2, "died": None, "left": []}
