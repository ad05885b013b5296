"""Programs that the node starts and watches over: each in a process group of its own, its output read line by line.

Nothing that a program does holds the node up: its output is read in turns with everything else, and only so much of it
a second (a flood waits in the pipe, and so does the program that makes it). PID 1 reaps orphans too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO

from catenet.nodes.runtime.lines import LineSplitter
from catenet.nodes.token_bucket import TokenBucket

__all__ = ["Child", "Children", "ProgramError"]

_CHUNK = 16 * 1024  # bytes read at a time
_RATE, _BURST = 256.0 * 1024, 1024.0 * 1024  # bytes a second in the long run, and at once
_REST = 0.1  # seconds for which a flood waits, at least
_LINE_COST = 64  # bytes as which a line counts, however short it is: what is done with it takes its time too


class ProgramError(Exception):
    """A program did not do what it should; the text says it to the user. Nobody's traceback would help."""


OnLine = Callable[[str, str], None]
"""Called with the stream's name, stdout or stderr, and a line."""


class _Output:
    """One of a program's output streams."""

    def __init__(self, pipe: IO[bytes], name: str, loop: asyncio.AbstractEventLoop, on_line: OnLine) -> None:
        self._pipe = pipe
        self._name = name
        self._loop = loop
        self._on_line = on_line
        self._lines = LineSplitter()
        self._bucket = TokenBucket(_RATE, _BURST, loop.time())
        os.set_blocking(pipe.fileno(), False)
        loop.add_reader(pipe.fileno(), self._readable)

    def _readable(self) -> None:
        cost = self._read()
        if not self._bucket.take(self._loop.time(), cost) and not self._pipe.closed:
            self._loop.remove_reader(self._pipe.fileno())
            self._loop.call_later(max(_REST, cost / _RATE), self._go_on)

    def _go_on(self) -> None:
        if not self._pipe.closed:
            self._loop.add_reader(self._pipe.fileno(), self._readable)

    def _read(self) -> int:
        """How many bytes there were, or as how many their lines count."""
        try:
            data = os.read(self._pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return 0
        if not data:
            self.close()
        lines = self._lines.feed(data)
        for line in lines:
            self._on_line(self._name, line)
        return max(len(data), len(lines) * _LINE_COST)

    def finish(self) -> None:
        """The program has ended: read what it left, as much as a pipe holds."""
        for _ in range(8):
            if self._pipe.closed or not self._read():
                break
        self.close()

    def close(self) -> None:
        if not self._pipe.closed:
            self._loop.remove_reader(self._pipe.fileno())
            self._pipe.close()
            for line in self._lines.end():
                self._on_line(self._name, line)


class Child:
    """A program that runs."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        loop: asyncio.AbstractEventLoop,
        on_line: OnLine,
        on_exit: Callable[[int], None],
    ) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self.pid = process.pid
        self.code: int | None = None  # once it has ended; negative: the signal that ended it
        self._process = process
        self._input = process.stdin
        self._outputs = (
            _Output(process.stdout, "stdout", loop, on_line),
            _Output(process.stderr, "stderr", loop, on_line),
        )
        self._on_exit = on_exit
        os.set_blocking(self._input.fileno(), False)

    def tell(self, line: str) -> None:
        """A line to its standard input; one that it has no room for is left out."""
        with suppress(OSError):  # it does not read, or has closed it
            os.write(self._input.fileno(), line.encode() + b"\n")

    def signal(self, number: int) -> None:
        """To it and all that it has started."""
        if self.code is None:
            with suppress(OSError):  # it has just gone; or it is another user's, and we lack the capability KILL
                os.killpg(self.pid, number)

    def reap(self) -> None:
        """It has ended and is still a zombie, so its number is nobody else's: end what it has left behind, too."""
        self.signal(signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self.code = self._process.returncode = os.waitstatus_to_exitcode(status)
        for output in self._outputs:
            output.finish()
        self._input.close()
        self._on_exit(self.code)


class Children:
    """All programs that the node has started."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._running: dict[int, Child] = {}
        loop.add_signal_handler(signal.SIGCHLD, self.reap)

    def start(
        self,
        words: Sequence[str],
        on_line: OnLine,
        on_exit: Callable[[int], None],
        *,
        environment: Mapping[str, str] | None = None,
        folder: str = "/",
    ) -> Child:
        """Start a program; `ended` is told its exit code, after its last line.

        Raises:
            OSError: it cannot be started.

        """
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_environment(), **(environment or {})},
            cwd=folder,
            process_group=0,  # and the node's session: so what is run from outside can be told from it
            bufsize=0,
        )
        child = self._running[process.pid] = Child(process, self._loop, on_line, on_exit)
        return child

    async def output(self, words: Sequence[str], timeout: float) -> str:
        """What a program that soon ends prints; `timeout` in seconds.

        Raises:
            ProgramError: it cannot be started, it fails, or it takes too long.

        """
        printed: dict[str, list[str]] = {"stdout": [], "stderr": []}
        done: asyncio.Future[int] = self._loop.create_future()
        try:
            child = self.start(words, lambda stream, line: printed[stream].append(line), done.set_result)
        except OSError as error:
            raise ProgramError(f"{words[0]} cannot be started: {error.strerror}") from None
        try:
            async with asyncio.timeout(timeout):
                code = await asyncio.shield(done)
        except TimeoutError:
            raise ProgramError(f"{words[0]} is not done after {timeout:g} s") from None
        finally:
            child.signal(signal.SIGKILL)
        if code != 0:
            raise ProgramError(f"{words[0]} ended with exit code {code}: {' '.join(printed['stderr'])[:500]}")
        return "\n".join(printed["stdout"])

    def reap(self) -> None:
        """Reap everything that has ended: our programs, and the orphans that PID 1 inherits."""
        for pid in _zombies():
            child = self._running.pop(pid, None)
            if child is not None:
                child.reap()
            else:
                os.waitpid(pid, 0)


def _zombies() -> Iterator[int]:
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            yield ended.si_pid


def _environment() -> dict[str, str]:
    """Our own, without what is only the node's; root's home, where the engine gave none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CATENET_")}
    return {"HOME": "/root", **kept}
