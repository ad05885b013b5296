"""Questions to nodes, over the socket inside each, with a deadline: a program run in the container carries them there.

To start that program costs the engine fifty times what a question does. So where one thing asks the same nodes again
and again, it keeps `ControlConnections` open; `ask` and `ask_all` are for a single question.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType

from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import ASK_COMMAND, LIMIT, Answer, Question, QuestionError
from catenet.orchestrator.backend.protocols import Container, EngineError, Exec, Streams
from catenet.orchestrator.observe.running import condition

__all__ = ["AT_ONCE", "DEADLINE", "ControlConnections", "ask", "ask_all"]

DEADLINE = 5.0
"""Seconds that a question may take, all nodes together. Paused and dead nodes are not asked at all, so this is what one
that hangs costs; an answer takes some 0.1 s, and ten times that where the machine is busy."""
AT_ONCE = 8
"""Questions under way at a time; more only queue up in the engine."""
_SILENCE = 2.0
"""Seconds without an answer after which a stream that was kept is given up, and the question is asked by a new one: of
a node that has been paused the engine then says so."""


def ask(engine: Streams, container: Container, question: Question, deadline: float = DEADLINE) -> Answer:
    """One node's answer. A node that cannot answer gives an `Answer` whose error says why: paused, exited (137)."""
    return ask_all(engine, [container], question, deadline)[container.node]


def ask_all(
    engine: Streams, containers: Iterable[Container], question: Question, deadline: float = DEADLINE
) -> dict[str, Answer]:
    """The same question to many nodes at once: node → answer, in the given order, when the deadline (s) ends."""
    with ControlConnections(engine) as connections:
        return connections.ask_all(containers, question, deadline)


class ControlConnections:
    """Streams to nodes, kept from one question to the next; for several threads.

    Only for what may be asked twice, as `show`, `status`, `link` and `flush` may: where a stream has died meanwhile,
    with its node or by the node's own impatience (nodes/runtime/control_socket), the question is asked once more.
    """

    def __init__(self, engine: Streams) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._kept: defaultdict[str, list[Exec]] = defaultdict(list)
        self._closed = False

    def __enter__(self) -> ControlConnections:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the streams, and with them the programs that carry the questions; those in use end after their answer."""
        with self._lock:
            self._closed = True
            idle = [stream for streams in self._kept.values() for stream in streams]
            self._kept.clear()
        for stream in idle:
            stream.close()

    def ask(self, container: Container, question: Question, deadline: float = DEADLINE) -> Answer:
        """One node's answer, as of the function `ask`."""
        return self.ask_all([container], question, deadline)[container.node]

    def ask_all(
        self,
        containers: Iterable[Container],
        question: Question | Callable[[Container], Question],
        deadline: float = DEADLINE,
    ) -> dict[str, Answer]:
        """The same question to many nodes at once, as of the function `ask_all`; or to each its own."""
        asked = list(containers)
        until = time.monotonic() + deadline
        answers = {c.node: Answer(error=condition(c)) for c in asked if condition(c) != "running"}
        waiting: queue.SimpleQueue[Container] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[str, Answer]] = queue.SimpleQueue()
        alive = [c for c in asked if c.node not in answers]
        for container in alive:
            waiting.put(container)
        # Daemon threads, not a pool: a pool's threads are joined at the program's end, and one may hang in the engine.
        for _ in range(min(AT_ONCE, len(alive))):
            threading.Thread(target=self._work, args=(waiting, done, question, until), daemon=True).start()
        while len(answers) < len(asked):
            try:
                node, answer = done.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            answers[node] = answer
        late = Answer(error=f"no answer within {deadline:g} s")
        return {c.node: answers.get(c.node, late) for c in asked}

    def _work(
        self,
        waiting: queue.SimpleQueue[Container],
        done: queue.SimpleQueue[tuple[str, Answer]],
        question: Question | Callable[[Container], Question],
        until: float,
    ) -> None:
        while time.monotonic() < until:
            try:
                container = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                own = question if isinstance(question, Question) else question(container)
                answer = self._converse(container.name, own, until)
            except (EngineError, OSError, QuestionError) as error:  # it was paused, killed or removed a moment ago
                answer = Answer(error=str(error))
            done.put((container.node, answer))

    def _converse(self, name: str, question: Question, until: float) -> Answer:
        with self._lock:
            kept = self._kept[name].pop() if self._kept[name] else None
        if kept is not None:
            with suppress(EngineError, OSError):
                line, _ = self._say(name, kept, question, min(until, time.monotonic() + _SILENCE))
                if line is not None:
                    return Answer.parse(line)
        line, why = self._say(name, self._engine.execute(name, ASK_COMMAND, stdin=True), question, until)
        return Answer(error=why) if line is None else Answer.parse(line)

    def _say(self, name: str, stream: Exec, question: Question, until: float) -> tuple[bytes | None, str]:
        """The line that answers, or None and why there is none. The stream is kept, or closed."""
        keep = False
        try:
            stream.write(bytes(question))
            line, rest = _read_answer(stream, until)
            keep = line is not None and not rest  # one that says more than it was asked is not trusted with the next
            return line, rest
        except TimeoutError:
            return None, "no answer in time"
        finally:
            with self._lock:
                keep = keep and not self._closed
                if keep:
                    self._kept[name].append(stream)
            if not keep:
                stream.close()


def _read_answer(stream: Exec, until: float) -> tuple[bytes | None, str]:
    """The first line of standard output, and what else was said; without one None, and why."""
    line, complaint = bytearray(), bytearray()
    while (chunk := stream.read(max(0.0, until - time.monotonic()))) is not None:
        number, data = chunk
        (line if number == 1 else complaint).extend(data)
        if b"\n" in line:
            answer, _, rest = bytes(line).partition(b"\n")
            return answer, (rest + complaint).decode(errors="replace")
        if len(line) + len(complaint) > LIMIT:
            return None, f"an answer of more than {LIMIT} bytes"
    said = printable(complaint.decode(errors="replace").strip())
    return None, f"its control socket is not open ({said or 'no answer came'})"
