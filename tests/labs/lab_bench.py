"""Labs for real: brought up in the container engine by the orchestrator's own functions, one copy for each module."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from on_engine import claimed

from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, listed_of
from catenet.orchestrator.deploy import up as deploy
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.events import past
from catenet.orchestrator.observe.program import Finished, run_program
from catenet.orchestrator.observe.running import RunningLab, running_lab
from catenet.orchestrator.operations import Result, run_checks, verbs

LABS = Path(__file__).parents[2] / "labs"
POLL, SLOWEST = 0.1, 1.0
"""Seconds between two looks: at first, and when nothing has come of many. A look costs the machine some 0.1 s, and what
other tests wait for must not be late for it."""
PATIENCE = 200.0
"""Seconds: only there to end a hang. How fast the lab is, simulations and `make bench` say."""


class Bench:
    """A running copy of a lab, and what a test does with it."""

    def __init__(self, engine: Engine, copy: str, folder: Path) -> None:
        self.engine, self.copy, self.folder = engine, copy, folder
        self.connections = ControlConnections(engine)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.connections.close()

    @property
    def running(self) -> RunningLab:
        """As the engine has it now."""
        return replace(running_lab(self.engine, self.copy), model=self.lab)

    @cached_property
    def lab(self) -> Lab:
        """The model: no test changes its file, and it is wanted for each node of each look."""
        return load(self.folder / "lab.yaml")

    def container(self, node: str) -> Container:
        """As the engine has it now."""
        own = [listed for listed in listed_of(self.engine, self.copy) if listed.node == node]
        return self.engine.inspected(own)[0]

    def do(self, verb: str, target: str) -> None:
        """cut, heal, kill, pause, resume or start."""
        verbs.do(self.engine, self.running, verb, target)

    def restart(self, node: str) -> None:
        self.do("kill", node)
        self.do("start", node)

    def run(self, node: str, *command: str, deadline: float = PATIENCE) -> Finished:
        """An unmodified program inside a node."""
        return run_program(self.engine, self.container(node), command, deadline)

    def sh(self, node: str, script: str) -> str:
        return self.run(node, "sh", "-c", script).stdout

    def show(self, node: str, what: str) -> Any:
        return self._ask(node, Question("show", {"what": what}))

    def status(self, node: str) -> Any:
        return self._ask(node, Question("status"))

    def told(self, node: str, kind: str) -> list[dict[str, Any]]:
        """What each event of that kind that the node has told carries, in order."""
        events = [line.event for line in past(self.engine, [self.container(node)])]
        return [dict(event.data) for event in events if event is not None and event.kind == kind]

    def flush(self, *nodes: str) -> None:
        """They forget whose hardware address is whose."""
        for node in nodes:
            self._ask(node, Question("flush"))

    def _ask(self, node: str, question: Question) -> Json:
        answer = self.connections.ask(self.container(node), question, PATIENCE)
        assert answer.error is None, f"{node}: {answer.error}"
        return answer.answer

    def until_all_holds(self, *claims: str) -> None:
        """Until the lab's checks of these claims (none given: all) hold at one moment. Meanwhile what holds waits."""
        while failures(self.check(*claims)):
            late = failures(self.check(*claims, within=PATIENCE))
            assert not late, f"after {PATIENCE:g} s still: {late}"

    def check(self, *claims: str, within: float = 0.0) -> list[Result]:
        """The lab's checks of these claims (none given: all), as it is now: they do not wait to become true; or each
        after so many seconds at most."""
        running = self.running
        chosen = [replace(each, within=within) for each in running.lab.checks if not claims or each.claim in claims]
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
        process = self.engine.execute(self.container(node).name, command)
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
    ends, pause = time.monotonic() + seconds, POLL
    while wrong := condition():
        assert time.monotonic() < ends, f"after {seconds:g} s still: {wrong}"
        time.sleep(pause)
        pause = min(1.2 * pause, SLOWEST)


@contextmanager
def up(folder: Path, copy: str) -> Iterator[Bench]:
    """Inside, a copy of the lab in that folder runs."""
    with claimed(copy) as engine:
        deploy.up(engine, load(folder / "lab.yaml"), copy, ensure_node_image(engine, NoProgress()), NoProgress())
        with Bench(engine, copy, folder) as bench:
            yield bench
