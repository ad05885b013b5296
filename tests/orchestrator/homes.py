"""The lab of two_homes in memory: what its nodes show, and what their programs print, the test says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.running import RunningLab, running_lab
from catenet.orchestrator.plan.desired import desired

__all__ = ["FILE", "Homes"]

FILE = Path(__file__).parent / "two_homes" / "lab.yaml"


class Homes:
    """One running copy. `tables`: (node, word) → what it shows; `routes`: node → its answer to the question `route`.

    `programs`: what a program prints, and its exit code; `ran`: (node, command) of each that ran.
    """

    def __init__(self, folder: Path) -> None:
        shutil.copy(FILE, folder)
        self.lab: Lab = load(folder / FILE.name)
        self.tables: dict[tuple[str, str], Json] = {}
        self.routes: dict[str, Json] = {}
        self.programs: dict[str, Callable[[], tuple[int, bytes, bytes]]] = {}
        self.ran: list[tuple[str, Sequence[str]]] = []
        self.engine = FakeEngine(answer=self._answer)
        self.engine.build("i", b"x", {})
        wanted = desired(self.lab, "two-homes", "i")
        for network in wanted.networks:
            self.engine.create_network(network)
        for container in wanted.containers:
            self.engine.create(container)
            self.engine.start(container.name)

    @property
    def running(self) -> RunningLab:
        """As it is now."""
        return running_lab(self.engine, "two-homes")

    def _answer(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        node = container.removeprefix("two-homes-")
        if tuple(command) == ASK_COMMAND:
            question = Question.parse(given)
            known = self._say(node, question)
            return 0, bytes(Answer(error="no such table", known=("links",)) if known is None else Answer(known)), b""
        self.ran.append((node, tuple(command)))
        return self.programs[command[0]]()

    def _say(self, node: str, question: Question) -> Json:
        links: list[Json] = [
            {"lan": place.lan, "address": str(place.address), "up": True, "silent": False}
            for place in self.lab.nodes[node].attachments
        ]
        if question.ask == "status":
            return {"node": node, "ready": True, "interfaces": links, "services": {}, "memory": 1}
        if question.ask == "route":
            return self.routes.get(node)
        what = str(question.arguments["what"])
        return links if what == "links" else self.tables.get((node, what))
