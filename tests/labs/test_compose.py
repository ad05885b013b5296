"""Labs that docker compose has started, and `catenet up`: the same tables and answers, and each takes the other's.

Compose 2 is a plugin of docker, or comes with the development packages; Compose 1.29 is tried where it is installed.
The story that `make run` tells is told of the lab that Compose has started.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
import story
from lab_bench import LABS, Bench, until, up
from on_engine import STUCK, claimed, own

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, listed_of, networks_of
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import build_compose_image
from catenet.orchestrator.deploy.locks import waiting_lock
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.status.state import lab_state

pytestmark = pytest.mark.engine

COPY, OURS, OLD_COPY = own("compose"), own("compose-ours"), own("compose-1")
SMALL = """
lans: {lan-a: {}, link: {}, lan-b: {}}
defaults: {rip: {update: 2s, timeout: 6s, garbage: 4s}}
nodes:
  a: {lans: [lan-a, link], services: [rip]}
  b: {lans: [link, lan-b], services: [rip]}
checks:
  - {routes: {at: a, to: lan-b, via: link, cost: 1}}
  - {routes: {at: b, to: lan-a, via: link, cost: 1}}
"""


def compose_2() -> Sequence[str]:
    """How Compose 2 is called, nothing where it is not; the wrapper of the Python package would lose its exit code."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ("docker", "compose")
    package = find_spec("compose")
    if package is None or package.origin is None:
        return ()
    return (str(Path(package.origin).with_name("docker-compose")),)


def compose_1() -> Sequence[str]:
    """Debian 12's, a program in Python; nothing where it is not installed."""
    program = "/usr/bin/docker-compose"
    return (program,) if Path(program).is_file() and "version 1.29" in _output([program, "--version"]) else ()


def programs() -> Sequence[Sequence[str]]:
    """All that are here."""
    return [program for program in (compose_1(), compose_2()) if program]


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Project:
    """A copy of a lab, as Compose has it; `folder` holds its file, far from the lab's own."""

    def __init__(self, program: Sequence[str], copy: str, folder: Path, lab: str) -> None:
        self.file = folder / "compose.yaml"
        self.copy = copy
        self._program = program
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
        self._lab = lab
        self._export()

    def __call__(self, *words: str, code: int = 0) -> str:
        """What it says; it must end with that exit code."""
        done = self._run(*words)
        assert done.returncode == code, f"{done.args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *options: str) -> None:
        """`up -d`. The prefixes were free when the file was written; where another lab has taken one since, it is
        written again, as the engine's answer demands.
        """
        while (done := self._run("up", "-d", *options)).returncode and "overlaps" in done.stdout + done.stderr:
            self.down()
            self._export()
        assert done.returncode == 0, f"{done.args}: {done.returncode}\n{done.stdout}\n{done.stderr}"

    def down(self) -> list[str]:
        """Its networks that the engine does not let go of though nothing is on them any more: Compose removes several
        containers of a network at once, and Docker may miscount then (orchestrator/backend/turns.py).
        """
        done = self._run("down")
        stuck = re.findall(rf"network (\S+) id \S+ {STUCK}", done.stdout + done.stderr)
        assert done.returncode == 0 or stuck, f"{done.args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return sorted(set(stuck))

    def _export(self) -> None:
        self.file.unlink(missing_ok=True)
        assert run(["export", "compose", self._lab, "--beside", "-o", str(self.file)]) == 0

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [*self._program, "-f", str(self.file), "-p", self.copy, *words]
        return subprocess.run(
            command, capture_output=True, text=True, env=self._environment, stdin=subprocess.DEVNULL, check=False
        )

    def ids(self) -> set[str]:
        """Of its nodes' containers."""
        return set(_output(["docker", "ps", "-q", "--filter", f"label=com.docker.compose.project={self.copy}"]).split())


def catenet(*words: str) -> int:
    return run(words)


