"""What is kept of a node: its log, what the engine knows of it, every table that it shows."""

from __future__ import annotations

import json
import re
from collections import deque
from pathlib import Path
from queue import SimpleQueue

from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError, listed_of
from catenet.orchestrator.evidence.folder import file_below, write
from catenet.orchestrator.evidence.secrets import inspected_without_secrets
from catenet.orchestrator.observe.events import LogEntry, in_order, past
from catenet.orchestrator.observe.program import run_program

__all__ = ["NodeRecords", "last_words"]

_EVENTS = 5_000
"""Lines of one node that events.txt has: the last ones. Its log in logs/ is whole."""
_LAST_LINES = 8
_SHOWN = 500  # characters of what a node should not have said
_TABLE = re.compile(r"[a-z][a-z0-9_-]{0,63}")  # the shell below knows it too
# All tables of a node by one program: to begin one costs more than all that it does.
_TABLES = f"""
set -f
ask() {{ echo "$1" | {" ".join(ASK_COMMAND)}; }}
words=$(ask '{bytes(Question("show", {"what": ""})).decode().strip()}')
printf "%s\\n" "$words"
words=${{words##*[}}
for word in $(echo "${{words%%]*}}" | tr -d '",'); do
    case $word in [!a-z]*|*[!a-z0-9_-]*) continue;; esac
    ask "{{\\"ask\\": \\"show\\", \\"what\\": \\"$word\\"}}"
done
"""


def last_words(engine: Engine, copy: str, node: str) -> str:
    """The last lines that a node wrote, indented; empty where there are none, or no such node."""
    try:
        lines = past(engine, [c for c in listed_of(engine, copy) if c.node == node], _LAST_LINES)
    except EngineError:
        return ""
    return "".join(f"\n  | {line.text}" for line in lines)


class NodeRecords:
    """Writes what nodes have to say into the folder. For several threads."""

    def __init__(self, engine: Engine, target: Path) -> None:
        self._engine, self._folder = engine, target
        self._lasts: SimpleQueue[deque[LogEntry]] = SimpleQueue()

    def log(self, container: Container) -> None:
        """Its whole log, line by line as it comes: it may have 20 MB.

        Raises:
            EngineError: the engine does not give it.
            OSError: it cannot be written.

        """
        last: deque[LogEntry] = deque(maxlen=_EVENTS)
        with file_below(self._folder, f"logs/{container.node}.log").open("wb") as file:
            ahead = self._engine.ahead(container.name)
            for line in self._engine.logs(container.name):
                file.write(f"{line.text}\n".encode(errors="replace"))
                last.append(LogEntry.of(container.node, line, ahead))
        self._lasts.put(last)

    def inspect(self, container: Container) -> None:
        """What the engine knows of it.

        Raises:
            EngineError: the engine does not say.
            OSError: it cannot be written.

        """
        known = inspected_without_secrets(self._engine.inspect(container.name))
        write(self._folder, f"inspect/{container.node}.json", json.dumps(known, indent=2))

    def tables(self, container: Container, seconds: float) -> None:
        """Every table that the node shows within `seconds`; each becomes a file, if its name is one.

        Raises:
            EngineError: the node does not say what it has, or said names that are none; the others are kept.
            OSError: they cannot be written.

        """
        seen = run_program(self._engine, container, ["sh", "-c", _TABLES], seconds)
        words, *answers = [Answer.parse(line) for line in seen.stdout_bytes.splitlines()] or [
            Answer(error=seen.last_words)
        ]
        if not isinstance(words.answer, list):
            raise EngineError(words.error or "it does not say which tables it has")
        names = [word for word in words.answer if isinstance(word, str) and _TABLE.fullmatch(word)]
        if len(names) != len(answers):
            raise EngineError(f"it has {len(names)} tables, and gave {len(answers)}")
        for name, answer in zip(names, answers, strict=True):
            table = answer.answer if answer.error is None else {"error": answer.error}
            write(self._folder, f"tables/{container.node}/{name}.json", json.dumps(table, indent=2))
        refused = ", ".join(repr(word) for word in words.answer if word not in names)
        if refused:
            raise EngineError(f"these are no names of tables: {refused[:_SHOWN]}")

    def write_events(self) -> None:
        """The last lines of the logs that are there by now, by time.

        Raises:
            OSError: it cannot be written.

        """
        lines = in_order(line for _ in range(self._lasts.qsize()) for line in self._lasts.get())
        write(self._folder, "events.txt", "".join(f"{line.at:.6f} {line.node} {line.text}\n" for line in lines))
