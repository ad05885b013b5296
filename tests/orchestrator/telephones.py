"""A lab in memory with two telephones, which do as a script says."""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import (
    LABEL_FILE,
    LABEL_LAB,
    LABEL_LAN,
    LABEL_NODE,
    ContainerSpec,
    NetworkSpec,
)
from catenet.orchestrator.observe.running import RunningLab, running_lab

FILE = """\
lans: {link1: {prefix: 10.0.1.0/24}}
nodes:
  server: {lans: {link1: 10.0.1.1}, services: {directory: {accounts: {alice: the first word, bob: the second word}}}}
  h1: {lans: {link1: 10.0.1.2}, services: {phone: {user: alice, password: the first word, contacts: [bob]}}}
  h2: {lans: {link1: 10.0.1.3}, services: {phone: {user: bob, password: the second word, contacts: [alice]}}}
"""
IDLE = {"user": "", "state": "idle"}


def wav(pcm: bytes, rate: int = 8000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((channels, 2, rate, 0, "NONE", ""))
        out.writeframes(pcm)
    return file.getvalue()


class Telephones:
    """`calls`: how each node's call is, one look after another; the last stays. `refusals`: question → why it is
    refused. `files`: what is in them. `asked`: (node, question) of all that was not a look."""

    def __init__(self, engine: FakeEngine, folder: Path) -> None:
        file = folder / "lab.yaml"
        file.write_text(FILE)
        self.engine, self.folder = engine, folder
        self.calls: dict[str, list[Mapping[str, Any]]] = {"h1": [IDLE], "h2": [IDLE]}
        self.refusals: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, Question]] = []
        engine.answer = self._answer
        engine.build("catenet/test:1", b"x", {})
        prefix = Prefix.parse("10.0.1.0/24")
        labels = {LABEL_LAB: "talk", LABEL_FILE: str(file)}
        engine.create_network(
            NetworkSpec("talk_link1", prefix, Address(prefix.broadcast - 1), {**labels, LABEL_LAN: "link1"})
        )
        for host, node in enumerate(("server", "h1", "h2"), 1):
            there = {"talk_link1": Address(prefix.network + host)}
            own = {**labels, LABEL_NODE: node}
            engine.create(ContainerSpec(f"talk-{node}", node, "catenet/test:1", {}, there, own))
            engine.start(f"talk-{node}")

    @property
    def running(self) -> RunningLab:
        return running_lab(self.engine, "talk")

    def words(self, node: str) -> list[str]:
        """What its telephone was asked to do."""
        return [question.ask for where, question in self.asked if where == node]

    def _answer(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        node = container.removeprefix("talk-")
        if command[0] == "cat":
            data = self.files.get(command[1])
            return (1, b"", b"cat: no such file\n") if data is None else (0, data, b"")
        assert tuple(command) == ASK_COMMAND
        question = Question.parse(given)
        if question.ask == "show":
            looks = self.calls[node]
            said: Json = dict(looks.pop(0) if len(looks) > 1 else looks[0]) | {"user": {"h1": "alice"}.get(node, "bob")}
            return 0, bytes(Answer(said)), b""
        self.asked.append((node, question))
        if question.ask in self.refusals:
            return 0, bytes(Answer(error=self.refusals[question.ask])), b""
        return 0, bytes(Answer({"file": f"/{node}/{question.ask}"})), b""
