"""Nodes on machines whose clocks differ: what they say is told, and put in order, by the clock of who asks."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.origin import Announced, Explanation, Learned, Rival, RouteOrigin, Turn
from catenet.nodes.control.questions import Answer, Question
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_NODE, Container, ContainerSpec
from catenet.orchestrator.capture.merge import Merge
from catenet.orchestrator.capture.tcpdump import CapturePoint, Tcpdump
from catenet.orchestrator.observe.events import completed, follow, last_time, past, wait_for
from catenet.orchestrator.observe.pings import Pings
from catenet.orchestrator.operations import verbs
from catenet.orchestrator.trace.route import trace_route
from catenet.orchestrator.wire.packets import ETHERNET_LINK, Frame, pcap_header, pcap_record

IMAGE = "catenet/test:1"
AHEAD = {"a": 100.0, "b": -3.5}
"""Host → seconds. Node m lives on a, n on b."""
NOW = float(int(time.time()))


class Two:
    """A copy `x` over both hosts. `said`: what a program there prints."""

    def __init__(self) -> None:
        self.engines = {host: FakeEngine() for host in AHEAD}
        self.fleet = Fleet(dict(self.engines))
        for (host, engine), node in zip(self.engines.items(), "mn", strict=True):
            engine.seconds_ahead = AHEAD[host]
            engine.build(IMAGE, b"context", {})
            labels = {LABEL_LAB: "x", LABEL_NODE: node}
            self.fleet.create(ContainerSpec(f"x-{node}", node, IMAGE, {}, {}, labels, host=host))
            self.fleet.start(f"x-{node}")

    @property
    def containers(self) -> Sequence[Container]:
        return sorted(self.fleet.inspected(self.fleet.listed({LABEL_LAB: "x"})), key=lambda each: each.node)

    def say(self, node: str, after: float, kind: str, *, whole: bool = True) -> None:
        """Something happens there so many seconds after NOW, by our clock."""
        host = "a" if node == "m" else "b"
        event = Event(NOW + after + AHEAD[host], node, "rip", kind, "x")
        self.engines[host].write(f"x-{node}", event.line(with_json=whole))


@pytest.fixture
def two() -> Two:
    return Two()


def test_what_happened_is_in_the_order_in_which_it_happened(two: Two) -> None:
    for node, after in (("m", 0.1), ("n", 0.2), ("m", 0.3), ("n", 0.4)):
        two.say(node, after, "link.down")
    lines = [
        line for line in past(two.fleet, two.containers) if line.event is not None and line.event.kind != "node.ready"
    ]
    assert [line.node for line in lines] == ["m", "n", "m", "n"]
    assert [line.at - NOW for line in lines] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=1e-5)
    assert [line.event.at for line in lines if line.event] == [line.at for line in lines]


def test_words_that_are_no_event_have_the_engines_time_by_our_clock(two: Two) -> None:
    before = time.time()
    two.engines["a"].write("x-m", "Traceback (most recent call last):")
    (line,) = [line for line in past(two.fleet, two.containers) if line.event is None]
    assert before <= line.at <= time.time()


def test_what_is_followed_begins_behind_what_is_known(two: Two) -> None:
    """By when the engine got a line: by its clock, whatever that is."""
    known = past(two.fleet, two.containers)
    two.say("m", 0.2, "link.up")
    two.say("n", 0.1, "link.up")
    lines = follow(two.fleet, lambda: two.containers, known)
    found = [next(lines), next(lines)]
    assert [line.node for line in found] == ["n", "m"]
    lines.close()  # type: ignore[attr-defined]


def test_an_event_is_waited_for_from_the_last_line_on(two: Two) -> None:
    there = two.containers[1]
    before = last_time(two.fleet, there)
    two.say("n", 0.5, "link.down")
    found = wait_for(two.fleet, there, lambda event: event.kind == "link.down", before, 200)
    assert found is not None
    assert found.at - NOW == pytest.approx(0.5, abs=1e-5)


def test_a_node_is_asked_for_more_in_its_own_time(two: Two) -> None:
    asked: dict[str, float] = {}

    def answer(name: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        question = Question.parse(given.strip())
        asked[name] = float(question.arguments["after"])  # type: ignore[arg-type]
        event = Event(NOW + 0.5 + AHEAD["a"], "m", "rip", "route.lost", "x", {"prefix": "10.0.0.0/8"})
        return 0, bytes(Answer([event.line(with_json=True)])), b""

    two.engines["a"].answer = answer
    two.say("m", 0.5, "route.lost", whole=False)
    lines = completed(two.fleet, two.containers, past(two.fleet, two.containers))
    (lost,) = [line.event for line in lines if line.event is not None and line.event.kind == "route.lost"]
    assert lost.data == {"prefix": "10.0.0.0/8"}
    assert lost.at - NOW == pytest.approx(0.5, abs=1e-5)
    assert NOW + AHEAD["a"] < asked["x-m"] < NOW + AHEAD["a"] + 0.5


def _tcpdump(engine: FakeEngine, *times: float) -> None:
    """Its capture, of frames that pass at these times after NOW by our clock, then a mark of that time too."""
    at = [NOW + each + engine.seconds_ahead for each in times]
    frames = b"".join(pcap_record(Frame(each, ETHERNET_LINK, bytes(60), 60)) for each in at)
    marks = f"listening on eth0\nmark {at[-1]:.6f}\n".encode()
    engine.answer = lambda name, command, given: (0, pcap_header(ETHERNET_LINK) + frames, marks)


def test_captures_of_two_machines_are_merged_by_our_clock(two: Two) -> None:
    _tcpdump(two.engines["a"], 0.1, 0.3)
    _tcpdump(two.engines["b"], 0.2, 0.4)
    merge = Merge(2)
    captures = []
    for number, node in enumerate("mn"):
        frames: list[Frame] = []
        passed: list[float] = []
        point = CapturePoint(node, f"x-{node}", "eth0")
        captures.append(Tcpdump(two.fleet, point, "", frames.append, passed.append))
        captures[-1].finish()
        captures[-1].close()
        assert captures[-1].ended.wait(200)
        assert passed == pytest.approx([frames[-1].at], abs=1e-5)
        for frame in frames:
            merge.add(number, frame)
    merge.passed(0, float("inf"))
    merge.passed(1, float("inf"))
    told = [(number, round(frame.at - NOW, 3)) for number, frame in merge.take()]
    assert told == [(0, 0.1), (1, 0.2), (0, 0.3), (1, 0.4)]


def test_a_reply_came_when_it_came_here(two: Two) -> None:
    at = NOW + 1.5 + AHEAD["a"]
    line = f"[{at:.6f}] 64 bytes from 10.0.0.1: icmp_seq=7 ttl=64 time=0.1 ms\n".encode()
    two.engines["a"].answer = lambda name, command, given: (0, line, b"")
    with Pings(two.fleet, two.containers[0], "10.0.0.1", 0.05) as pings:
        pass
    reply = pings.first_after(NOW, 200)
    assert reply is not None
    assert reply.at - NOW == pytest.approx(1.5, abs=1e-5)


def test_a_moment_is_told_to_each_end_in_its_own_time(small) -> None:
    small.engine.seconds_ahead = 1000.0
    before = time.time()
    verbs.do_together(small.engine, small.running, "cut", ["link1", "link2"])
    at = [question.arguments["at"] for _, question in small.asked if question.ask == "link"]
    assert len(at) == 4
    assert all(before + 1000 < each < time.time() + 1001 for each in at)
    assert before <= max(at) - 1000 <= time.time()  # and the verb returns when that moment is over


def test_what_is_done_at_once_has_no_moment(small) -> None:
    small.engine.seconds_ahead = 1000.0
    verbs.do_together(small.engine, small.running, "cut", ["link1"])
    assert all("at" not in question.arguments for _, question in small.asked if question.ask == "link")


def test_whence_a_route_comes_is_told_in_our_time(small, monkeypatch) -> None:
    def origin(at: float) -> RouteOrigin:
        rip = Explanation(
            "10.0.2.0/24",
            "valid",
            2,
            "link1",
            node="b",
            learned=Learned("update", 1, 1, refreshed=at + 3),
            since=at + 1,
            announced=Announced(at + 2, "update"),
            rivals=(Rival("b", "10.0.1.2", "link1", 1, 2, None, None, at + 4, "worse"),),
            history=(Turn(at + 1, 2, "link1", "b", "heard"), Turn(None, None, "", None, "begun")),
        )
        return RouteOrigin("10.0.2.0/24", services={"rip": rip, "ospf": None})

    def answer(name, command, given):
        return 0, bytes(Answer(origin(NOW + 1000.0).to_json())), b""

    small.engine.answer = answer
    small.engine.seconds_ahead = 1000.0
    assert origin(NOW + 1000.0).earlier(1000.0) == origin(NOW)
    found = trace_route(small.engine, small.running, "a", "link2")
    hop = found.hops[-1]
    assert (hop.at, hop.refreshed, hop.announced) == (NOW + 1, NOW + 3, NOW + 2)
    assert [each.at for each in found.history] == [NOW + 1, None]
    assert [each.at for each in found.rivals] == [NOW + 4]
