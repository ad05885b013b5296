"""Labs for real: brought up in the container engine by the orchestrator's own functions, one copy for each module."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from on_engine import claimed

from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.checks import Result, run_checks
from catenet.orchestrator.deploy import up as deploy
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import Silent
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.program import Finished, run_program
from catenet.orchestrator.observe.running import RunningLab, running_lab

LABS = Path(__file__).parents[2] / "labs"
POLL = 0.1
PATIENCE = 200.0
"""Seconds: only there to end a hang. How fast the lab is, simulations and `make bench` say."""


class Bench:
    """A running copy of a lab, and what a test does with it."""

    def __init__(self, engine: Engine, copy: str, folder: Path) -> None:
        self.engine, self.copy, self.folder = engine, copy, folder

    @property
    def running(self) -> RunningLab:
        """As the engine has it now."""
        return running_lab(self.engine, self.copy)

    @property
    def lab(self) -> Lab:
        return self.running.lab

    def do(self, verb: str, target: str) -> None:
        """cut, heal, kill, pause, resume or start."""
        verbs.do(self.engine, self.running, verb, target)

    def restart(self, node: str) -> None:
        self.do("kill", node)
        self.do("start", node)

    def run(self, node: str, *command: str, deadline: float = PATIENCE) -> Finished:
        """An unmodified program inside a node."""
        return run_program(self.engine, self.running.node(node), command, deadline)

    def sh(self, node: str, script: str) -> str:
        return self.run(node, "sh", "-c", script).stdout

    def show(self, node: str, what: str) -> Any:
        return self._ask(node, Question("show", {"what": what}))

    def status(self, node: str) -> Any:
        return self._ask(node, Question("status"))

    def _ask(self, node: str, question: Question) -> Json:
        answer = ask(self.engine, self.running.node(node), question, PATIENCE)
        assert answer.error is None, f"{node}: {answer.error}"
        return answer.answer

    def check(self, *claims: str) -> list[Result]:
        """The lab's checks of these claims (none given: all), as it is now: they do not wait to become true."""
        running = self.running
        chosen = [replace(each, within=0.0) for each in running.lab.checks if not claims or each.claim in claims]
        return run_checks(self.engine, running, chosen, lambda _: None)

    @contextmanager
    def tcpdump(self, node: str, *arguments: str) -> Iterator[Callable[..., str]]:
        """tcpdump's own text. Inside it listens; the function waits for its end (`-c`), or until it has said these
        words (then with `-l`), and gives what it said."""
        command = [
            "tcpdump",
            "-Z",
            "root",
            "-n",
            "-i",
            "any",
            "-s",
            "2048",
            "-B",
            "4096",
            "--immediate-mode",
            *arguments,
        ]
        process = self.engine.execute(self.running.node(node).name, command)
        said = {1: b"", 2: b""}

        def read(stream: int, words: str) -> None:
            while not words or words.encode() not in said[stream]:
                chunk = process.read(PATIENCE)
                if chunk is None:
                    assert not words, f"tcpdump never said {words!r}: {said}"
                    return
                said[chunk[0]] += chunk[1]

        def text(words: str = "") -> str:
            read(1, words)
            return said[1].decode()

        try:
            read(2, "listening on")
            yield text
        finally:
            process.close()


def failures(results: Sequence[Result]) -> Mapping[str, str]:
    """Claim → what was seen instead, of the checks that failed."""
    return {result.check.claim: result.finding.seen for result in results if not result.passed}


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Returns as soon as `condition` gives nothing any more (what it gives is what is still wrong)."""
    ends = time.monotonic() + seconds
    while wrong := condition():
        assert time.monotonic() < ends, f"after {seconds:g} s still: {wrong}"
        time.sleep(POLL)


@contextmanager
def up(folder: Path, copy: str) -> Iterator[Bench]:
    """Inside, a copy of the lab in that folder runs."""
    with claimed(copy) as engine:
        deploy.up(engine, load(folder / "lab.yaml"), copy, ensure_node_image(engine, Silent()), Silent())
        yield Bench(engine, copy, folder)
