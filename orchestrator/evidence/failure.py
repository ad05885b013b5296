"""What is kept of a failure, while the lab is still there: .catenet/failures/<UTC time>-<copy>/

error.txt               what went wrong
events.txt              what all nodes wrote, by time: the last lines of each
logs/NODE.log           each node's own lines, events with their JSON
inspect/NODE.json       what the engine knows of it; of its environment only what is ours, without passwords and keys
tables/NODE/WHAT.json   every table that the node shows (`catenet show NODE`)
captures/NODE.pcap      what passed at the node, on all its interfaces, while that which failed was done once more
left-out.txt            what could not be had, and why; absent where nothing is

Whatever runs in a node may answer what it likes, so no answer decides where on this machine something is written.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue

from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.nodes.control.strict_json import read_json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError, containers_of, listed_of
from catenet.orchestrator.capture.packets import Frame, pcap_header, pcap_record
from catenet.orchestrator.capture.tcpdump import CapturePoint, Tcpdump
from catenet.orchestrator.lab.secrets import HIDDEN, without_secrets
from catenet.orchestrator.lab.words import copy_as_file
from catenet.orchestrator.observe.ask import AT_ONCE
from catenet.orchestrator.observe.events import LogEntry, in_order, past
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import condition

__all__ = ["FOLDER", "a_while", "last_words", "save", "save_or_say"]

FOLDER = Path(".catenet", "failures")
_LOOK = 15.0
"""Seconds for logs, inspect and tables, and for the captures to begin: 3 s for 20 nodes, where nothing else runs."""
_BEGIN = 10.0
"""Seconds for one capture to begin: less than for all, so that it says itself why it did not."""
_MEANWHILE = 5.0
"""Seconds that the captures listen at most."""
_END = 10.0
"""Seconds for the captures to end."""
_PACKETS = 20_000
"""Packets of one node that are kept: the first ones."""
_BYTES = 8_000_000
"""Bytes of those packets."""
_EVENTS = 5_000
"""Lines of one node that events.txt has: the last ones. Its log in logs/ is whole."""
_COOKED = 276
"""The link type of what tcpdump hears on all interfaces: Linux cooked v2."""
_FILTER = "not net 127.0.0.0/8"  # what a node says to itself is no traffic of the lab
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


def a_while() -> None:
    """For captures: nothing is done once more, the lab is only listened to."""
    time.sleep(2.0)


def save(
    engine: Engine, copy: str, error: str, folder: Path = FOLDER, *, again: Callable[[], object] | None = a_while
) -> Path:
    """The new folder with the evidence, made below `folder`. What cannot be had is left out, and said in left-out.txt.

    `again` does once more what failed, while all nodes that run are captured; None: nothing is captured. It takes some
    5 s for 20 nodes, and not many more whatever hangs.

    Raises:
        OSError: the folder cannot be written.

    """
    target = _new_folder(folder, f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{copy_as_file(copy)}")
    _write(target, "error.txt", f"{error}\n")
    try:
        containers = containers_of(engine, copy)
    except EngineError as refused:
        _write(target, "left-out.txt", f"everything else: {refused}\n")
        return target
    keeping = _Keeping(engine, target)
    alive = [container for container in containers if condition(container) == "running"]
    captures = [_Capture(engine, container) for container in alive] if again is not None else []
    jobs: list[tuple[str, Callable[[], None]]] = []
    for container in containers:
        jobs.append((f"logs/{container.node}.log", partial(keeping.log, container)))
        jobs.append((f"inspect/{container.node}.json", partial(keeping.inspect, container)))
    jobs += [(f"tables/{container.node}", partial(keeping.tables, container)) for container in alive]
    jobs += [(f"captures/{each.node}.pcap", each.begin) for each in captures]  # the dearest last
    left_out = _all(jobs, _LOOK)
    begun = [each for each in captures if f"captures/{each.node}.pcap" not in left_out]
    if again is not None and begun:
        _all([("again", again)], _MEANWHILE)
        left_out |= _all([(f"captures/{each.node}.pcap", partial(each.end, target)) for each in begun], _END)
    keeping.write_events()
    if left_out:
        _write(target, "left-out.txt", "".join(f"{what}: {why}\n" for what, why in sorted(left_out.items())))
    return target


def save_or_say(
    engine: Engine, copy: str, error: str, folder: Path = FOLDER, *, again: Callable[[], object] | None = a_while
) -> str:
    """`save`, and a line about it for the user; what goes wrong with it is said there, and never raised."""
    try:
        return f"evidence is kept in {save(engine, copy, error, folder, again=again)}"
    except OSError as refused:
        return f"the evidence could not be kept: {folder} cannot be written ({refused.strerror})"
    except Exception as refused:  # it must not hide the failure that it is about
        return f"the evidence could not be kept: {refused}"


def last_words(engine: Engine, copy: str, node: str) -> str:
    """The last lines that a node wrote, indented; empty where there are none, or no such node."""
    try:
        lines = past(engine, [c for c in listed_of(engine, copy) if c.node == node], _LAST_LINES)
    except EngineError:
        return ""
    return "".join(f"\n  | {line.text}" for line in lines)


class _Keeping:
    """Writes what one node has to say into the folder. For several threads."""

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
        with _below(self._folder, f"logs/{container.node}.log").open("wb") as file:
            for line in self._engine.logs(container.name):
                file.write(f"{line.text}\n".encode(errors="replace"))
                last.append(LogEntry.of(container.node, line))
        self._lasts.put(last)

    def inspect(self, container: Container) -> None:
        """What the engine knows of it.

        Raises:
            EngineError: the engine does not say.
            OSError: it cannot be written.

        """
        known = _without_secrets(self._engine.inspect(container.name))
        _write(self._folder, f"inspect/{container.node}.json", json.dumps(known, indent=2))

    def tables(self, container: Container) -> None:
        """Every table that the node shows; each becomes a file, if its name is one.

        Raises:
            EngineError: the node does not say what it has, or said names that are none; the others are kept.
            OSError: they cannot be written.

        """
        seen = run_program(self._engine, container, ["sh", "-c", _TABLES], _LOOK)
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
            _write(self._folder, f"tables/{container.node}/{name}.json", json.dumps(table, indent=2))
        refused = ", ".join(repr(word) for word in words.answer if word not in names)
        if refused:
            raise EngineError(f"these are no names of tables: {refused[:_SHOWN]}")

    def write_events(self) -> None:
        """The last lines of the logs that are there by now, by time.

        Raises:
            OSError: it cannot be written.

        """
        lines = in_order(line for _ in range(self._lasts.qsize()) for line in self._lasts.get())
        _write(self._folder, "events.txt", "".join(f"{line.at:.6f} {line.node} {line.text}\n" for line in lines))


class _Capture:
    """What passes at one node."""

    def __init__(self, engine: Engine, container: Container) -> None:
        self.node = container.node
        self._engine, self._container = engine, container
        self._frames: list[Frame] = []
        self._room = _BYTES
        self._tcpdump: Tcpdump | None = None

    def begin(self) -> None:
        """Until it listens.

        Raises:
            EngineError: it does not, and is closed.

        """
        tcpdump = Tcpdump(self._engine, CapturePoint(self.node, self._container.name), _FILTER, self._take)
        self._tcpdump = tcpdump
        try:
            tcpdump.wait_listening(time.monotonic() + _BEGIN)
        except EngineError:
            tcpdump.close()
            raise

    def end(self, target: Path) -> None:
        """End it, and write what it has heard, whole or not.

        Raises:
            CaptureError: it broke off before.
            OSError: it cannot be written.

        """
        assert self._tcpdump is not None  # it has begun
        try:
            self._tcpdump.finish()
            self._tcpdump.wait_ended(time.monotonic() + _END)
        finally:
            self._tcpdump.close()
            kind = self._frames[0].link_type if self._frames else _COOKED
            data = pcap_header(kind) + b"".join(map(pcap_record, self._frames))
            _write(target, f"captures/{self.node}.pcap", data)

    def _take(self, frame: Frame) -> None:
        self._room -= len(frame.data)
        if self._room >= 0 and len(self._frames) < _PACKETS:
            self._frames.append(frame)


def _all(jobs: Sequence[tuple[str, Callable[[], object]]], seconds: float) -> dict[str, str]:
    """Does them, several at once, for so many seconds at most: what failed or is not done by then → why.

    Daemon threads, not a pool: a pool's threads are joined at the program's end, and one may hang in the engine.
    """
    waiting: SimpleQueue[tuple[str, Callable[[], object]]] = SimpleQueue()
    done: SimpleQueue[tuple[str, str]] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    until = time.monotonic() + seconds

    def work() -> None:
        for name, do in _taken(waiting, until):
            try:
                do()
            except Exception as error:  # whatever it is, the rest of the evidence must be kept
                done.put((name, str(error) or repr(error)))
            else:
                done.put((name, ""))

    for _ in range(min(AT_ONCE, len(jobs))):
        threading.Thread(target=work, name="evidence", daemon=True).start()
    outcome = {name: f"not done within {seconds:g} s" for name, _ in jobs}
    for _ in jobs:
        try:
            name, why = done.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        outcome[name] = why
    return {name: why for name, why in outcome.items() if why}


def _taken(
    waiting: SimpleQueue[tuple[str, Callable[[], object]]], until: float
) -> Iterator[tuple[str, Callable[[], object]]]:
    while time.monotonic() < until:
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _without_secrets(known: Mapping[str, object]) -> Mapping[str, object]:
    """Of the environment only what we have set ourselves, and that without secrets: evidence is handed on.

    Somebody's image or engine may set passwords; a lab's own are those by which routers believe each other.
    """
    config = known.get("Config")
    if not isinstance(config, Mapping):
        return known
    variables = config.get("Env")
    ours = [str(each) for each in variables if str(each).startswith("CATENET_")] if isinstance(variables, list) else []
    return {**known, "Config": {**config, "Env": [_shown(each) for each in ours]}}


def _shown(variable: str) -> str:
    """NAME=VALUE, without the secrets of the node's services; the configuration is hidden whole where it is none."""
    name, _, value = variable.partition("=")
    if name != CONFIG_VARIABLE:
        return variable
    try:
        config = read_json(value)
        services = config.get("services", {})
        services |= {name: without_secrets(name, options) for name, options in services.items()}
    except (ValueError, TypeError, AttributeError):
        return f"{name}={HIDDEN}"
    return f"{name}={json.dumps(config)}"


def _new_folder(folder: Path, name: str) -> Path:
    for number in count(1):
        target = folder / (name if number == 1 else f"{name}-{number}")
        try:
            target.mkdir(parents=True)
        except FileExistsError:  # two failures in one second
            continue
        return target
    raise AssertionError("count() ends")


def _below(target: Path, name: str) -> Path:
    """The file of that name below the folder, whose own folder is made. Names of nodes come from labels.

    Raises:
        EngineError: it would be elsewhere.
        OSError: its folder cannot be made.

    """
    file = target / name
    if target.resolve() not in file.resolve().parents:
        raise EngineError(f"{name!r} is no name of a file here")
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _write(target: Path, name: str, content: str | bytes) -> None:
    """Whatever the locale, and whatever bytes a file's name had."""
    _below(target, name).write_bytes(content.encode(errors="replace") if isinstance(content, str) else content)
