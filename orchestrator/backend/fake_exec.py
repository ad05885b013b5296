"""Programs run inside a node of the engine in memory: their streams, and their exit codes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from catenet.orchestrator.backend.protocols import EngineError

__all__ = ["FakeControlSocket", "FakeExec"]


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
        with self._given:
            self._input += data
            self._given.notify_all()

    def end_input(self) -> None:
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
        if self._code is None:
            raise EngineError("the program is still running")
        return self._code

    def close(self) -> None:
        self.end_input()


class FakeControlSocket(FakeExec):
    """The program that carries questions to the node's control socket: run for each line of its input.

    It ends with its input, with its node, and when it returns anything but 0. `state`: the node's; `changed`: told when
    that is another.
    """

    def __init__(
        self,
        run: Callable[[bytes], tuple[int, bytes, bytes]],
        *,
        state: Callable[[], str],
        changed: threading.Condition,
    ) -> None:
        super().__init__(run, stdin=True)
        self._given = changed
        self._state = state
        self._said: deque[tuple[int, bytes]] = deque()

    def read(self, timeout: float | None = None) -> tuple[int, bytes] | None:
        """An answer, then its error output, then that to the next line.

        Raises:
            TimeoutError: it has waited for its input, or its node has been paused, so many seconds.

        """
        with self._given:
            if not self._given.wait_for(lambda: self._state() != "paused" and self._has_work(), timeout):
                raise TimeoutError(f"nothing came within {timeout} s")
            if self._said:
                return self._said.popleft()
            if self._has_ended():
                return None
            line, end, self._input = self._input.partition(b"\n")
        code, out, err = self._run(line + end)
        with self._given:
            self._said += [(stream, data) for stream, data in ((1, out), (2, err)) if data]
            if code or not end:
                self._code = code
        return self.read(timeout)

    def _has_work(self) -> bool:
        return bool(self._said) or self._has_ended() or b"\n" in self._input or (not self._stdin and self._input != b"")

    def _has_ended(self) -> bool:
        return self._code is not None or self._state() != "running" or (not self._stdin and not self._input)
