"""Verbs on a lab of two hosts where the user names none: one knows the other by the labels of what is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import IMAGE, Catenet, five, lines

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.backend.widened import may_widen, widen
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up

LAB = five()
URLS = {"here": "local", "there": "ssh://root@there.example"}


class Machines:
    """`here`, where the user is, and `there`; a lab of five routers is on both."""

    def __init__(self, folder: Path) -> None:
        self.swarm = FakeSwarm()
        self.here, self.there = (FakeEngine(script=lambda spec: lines(LAB, spec)) for _ in URLS)
        self.here.url, self.there.url = "unix:///var/run/docker.sock", URLS["there"]
        for engine in (self.here, self.there):
            engine.build(IMAGE, b"context", {}, {})
            engine.join(self.swarm, manager=engine is self.here)
        up(Fleet({"here": self.here, "there": self.there}, URLS), LAB, "five", IMAGE, NoProgress(), evidence=folder)
        self.reached: list[str] = []

    def reach(self, url: str) -> Engine:
        self.reached.append(url)
        found: Callable[[], Engine] = {"local": self._me, URLS["there"]: lambda: self.there}[url]
        return found()

    def _me(self) -> Engine:
        raise AssertionError("nobody reaches itself")

    def left(self) -> list[str]:
        return [each.name for engine in (self.here, self.there) for each in (*engine.listed({}), *engine.networks())]


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


@pytest.fixture
def catenet(
    machines: Machines, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Catenet:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(words, lambda: may_widen(machines.here, machines.reach))
        return code, *capsys.readouterr()

    return call


def test_status_shows_every_node_and_its_host(catenet: Catenet, machines: Machines) -> None:
    code, out, _ = catenet("status", "--json")
    state = json.loads(out)
    assert code == 0
    assert {node["host"] for node in state["nodes"]} == {"here", "there"}
    assert [node["node"] for node in state["nodes"]] == [*"abcde"]
    assert state["hosts"] == [{"host": name, "url": url, "lost": None} for name, url in URLS.items()]
    assert machines.reached == [URLS["there"]]


@pytest.mark.parametrize("words", [("five",), ("--name", "five"), ("--all",), ()])
def test_status_and_down_where_the_other_host_is_lost(
    catenet: Catenet, machines: Machines, words: tuple[str, ...]
) -> None:
    machines.there.gone = True
    code, out, err = catenet("status")
    assert code == 3
    assert "unreachable" in out
    assert "host there (ssh://root@there.example) does not answer" in err
    code, _, err = catenet("down", "five")
    assert code == 3
    assert "`catenet down --name five --host here=local --host there=ssh://root@there.example`" in err
    assert [each.listed_state for each in machines.here.listed({})] == ["created"], "a memory of the rest"
    assert "what was on host there (ssh://root@there.example) is left: `catenet down five`" in catenet("status")[1]
    machines.there.gone = False
    assert json.loads(catenet("labs", "--json")[1])["running"][0]["left"] == ["there"]
    assert "five was taken down" in catenet("labs")[1]
    assert catenet("status", "--lab", "five")[0] == 1
    assert catenet("down", *words)[0] == 0
    assert machines.left() == []


@pytest.mark.parametrize("words", [("down", "five"), ("down", "--all"), ("down",)])
def test_down_takes_both_hosts(catenet: Catenet, machines: Machines, words: tuple[str, ...]) -> None:
    assert catenet(*words)[0] == 0
    assert machines.left() == []


def test_a_verb_on_a_node_goes_to_its_host(catenet: Catenet, machines: Machines) -> None:
    assert catenet("kill", "e")[0] == 0
    assert ("kill", "five-e") in machines.there.calls


def test_seen_from_the_other_machine_the_first_one_is_not_this_one(machines: Machines) -> None:
    machines.there.url = "unix:///var/run/docker.sock"
    engine = may_widen(machines.there, machines.reach)
    assert widen(engine, URLS, "there")
    assert not widen(engine, URLS, "there")
    assert {each.host for each in engine.listed({})} == {"there"}
    assert "the machine that the lab was started from" in engine.lost()["here"]


def test_what_the_user_has_named_is_not_widened(machines: Machines) -> None:
    fleet = Fleet({"here": machines.here, "other": machines.there}, {})
    assert not widen(fleet, URLS, "here")
    assert not widen(machines.here, URLS, "here")


def test_two_labs_on_other_hosts(machines: Machines) -> None:
    third = FakeEngine()

    def reach(url: str) -> Engine:
        if url == "ssh://third":
            return third
        if url == "ssh://fourth":
            raise EngineError("no route to host")
        return machines.reach(url)

    engine = may_widen(machines.here, reach)
    assert widen(engine, URLS, "here")
    assert not widen(engine, {"me": "local", "other": f"{URLS['there']}:22/"}, "me"), "another spelling"
    assert widen(engine, {"me": "local", "there": "ssh://third", "more": "ssh://fourth"}, "me")
    assert len(engine.listed({})) == 5
    assert engine.urls() == {**URLS, "ssh://third": "ssh://third", "more": "ssh://fourth"}
    assert engine.lost() == {"more": "no route to host"}
