from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.catalogue import kinds
from catenet.nodes.control import events
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Answer, Question
from catenet.orchestrator.backend.protocols import EngineGoneError, LogLine
from catenet.orchestrator.observe.events import LogEntry, completed, follow, in_order, last_time, past, select, wait_for

NOW = float(int(time.time()))

times = st.floats(min_value=0, max_value=2e9, allow_nan=False)


def event_line(node: str, at: float, kind: str, text: str = "x") -> str:
    return Event(at, node, "rip", kind, text).line(with_json=True)


@given(st.lists(times))
def test_order_is_that_of_time(ats):
    lines = in_order(LogEntry("a", at, at, "x", None) for at in ats)
    assert [line.at for line in lines] == sorted(ats)


@given(st.text(), times)
def test_any_text_is_a_line(text, at):
    line = LogEntry.of("a", LogLine(at, text))
    assert line.text.isprintable()
    assert line.event is not None or line.at == at
    if line.event is None and text.isprintable():
        assert line.text == text


def test_what_a_terminal_would_obey_is_no_part_of_a_line():
    assert LogEntry.of("a", LogLine(1.0, "\x1b]0;title\x07\x9b31m\r1\u202e2")).text == "?]0;title??31m?1?2"
    assert LogEntry.of("a", LogLine(1.0, "metric\t1")).text == "metric  1"
    event = LogEntry.of("a", LogLine(1.0, "00:00:01.000000 rip route.lost \x1b[31m10.0.0.0/8"))
    assert event.event is not None and event.text.endswith(" ?[31m10.0.0.0/8") and event.event.text.isprintable()


def test_an_events_own_time_and_words_go_before_the_engines():
    line = LogEntry.of("a", LogLine(1000.5, event_line("a", 1000.25, "route.lost", "10.0.0.0/8")))
    assert (line.at, line.logged) == (1000.25, 1000.5)
    assert line.text == "00:16:40.250000 rip route.lost 10.0.0.0/8"


def test_kinds_are_chosen_by_how_they_begin(small):
    for kind in ("route.changed", "route.lost", "link.down", "router.odd"):
        small.engine.write("small-a", event_line("a", 1.0, kind))
    small.engine.write("small-a", "Traceback (most recent call last):")
    lines = past(small.engine, small.running.containers.values())
    assert [line.event.kind for line in select(lines, ["route.", "link"])] == [
        "route.changed",
        "route.lost",
        "link.down",
    ]
    assert all(line.event for line in select(lines))


def test_dead_nodes_events_are_in_the_past_too(small):
    small.engine.write("small-a", event_line("a", NOW - 9, "node.failed"))
    small.engine.stop("small-a", 1)
    small.engine.write("small-b", event_line("b", NOW - 10, "link.down"))
    lines = past(small.engine, small.running.containers.values())
    assert [(line.node, line.at) for line in lines[:2]] == [("b", NOW - 10), ("a", NOW - 9)]


def test_follow_gives_what_is_not_known_yet_and_ends_with_the_lab(small):
    known = past(small.engine, small.running.containers.values())
    small.engine.write("small-b", event_line("b", NOW - 1, "link.down"))
    small.engine.write("small-a", event_line("a", NOW - 2, "link.down"))
    got = []

    def containers():
        return small.running.containers.values() if len(got) < 2 else []

    for line in follow(small.engine, containers, known, look=0.05):
        got.append((line.node, line.at))  # noqa: PERF401 - `containers` looks at it meanwhile
    assert sorted(got) == [("a", NOW - 2), ("b", NOW - 1)]


def test_without_an_engine_nothing_is_followed(small):
    nodes = list(small.running.containers.values())
    small.engine.gone = True
    with pytest.raises(EngineGoneError):
        next(follow(small.engine, lambda: nodes))


def test_a_node_that_is_started_again_is_followed_again(small):
    known = past(small.engine, [small.container("a")])
    killed, got = [], []

    def containers():
        if not killed:
            small.engine.kill("small-a")
            killed.append("a")
        elif not got:
            small.engine.start("small-a")
        return [] if got else [small.container("a")]

    for line in follow(small.engine, containers, known, look=0.05):
        got.append(line.event.kind)  # noqa: PERF401 - `containers` looks at it meanwhile
    assert got == ["node.ready"]


def test_waiting_for_an_event_that_came_and_for_one_that_does_not_come(small):
    a = small.container("a")
    before = last_time(small.engine, a)
    small.engine.write("small-a", event_line("a", NOW - 2, "link.up"))
    small.engine.write("small-a", event_line("a", NOW - 1, "node.ready"))
    event = wait_for(small.engine, a, lambda e: e.kind == "node.ready", before, 200.0)
    assert event is not None and event.at == NOW - 1
    assert wait_for(small.engine, a, lambda e: e.kind == "node.failed", before, 0.05) is None


def test_lines_of_one_time_and_of_a_clock_that_was_set_back_are_followed(small):
    written = [
        (80.0, "route.lost", "old"),
        (100.0, "link.up", "x"),
        (100.0, "link.down", "same"),
        (95.0, "route.lost", "new"),
    ]
    lines = [LogLine(at, event_line("a", at, kind, text)) for at, kind, text in written]
    small.engine.logs = lambda name, *, follow=False, tail=None: iter(lines)
    for kind, text in (("link.down", "same"), ("route.lost", "new")):
        found = wait_for(small.engine, small.container("a"), lambda event, kind=kind: event.kind == kind, 90.0, 5.0)
        assert found is not None
        assert found.text == text


def test_services_have_kinds_of_their_own():
    assert kinds()[: len(events.KINDS)] == list(events.KINDS)
    assert {"dns.query", "http.response", "key.expired"} <= set(kinds()) - set(events.KINDS)


def test_the_kinds_are_those_that_the_list_explains():
    explained = re.findall(r"(?m)^ {4}([a-z]+\.[a-z]+) ", events.__doc__)
    assert list(events.KINDS) == explained


def test_events_without_json_are_completed_by_their_nodes(small):
    began = round(time.time())
    queries = [Event(began + at, "a", "dns", "dns.query", f"A {at}?", {"id": at}) for at in range(3)]
    for node in ("a", "b"):  # b no longer runs
        for event in queries:
            small.engine.write(f"small-{node}", event.line(with_json=False))
    small.engine.write("small-a", event_line("a", began + 3, "route.lost"))
    small.kill("b")

    def door(container, command, given):
        after = Question.parse(given).arguments["after"]
        kept = [event.line(with_json=True) for event in queries[1:] if event.at > after]  # the first is forgotten
        return 0, bytes(Answer(kept)), b""

    small.engine.answer = door
    containers = list(small.running.containers.values())
    lines = [line for line in past(small.engine, containers) if line.event.kind != "node.ready"]
    whole = completed(small.engine, containers, lines)
    assert [line.text for line in whole] == [line.text for line in lines]
    seen = {node: [line.event.data.get("id") for line in whole if line.node == node] for node in ("a", "b")}
    assert seen == {"a": [None, 1, 2, None], "b": [None, None, None]}
    assert [line.event.whole for line in whole if line.node == "a"] == [False, True, True, True]


def test_whole_events_are_not_asked_for(small):
    small.engine.write("small-a", event_line("a", 1.0, "route.lost"))
    containers = list(small.running.containers.values())
    lines = past(small.engine, containers)
    assert completed(small.engine, containers, lines) == lines
    assert small.asked == []
