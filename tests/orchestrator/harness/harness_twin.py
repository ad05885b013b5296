"""An engine in memory for the labs of an inner run of pytest: h - link1 - r - link2 - g, where a cut stops pings."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module

from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine, FakeExec
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, LABEL_NODE

# pytester forgets the modules that only an inner run has imported, and the next one would import them all again.
for module in ("backend.docker", "harness.failed", "harness.lab"):
    import_module(f"catenet.orchestrator.{module}")

LAB = """\
name: line
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}}
nodes:
  h: {lans: {link1: 10.0.1.7}}
  r: {lans: {link1: 10.0.1.1, link2: 10.0.2.1}, services: {web: {root: site}}}
  g: {lans: {link2: 10.0.2.9}}
checks:
  - {claim: D1, ping: {from: h, to: g}}
timeline:
  - {at: 0s, cut: link2}
  - {at: 0s, claim: D5, expect: {ping: {from: h, to: g, answered: no}}}
  - {at: 0s, heal: link2}
  - {at: 0s, claim: D6, expect: {ping: {from: h, to: g}}}
"""
CONFTEST = """
import pytest
from harness_twin import engines

@pytest.fixture(scope="session")
def catenet_engine():
    return engines[-1]
"""
engines: list[FakeEngine] = []
"""The last one is the engine of the inner run."""


class Twin(FakeEngine):
    """`down`, `silent`: (copy, node, LAN) of each interface that is so. `tables`: (node, word) → what `show` shows.

    `flushed`: the nodes that were told to empty their caches.
    """

    def __init__(self) -> None:
        super().__init__(answer=self._answer_for)
        self.down: set[tuple[str, str, str]] = set()
        self.silent: set[tuple[str, str, str]] = set()
        self.tables: dict[tuple[str, str], Json] = {}
        self.flushed: list[str] = []
        self._guard = threading.RLock()

    @property
    def copies(self) -> set[str]:
        """The labs that are there."""
        return {each.labels[LABEL_LAB] for each in self.inspected(self.listed({LABEL_LAB: None}))}

    def made(self, node: str) -> list[str]:
        """The copies of which such a node was ever made."""
        return [
            name.removesuffix(f"-{node}") for call, name in self.calls if call == "create" and name.endswith(f"-{node}")
        ]

    def _answer_for(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        with self._guard:
            labels = next(each.labels for each in self.inspected(self.listed({})) if each.name == container)
            copy, node = labels[LABEL_LAB], labels[LABEL_NODE]
            if tuple(command) == ASK_COMMAND:
                return 0, bytes(Answer(self._say(copy, node, Question.parse(given)))), b""
            if command[0] == "ping":
                whole = all(each.state == "running" for each in self.inspected(self.listed({LABEL_LAB: copy})))
                return (
                    (0 if whole and not any(each[0] == copy for each in self.down | self.silent) else 1),
                    b"pinged\n",
                    b"",
                )
            return 127, b"", f"{command[0]}: not found\n".encode()

    def _say(self, copy: str, node: str, question: Question) -> Json:
        if question.ask == "link":
            ordered = LinkCondition.parse(question.arguments["condition"])
            end = (copy, node, str(question.arguments["lan"]))
            (self.down.discard if ordered.up else self.down.add)(end)
            (self.silent.add if ordered.drop else self.silent.discard)(end)
        if question.ask == "flush":
            self.flushed.append(node)
        table = self.tables.get((node, str(question.arguments.get("what", ""))))
        if table is not None:
            return table
        networks = {net.name: net.labels[LABEL_LAN] for net in self.networks() if net.labels.get(LABEL_LAB) == copy}
        (container,) = self.inspected(self.listed({LABEL_LAB: copy, LABEL_NODE: node}))
        lans = [networks[name] for name in container.networks]
        ends = {lan: (copy, node, lan) for lan in lans}
        links: list[Json] = [
            {"lan": lan, "up": end not in self.down, "silent": end in self.silent} for lan, end in ends.items()
        ]
        status: dict[str, Json] = {"node": node, "ready": True, "interfaces": links, "services": {}}
        return status if question.ask == "status" else links

    def execute(self, name: str, command: Sequence[str], *, stdin: bool = False, tty: bool = False) -> FakeExec:
        """Programs that are not there (tcpdump) do not wait for their input."""
        return super().execute(name, command, stdin=stdin and tuple(command) == ASK_COMMAND, tty=tty)

    def kill(self, name: str) -> None:
        """The interfaces of a node that is started again are up."""
        super().kill(name)
        self.down = {end for end in self.down if not name.endswith(f"-{end[1]}")}
