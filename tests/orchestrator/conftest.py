"""A small lab in memory, whose nodes answer questions: a -link1- b -link2- c."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from homes import Homes
from line_lab import World

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator import checks, faults
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import (
    LABEL_FILE,
    LABEL_LAB,
    LABEL_LAN,
    LABEL_NODE,
    Container,
    ContainerSpec,
    NetworkSpec,
)
from catenet.orchestrator.observe.running import RunningLab, running_lab

TOYS = Path(__file__).parents[1] / "toys" / "orchestrator"
LANS = {"link1": "10.0.1.0/24", "link2": "10.0.2.0/24"}
FILE = """\
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}}
nodes:
  a: {lans: {link1: 10.0.1.1}, services: {rip: {}}}
  b: {lans: {link1: 10.0.1.2, link2: 10.0.2.2}, services: {rip: {}}}
  c: {lans: {link2: 10.0.2.3}, services: {rip: {}}}
"""
NODES = {"a": {"link1": 1}, "b": {"link1": 2, "link2": 2}, "c": {"link2": 3}}
RIP_TABLE: list[Json] = [
    {"prefix": "10.0.2.0/24", "lan": "link1", "via": "10.0.1.2", "node": "b", "metric": 2, "cost": 1, "age": 1.25},
    {"prefix": "10.0.1.0/24", "lan": "link1", "via": None, "node": None, "metric": 1, "cost": 0, "age": None},
]


class SmallLab:
    """The engine, and what the nodes of one copy know. `asked` is every question that reached a node; `more`: tables
    that each node has besides.
    """

    def __init__(self, engine: FakeEngine, name: str, file: Path) -> None:
        self.engine, self.name = engine, name
        self.down: set[tuple[str, str]] = set()
        self.silent: set[tuple[str, str]] = set()
        self.suffers: dict[tuple[str, str], Json] = {}
        self.planned: dict[str, Json] = {}
        self.asked: list[tuple[str, Question]] = []
        self.more: dict[str, Json] = {}
        engine.answer = self.answer
        image = "catenet/test:1"
        engine.build(image, b"x", {})
        for lan, prefix in LANS.items():
            network = Prefix.parse(prefix)
            labels = {LABEL_LAB: name, LABEL_LAN: lan, LABEL_FILE: str(file)}
            engine.create_network(NetworkSpec(f"{name}_{lan}", network, Address(network.broadcast - 1), labels))
        for node, places in NODES.items():
            addresses = {
                f"{name}_{lan}": Address(Prefix.parse(LANS[lan]).network + host) for lan, host in places.items()
            }
            labels = {LABEL_LAB: name, LABEL_NODE: node, LABEL_FILE: str(file)}
            engine.create(ContainerSpec(f"{name}-{node}", node, image, {}, addresses, labels))
            engine.start(f"{name}-{node}")

    @property
    def running(self) -> RunningLab:
        """As it is now."""
        return running_lab(self.engine, self.name)

    def container(self, node: str) -> Container:
        """As it is now."""
        return self.running.containers[node]

    def kill(self, node: str) -> None:
        """A dead node's interfaces are new when it is started again."""
        self.engine.kill(f"{self.name}-{node}")
        self.down -= {(node, lan) for lan in NODES[node]}
        self.silent -= {(node, lan) for lan in NODES[node]}

    def answer(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        """What a program inside says: the control socket's, or `cat`'s."""
        if tuple(command) != ASK_COMMAND:
            return 3, given, b"not a word\n"
        node = container.removeprefix(f"{self.name}-")
        question = Question.parse(given)
        self.asked.append((node, question))
        try:
            return 0, bytes(Answer(self._say(node, question))), b""
        except KeyError as error:
            return 0, bytes(Answer(error=f"there is no {error} here", known=("links", "rip", *self.more))), b""

    def _suffered(self, node: str, lan: str) -> dict[str, Json]:
        suffered = self.suffers.get((node, lan), self.planned.get(lan))
        counted: Json = {"packets": 1000, "lost": 12, "copied": 0}
        return {"impairments": suffered, "counted": counted} if suffered else {}

    def _say(self, node: str, question: Question) -> Json:
        what = question.arguments.get("what")
        if question.ask == "flush":
            return None
        if question.ask == "link":
            ordered = LinkCondition.parse(question.arguments["condition"])
            place = (node, str(question.arguments["lan"]))
            (self.down.discard if ordered.up else self.down.add)(place)
            (self.silent.add if ordered.drop else self.silent.discard)(place)
            self.suffers[place] = ordered.to_json().get("impairments", [])
            return {"lan": place[1], "up": place not in self.down}
        links: list[Json] = [
            {
                "lan": lan,
                "address": f"{LANS[lan][:-4]}{host}",
                "up": (node, lan) not in self.down,
                "silent": (node, lan) in self.silent,
                "interface": f"eth{number}",
                "hardware": f"02:42:0a:00:{lan[-1]:0>2}:{host:02x}",
                **({"planned": self.planned[lan]} if lan in self.planned else {}),
                **self._suffered(node, lan),
            }
            for number, (lan, host) in enumerate(NODES[node].items())
        ]
        if question.ask == "status":
            services: Json = {"rip": {"state": "ready", "restarts": 1, "counters": {}}}
            return {
                "node": node,
                "ready": True,
                "uptime": 3.5,
                "interfaces": links,
                "services": services,
                "memory": 20_000_000,
            }
        shown: dict[object, Json] = {
            "": ["links", "rip", *self.more],
            **self.more,
            "links": links,
            "rip": {"table": RIP_TABLE, "timers": {"update": 5.0}},
        }
        return shown[what]


@pytest.fixture(scope="session")
def _locks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("locks")


@pytest.fixture(autouse=True)
def _own_locks(request: pytest.FixtureRequest, _locks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of labs in memory are this run's own, whatever another run calls its own."""
    if request.node.get_closest_marker("engine") is None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(_locks))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def small(engine: FakeEngine, tmp_path: Path) -> Iterator[SmallLab]:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "lab.yaml").write_text(FILE)
    yield SmallLab(engine, "small", folder / "lab.yaml")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """One router between two hosts. What fails leaves evidence: not in the repository. In memory nothing can be
    captured, so nobody waits for it.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("catenet.orchestrator.evidence.failure._LOOK", 0.2)
    return World(tmp_path)


@pytest.fixture
def own_check(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind of check more: the one file in tests/toys/orchestrator/checks, as if it lay beside the shipped ones."""
    module = f"{checks.__name__}.reaches"
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(TOYS / "checks")])
    checks.kinds.cache_clear()
    yield
    checks.kinds.cache_clear()
    sys.modules.pop(module, None)


@pytest.fixture
def own_verb(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A verb more: the one file in tests/toys/orchestrator/faults, as if it lay beside the shipped ones."""
    monkeypatch.setattr(faults, "__path__", [*faults.__path__, str(TOYS / "faults")])
    faults.verbs.cache_clear()
    yield
    faults.verbs.cache_clear()
    sys.modules.pop(f"{faults.__name__}.lame", None)


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    """Two homes with the same prefixes, behind their carrier's translator."""
    return Homes(tmp_path)
