"""What all parts of the directory work with: the state, who is here, the jobs that are done beside the machine.

A change is made in memory at once, and answered only when its commit is told done; what is read waits for the commits
before it likewise (an empty change), so that nobody ever hears of what a crash could still take back. A commit that
fails ends the service: what is in memory is not in the file any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenet.nodes.application.directory.message import Answer, Notice, Request
from catenet.nodes.application.directory.state import Change, State
from catenet.nodes.application.directory.stream import ClientStream
from catenet.nodes.machine import Action, Count, Json, Work

__all__ = ["COMMIT", "HASH", "Desk", "Then"]

HASH, COMMIT = "hash", "commit"
"""The jobs, and their lanes."""

Then = Callable[[Any, str, float], None]
"""What is done with a job's result, or its error; and the time."""


class Desk:
    """`here`: user → the connections where he is logged in. `actions`: what is wanted of the node."""

    def __init__(self, state: State, count: Count) -> None:
        self.state = state
        self.count = count
        self.here: dict[str, dict[ClientStream, None]] = {}
        self.actions: list[Action] = []
        self._then: dict[int, Then] = {}
        self._tag = 0

    def work(self, job: str, argument: Any, then: Then) -> None:
        """Have it done in its lane."""
        self._tag += 1
        self._then[self._tag] = then
        self.actions.append(Work(job, argument, self._tag, job))

    def worked(self, tag: int, result: Any, error: str, now: float) -> None:
        self._then.pop(tag)(result, error, now)

    def commit(self, change: Change, then: Callable[[float], None]) -> None:
        """Change the state, and do `then` once the file has it. An empty change only waits for those before it.

        Raises:
            OSError: (later) the file has it not.

        """
        self.state.apply(change)

        def committed(_: Any, error: str, now: float) -> None:
            if error:
                raise OSError(f"the directory's file cannot be written: {error}")
            self.count("commits", 1 if change else 0)
            then(now)

        self.work(COMMIT, change, committed)

    def answer(self, stream: ClientStream, request: Request, **ok: Json) -> None:
        stream.answer(Answer(request.id, ok))

    def refuse(self, stream: ClientStream, request: Request, error: str, retry_after: float = 0.0) -> None:
        stream.answer(Answer(request.id, error=error, retry_after=retry_after))

    def tell(self, user: str, notice: Notice) -> None:
        """In every place where he is logged in."""
        for stream in tuple(self.here.get(user, ())):
            stream.say(notice)
