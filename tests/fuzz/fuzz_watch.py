"""One input after another, watched: an exception that no refusal is, a hang, too much time or memory are findings."""

from __future__ import annotations

import hashlib
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import FrameType

from fuzz_target import REPOSITORY, Target

__all__ = ["FINDINGS", "Finding", "Watch", "file_of"]

FINDINGS = REPOSITORY / ".catenet" / "fuzz" / "findings"

HANG = 20
"""Seconds of processor time after which an input is given up."""
GROWTH = 64 * 1024
"""kB that the process may grow by, for one input."""
MEMORY = 3 << 30
"""Bytes of address space; beyond it Python raises MemoryError."""
ATTEMPTS = 3
"""So often is a slow input tried: the quickest counts, and no collection of garbage is laid at its door."""


class HangError(BaseException):
    """No `except Exception` on the way holds it up."""


@dataclass(frozen=True)
class Finding:
    """What went wrong, where, and the input."""

    kind: str
    place: str
    text: str
    data: bytes

    @property
    def key(self) -> tuple[str, str]:
        """The same fault, most likely, has the same."""
        return self.kind, self.place


class Watch:
    """Runs a target's inputs. `found` is called with each finding that is new, or shorter than one like it."""

    def __init__(self, target: Target, found: Callable[[Finding], None], hang: int = HANG) -> None:
        self.inputs = 0
        self._hang = hang
        self._target = target
        self._found = found
        self._shortest: dict[tuple[str, str], int] = {}
        self._peak = _peak()
        self._at_tick = (-1, 0)
        self._running = self._taken = False
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
        signal.signal(signal.SIGVTALRM, self._tick)
        signal.setitimer(signal.ITIMER_VIRTUAL, 1.0, 1.0)

    def __call__(self, data: bytes) -> bool:
        """Whether the input is taken, by the parser and by us."""
        self.inputs += 1
        self._taken = False
        took = self._once(data)
        if took is not None and took > self._allowed(data):
            self._slow(data, took)
        return self._taken

    def _once(self, data: bytes) -> float | None:
        """Processor time in seconds; None where it did not come to its end."""
        before = process_time()
        self._running = True
        try:
            self._taken = self._target.run(data)
        except (Exception, HangError) as error:
            self._running = False
            self._tell(_finding(error, data))
            return None
        finally:
            self._running = False
        took = process_time() - before
        peak = _peak()
        if peak > self._peak + GROWTH:
            self._tell(Finding("memory", "", f"{(peak - self._peak) // 1024} MB more for {len(data)} bytes", data))
        self._peak = peak
        return took

    def _allowed(self, data: bytes) -> float:
        return (self._target.milliseconds + self._target.per_kilobyte * len(data) / 1024) / 1000

    def _slow(self, data: bytes, took: float) -> None:
        for _ in range(ATTEMPTS - 1):
            again = self._once(data)
            if again is None:
                return
            took = min(took, again)
        allowed = self._allowed(data)
        if took > allowed:
            text = f"{took * 1000:.0f} ms for {len(data)} bytes, over the {allowed * 1000:.0f} allowed"
            self._tell(Finding("slow", "", text, data))

    def _tell(self, finding: Finding) -> None:
        if len(finding.data) < self._shortest.get(finding.key, 1 << 60):
            self._shortest[finding.key] = len(finding.data)
            self._found(finding)

    def _tick(self, _signal: int, _frame: FrameType | None) -> None:
        number, ticks = self._at_tick
        self._at_tick = (self.inputs, ticks + 1 if number == self.inputs else 0)
        if self._running and self._at_tick[1] >= self._hang:
            self._at_tick = (-1, 0)
            raise HangError(f"no end within {self._hang} s of processor time")


def _finding(error: BaseException, data: bytes) -> Finding:
    kind = "hang" if isinstance(error, HangError) else type(error).__name__
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if str(REPOSITORY) in frame.filename]
    ours = [frame for frame in ours if "/.venv/" not in frame.filename]
    last = ours[-1] if ours and kind != "hang" else None
    place = "" if last is None else f"{Path(last.filename).name}:{last.lineno}"
    text = "".join(traceback.format_exception(error)).rstrip()
    return Finding(kind, place, text, data)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def file_of(name: str, finding: Finding) -> Path:
    """Where the input of a finding is kept: one file for each place."""
    word = hashlib.sha256("/".join(finding.key).encode()).hexdigest()[:8]
    return FINDINGS / name / f"{finding.kind}-{word}"
