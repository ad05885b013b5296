"""Processes in Linux namespaces of their own, from outside, by util-linux's unshare and nsenter."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = [
    "RunError",
    "begin",
    "descendants",
    "end",
    "first_below",
    "inside",
    "inside_network",
    "pause",
    "processes",
    "run",
    "since",
]

_LIMIT_MS = 60_000
"""How long a killed process may take to be gone: only to end a hang."""
_LOOK = 0.01  # seconds


class RunError(Exception):
    """A program failed. The text is its command, and what it said last."""


def run(*command: str) -> str:
    """What a program prints."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RunError(f"{' '.join(command)}: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.stdout


def begin(command: list[str], *, stdin_open: bool = False) -> subprocess.Popen[bytes]:
    """A process that goes on. Returns when it has printed a line. With its standard input open, it reads that until
    this process ends.

    Raises:
        RunError: it ended before that.

    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if stdin_open else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    if not process.stdout.readline():
        said = process.stderr.read().decode(errors="replace").strip()
        process.wait()
        raise RunError(f"{' '.join(command[:2])} …: {said or 'it ended'}")
    process.stdout.close()
    process.stderr.close()
    return process


def inside(first: int) -> list[str]:
    """What goes before a command that is to run in all namespaces of a process but that of its users."""
    return ["nsenter", "--target", str(first), "--mount", "--net", "--uts", "--pid", "--"]


def inside_network(first: int) -> list[str]:
    """Likewise, in its network namespace alone."""
    return ["nsenter", "--target", str(first), "--net", "--"]


def first_below(pid: int) -> int:
    """The last of its only child's only children: behind nsenter and unshare, the first process of the namespace."""
    return [pid, *descendants(pid)][-1]


def descendants(ancestor: int) -> list[int]:
    """A process's children, theirs, and so on, whatever groups and sessions they have made (setsid(2))."""
    parents = {each: _stat(each)[1:2] for each in _all()}
    found = [ancestor]
    for each in found:
        found += [child for child, parent in parents.items() if parent == [str(each)]]
    return found[1:]


def since(pid: int) -> str:
    """When it began, in clock ticks since the machine did: its number may be another's later. Empty: no process."""
    return (_stat(pid)[19:20] or [""])[0]


def processes(first: int, program: str) -> list[int]:
    """Those of that name in the process namespace of another one. This machine's numbers, the oldest first."""
    found = (each for each in _all() if _name(each) == program and _namespace(each) == _namespace(first))
    # Numbers are given out again, from the lowest on: by their start, not by their number.
    return sorted(found, key=lambda each: float(since(each) or "inf"))


def pause(pid: int) -> None:
    """By SIGSTOP. Returns when all of its threads stand still: one after the other does, and on a busy machine the last
    may have answered somebody before.
    """
    os.kill(pid, signal.SIGSTOP)
    ends = time.monotonic() + _LIMIT_MS / 1000
    while {state for thread in Path(f"/proc/{pid}/task").iterdir() for state in _stat(int(thread.name))[:1]} != {"T"}:
        if time.monotonic() > ends:
            raise RunError(f"process {pid} does not stop")
        time.sleep(_LOOK)


def end(pids: Iterable[int]) -> None:
    """By kill -9. Returns when they are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                gone = select.poll()
                gone.register(handle, select.POLLIN)
                gone.poll(_LIMIT_MS)
            finally:
                os.close(handle)


def _all() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """Of proc(5)'s fields of `stat` those behind the name, which may have spaces: state, parent and so on."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _namespace(pid: int) -> int:
    with suppress(OSError):
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    return 0
