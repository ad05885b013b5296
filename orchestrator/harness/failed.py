"""What is kept and said of a lab whose test failed: evidence in a folder of its name, a section of the report."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.evidence.failure import a_while, save
from catenet.orchestrator.harness.labs import Copy
from catenet.orchestrator.observe.events import past, select
from catenet.orchestrator.observe.running import UserError

__all__ = ["Witness"]

LAST = 20
"""Events that the report of a failure shows."""


class Witness:
    """Beside one test: it looks when something goes wrong, and forgets when the test passes all the same."""

    def __init__(self, copy: Copy, test: str, artifacts: Path, properties: list[tuple[str, object]]) -> None:
        """`properties`: those that the test has in JUnit's report."""
        self.copy = copy
        self.again: Callable[[], object] = a_while
        """Does once more what failed last."""
        self._test, self._properties = test, properties
        self._folder = artifacts / re.sub(r"[^\w.\[\]-]+", "-", test)
        self._places: list[Path] = []
        self._error: BaseException | None = None
        self._said = ""

    def note_claim(self, claim: str) -> None:
        """The test is about that claim."""
        if ("claim", claim) not in self._properties:
            self._properties.append(("claim", claim))

    def note_error(self, error: BaseException) -> None:
        """The test has this error, and something will be mended now: what there is to see is kept before."""
        if error is not self._error:  # the test may have caught the one before
            self._error = error
            self._said = "\n".join([self._evidence(error), self._next(), *self._events()])

    def report(self, error: BaseException) -> str:
        """The section of the report."""
        self.note_error(error)
        return self._said

    def forget(self) -> None:
        """The test wanted the errors that were noted."""
        for place in self._places:
            shutil.rmtree(place, ignore_errors=True)
        if self._places and not any(self._folder.iterdir()):
            self._folder.rmdir()
        self._places, self._error, self._said = [], None, ""

    def _evidence(self, error: BaseException) -> str:
        said = f"{self._test}\n{type(error).__name__}: {error}"
        try:
            place = save(self.copy.engine, self.copy.name, said, self._folder, again=self.again)
        except OSError as refused:
            return f"evidence  none: {refused}"
        self._places.append(place)
        return f"evidence  {place}"

    def _next(self) -> str:
        if self.copy.stays:
            return f"next      catenet status --lab {self.copy.name}"
        return "next      run the test again with --lab-keep, which leaves the lab up for you to look into it"

    def _events(self) -> list[str]:
        try:
            lines = list(select(past(self.copy.engine, self.copy.running.containers.values(), tail=10 * LAST)))[-LAST:]
        except (EngineError, UserError) as refused:
            return [f"events    none: {refused}"]
        said = [f"the last {len(lines)} events (UTC):"]
        for line in lines:
            assert line.event is not None  # they are selected so
            clock = datetime.fromtimestamp(line.at, UTC).strftime("%H:%M:%S.%f")[:-3]
            said.append(f"  {clock} {line.node}  {line.event.kind:<14} {line.event.text}")
        return said
