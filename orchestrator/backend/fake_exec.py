"""A program run inside a node of the engine in memory: its streams, and its exit code."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from catenet.orchestrator.backend.protocols import EngineError

__all__ = ["FakeExec"]


class FakeExec:
    """A program "inside": it runs when its input ends, its first line of input is there, or it is first read."""

    def __init__(self, run: Callable[[bytes], tuple[int, bytes, bytes]], *, stdin: bool) -> None:
        self._run = run
        self._stdin = stdin
        self._input = b""
        self._given = threading.Condition()
        self._output: deque[tuple[int, bytes]] | None = None
        self._code: int | None = None
        self.size: tuple[int, int] | None = None

    def write(self, data: bytes) -> None:
        """To its standard input."""
        with self._given:
            self._input += data
            self._given.notify_all()

    def end_input(self) -> None:
        """Its standard input ends."""
        with self._given:
            self._stdin = False
            self._given.notify_all()

    def read(self, timeout: float | None = None) -> tuple[int, bytes] | None:
        """Its output, then its error output, then None.

        Raises:
            TimeoutError: it has waited for its input so many seconds.

        """
        with self._given:
            if not self._given.wait_for(lambda: not self._stdin or b"\n" in self._input, timeout):
                raise TimeoutError(f"nothing came within {timeout} s")
        if self._output is None:
            self._code, out, err = self._run(self._input)
            self._output = deque((stream, data) for stream, data in ((1, out), (2, err)) if data)
        return self._output.popleft() if self._output else None

    def resize(self, rows: int, columns: int) -> None:
        """Kept for the test to look at."""
        self.size = (rows, columns)

    def exit_code(self) -> int:
        """After the end: what the program returned."""
        if self._code is None:
            raise EngineError("the program is still running")
        return self._code

    def close(self) -> None:
        """The program's input ends with the stream."""
        self.end_input()
