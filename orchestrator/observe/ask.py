"""A question to a node, over the socket inside it, with a deadline: a program run in the container carries it there."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable

from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import ASK_COMMAND, LIMIT, Answer, Question, QuestionError
from catenet.orchestrator.backend.protocols import Container, EngineError, Exec, Streams
from catenet.orchestrator.observe.running import condition

__all__ = ["AT_ONCE", "DEADLINE", "ask", "ask_all"]

DEADLINE = 5.0
"""Seconds that a question may take, all nodes together. Paused and dead nodes are not asked at all, so this is what one
that hangs costs; an answer takes some 0.1 s, and ten times that where the machine is busy."""
AT_ONCE = 8
"""Questions under way at a time; more only queue up in the engine."""


def ask(engine: Streams, container: Container, question: Question, deadline: float = DEADLINE) -> Answer:
    """One node's answer. A node that cannot answer gives an `Answer` whose error says why: paused, exited (137)."""
    return ask_all(engine, [container], question, deadline)[container.node]


def ask_all(
    engine: Streams, containers: Iterable[Container], question: Question, deadline: float = DEADLINE
) -> dict[str, Answer]:
    """The same question to many nodes at once: node → answer, in the given order, when the deadline (s) ends."""
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
        threading.Thread(target=_work, args=(engine, waiting, done, question, until), daemon=True).start()
    while len(answers) < len(asked):
        try:
            node, answer = done.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        answers[node] = answer
    late = Answer(error=f"no answer within {deadline:g} s")
    return {c.node: answers.get(c.node, late) for c in asked}


def _work(
    engine: Streams,
    waiting: queue.SimpleQueue[Container],
    done: queue.SimpleQueue[tuple[str, Answer]],
    question: Question,
    until: float,
) -> None:
    while time.monotonic() < until:
        try:
            container = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            answer = _converse(engine, container, question, until)
        except (EngineError, OSError, QuestionError) as error:  # it was paused, killed or removed a moment ago
            answer = Answer(error=str(error))
        done.put((container.node, answer))


def _converse(engine: Streams, container: Container, question: Question, until: float) -> Answer:
    stream = engine.execute(container.name, ASK_COMMAND, stdin=True)
    try:
        stream.write(bytes(question))
        return _read_answer(stream, until)
    except TimeoutError:
        return Answer(error="no answer in time")
    finally:
        stream.close()


def _read_answer(stream: Exec, until: float) -> Answer:
    """The first line of standard output; without one, what was said on standard error."""
    line, complaint = bytearray(), bytearray()
    while (chunk := stream.read(max(0.0, until - time.monotonic()))) is not None:
        number, data = chunk
        (line if number == 1 else complaint).extend(data)
        if b"\n" in line:
            return Answer.parse(bytes(line.partition(b"\n")[0]))
        if len(line) + len(complaint) > LIMIT:
            return Answer(error=f"an answer of more than {LIMIT} bytes")
    said = printable(complaint.decode(errors="replace").strip())
    return Answer(error=f"its control door is not open ({said or 'no answer came'})")
