"""Timelines and the verbs `check` and `play`, against a lab in memory."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.lab.model import Moment
from catenet.orchestrator.operations.verbs import lead_time, options_of
from catenet.orchestrator.timeline import Play, TimelineEvent
from catenet.orchestrator.timeline.play import head_start


def verbs(history: list[TimelineEvent]) -> list[str]:
    return [event.verb for event in history]


def play(world: Any, history: list[TimelineEvent]) -> None:
    Play(world.engine, world.running, history.append).run(world.running.lab.timeline)


def test_a_timeline_is_played_in_order_and_its_expectations_are_met(world: Any) -> None:
    world.ping_follows_the_links()
    history: list[TimelineEvent] = []
    play(world, history)
    done = [verb for verb in verbs(history) if verb not in ("holds", "FAILED")]
    assert done == ["cut", "pause", "resume", "heal"]
    assert history[0].text == "link2 cut: down at g and r"
    assert [event.held for event in history if event.held is not None] == [True, True]
    assert not world.down


def test_a_silent_cut_is_played_and_mended_when_the_play_breaks_off(world: Any) -> None:
    history: list[TimelineEvent] = []
    timeline = (Moment(0, "cut", "link1", options=options_of("cut", {"silent": True})), Moment(0, "kill", "h"))

    def interrupt(call: str, name: str) -> None:
        if call == "kill":
            assert world.silent == {("h", "link1"), ("r", "link1")}
            raise KeyboardInterrupt

    world.engine.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        Play(world.engine, world.running, history.append).run(timeline)
    assert history[0].text == "link1 silent: every packet is dropped at h and r"
    assert not world.silent


def test_several_lans_are_cut_at_one_moment_that_is_the_same_for_all_their_ends(world: Any) -> None:
    history: list[TimelineEvent] = []
    began = time.time()
    Play(world.engine, world.running, history.append).run((Moment(0, "cut", "link1"), Moment(0, "cut", "link2")))
    [at] = {order.arguments["at"] for order in world.orders}
    assert began < at <= time.time()  # nobody is told that it is done before it is
    assert sorted(each.text for each in history) == ["link1 cut: down at h and r", "link2 cut: down at g and r"]


def test_the_clock_starts_when_what_breaks_first_can_be_prepared_in_time() -> None:
    both = [Moment(0.25, "cut", "link1"), Moment(0.25, "cut", "link2")]
    late, mending = [Moment(60, "kill", "r"), Moment(60, "kill", "g")], [Moment(0, "heal", "link1")]
    alone = head_start([both, late], measured=False)
    assert alone == lead_time("cut", 2) - 0.25 > 0
    assert lead_time("kill", 2) == lead_time("cut", 1) == 0
    assert head_start([both, late], measured=True) > alone
    assert head_start([mending, late], measured=True) == 0 == head_start([], measured=True)


def test_what_several_are_told_is_the_time_of_the_timeline(world: Any) -> None:
    history: list[TimelineEvent] = []
    began = time.time()
    Play(world.engine, world.running, history.append).run((Moment(1, "cut", "link1"), Moment(1, "cut", "link2")))
    [at] = {order.arguments["at"] for order in world.orders}
    assert isinstance(at, float) and at >= began + 1 and all(each.at >= 1 for each in history)


def test_one_alone_is_cut_at_once(world: Any) -> None:
    Play(world.engine, world.running, lambda _: None).run((Moment(0, "cut", "link1"),))
    assert [order.arguments for order in world.orders] == [
        {"lan": "link1", "condition": {"up": False, "silent": False}}
    ] * 2


def test_what_was_broken_is_mended_when_the_play_breaks_off(world: Any) -> None:
    world.ping_follows_the_links()
    history: list[TimelineEvent] = []

    def interrupt(call: str, name: str) -> None:
        if (call, name) == ("pause", "line-r"):
            raise KeyboardInterrupt

    world.engine.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        play(world, history)
    assert not world.down
    assert world.running.containers["r"].state == "running"
    assert verbs(history)[-2:] == ["heal", "resume"]


def test_a_verb_that_the_engine_refuses_ends_the_play_and_mends(world: Any) -> None:
    world.ping_follows_the_links()

    def refuse(call: str, name: str) -> None:
        if call == "pause":
            raise EngineError("pause: refused")

    world.engine.before = refuse
    with pytest.raises(EngineError, match="refused"):
        play(world, [])
    assert not world.down


def test_a_lan_and_a_node_of_one_name_are_both_mended_when_the_play_breaks_off(world: Any) -> None:
    world = type(world)(world.file.parent, world.file.read_text().replace("link2", "r"))
    timeline = (Moment(0, "cut", "r"), Moment(0, "pause", "r"), Moment(0, "kill", "h"))

    def interrupt(call: str, name: str) -> None:
        if call == "kill":
            raise KeyboardInterrupt

    world.engine.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        Play(world.engine, world.running, [].append).run(timeline)
    assert not world.down
    assert world.running.containers["r"].state == "running"


def test_what_cannot_be_mended_is_told_and_hides_neither_the_rest_nor_the_reason(world: Any) -> None:
    history: list[TimelineEvent] = []
    timeline = (Moment(0, "pause", "h"), Moment(0, "pause", "g"), Moment(0, "kill", "r"))

    def refuse(call: str, name: str) -> None:
        if (call, name) in (("kill", "line-r"), ("resume", "line-h")):
            raise EngineError(f"{call}: refused")

    world.engine.before = refuse
    with pytest.raises(EngineError, match="kill: refused"):
        Play(world.engine, world.running, history.append).run(timeline)
    assert "h is not mended: resume: refused" in [each.text for each in history]
    assert world.running.containers["g"].state == "running"


def test_the_verb_play(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.ping_follows_the_links()
    assert run(["play", "--lab", "line", "--json"], lambda: world.engine) == 0
    history = json.loads(capsys.readouterr().out)
    assert [each["verb"] for each in history][:1] == ["cut"]
    assert all(each["held"] in (True, None) for each in history)


def test_an_expectation_that_is_not_met_is_exit_code_1(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.prints("ping", b"")  # answered even over a link that is cut
    assert run(["play", "--lab", "line"], lambda: world.engine) == 1
    assert "FAILED  h pings g, in vain: seen" in capsys.readouterr().out


def test_a_lab_without_a_timeline(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = world.file.read_text()
    world.file.write_text(text[: text.index("timeline:")])
    assert run(["play", "--lab", "line"], lambda: world.engine) == 2
    assert "has no timeline" in capsys.readouterr().err


def test_the_verb_check(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.prints("ping", b"")
    world.prints("traceroute", b" 1  10.0.1.1  0.1 ms\n 2  10.0.2.9  0.1 ms\n")
    assert run(["check", "line"], lambda: world.engine) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "line: 2 of 2 checks hold"


def test_a_check_that_fails_says_what_was_expected_and_seen(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.prints("ping", b"")
    world.prints("traceroute", b" 1  10.0.2.9  0.1 ms\n")
    assert run(["check", "line"], lambda: world.engine) == 1
    out = capsys.readouterr().out
    assert "expected  r g\n  seen      g\n  next      catenet traceroute h g\n" in out


def test_checks_of_one_claim_as_json(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.prints("ping", b"")
    assert run(["check", "line", "--claim", "D1", "--json"], lambda: world.engine) == 0
    [result] = json.loads(capsys.readouterr().out)
    assert (result["lab"], result["claim"], result["what"], result["passed"]) == ("line", "D1", "h pings g", True)


def test_a_claim_that_the_lab_does_not_check(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "line", "--claim", "D9"], lambda: world.engine) == 2
    assert "choose from: D1, E5" in capsys.readouterr().err


def test_a_trace_needs_a_browser(world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "http", "h", "http://g/", "--lab", "line"], lambda: world.engine) == 2
    assert "node h has no browser" in capsys.readouterr().err


def the_evidence(err: str, folder: Path) -> Path:
    [line] = [line for line in err.splitlines() if "evidence is kept in " in line]
    place = folder / line.partition("kept in ")[2]
    assert place.parent == folder / ".catenet" / "failures"
    return place


def test_a_check_that_fails_leaves_evidence_and_says_where(
    world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.prints("ping", b"3 packets transmitted, 0 received\n", code=1)
    assert run(["check", "--lab", "line"], lambda: world.engine) == 1
    text = (the_evidence(capsys.readouterr().err, tmp_path) / "error.txt").read_text()
    assert "D1: h pings g\n  expected  an answer\n  seen      0 of 3 answered\n" in text
    assert run(["check", "--lab", "line", "--no-evidence"], lambda: world.engine) == 1
    assert "evidence" not in capsys.readouterr().err


def test_an_expectation_that_fails_leaves_evidence_at_once(
    world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.prints("ping", b"")  # answered, though link2 is cut
    assert run(["play", "--lab", "line", "--json"], lambda: world.engine) == 1
    text = (the_evidence(capsys.readouterr().err, tmp_path) / "error.txt").read_text()
    assert text.startswith("check: h pings g, in vain\n")
