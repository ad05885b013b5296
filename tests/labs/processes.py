"""Verbs as users start them: processes that know nothing of each other, several at the same time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from on_engine import CATENET, claimed


def catenet(*arguments: str) -> str:
    """One process; what it printed."""
    done = subprocess.run([*CATENET, *arguments], capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, f"catenet {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}"
    return done.stdout


def at_once(processes: int, *commands: Sequence[str]) -> list[str]:
    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(lambda arguments: catenet(*arguments), commands))


@contextmanager
def all_claimed(copies: Sequence[str]) -> Iterator[None]:
    with ExitStack() as stack:
        for copy in copies:
            stack.enter_context(claimed(copy))
        yield
