"""What an engine must not be widened or moved to: hosts of other labs, and what strangers write into labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from scripted import FIVE, IMAGE, lines

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import (
    LABEL_BEGAN,
    LABEL_HOST,
    LABEL_LAB,
    LABEL_NODE,
    ContainerSpec,
    Engine,
    EngineError,
)
from catenet.orchestrator.backend.widened import Copy, hurry, may_widen, widen
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.down import remove_orphans
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.deploy.locks import OwnershipLock, exclusive_lock
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.running import UserError

ELSEWHERE = "hosts: {one: 'unix:///one.sock', two: 'unix:///two.sock'}\n"
"""Hosts of a lab file, where nobody is."""


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("CATENET_LAB", "CATENET_HOST"):
        monkeypatch.delenv(variable, raising=False)


def engines(folder: Path, number: int, *, url: str = "local") -> list[FakeEngine]:
    """Engines of one swarm that have the image; in a folder is a lab of five routers for them."""
    (folder / "five").mkdir(exist_ok=True)
    (folder / "five" / "lab.yaml").write_text(
        f"{FIVE}checks:\n  - {{claim: D2, routes: {{at: a, to: lan-c, cost: 2}}}}\n"
    )
    lab, swarm = load(folder / "five" / "lab.yaml"), FakeSwarm()
    made = [FakeEngine(script=lambda spec: lines(lab, spec)) for _ in range(number)]
    for each in made:
        each.url = url
        each.build(IMAGE, b"context", {})
        each.build(node_image_tag(), b"context", {})
        each.join(swarm, manager=each is made[0])
    return made


def bring_up(folder: Path, engine: Engine, copy: str) -> None:
    up(engine, load(folder / "five" / "lab.yaml"), copy, IMAGE, NoProgress(), evidence=folder)


def spread(folder: Path, urls: Mapping[str, str]) -> list[FakeEngine]:
    """The engines of these hosts, with that lab on them."""
    made = engines(folder, len(urls))
    bring_up(folder, Fleet(dict(zip(urls, made, strict=True)), urls), "five")
    return made


def nobody(url: str) -> Engine:
    raise EngineError(f"{url} is nobody's")


def test_a_copy_that_is_tested_is_not_looked_for_on_the_hosts_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (engine,) = engines(tmp_path, 1)
    (tmp_path / "lab.yaml").write_text(f"{ELSEWHERE}{FIVE}")
    run(["test", "five"], lambda: may_widen(lambda _: engine, nobody))
    out, err = capsys.readouterr()
    assert "one.sock" not in out + err
    assert "of 1 checks hold" in out
    assert engine.listed({}) == [], "it is removed"


def test_each_lab_that_is_checked_has_its_own_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = engines(tmp_path, 1)[0], engines(tmp_path, 1)[0]
    bring_up(tmp_path, first, "one")
    bring_up(tmp_path, second, "two")
    each = iter([first, second])
    run(["check", "one", "two", "--no-evidence"], lambda: may_widen(lambda _: next(each), nobody))
    out, err = capsys.readouterr()
    assert "one: " in out and "two: " in out, err


def test_of_another_lab_with_the_same_name_and_hosts_nothing_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both were started from a machine that their files call `here`, each from another, at another time."""
    _, there = spread(tmp_path, {"here": "local", "there": "ssh://there"})
    there.url = "ssh://there"
    here = FakeEngine()
    here.build(IMAGE, b"context", {})
    for node in "ab":
        labels = {LABEL_LAB: "five", LABEL_NODE: node, LABEL_HOST: "here", LABEL_BEGAN: "1"}
        here.create(ContainerSpec(f"five-{node}", node, IMAGE, {}, {}, labels))
    assert run(["down", "five"], lambda: may_widen(lambda _: there, lambda _: here)) == 3
    assert "what is called five there is another lab" in capsys.readouterr().err
    assert [each.name for each in here.listed({})] == ["five-a", "five-b"]


def test_the_socket_of_a_context_may_be_another_machines_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, there = spread(tmp_path, {"here": "default", "there": "ssh://there"})
    there.url = "ssh://there"
    (mine,) = engines(tmp_path, 1, url="unix:///var/run/docker.sock")
    assert run(["status", "five"], lambda: may_widen(lambda _: there, lambda _: mine)) == 3
    assert (
        "host here (default) does not answer: it is the machine that the lab was started from"
        in capsys.readouterr().err
    )


def test_down_of_all_goes_on_where_one_is_not_let_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (engine,) = engines(tmp_path, 1)
    for copy in ("a-five", "b-five", "c-five"):
        bring_up(tmp_path, engine, copy)

    def refuse(call: str, name: str) -> None:
        if call == "remove" and name == "b-five-c":
            raise EngineError(f"{call} {name}: refused, as the test wants")

    engine.before = refuse
    with exclusive_lock(["a-five"], ["local"]):
        code = run(["down", "--all", "--json"], lambda: may_widen(lambda _: engine, nobody))
    out, err = capsys.readouterr()
    assert code == 3
    assert {each.copy for each in engine.listed({})} == {"a-five", "b-five"}
    assert [each["lab"] for each in json.loads(out)] == ["c-five"]
    assert "is bringing lab a-five up, or taking it down" in err and "b-five-c: refused" in err
    engine.before = None
    assert run(["down", "--all"], lambda: may_widen(lambda _: engine, nobody)) == 0
    assert engine.listed({}) == []


def test_the_engine_of_a_session_stays_what_it_was_where_somebody_is_at_an_orphan(tmp_path: Path) -> None:
    here, there = spread(tmp_path, {"here": "local", "there": "ssh://there"})
    OwnershipLock("five").leave()
    engine = may_widen(lambda _: here, lambda _: there)
    with exclusive_lock(["five"], ["ssh://there"]), pytest.raises(UserError, match="bringing lab five up"):
        remove_orphans(engine, NoProgress())
    assert engine.urls() == {"": "local"}


def test_a_host_that_falls_silent_while_it_is_asked_for_the_lab_is_lost(tmp_path: Path) -> None:
    urls = {"here": "local", "there": "ssh://there"}
    here, there = spread(tmp_path, urls)
    engine = may_widen(lambda _: here, lambda _: there)
    hurry(engine, 0.1)
    there.hangs = True
    assert widen(engine, Copy("five"), urls, "here")
    assert {each.host for each in engine.listed({})} == {"here"}
    assert engine.lost()["there"].startswith("its engine was asked for the lab: no answer within")
    there.hangs = False
    again = may_widen(lambda _: here, lambda _: there)
    there.gone = True
    assert widen(again, Copy("five"), urls, "here")
    assert {each.host for each in again.listed({})} == {"here"}
    assert "there" in again.lost()
