"""What a check looks at: the running lab, its model, and what its nodes answer."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from types import TracebackType

from catenet.nodes.address import Address
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.observe.ask import Doors
from catenet.orchestrator.observe.program import Finished, run_program
from catenet.orchestrator.observe.running import RunningLab

__all__ = ["Scene"]

_PATIENCE = 20.0
"""Seconds that an answer may take: a busy machine is no reason to call a check wrong."""


class Scene:
    """The running lab as checks see it, for several threads. Where nodes are shown, the end of a `with` ends that."""

    def __init__(self, engine: Engine, running: RunningLab) -> None:
        self.engine = engine
        self.running = running
        self.lab = running.lab
        self.owners = self.lab.owners
        self._doors = Doors(engine)
        self._answers: dict[tuple[str, str], tuple[float, Json]] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._doors.close()

    def show(self, node: str, what: str, since: float) -> Json:
        """The node's answer to `show WHAT`, asked no earlier than `since` (monotonic seconds).

        Checks of one table that look at the same moment share one question.

        Raises:
            EngineError: the node gave no answer; the text says why.

        """
        with self._locks[node, what]:
            asked, answer = self._answers.get((node, what), (float("-inf"), None))
            if asked < since:
                asked = time.monotonic()
                given = self._doors.ask(self._container(node), Question("show", {"what": what}), _PATIENCE)
                if given.error is not None:
                    raise EngineError(f"{node}: {given.error}")
                answer = given.answer
                self._answers[node, what] = asked, answer
            return answer

    def run(self, node: str, command: Sequence[str], deadline: float) -> Finished:
        """An unmodified program inside the node.

        Raises:
            EngineError: it gave no result; the text says why.

        """
        return run_program(self.engine, self._container(node), command, deadline)

    def ping(self, node: str, words: Sequence[str], deadline: float) -> Finished:
        """An unmodified ping inside the node. It returns 0, or 1 without an answer, or 2 where there is no route, say.

        Raises:
            EngineError: it did not run to its end, so nothing is known of an answer; the text says why.

        """
        done = self.run(node, ["ping", "-n", *words], deadline)
        if done.returncode not in (0, 1, 2):
            raise EngineError(f"ping did not run at {node}: {done.last_words}")
        return done

    def _container(self, node: str) -> Container:
        """As it was when the checks began; one that did not run then may have been started or resumed since."""
        known = self.running.node(node)
        if known.state == "running":
            return known
        return next(iter(self.engine.inspected([known])), known)

    def address(self, node: str) -> Address:
        """The node's first address: the one under which the others know it."""
        return self.lab.nodes[node].attachments[0].address

    def name(self, address: str) -> str:
        """The node that has the address, or the address itself."""
        try:
            return self.owners.get(Address.parse(address), address)
        except ValueError:
            return address
