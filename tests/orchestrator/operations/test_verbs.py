from __future__ import annotations

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Answer
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.faults import verbs as known
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations import verbs


def do(small, verb, target, *flags):
    options = verbs.options_of(verb, dict.fromkeys(flags, True))
    return verbs.do(small.engine, small.running, verb, target, options)


def test_cut_takes_every_end_down_and_heal_brings_it_up(small):
    done = do(small, "cut", "link1")
    assert (done.changed, done.words) == (True, "link1 cut: down at a and b")
    assert small.down == {("a", "link1"), ("b", "link1")}
    done = do(small, "heal", "link1")
    assert (done.changed, done.words) == (True, "link1 healed: up at a and b")
    assert small.down == set()


def test_each_end_is_looked_at_and_changed_by_one_program(small):
    verbs.do(small.engine, small.running, "cut", "link1")
    assert sorted(small.engine.executed) == ["small-a", "small-b"]
    small.kill("b")
    small.engine.executed.clear()
    verbs.do(small.engine, small.running, "start", "b")
    assert small.engine.executed.count("small-b") == 1


def test_a_silent_cut_leaves_every_end_up_and_heal_ends_it(small):
    done = do(small, "cut", "link1", "silent")
    assert (done.changed, done.words) == (True, "link1 silent: every packet is dropped at a and b")
    assert (small.down, small.silent) == (set(), {("a", "link1"), ("b", "link1")})
    done = do(small, "cut", "link1", "silent")
    assert (done.changed, done.words) == (False, "link1 is silent already")
    done = do(small, "heal", "link1")
    assert (done.changed, done.words) == (True, "link1 healed: up at a and b")
    assert small.silent == set()


def test_a_lan_is_cut_or_silent_but_not_both(small):
    do(small, "cut", "link1", "silent")
    assert do(small, "cut", "link1").words == "link1 cut: down at a and b"
    assert (small.down, small.silent) == ({("a", "link1"), ("b", "link1")}, set())
    assert do(small, "cut", "link1", "silent").words == "link1 silent: every packet is dropped at a and b"
    assert (small.down, small.silent) == (set(), {("a", "link1"), ("b", "link1")})


def test_heal_ends_what_is_left_of_a_silence_at_one_end(small):
    do(small, "cut", "link1", "silent")
    small.silent.discard(("b", "link1"))
    assert do(small, "heal", "link1").words == "link1 healed: up at a"


def test_a_node_that_is_back_is_silent_where_the_others_are(small):
    small.kill("b")
    assert do(small, "cut", "link1", "silent").remarks == ("b is exited (137): its end goes silent when it is back",)
    assert do(small, "start", "b").remarks == ("link1 is silent: every packet is dropped at b too",)
    small.engine.pause("small-b")
    do(small, "heal", "link1")
    assert do(small, "resume", "b").remarks == ("link1 is healed: up at b too",)
    assert small.silent == set()


@pytest.mark.parametrize(
    ("verb", "target", "words"),
    [
        ("cut", "link2", "link2 is cut already"),
        ("kill", "c", "c is dead already: exited (137)"),
        ("pause", "c", "c is paused already"),
    ],
)
def test_a_verb_given_twice_says_so_and_changes_nothing(small, verb, target, words):
    assert do(small, verb, target).changed
    calls = list(small.engine.calls)
    done = do(small, verb, target)
    assert (done.changed, done.words) == (False, words)
    assert small.engine.calls == calls


def test_what_is_well_needs_no_mending(small):
    words = [do(small, verb, target).words for verb, target in (("heal", "link1"), ("resume", "a"), ("start", "a"))]
    assert words == ["link1 is up already", "a runs already", "a runs already"]


@pytest.mark.parametrize("verb", ["cut", "heal"])
def test_a_lan_without_nodes_says_how_they_are_made_again(small, verb):
    for container in small.running.containers.values():
        small.engine.remove(container.name)
    with pytest.raises(UserError, match=f"catenet up {small.running.file} --name small"):
        do(small, verb, "link1")


def test_an_end_that_cannot_is_said(small):
    small.engine.pause("small-a")
    done = do(small, "cut", "link1")
    assert (done.words, done.remarks) == ("link1 cut: down at b", ("a is paused: its end is cut when it is back",))
    small.kill("b")
    done = do(small, "cut", "link1")
    assert (done.changed, done.words) == (
        False,
        "link1 has no end that runs, so nothing is cut (a is paused and b is exited (137))",
    )


