from __future__ import annotations

import threading
import time

import pytest

from catenet.nodes.control.questions import LIMIT, Answer, Question
from catenet.orchestrator.observe.ask import ask, ask_all


def test_every_node_answers_and_the_order_is_that_of_the_question(small):
    answers = ask_all(small.engine, small.running.containers.values(), Question("status"))
    assert list(answers) == ["a", "b", "c"]
    assert all(isinstance(a.answer, dict) and a.answer["node"] == node for node, a in answers.items())


def test_a_paused_and_a_killed_node_are_said_and_not_asked(small):
    small.engine.pause("small-a")
    small.engine.kill("small-b")
    answers = ask_all(small.engine, small.running.containers.values(), Question("status"))
    assert (answers["a"], answers["b"]) == (Answer(error="paused"), Answer(error="exited (137)"))
    assert [node for node, _ in small.asked] == ["c"]


def test_a_node_that_hangs_costs_the_deadline_and_nobody_else_an_answer(small):
    release = threading.Event()

    def answer(container, command, given):
        if container == "small-b":
            release.wait()
        return small.answer(container, command, given)

    small.engine.answer = answer
    began = time.monotonic()
    answers = ask_all(small.engine, small.running.containers.values(), Question("status"), deadline=2.0)
    assert time.monotonic() - began < 100.0
    release.set()
    assert answers["b"].error == "no answer within 2 s"
    assert answers["a"].error is None and answers["c"].error is None


def test_a_node_killed_after_the_look_gives_an_error_not_a_crash(small):
    container = small.container("a")
    small.engine.kill("small-a")
    assert "not running" in str(ask(small.engine, container, Question("status")).error)


@pytest.mark.parametrize(
    ("said", "complaint", "error"),
    [
        (b"", b"nc: unix connect failed: No such file or directory\n", "control door is not open (nc: unix connect"),
        (b"", b"", "control door is not open (no answer came)"),
        (b"hello\n", b"", "is no JSON"),
        (b"{}\n", b"", "ok None is neither true nor false"),
        (b"[" * 5000 + b"\n", b"", "is no JSON"),
        (b"x" * (LIMIT + 1), b"", "an answer of more than"),
        (b'{"ok": false, "error": "no LAN link9"}\n', b"", "no LAN link9"),
    ],
)
def test_what_is_no_answer_becomes_an_error_in_words(small, said, complaint, error):
    small.engine.answer = lambda *_: (1, said, complaint)
    assert error in str(ask(small.engine, small.container("a"), Question("status")).error)
