"""Verbs on a lab of two hosts where the user names none, or one: it knows the other by the labels of what is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import FIVE, IMAGE, Catenet, lines

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import LABEL_NODE, Engine, EngineError, EngineGoneError
from catenet.orchestrator.backend.widened import Copy, may_widen, widen
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.down import remove_orphans
from catenet.orchestrator.deploy.locks import OwnershipLock
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load

URLS = {"here": "local", "there": "ssh://root@there.example"}


class Machines:
    """`here`, where the user is, and `there`; a lab of five routers is on both."""

    def __init__(self, folder: Path) -> None:
        (folder / "five").mkdir()
        (folder / "five" / "lab.yaml").write_text(FIVE)
        lab = load(folder / "five" / "lab.yaml")
        self.swarm = FakeSwarm()
        self.here, self.there = (FakeEngine(script=lambda spec: lines(lab, spec)) for _ in URLS)
        self.here.url, self.there.url = "unix:///var/run/docker.sock", URLS["there"]
        for engine in (self.here, self.there):
            engine.build(IMAGE, b"context", {})
            engine.join(self.swarm, manager=engine is self.here)
        up(Fleet({"here": self.here, "there": self.there}, URLS), lab, "five", IMAGE, NoProgress(), evidence=folder)
        self.reached: list[str] = []

    def reach(self, url: str) -> Engine:
        self.reached.append(url)
        found: Callable[[], Engine] = {"local": self._me, URLS["there"]: lambda: self.there}[url]
        return found()

    def _me(self) -> Engine:
        raise AssertionError("nobody reaches itself")

    def nodes_there(self) -> set[str]:
        return {each.labels[LABEL_NODE] for each in self.there.listed({})}

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
        code = run(words, lambda: may_widen(lambda _: machines.here, machines.reach))
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


def test_graph_shows_every_node_and_its_host(catenet: Catenet, machines: Machines) -> None:
    code, out, _ = catenet("graph", "five", "--json")
    nodes = json.loads(out)["nodes"]
    assert code == 0
    assert {each["name"]: each["state"] for each in nodes} == dict.fromkeys("abcde", "waiting")
    assert {each["name"] for each in nodes if each["host"] == "there"} == machines.nodes_there()


def test_graph_where_the_other_host_is_lost(catenet: Catenet, machines: Machines) -> None:
    there = machines.nodes_there()
    machines.there.gone = True
    code, out, err = catenet("graph", "five", "--json")
    assert code == 0
    assert {each["name"] for each in json.loads(out)["nodes"] if each["words"] == "unreachable"} == there
    assert {each["name"] for each in json.loads(out)["nodes"] if each["host"] == "there"} == there
    assert f"catenet: unreachable: {', '.join(sorted(there))}" in err
    assert catenet("graph", "five")[0] == 0


@pytest.mark.parametrize("when", ["before", "amid"])
def test_a_check_of_a_node_on_a_host_that_is_lost_waits_for_nothing(
    catenet: Catenet, machines: Machines, tmp_path: Path, when: str
) -> None:
    here, there = min({*"abcde"} - machines.nodes_there()), min(machines.nodes_there())
    check = f"{{ping: {{from: {there}, to: {here}}}, within: 20h}}"
    (tmp_path / "five" / "lab.yaml").write_text(f"{FIVE}checks: [{check}]\n")

    def lose(*_: object) -> bytes:
        machines.there.gone = True
        raise EngineGoneError("it has gone")

    if when == "before":
        machines.there.gone = True
    else:
        machines.there.answer = lose
    code, out, err = catenet("check", "five", "--no-evidence")
    assert code == 3
    assert "host there (ssh://root@there.example) does not answer" in err
    assert (f"{there} is unreachable" in out) == (when == "before")


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


@pytest.fixture
def from_there(machines: Machines, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Catenet:
    """The user is `here`, and names `there` alone."""
    monkeypatch.delenv("CATENET_LAB", raising=False)
    monkeypatch.setattr(machines, "_me", lambda: machines.here)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(words, lambda: may_widen(lambda _: machines.there, machines.reach))
        return code, *capsys.readouterr()

    return call


def test_a_lab_is_whole_for_who_names_one_of_its_hosts(from_there: Catenet, machines: Machines) -> None:
    code, out, err = from_there("status", "five", "--json")
    assert code == 0
    assert {node["node"]: node["host"] for node in json.loads(out)["nodes"]} == {
        node: "there" if node in machines.nodes_there() else "here" for node in "abcde"
    }
    assert err == ""
    here = min({*"abcde"} - machines.nodes_there())
    assert from_there("kill", here)[0] == 0
    assert ("kill", f"five-{here}") in machines.here.calls
    assert from_there("down", "five")[0] == 0
    assert machines.left() == []


def test_the_machine_of_a_socket_is_not_taken_for_the_one_that_the_lab_is_on(
    catenet: Catenet, from_there: Catenet, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = sorted({*"abcde"} - machines.nodes_there())
    monkeypatch.setattr(machines, "_me", FakeEngine)  # who says `there` sits at a third machine
    code, out, err = from_there("status", "five", "--json")
    assert code == 3
    assert [node["node"] for node in json.loads(out)["nodes"] if node["state"] == "unreachable"] == here
    assert "host here (local) does not answer: it is the machine that the lab was started from" in err
    code, _, err = from_there("down", "five")
    assert code == 3
    assert f"what is there stays: {', '.join(here)}" in err
    assert {each.labels[LABEL_NODE] for each in machines.here.listed({})} == {*here}
    assert catenet("down", "five")[0] == 0
    assert machines.left() == []


def test_another_lab_of_the_same_name_is_left_alone(
    from_there: Catenet, machines: Machines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    third = plain(tmp_path, "five")
    monkeypatch.setattr(machines, "_me", lambda: third)
    code, _, err = from_there("down", "five")
    assert code == 3
    assert "host here (local) does not answer: what is called five there is another lab" in err
    assert len(third.listed({})) == 5


def test_down_of_all_takes_each_lab_from_its_own_hosts(catenet: Catenet, machines: Machines, tmp_path: Path) -> None:
    for engine in (machines.here, machines.there):
        plain(tmp_path, "other", engine)
    assert catenet("down", "--all")[0] == 0
    assert {each.copy for each in machines.here.listed({})} == set()
    assert {each.copy for each in machines.there.listed({})} == {"other"}
    assert len(machines.there.listed({})) == 5


def plain(folder: Path, copy: str, engine: FakeEngine | None = None) -> FakeEngine:
    """An engine with a lab that is on no other."""
    lab = load(folder / "five" / "lab.yaml")
    engine = engine or FakeEngine(script=lambda spec: lines(lab, spec))
    engine.build(IMAGE, b"context", {})
    up(engine, lab, copy, IMAGE, NoProgress(), evidence=folder)
    return engine


def test_whoever_calls_the_hosts_otherwise_is_told_the_same(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    there = machines.nodes_there()
    engines = {"me": machines.here, "other": machines.there}
    fleet = Fleet(engines, {"me": "local", "other": URLS["there"]})
    assert run(["status", "five", "--json"], lambda: fleet) == 0
    assert {each["host"] for each in json.loads(capsys.readouterr().out)["nodes"]} == {"here", "there"}
    machines.there.gone = True
    assert run(["status", "five", "--json"], lambda: Fleet(engines, fleet.urls())) == 3
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert {each["node"] for each in nodes if each["state"] == "unreachable"} == there


def test_seen_from_the_other_machine_the_first_one_is_not_this_one(machines: Machines) -> None:
    machines.there.url = "unix:///var/run/docker.sock"
    engine = may_widen(lambda _: machines.there, machines.reach)
    assert widen(engine, Copy("five"), URLS, "there")
    assert not widen(engine, Copy("five"), URLS, "there")
    assert {each.host for each in engine.listed({})} == {"there"}
    assert "the machine that the lab was started from" in engine.lost()["here"]


def test_several_that_the_user_has_named_are_joined_by_those_that_are_lacking(machines: Machines) -> None:
    several = Fleet({"me": machines.here, "other": FakeEngine()}, {"me": "local", "other": "ssh://other"})
    engine = may_widen(lambda _: several, machines.reach)
    assert widen(engine, Copy("five"), URLS, "here")
    assert {each.host for each in engine.listed({})} == {"me", "there"}
    assert widen(engine, Copy(""), {}, "")
    assert {each.host for each in engine.listed({})} == {"me"}
    assert not widen(engine, Copy("five"), {"one": "local", "two": "ssh://other:22/"}, "here"), "another spelling"


def test_up_again_stays_on_the_hosts_that_the_lab_has(catenet: Catenet, machines: Machines) -> None:
    there = machines.nodes_there()
    said = json.loads(catenet("up", "--dry-run", "five", "--json")[1])
    assert {host["host"]: {*host["nodes"]} for host in said["hosts"]} == {
        "here": {*"abcde"} - there,
        "there": there,
    }
    assert not [step for step in said["steps"] if "network" in step], "only the image is another"


def test_two_labs_on_other_hosts(machines: Machines) -> None:
    third = FakeEngine()

    def reach(url: str) -> Engine:
        if url == "ssh://third":
            return third
        if url == "ssh://fourth":
            raise EngineError("no route to host")
        return machines.reach(url)

    engine = may_widen(lambda _: machines.here, reach)
    assert widen(engine, Copy("five"), URLS, "here")
    assert len(engine.listed({})) == 5
    again = {"me": "local", "there": "ssh://third", "more": "ssh://fourth"}
    assert widen(engine, Copy("six"), again, "me")
    assert {each.host for each in engine.listed({})} == {"me"}
    assert engine.urls() == again
    assert engine.lost() == {"more": "no route to host"}
    assert widen(engine, Copy("five"), URLS, "here")
    assert machines.reached == [URLS["there"]], "it is reached once"


def test_what_a_killed_test_has_left_is_removed_on_all_its_hosts(machines: Machines) -> None:
    OwnershipLock("five").leave()
    reports = remove_orphans(may_widen(lambda _: machines.here, machines.reach), NoProgress())
    assert [report.nodes for report in reports] == [5]
    assert machines.left() == []
