"""Verbs where the user names hosts, and the copy or the lab file says others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import FIVE, IMAGE, lines

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import LABEL_HOSTS
from catenet.orchestrator.backend.widened import may_widen
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.context import look_there, not_there
from catenet.orchestrator.deploy.doctor import leftovers
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load

URLS = {"here": "ssh://here.example", "there": "ssh://there.example"}
EVERY = " ".join(f"--host {host}={url}" for host, url in URLS.items())


class Machines:
    """Two engines of one swarm, and a lab of five routers, in a file that says other hosts."""

    def __init__(self, folder: Path) -> None:
        own = f"hosts: {{one: 'unix://{folder}/one.sock', two: 'unix://{folder}/two.sock'}}\n"
        self.file = folder / "lab.yaml"
        self.file.write_text(f"{own}{FIVE}checks:\n  - {{ping: {{from: a, to: c}}}}\n")
        lab, swarm = load(self.file), FakeSwarm()
        self.engines = {host: FakeEngine(script=lambda spec: lines(lab, spec)) for host in URLS}
        for host, engine in self.engines.items():
            engine.url = URLS[host]
            engine.build(IMAGE, b"context", {})
            engine.build(node_image_tag(), b"context", {})
            engine.join(swarm, manager=host == "here")

    def fleet(self) -> Fleet:
        return Fleet(self.engines, URLS)

    def bring_up(self, folder: Path, copy: str = "five") -> None:
        plain = folder / "five.yaml"
        plain.write_text(FIVE)
        up(self.fleet(), load(plain), copy, IMAGE, NoProgress(), evidence=folder)

    def left(self) -> list[str]:
        return [each.name for engine in self.engines.values() for each in (*engine.listed({}), *engine.networks())]


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("catenet.orchestrator.evidence.failure._LOOK", 0.2)
    for variable in ("CATENET_LAB", "CATENET_HOST"):
        monkeypatch.delenv(variable, raising=False)
    return Machines(tmp_path)


def test_a_test_goes_to_the_hosts_of_the_lab_file(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nobody.sock")
    assert run(["test", str(machines.file)]) == 3
    err = capsys.readouterr().err
    assert "one.sock" in err and "two.sock" in err
    assert "nobody.sock" not in err


def test_a_copy_that_is_tested_has_the_hosts_that_are_named(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["test", str(machines.file), "--name", "five-k", "--keep"]
    for host, url in URLS.items():
        words += ["--host", f"{host}={url}"]
    run(words, machines.fleet)
    labels = [each.labels for engine in machines.engines.values() for each in engine.listed({})]
    assert len(labels) == 5
    assert [json.loads(each[LABEL_HOSTS]) for each in labels] == [URLS] * 5
    out, err = capsys.readouterr()
    assert f"`catenet down --name five-k {EVERY}` removes it" in err
    assert f"(with CATENET_LAB=five-k CATENET_HOST={','.join(f'{host}={url}' for host, url in URLS.items())})" in out
    assert run(["down", "five-k"], machines.fleet) == 0
    assert run(words[:-5] + words[-4:], machines.fleet) == 1
    assert f"`catenet test {machines.file} {EVERY} --keep --name five-k` leaves that copy)" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_up_without_a_host_that_the_copy_is_on_is_refused(
    machines: Machines, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    machines.bring_up(tmp_path)
    before = machines.left()
    named = ["--host", f"here={URLS['here']}"]
    assert run(["up", "five.yaml", *named, *words], lambda: machines.engines["here"]) == 2
    assert f"not all of them are named: name them, {EVERY};" in capsys.readouterr().err
    assert machines.left() == before


def test_up_on_one_host_where_there_is_no_copy_yet(machines: Machines, tmp_path: Path) -> None:
    (tmp_path / "five.yaml").write_text(FIVE)
    assert run(["up", "five.yaml"], lambda: machines.engines["here"]) == 0
    assert len(machines.engines["here"].listed({})) == 5


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["check"],
        ["cut", "lan-a"],
        ["show", "a", "links"],
        ["events"],
        ["graph", "--from", "a"],
        ["down"],
        ["status", "./lab.yaml"],
        ["down", "lab.yaml"],
        ["status", "a-copy"],
    ],
)
def test_every_verb_goes_to_the_hosts_of_the_lab_file(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nobody.sock")
    assert run(words) == 3
    err = capsys.readouterr().err
    assert "one.sock" in err and "two.sock" in err
    assert "nobody.sock" not in err


def test_hosts_that_are_named_go_before_those_of_the_lab_file(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status", "--host", "third=unix:///third.sock"]) == 3
    assert "third.sock" in (err := capsys.readouterr().err)
    assert "one.sock" not in err


@pytest.mark.parametrize("wrong", ["hosts: {one: 7up://}\n", "hosts: [\n", "hosts: 7\n"])
def test_of_a_lab_file_that_is_wrong_by_now_no_hosts_are_known(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///somebody.sock")
    machines.file.write_text(wrong)
    assert run(["status"]) == 3
    assert "somebody.sock" in capsys.readouterr().err


def test_for_the_doctor_of_one_host_a_copy_on_several_is_whole(machines: Machines, tmp_path: Path) -> None:
    machines.bring_up(tmp_path)
    for engine in machines.engines.values():
        assert [(each.verdict, each.words) for each in leftovers(engine)] == [("ok", "none; labs that run: five")]
    here = machines.engines["here"]
    gone = min(here.listed({}), key=lambda each: each.name)
    here.remove(gone.name)
    assert [each.words for each in leftovers(here)] == [f"lab five: {gone.node} is not there"]


@pytest.mark.parametrize("words", [["status"], ["cut", "lan-a"], ["kill", "a", "--lab", "five"], ["down", "five"]])
def test_of_a_lab_that_is_not_seen_it_is_said_who_does_not_answer(
    machines: Machines, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    machines.engines["there"].gone = True
    assert run(words, machines.fleet) == 3
    assert f"host there ({URLS['there']}) does not answer" in capsys.readouterr().err
    machines.engines["there"].gone = False
    assert run(words, machines.fleet) == 2


def test_which_of_several_labs_is_meant_the_user_must_say_whoever_answers(
    machines: Machines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for copy in ("five", "six"):
        machines.bring_up(tmp_path, copy)
    machines.file.unlink()
    machines.engines["there"].gone = True
    assert run(["status"], machines.fleet) == 2
    assert "several labs are running: say which with --lab (five, six)" in capsys.readouterr().err


def test_labs_says_who_does_not_answer(machines: Machines, capsys: pytest.CaptureFixture[str]) -> None:
    machines.engines["there"].gone = True
    assert run(["labs"], machines.fleet) == 0
    out, err = capsys.readouterr()
    assert f"host there ({URLS['there']}) does not answer" in err
    assert "No lab is seen to run" in out


def test_graph_says_who_does_not_answer_where_it_draws_the_plan(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    machines.engines["there"].gone = True
    assert run(["graph"], machines.fleet) == 0
    out, err = capsys.readouterr()
    assert f"host there ({URLS['there']}) does not answer" in err and "as the file plans it, then" in err
    assert "lan-a" in out


def test_of_a_lab_that_is_not_there_it_is_said_where_it_was_looked_for(machines: Machines) -> None:
    machines.file.write_text("hosts: {one: local, two: 'ssh://two.example'}\n")
    engine = may_widen(lambda _: machines.engines["here"], lambda _: machines.engines["there"])
    where = look_there(engine, "a-copy")
    assert "the lab file, one (local), two (ssh://two.example)" in where
    assert where in str(not_there(machines.engines["here"], "no lab is running", where))
    assert look_there(engine, "five-routers") == "", "that file says no hosts"
