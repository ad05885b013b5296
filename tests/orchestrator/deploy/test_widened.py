"""Verbs on a lab of two hosts where the user names none: one knows the other by the labels of what is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import FIVE, IMAGE, LINKS, Catenet, lines

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import LABEL_NODE, Engine, EngineError
from catenet.orchestrator.backend.widened import may_widen, widen
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


def test_nodes_of_a_host_that_is_not_named_are_not_asked_and_not_missing(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    there = machines.nodes_there()
    assert run(["status", "five", "--json"], lambda: machines.here) == 0
    out, err = capsys.readouterr()
    state = json.loads(out)
    assert {node["node"] for node in state["nodes"] if node["state"] == "not asked"} == there
    assert {node["node"] for node in state["nodes"] if node["host"] == "there"} == there
    assert {node["host"] for node in state["nodes"]} == {"here", "there"}
    assert {lan["lan"] for lan in state["lans"] if lan["state"] == "not asked"} == {f"lan-{node}" for node in there} | {
        lan for lan, ends in LINKS.items() if {*ends} <= there
    }
    assert "missing" not in out
    assert "host there (ssh://root@there.example) was not asked, for others are named" in err
    assert f"catenet: not asked: {', '.join(sorted(there))}" in err
    assert [host.get("asked", True) for host in state["hosts"]] == [True, False]
    machines.here.remove(f"five-{min({*'abcde'} - there)}")
    assert run(["status", "five"], lambda: machines.here) == 1
    out = capsys.readouterr().out
    assert f"({4 - len(there)} its control" in out
    assert f"{len(there)} not asked, 1 missing)" in out


def test_a_verb_on_a_node_that_is_not_asked_says_which_host_to_name(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["kill", "e"], lambda: machines.here) == 3
    assert "e is unreachable: host there (ssh://root@there.example) was not asked" in capsys.readouterr().err
    assert run(["graph", "five"], lambda: machines.here) == 0


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
    engine = may_widen(machines.there, machines.reach)
    assert widen(engine, URLS, "there")
    assert not widen(engine, URLS, "there")
    assert {each.host for each in engine.listed({})} == {"there"}
    assert "the machine that the lab was started from" in engine.lost()["here"]


def test_what_the_user_has_named_is_not_widened(machines: Machines) -> None:
    fleet = Fleet({"here": machines.here, "other": machines.there}, {})
    assert not widen(fleet, URLS, "here")
    assert not widen(machines.here, URLS, "here")


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

    engine = may_widen(machines.here, reach)
    assert widen(engine, URLS, "here")
    assert not widen(engine, {"me": "local", "other": f"{URLS['there']}:22/"}, "me"), "another spelling"
    assert widen(engine, {"me": "local", "there": "ssh://third", "more": "ssh://fourth"}, "me")
    assert len(engine.listed({})) == 5
    assert engine.urls() == {**URLS, "ssh://third": "ssh://third", "more": "ssh://fourth"}
    assert engine.lost() == {"more": "no route to host"}


def test_what_a_killed_test_has_left_is_removed_on_all_its_hosts(machines: Machines) -> None:
    OwnershipLock("five").leave()
    reports = remove_orphans(may_widen(machines.here, machines.reach), NoProgress())
    assert [report.nodes for report in reports] == [5]
    assert machines.left() == []
