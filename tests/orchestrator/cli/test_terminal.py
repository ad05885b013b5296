"""Whatever words come to the terminal, none of them are orders to it."""

from __future__ import annotations

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.screen import say, table


def test_lines_stay_lines_and_control_functions_become_question_marks(capsys) -> None:
    say("one \x1b[2J\n\ttwo \x9b31m\u202e")
    assert capsys.readouterr().out == "one ?[2J\n        two ?31m?\n"


def test_so_do_cells(capsys) -> None:
    table(["a"], [["x\x07\ny"]])
    assert capsys.readouterr().out.splitlines() == ["a", "x??y"]


def test_so_do_errors(capsys) -> None:
    def connect():
        raise EngineError("the engine says \x1b]0;title\x07", "do \x1b[1m this")

    assert run(["status"], connect) == 3
    said = capsys.readouterr().err
    assert "the engine says ?]0;title?" in said
    assert "\x1b" not in said
