"""The program `show`, and a node's control socket, which it asks."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.programs.show import main

TABLE = {"table": [{"prefix": "10.0.2.0/24", "node": "b", "cost": 1}], "timers": {"update": 5.0}}


class Door(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        what = Question.parse(self.rfile.readline()).arguments["what"]
        known = {"": ["links", "rip"], "rip": TABLE}
        answer = Answer(known[what]) if what in known else Answer(error=f"what {what!r} cannot be shown here")
        self.wfile.write(bytes(answer))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "door")
    with socketserver.ThreadingUnixStreamServer(path, Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def test_a_table_with_the_names_of_the_lans(
    door: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATENET_NODE", '{"lans": {"link2": "10.0.2.0/24"}}')
    assert main(["rip"], door) == 0
    assert capsys.readouterr().out.splitlines() == [
        "table",
        "to           network  via  cost",
        "10.0.2.0/24  link2    b       1",
        "",
        "timers",
        "update  5 s",
    ]


def test_what_there_is(door: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], door) == 0
    assert capsys.readouterr().out == "links, rip\n"


def test_mistakes_are_exit_2_and_a_node_that_is_silent_exit_1(
    door: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["ripp"], door) == 2
    assert "what 'ripp' cannot be shown here" in capsys.readouterr().err
    assert main(["rip", "now"], door) == 2
    assert "what 'rip now' cannot be shown here" in capsys.readouterr().err
    assert main(["rip"], str(tmp_path / "none")) == 1
    assert "does not answer" in capsys.readouterr().err
