"""A lab of one router between two hosts, in memory; the test says what its tables are and what its programs print."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import (
    LABEL_FILE,
    LABEL_LAB,
    LABEL_LAN,
    LABEL_NODE,
    LABEL_STACK,
    ContainerSpec,
    NetworkSpec,
)
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Check
from catenet.orchestrator.observe.running import RunningLab, running_lab
from catenet.orchestrator.operations import Result, run_checks

__all__ = ["World"]

LAB = """\
name: line
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}}
nodes:
  h: {lans: {link1: 10.0.1.7}}
  r: {lans: {link1: 10.0.1.1, link2: 10.0.2.1}, services: {rip: {}}}
  g: {lans: {link2: 10.0.2.9}}
checks:
  - {claim: D1, ping: {from: h, to: g}}
  - {claim: E5, path: {from: h, to: g, routers: [r]}}
timeline:
  - {at: 0s, cut: link2}
  - {at: 0s, expect: {ping: {from: h, to: g, answered: no}}}
  - {at: 0s, pause: r}
  - {at: 0s, resume: r}
  - {at: 0s, heal: link2}
  - {at: 0s, expect: {ping: {from: h, to: g}}, within: 20s}
"""


class World:
    """One running lab. `tables` is what `r` shows; `programs` is what a program in any node does.

    `orders`: what was asked of its links. `probes`: what a probe of each kind finds, at any node; `probed`: (node, what
    was asked of it).
    """

    def __init__(self, folder: Path, text: str = LAB) -> None:
        self.file = folder / "lab.yaml"
        self.file.write_text(text)
        self.tables: dict[str, Json] = {"routes": [], "rip": {"table": []}}
        self.programs: dict[str, Callable[[], tuple[int, bytes, bytes]]] = {}
        self.asked: list[str] = []
        self.orders: list[Question] = []
        self.probes: dict[str, Json] = {}
        self.probed: list[tuple[str, dict[str, Json]]] = []
        self.down: set[tuple[str, str]] = set()
        self.silent: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self.engine = FakeEngine(answer=self._answer)
        self.engine.build("i", b"x", {})
        self._lab = load(self.file)
        for lan in self._lab.lans.values():
            labels = {LABEL_LAB: "line", LABEL_LAN: lan.name}
            self.engine.create_network(NetworkSpec(f"line_{lan.name}", lan.prefix, lan.gateway, labels))
        for node in self._lab.nodes.values():
            places = {f"line_{a.lan}": a.address for a in node.attachments}
            labels = {LABEL_LAB: "line", LABEL_NODE: node.name, LABEL_FILE: str(self.file)}
            labels |= {LABEL_STACK: node.stack} if node.stack != "kernel" else {}
            self.engine.create(ContainerSpec(f"line-{node.name}", node.name, "i", {}, places, labels))
            self.engine.start(f"line-{node.name}")

    @property
    def running(self) -> RunningLab:
        return running_lab(self.engine, "line")

    def check(self, *expectations: object, within: float = 0.0) -> list[Result]:
        checks = [Check(each, "D1", within) for each in expectations]  # type: ignore[arg-type]
        return run_checks(self.engine, self.running, checks, lambda _: None)

    def prints(self, program: str, text: bytes, code: int = 0) -> None:
        self.programs[program] = lambda: (code, text, b"")

    def ping_follows_the_links(self) -> None:
        self.programs["ping"] = lambda: (1 if self.down else 0, b"", b"")

    def _answer(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        if tuple(command) != ASK_COMMAND:
            return self.programs.get(command[0], lambda: (127, b"", b"not found\n"))()
        question = Question.parse(given)
        with self._lock:
            return 0, bytes(Answer(self._say(container.removeprefix("line-"), question))), b""

    def _say(self, node: str, question: Question) -> Json:
        if question.ask == "link":
            ordered = LinkCondition.parse(question.arguments["condition"])
            self.orders.append(question)
            end = (node, str(question.arguments["lan"]))
            (self.down.discard if ordered.up else self.down.add)(end)
            (self.silent.add if ordered.drop else self.silent.discard)(end)
            return None
        if question.ask == "probe":
            self.probed.append((node, dict(question.arguments)))
            return self.probes[str(question.arguments["kind"])]
        places = self._lab.nodes[node].attachments
        links: list[Json] = [
            {"lan": a.lan, "up": (node, a.lan) not in self.down, "silent": (node, a.lan) in self.silent} for a in places
        ]
        if question.ask == "status":
            return {"node": node, "ready": True, "interfaces": links, "services": {}}
        what = str(question.arguments["what"])
        self.asked.append(what)
        if what == "links":
            return links
        return self.tables[what]