def test_a_node_that_is_back_gets_the_cuts_of_its_lans(small):
    small.kill("b")
    do(small, "cut", "link1")
    done = do(small, "start", "b")
    assert (done.words, done.remarks) == ("b started and ready", ("link1 is cut: down at b too",))
    assert small.down == {("a", "link1"), ("b", "link1")}


def test_a_node_that_is_resumed_gets_them_too(small):
    do(small, "pause", "b")
    do(small, "cut", "link1")
    assert do(small, "resume", "b").remarks == ("link1 is cut: down at b too",)
    assert ("b", "link1") in small.down


def test_a_lan_healed_while_a_node_was_paused_is_healed_there_when_it_is_back(small):
    do(small, "cut", "link1")
    do(small, "pause", "b")
    do(small, "heal", "link1")
    done = do(small, "resume", "b")
    assert done.remarks == ("link1 is healed: up at b too",)
    assert small.down == set()


def test_an_end_that_refuses_is_the_engines_error(small):
    ordinary = small.engine.answer

    def answer(container, command, given):
        if b'"link"' in given and container == "small-b":
            return 0, bytes(Answer(error="netlink: operation not permitted")), b""
        return ordinary(container, command, given)

    small.engine.answer = answer
    with pytest.raises(EngineError, match="cut link1: b: netlink: operation not permitted"):
        do(small, "cut", "link1")


def test_a_node_that_does_not_get_ready_is_said_with_its_reason(small):
    small.kill("a")
    small.engine.script = lambda spec: [
        '12:00:00.0 node node.failed no such LAN\t{"at":1e10,"node":"a","service":"node",'
        '"kind":"node.failed","text":"no such LAN","data":{}}'
    ]
    with pytest.raises(EngineError, match=r"a was started: node: no such LAN \(catenet logs a\)"):
        do(small, "start", "a")


def said(kind, text, **data):
    return Event(1e10, "a", "rip", kind, text, data).line(with_json=True)


def test_a_service_that_falls_over_once_and_gets_up_is_no_failure(small):
    small.kill("a")
    small.engine.script = lambda spec: [said("service.failed", "port taken", retry=0.2), said("node.ready", "ready")]
    assert do(small, "start", "a").words == "a started and ready"


def test_a_service_that_falls_over_again_and_again_is_said_with_its_reason(small):
    small.kill("a")
    small.engine.script = lambda spec: [said("service.failed", "port taken", retry=0.2)] * 3
    with pytest.raises(EngineError, match=r"a was started: rip: port taken \(catenet logs a\)"):
        do(small, "start", "a")


def test_a_service_that_refuses_what_the_user_wrote_is_the_users_mistake(small):
    small.kill("a")
    small.engine.script = lambda spec: [said("service.failed", "zones/x.zone:3: no such type", retry=None)]
    with pytest.raises(UserError, match=r"rip: zones/x\.zone:3: no such type; mend that, then: catenet start a"):
        do(small, "start", "a")


@pytest.mark.parametrize(("retry", "changed"), [(None, True), (0.2, False)])
def test_a_node_that_runs_is_started_again_where_a_service_stays_down(small, retry, changed):
    ordinary = small.engine.answer

    def answer(container, command, given):
        if b'"status"' in given and container == "small-a":
            return 0, bytes(Answer({"services": {"rip": {"state": "failed", "retry": retry}}})), b""
        return ordinary(container, command, given)

    small.engine.answer = answer
    small.engine.calls.clear()
    done = do(small, "start", "a")
    assert done.changed is changed
    assert [call for call in small.engine.calls if call[0] in ("kill", "start")] == (
        [("kill", "small-a"), ("start", "small-a")] if changed else []
    )


@pytest.mark.parametrize(
    ("before", "verb", "words"),
    [
        ("kill", "pause", r"a does not run, it is exited \(137\): catenet start a"),
        ("kill", "resume", r"a does not run, it is exited \(137\): catenet start a"),
        ("pause", "start", "a is paused, not dead: catenet resume a"),
    ],
)
def test_a_verb_that_makes_no_sense_says_which_does(small, before, verb, words):
    do(small, before, "a")
    with pytest.raises(UserError, match=words):
        do(small, verb, "a")


@pytest.mark.parametrize("verb", known())
def test_an_unknown_target_gets_the_choices(small, verb):
    with pytest.raises(UserError, match="choose from"):
        do(small, verb, "nowhere")
