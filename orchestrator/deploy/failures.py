"""What is kept of an `up` that failed: .catenet/failures/<UTC time>-<copy>/

error.txt           what went wrong
events.txt          what all nodes wrote, by time
logs/NODE.log       each node's own lines
inspect/NODE.json   what the engine knew of it
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from catenet.orchestrator.backend.protocols import LABEL_LAB, Container, Engine, EngineError
from catenet.orchestrator.deploy.run import AT_ONCE
from catenet.orchestrator.observe.events import Line, in_order

__all__ = ["FOLDER", "last_words", "save"]

FOLDER = Path(".catenet", "failures")
_LAST_LINES = 8


def save(engine: Engine, copy: str, error: BaseException, folder: Path) -> Path:
    """The folder with the evidence, made below `folder`. What the engine does not give is left out.

    Raises:
        OSError: the folder cannot be written.

    """
    place = folder / f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{copy}"
    for part in ("logs", "inspect"):
        (place / part).mkdir(parents=True, exist_ok=True)
    _write(place / "error.txt", f"{type(error).__name__}: {error}\n")
    try:
        containers = engine.containers({LABEL_LAB: copy})
    except EngineError:
        return place
    with ThreadPoolExecutor(AT_ONCE) as pool:
        logs = pool.map(lambda container: _save_one(engine, container, place), containers)
        lines = in_order(line for log in logs for line in log)
    _write(place / "events.txt", "".join(f"{line.at:.6f} {line.node} {line.text}\n" for line in lines))
    return place


def last_words(engine: Engine, container: str) -> str:
    """The last lines that a node wrote, indented; empty where there are none, or no such container."""
    try:
        lines: Sequence[Line] = [Line.of("", line) for line in engine.logs(container, tail=_LAST_LINES)]
    except EngineError:
        return ""
    return "".join(f"\n  | {line.text}" for line in lines)


def _save_one(engine: Engine, container: Container, place: Path) -> list[Line]:
    try:
        lines = list(engine.logs(container.name))
        known = engine.inspect(container.name)
    except EngineError:
        return []
    _write(place / "logs" / f"{container.node}.log", "".join(f"{line.text}\n" for line in lines))
    _write(place / "inspect" / f"{container.node}.json", json.dumps(known, indent=2))
    return [Line.of(container.node, line) for line in lines]


def _write(file: Path, text: str) -> None:
    """Whatever the locale, and whatever bytes a file's name had."""
    file.write_text(text, encoding="utf-8", errors="replace")
