"""Kills a directory's store at the N-th step of SQLite's machine, for each N; a program of its own, for it forks.

usage: directory_kill FOLDER STEPS     every how many steps; prints how many runs were killed
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from catenet.nodes.application.directory.state import Account, Change, Contact, Put, Session, State
from catenet.nodes.services.directory_store import Store


def script() -> list[list[Change]]:
    """Commits, of one change or of several together."""
    state = State()
    commits: list[list[Change]] = []
    for number in range(6):
        changes: list[Change] = []
        for each in range(1 + number % 3):
            user = f"user{number}-{each}"
            change: Change = (
                Put(Account(user, "hash", bytes(32))),
                Put(Session(user.encode(), user, 1.0)),
                Put(Contact(user, "user0-0", accepted=False)),
                Put(state.next_done("user0-0", f"request-{number}-{each}")),
            )
            state.apply(change)
            changes.append(change)
        commits.append(changes)
    return commits


def rows(commits: list[list[Change]]) -> list[str]:
    state = State()
    for change in (change for commit in commits for change in commit):
        state.apply(change)
    return sorted(map(repr, state.rows()))


def dies(path: Path, step: int, told: int) -> None:
    """In the child: one byte for each commit that is done."""
    left = [step]

    def count() -> int:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    store = Store(path)
    store._file.set_progress_handler(count, 1)
    for commit in script():
        store.commit(commit)
        os.write(told, b".")


def run(path: Path, step: int) -> bool:
    """Whether it was killed. Raises AssertionError: what was acknowledged is not there, or something is half there."""
    reads, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            dies(path, step, told)
        finally:
            os._exit(0)
    os.close(told)
    status = os.waitpid(child, 0)[1]
    acknowledged = len(os.read(reads, 100))
    os.close(reads)
    store = Store(path)
    found = sorted(map(repr, store.load().rows()))
    commits = script()
    assert found in (rows(commits[:acknowledged]), rows(commits[: acknowledged + 1])), (step, acknowledged, found)
    for commit in commits:  # who heard nothing asks again
        store.commit(commit)
    assert sorted(map(repr, store.load().rows())) == rows(commits), step
    store.close()
    return os.WIFSIGNALED(status)


def main(folder: Path, every: int) -> None:
    step, killed = 1, 0
    while run(folder / f"{step}.sqlite", step):
        killed += 1
        step += every
    print(killed)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
