"""Programs that live together: started in order, each line read, and all ended when one of them has.

What they print becomes events. At the end: SIGTERM, 0.4 s, SIGKILL; the last started is the first to be told.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from catenet.nodes.control.config import ConfigError
from catenet.nodes.implementations.daemon import Command, Run
from catenet.nodes.implementations.own_program.program import BUILT
from catenet.nodes.implementations.program_output import READY, ProgramOutput
from catenet.nodes.runtime.children import Child, ProgramError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.token_bucket import TokenBucket

__all__ = ["Programs", "unless_ended", "write_files"]

_GRACE = 0.4  # seconds from SIGTERM to SIGKILL; the node itself has 0.5 s
_UNTIL_KILLED = 0.1  # seconds that the kernel may take to end what it kills
_PATIENCE = 10.0  # seconds until a file that a program makes must be there
_LOOK = 0.05  # seconds between two looks for it
_LINES, _LINES_AT_ONCE = 100.0, 500.0  # lines a second, of all of them, that become events
_WORDS = 300  # characters of a program's last words that are repeated


class Programs:
    """`ended` has a text as soon as one of them has ended, or it is clear that they must: how, for people."""

    def __init__(self, context: ServiceContext) -> None:
        """`context`: of the service in whose name they speak."""
        self._context = context
        self._children: dict[int, Child] = {}  # by the order of their start
        self._started = 0
        self._output = ProgramOutput()
        self._bucket = TokenBucket(_LINES, _LINES_AT_ONCE, context.now())
        self._last_words = ""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.said_ready = asyncio.Event()

    async def start(self, run: Run) -> None:
        """Start them one after the other; each waits for what those before it make.

        Raises:
            ConfigError: one cannot be started at all.
            ProgramError: one has ended, or does not make its file.

        """
        for command in run.commands:
            if command.makes:  # an earlier life may have left it there
                Path(command.makes).unlink(missing_ok=True)
        for command in run.commands:
            self._start(command, run)
            await unless_ended(_there(command.makes), self.ended)

    def tell(self, line: str) -> None:
        """A line to the standard input of each."""
        for child in self._children.values():
            child.tell(line)

    def give_up(self, why: str) -> None:
        """They are to be ended: whoever waits for `ended` hears why."""
        if not self.ended.done():
            self.ended.set_result(why)

    async def end(self) -> None:
        """All of them, politely, then not."""
        self.give_up("")  # what ends from now on ends because we want it
        try:
            for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _UNTIL_KILLED)):
                self._signal(number)
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        while self._children:
                            await asyncio.sleep(_LOOK / 5)
        finally:
            self._signal(signal.SIGKILL)

    def _start(self, command: Command, run: Run) -> None:
        words = (_executable(command.words[0]), *command.words[1:])
        self._started += 1
        gone = partial(self._on_exit, self._started, Path(command.words[0]).name)
        try:
            self._children[self._started] = self._context.children.start(
                words,
                self._on_line,
                gone,
                environment=run.environment,
                folder=run.working_folder,
            )
        except (OSError, ValueError) as error:
            raise ConfigError(f"{words[0]} cannot be started: {_why(words[0], error)}") from None

    def _on_line(self, stream: str, line: str) -> None:
        if stream == "stdout" and line == READY:
            self.said_ready.set()
            return
        event = self._output.read(line, stream)
        if event is None:
            return
        if stream == "stderr" or not self._last_words:
            self._last_words = event.text
        if self._bucket.take(self._context.now()):
            self._context.perform(event)
        else:
            self._context.count("lines_left_out")

    def _on_exit(self, number: int, name: str, code: int) -> None:
        del self._children[number]
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended by itself, with exit code {code}"
        words = f"; its last words: {self._last_words[:_WORDS]}" if self._last_words else ""
        self.give_up(f"{name} {how}{words}")

    def _signal(self, number: int) -> None:
        for child in reversed(self._children.values()):
            child.signal(number)


async def unless_ended(what: Coroutine[None, None, None], ended: asyncio.Future[str]) -> None:
    """Do something, but no longer than programs live: it is cancelled, and brings itself to its end, when one has
    ended.

    Raises:
        ProgramError: one has.

    """
    doing = asyncio.ensure_future(what)
    try:
        waited: set[asyncio.Future[Any]] = {doing, ended}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ProgramError(ended.result())
        doing.result()
    finally:
        if not doing.done():
            doing.cancel()
            await asyncio.wait([doing])
            if not doing.cancelled() and (error := doing.exception()) is not None:
                raise error


def write_files(run: Run, folder: str) -> None:
    """The folder and the files of a run, as its owner's."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path, text in run.files.items():
        Path(path).write_text(text, encoding="utf-8")
    _give(run.owner, (folder, *run.files))


def _give(owner: str, paths: Iterable[str]) -> None:
    for path in paths if owner else ():
        shutil.chown(path, owner, owner)


async def _there(path: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while path and not Path(path).exists():
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        raise ProgramError(f"{path} is not there after {_PATIENCE:g} s") from None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most of the realtime signals have none
        return f"signal {number}"


def _executable(path: str) -> str:
    """The program itself: a folder stands for its `run`, or for what its Dockerfile put into the image."""
    if not Path(path).is_dir():
        return path
    return BUILT if Path(path, "Dockerfile").is_file() else str(Path(path, "run"))


def _why(path: str, error: Exception) -> str:
    """The kernel's reason, in words that help."""
    match error:
        case FileNotFoundError() if Path(path).is_file():
            return "what its first line names (after #!), or its dynamic loader, is not in the node's image"
        case PermissionError():
            return "it is not executable for root without privileges (chmod a+rx, and its folders)"
        case OSError() if error.strerror == "Exec format error":
            return "it is no program of this machine; a script begins with #! and its interpreter"
    return str(getattr(error, "strerror", None) or error)