@pytest.fixture(scope="module", autouse=True)
def image() -> Iterator[None]:
    """That of all Compose files, made of our code. There is one on a machine, which another run may make of its own."""
    with waiting_lock("tests-of-compose"):
        build_compose_image(connect(), NoProgress())
        yield


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The default lab by Compose 2."""
    program = compose_2()
    if not program:
        pytest.skip("there is no Compose 2 here: docker's plugin docker-compose-plugin has it")
    project = Project(program, COPY, tmp_path_factory.mktemp("compose"), "internet")
    with claimed(COPY):
        project.start("--wait")
        yield project


@pytest.fixture(scope="module")
def bench(internet: Project) -> Iterator[Bench]:
    with Bench(connect(), COPY, LABS / "internet") as bench:
        yield bench


def test_it_is_healthy_and_it_is_up_already(internet: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = internet.ids()
    assert len(before) == 20
    assert catenet("up", "internet", "--name", COPY) == 0
    assert "is up already" in capsys.readouterr().out
    assert internet.ids() == before
    assert internet("ps").count("(healthy)") == 20


def test_its_checks_hold(bench: Bench) -> None:
    bench.until_all_holds()


def test_tables_are_the_same_inside_and_outside(
    internet: Project, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    for node, what in (("a", "links"), ("f3", "routes"), ("dns.eurecom.fr", "")):
        words = [what] if what else []
        inside = internet("exec", "-T", node, "show", *words)
        assert catenet("show", node, *words, "--lab", COPY) == 0
        assert capsys.readouterr().out == inside
    inside = internet("exec", "-T", "a", "show", "rip")
    for lan, network in bench.lab.lans.items():
        assert re.search(rf"^{re.escape(str(network.prefix))} +{lan} ", inside, re.MULTILINE), inside
    internet("exec", "-T", "a", "show", "ripp", code=2)


def test_a_page_is_browsed_and_every_message_is_told(internet: Project, capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://dragon.cs.uiuc.edu/"
    assert "You reached a machine at Illinois" in internet("exec", "-T", "surf.eurecom.fr", "browse", url)
    internet("exec", "-T", "surf.eurecom.fr", "browse", f"{url}private/", code=1)
    assert catenet("trace", "http", "surf.eurecom.fr", url, "--cold", "--lab", COPY, "--json") == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert len(steps) >= 10  # more, where an answer took so long that a question was asked once more
    assert all(step["seen_by"] and step["told_by"] for step in steps)
    assert catenet("events", "--lab", COPY, "--node", "dragon.cs.uiuc.edu", "-n", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["data"]["status"] == 200


def test_it_is_broken_and_mended_like_any_other(internet: Project, bench: Bench) -> None:
    bench.do("cut", "link1")
    bench.do("heal", "link1")
    bench.restart("b")
    bench.do("pause", "f1")
    bench.do("resume", "f1")
    assert re.search(r" node node\.ready b is ready$", internet("logs", "b"), re.MULTILINE)
    assert "\t{" not in internet("logs")


@pytest.fixture
def broken_default(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine; on it the default lab, of which a node is missing: all of it where there is no Compose 2."""
    engine = connect()
    if compose_2():
        running: Bench = request.getfixturevalue("bench")
        engine.remove(running.container("dns.fr").name)
        yield engine
    else:
        with claimed(COPY):
            yield engine


def test_the_tour_starts_what_is_missing_and_its_story_holds(
    broken_default: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert catenet("tour", "--name", COPY) == 0
    out = capsys.readouterr().out
    story.assert_it_holds(out)
    assert "The lab is up: 20 nodes" in out

    def not_as_after_up() -> list[str]:
        state = lab_state(broken_default, running_lab(broken_default, COPY))
        assert len(state.nodes) == 20
        return [node.name for node in state.nodes if not node.ready] + [
            f"{lan.name} is {lan.condition}" for lan in state.lans if lan.condition != "up"
        ]

    until(not_as_after_up)  # on a machine that is busy a node may not answer at once


def test_down_takes_the_builder_too_and_leaves_nothing(internet: Project) -> None:
    assert catenet("down", COPY) == 0
    assert _output(["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={COPY}"]) == ""
    assert _output(["docker", "network", "ls", "-q", "--filter", f"name={COPY}_"]) == ""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of a lab of two routers."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "lab.yaml").write_text(SMALL)
    return folder


def test_compose_works_on_a_lab_of_ours(small: Path, tmp_path: Path) -> None:
    with up(small, OURS) as bench:
        for program in programs():
            ours = Project(program, OURS, tmp_path, str(small))
            before = ours.ids()
            there = ours("ps")
            assert all(f"{OURS}-{node}" in there for node in "ab")
            assert "node.ready" in ours("logs", "a")
            assert ours("exec", "-T", "a", "show", "links").startswith("LAN")
            ours("exec", "-T", "a", "false", code=1)
            ours("up", "-d", "--no-recreate")
            assert ours.ids() == before
        stuck = ours.down()
        assert listed_of(bench.engine, OURS) == []
        assert sorted(network.name for network in networks_of(bench.engine, OURS)) == stuck


def test_compose_1_29_starts_a_lab(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = compose_1()
    if not program:
        pytest.skip("there is no docker-compose 1.29 here")
    old = Project(program, OLD_COPY, tmp_path, str(small))
    with claimed(OLD_COPY) as engine:
        old.start()
        before = old.ids()
        assert catenet("up", str(small), "--name", OLD_COPY) == 0
        assert "is up already" in capsys.readouterr().out
        assert old.ids() == before
        assert "lan-a" in old("exec", "-T", "a", "show", "links")
        with Bench(engine, OLD_COPY, small) as bench:
            bench.until_all_holds()
