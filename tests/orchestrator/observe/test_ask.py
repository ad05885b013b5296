from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from catenet.nodes.control.questions import LIMIT, Answer, Question
from catenet.orchestrator.observe.ask import ControlConnections, ask, ask_all


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
        (b"", b"nc: unix connect failed: No such file or directory\n", "control socket is not open (nc: unix connect"),
        (b"", b"", "control socket is not open (no answer came)"),
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


LINKS, STATUS = Question("show", {"what": "links"}), Question("status")


def test_one_program_in_each_node_carries_all_questions(small):
    with ControlConnections(small.engine) as connections:
        for question in (STATUS, LINKS, STATUS, LINKS):
            answers = connections.ask_all(small.running.containers.values(), question)
            assert [answer.error for answer in answers.values()] == [None] * 3
            assert isinstance(answers["a"].answer, dict if question is STATUS else list)
    assert sorted(small.engine.executed) == ["small-a", "small-b", "small-c"]
    assert len(small.asked) == 12


def test_a_node_that_was_started_again_is_asked_by_a_new_program(small):
    with ControlConnections(small.engine) as connections:
        connections.ask(small.container("a"), STATUS)
        small.engine.kill("small-a")
        small.engine.start("small-a")
        assert connections.ask(small.container("a"), LINKS).error is None
    assert small.engine.executed == ["small-a", "small-a"]


def test_a_node_that_dies_or_is_paused_after_the_look_is_said_to_be_so(small):
    with ControlConnections(small.engine) as connections:
        nodes = list(small.running.containers.values())
        connections.ask_all(nodes, STATUS)
        small.engine.kill("small-a")
        small.engine.pause("small-b")
        answers = connections.ask_all(nodes, STATUS, deadline=200.0)
    assert "is exited, not running" in str(answers["a"].error)
    assert "is paused, not running" in str(answers["b"].error)
    assert answers["c"].error is None


def test_one_that_says_more_than_it_was_asked_answers_no_other_question(small):
    small.engine.answer = lambda *asked: (0, small.answer(*asked)[1] + bytes(Answer("and more")), b"")
    with ControlConnections(small.engine) as connections:
        for _ in range(3):
            assert connections.ask(small.container("a"), LINKS).answer != "and more"
    assert small.engine.executed == ["small-a"] * 3


def test_one_that_ends_after_each_answer_is_started_for_each_question(small):
    small.engine.answer = lambda *asked: (1, *small.answer(*asked)[1:])
    with ControlConnections(small.engine) as connections:
        assert [connections.ask(small.container("a"), LINKS).error for _ in range(3)] == [None] * 3
    assert small.engine.executed == ["small-a"] * 3


def test_two_threads_that_ask_one_node_do_not_get_each_others_answers(small):
    both = threading.Barrier(2)

    def answer(container, command, given):
        both.wait(200)
        return small.answer(container, command, given)

    with ControlConnections(small.engine) as connections:
        for _ in range(2):
            small.engine.answer = answer
            with ThreadPoolExecutor(2) as pool:
                status, links = pool.map(
                    lambda question: connections.ask(small.container("a"), question), (STATUS, LINKS)
                )
            assert isinstance(status.answer, dict) and isinstance(links.answer, list)
    assert small.engine.executed == ["small-a"] * 2


def test_after_the_end_nothing_is_kept(small):
    connections = ControlConnections(small.engine)
    connections.ask(small.container("a"), LINKS)
    connections.close()
    connections.ask(small.container("a"), LINKS)
    connections.ask(small.container("a"), LINKS)
    assert small.engine.executed == ["small-a"] * 3
