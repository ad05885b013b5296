"""Jobs of which any may hang: several at once, and nobody waits for one that does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue

from catenet.orchestrator.observe.ask import AT_ONCE

__all__ = ["Job", "run_jobs"]

Job = tuple[str, Callable[[], object]]
"""What it is for, and what is to be done."""


def run_jobs(jobs: Sequence[Job], seconds: float) -> dict[str, str]:
    """Do them for so many seconds at most: what failed or is not done by then → why.

    Daemon threads, not a pool: a pool's threads are joined at the program's end, and one may hang in the engine.
    """
    waiting: SimpleQueue[Job] = SimpleQueue()
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


def _taken(waiting: SimpleQueue[Job], until: float) -> Iterator[Job]:
    while time.monotonic() < until:
        try:
            yield waiting.get_nowait()
        except Empty:
            return
