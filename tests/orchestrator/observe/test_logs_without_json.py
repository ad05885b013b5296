"""Nodes that leave the JSON out of their logs, as those that Compose starts do, and keep it for whoever asks."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.observe.events import Completer, LogEntry, completed, last_time, past, wait_for
from catenet.orchestrator.observe.outage import watch_outage
from catenet.orchestrator.observe.pings import Pings
from catenet.orchestrator.timeline.measure import Measuring

WEST = "10.0.2.0/24"
MEASURED = parse(
    b"""\
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}}
nodes:
  a: {lans: {link1: 10.0.1.1}, services: [rip]}
  b: {lans: {link1: 10.0.1.2, link2: 10.0.2.2}, services: [rip]}
  c: {lans: {link2: 10.0.2.3}, services: [rip]}
measure:
  - {name: row, at: [a, b], to: link2}
timeline:
  - {at: 1s, cut: link2}
""",
    "f",
)


class Readable:
    """The small lab, whose nodes log for people. `asked`: node → how often it was asked for its events."""

    def __init__(self, small: Any) -> None:
        self.small, self.engine = small, small.engine
        self.kept: dict[str, list[Event]] = {}
        self.asked: Counter[str] = Counter()
        self.changed = threading.Condition()
        self.pings = b""
        self._others = small.engine.answer
        small.engine.answer = self._answer

    def tell(self, on: str, service: str, kind: str, text: str, **data: Json) -> Event:
        event = Event(time.time(), on, service, kind, text, data)
        self.kept.setdefault(on, []).append(event)
        self.engine.write(f"small-{on}", event.line(with_json=False))
        return event

    def lines(self, node: str) -> list[LogEntry]:
        return [line for line in past(self.engine, [self.small.container(node)]) if line.text.count("node.ready") == 0]

    def _answer(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        node = container.removeprefix("small-")
        if tuple(command) != ASK_COMMAND:
            return 0, self.pings, b""
        question = Question.parse(given)
        if question.ask != "events":
            return self._others(container, command, given)  # type: ignore[no-any-return]
        with self.changed:
            self.asked[node] += 1
            self.changed.notify_all()
        after = question.arguments["after"]
        assert isinstance(after, float)
        kept = [event.line(with_json=True) for event in self.kept.get(node, []) if event.at > after]
        return 0, bytes(Answer(list[Json](kept))), b""


@pytest.fixture
def lab(small: Any) -> Readable:
    return Readable(small)


def route_changed(lab: Readable, node: str, cost: int) -> Event:
    text = f"{WEST} via b on link1, cost {cost} (b's update)"
    data: dict[str, Json] = {"prefix": WEST, "node": "b", "lan": "link1", "cost": cost, "metric": cost + 1}
    return lab.tell(node, "rip", "route.changed", text, **data)


def test_what_is_waited_for_has_its_data(lab: Readable) -> None:
    a = lab.small.container("a")
    before = last_time(lab.engine, a)
    told = route_changed(lab, "a", 1)
    found = wait_for(lab.engine, a, lambda event: event.data.get("prefix") == WEST, before, 200.0)
    assert found is not None
    assert (found.data, found.whole, found.text) == (told.data, True, told.text)


def test_a_node_is_asked_once_for_all_of_its_lines(lab: Readable) -> None:
    for cost in range(50):
        route_changed(lab, "a", cost)
    completer, containers = Completer(lab.engine), [lab.small.container("a")]
    lines = lab.lines("a")
    whole = [each for line in lines for each in completer.complete([line], containers)]
    assert [line.event.data.get("cost") for line in whole if line.event is not None] == list(range(50))
    assert lab.asked == {"a": 1}
    route_changed(lab, "a", 60)
    (last,) = completer.complete(lab.lines("a")[-1:], containers)
    assert last.event is not None and last.event.data["cost"] == 60
    assert lab.asked == {"a": 2}


def test_what_it_said_before_it_was_asked_for_more_is_not_forgotten(lab: Readable) -> None:
    completer, containers = Completer(lab.engine), [lab.small.container("a")]
    for cost in (1, 2):
        route_changed(lab, "a", cost)
    completer.complete(lab.lines("a")[:1], containers)
    lab.kept["a"].clear()
    route_changed(lab, "a", 3)
    both = completer.complete(lab.lines("a")[1:], containers)
    assert [line.event.data.get("cost") for line in both if line.event is not None] == [2, 3]


def test_of_a_dead_node_there_is_the_text(lab: Readable) -> None:
    told = route_changed(lab, "a", 1)
    lab.small.kill("a")
    (line,) = completed(lab.engine, [lab.small.container("a")], lab.lines("a"))
    assert line.event is not None
    assert (line.event.text, line.event.data, line.event.whole) == (told.text, {}, False)
    assert lab.asked == {}


def test_of_what_a_node_has_forgotten_there_is_the_text_and_it_is_not_asked_again(lab: Readable) -> None:
    route_changed(lab, "a", 1)
    lab.kept.clear()
    completer, containers = Completer(lab.engine), [lab.small.container("a")]
    for _ in range(2):
        (line,) = completer.complete(lab.lines("a"), containers)
        assert line.event is not None and line.event.data == {}
    assert lab.asked == {"a": 1}


def test_a_nodes_word_for_its_data_cannot_make_another_event_of_its_line(lab: Readable) -> None:
    told = route_changed(lab, "a", 1)
    said = replace(told, node="c", kind="node.ready", data={"n": 1}).line(with_json=True)
    lab.kept["a"] = []
    readable = told.line(with_json=False)
    lab.engine.answer = lambda *_: (0, bytes(Answer([f"{readable}\t{said.partition(chr(9))[2]}", "x", 7])), b"")
    (line,) = completed(lab.engine, [lab.small.container("a")], lab.lines("a"))
    assert line.event is not None and (line.node, line.event.node, line.event.kind) == ("a", "a", "route.changed")


def test_a_play_counts_what_such_nodes_say(lab: Readable) -> None:
    running = replace(lab.small.running, model=MEASURED)
    with Measuring(lab.engine, running) as measuring:
        measuring.begin(time.time())
        lab.tell("b", "node", "link.down", "link2: the link is down", lan="link2")
        route_changed(lab, "a", 3)
        lab.tell("a", "rip", "route.lost", f"{WEST} unreachable (timed out)", prefix=WEST, cause="timed out")
        with lab.changed:
            assert lab.changed.wait_for(lambda: lab.asked.keys() == {"a", "b"}, timeout=200)
        [row] = measuring.end()
    assert (row.changes, row.metric, row.left) == (1, 4, ())
    assert row.seconds is not None


def test_an_outage_is_told_by_such_a_router(lab: Readable) -> None:
    router = lab.small.container("a")
    lab.pings = b"[%.6f] 64 bytes from 10.0.2.3: icmp_seq=2 ttl=62 time=0.1 ms\n" % (time.time() + 500)
    with Pings(lab.engine, lab.small.container("c"), "10.0.2.3", 0.05) as pings:
        pass  # the program of the engine in memory speaks when its input has ended

    def cut() -> None:
        lab.tell("a", "node", "link.down", "link1: the link is down", lan="link1")
        lab.tell("a", "rip", "route.lost", f"{WEST} unreachable (link1 went down)", prefix=WEST)
        lab.tell("a", "rip", "route.changed", "10.9.0.0/16 via b on link1, cost 1", prefix="10.9.0.0/16", cost=1)
        route_changed(lab, "a", 2)

    outage = watch_outage(lab.engine, router, pings, WEST, change=cut, link="link.down")
    assert [(event.kind, event.data.get("cost")) for event in outage.told] == [
        ("route.lost", None),
        ("route.changed", 2),
    ]
