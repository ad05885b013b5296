"""Any service by another program: its adapter (nodes/implementations) says what is run, and this file runs it.

All programs of the service start once every interface has its address. What they print becomes events. The service is
ready when its table can be read; a program without a table command says `ready`, or has lived for 2 s. If one of them
ends, all are ended and the runtime starts the service anew; so it does where an interface comes back as another device,
since configurations name devices. At the end: SIGTERM, 0.4 s, SIGKILL, and their routes leave the kernel's tables.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from catenet.nodes.catalogue import adapter, is_path
from catenet.nodes.control.config import ConfigError
from catenet.nodes.implementations.adapter import Adapter, Command, Place, Run, Task
from catenet.nodes.implementations.program import BUILT, interface_line
from catenet.nodes.implementations.said import READY, Kinds
from catenet.nodes.machine import Interface
from catenet.nodes.processes.route_carrier import RouteCarrier
from catenet.nodes.processes.route_follower import RouteFollower
from catenet.nodes.runtime.children import Child, ProgramError
from catenet.nodes.runtime.host import Host
from catenet.nodes.runtime.log import TokenBucket

__all__ = ["serve"]

_FOLDER = "/run/catenet"
_SILENT = 2.0  # seconds
_GRACE = 0.4  # seconds from SIGTERM to SIGKILL; the node itself has 0.5 s
_BURIAL = 0.1  # seconds that the kernel may take for that
_PATIENCE = 10.0  # seconds until a program's socket must be there
_LOOK = 0.05  # seconds between two looks for it
_LINES, _LINES_AT_ONCE = 100.0, 500.0  # lines a second of one service that become events
_WORDS = 300  # characters of a program's last words that are repeated


async def serve(host: Host, options: Any) -> None:
    """Run the service until cancelled, or until one of its programs ends.

    Raises:
        ConfigError: the program cannot be started at all.
        ProgramError: one has ended.

    """
    await _addressed(host)
    folder = os.path.join(_FOLDER, host.service)  # noqa: PTH118 -- a text for configurations
    places = tuple(_place(host, interface) for interface in host.interfaces())
    table = 0 if host.source is None else host.source.number
    task = Task(host.service, options, host.config, places, folder, str(host.data), table)
    await Programs(host, adapter(host.implementation), task).run()


class Programs:
    """The programs of one run of a service."""

    def __init__(self, host: Host, adapter: Adapter, task: Task, silent: float = _SILENT) -> None:
        """`silent`: seconds after which a program that lives and does not say `ready` counts as ready."""
        self._host = host
        self._adapter = adapter
        self._task = task
        self._silent = silent
        self._loop = asyncio.get_running_loop()
        self._follower: RouteFollower | None = None
        self._carrier: RouteCarrier | None = None
        if host.source is not None:
            self._follower = RouteFollower(host, host.source, adapter, task)
            self._carrier = RouteCarrier(host, host.source, self._follower.metric)
        self._children: dict[str, Child] = {}
        self._kinds = Kinds()
        self._bucket = TokenBucket(_LINES, _LINES_AT_ONCE, host.now())
        self._last_words = ""
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._said_ready = asyncio.Event()

    async def run(self) -> None:
        """From the first program's start to the last one's end."""
        self._host.on_interface(self._changed)
        try:
            plan = self._adapter.run(self._task)
            if self._carrier is not None:
                self._carrier.put(plan.finds)
            _prepare(plan, self._task.folder)
            for command in plan.commands:
                await self._unless_ended(_there(command.needs))
                self._start(command, plan)
            await self._unless_ended(self._serve())
            raise ProgramError(await self._ended)
        finally:
            await self._end()

    def _start(self, command: Command, plan: Run) -> None:
        words = (_executable(command.words[0]), *command.words[1:])
        name = Path(command.words[0]).name
        try:
            self._children[name] = self._host.children.start(
                words,
                self._said,
                partial(self._gone, name),
                environment=plan.environment,
                folder=plan.working_folder,
            )
        except (OSError, ValueError) as error:
            raise ConfigError(f"{words[0]} cannot be started: {_why(words[0], error)}") from None

    async def _unless_ended(self, what: Coroutine[None, None, None]) -> None:
        """Wait for something, but no longer than all programs live."""
        doing = asyncio.ensure_future(what)
        try:
            waited: set[asyncio.Future[Any]] = {doing, self._ended}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise ProgramError(self._ended.result())
            doing.result()
        finally:
            doing.cancel()

    async def _serve(self) -> None:
        """Once it is ready its routes are followed, for ever, where it has some."""
        if self._follower is not None and self._adapter.table_command(self._task):
            await self._follower.first()
            self._host.ready()
        else:
            await self._ready_by_its_word()
        if self._follower is not None and self._carrier is not None:
            await self._follower.follow(self._carrier.carry_soon)

    async def _ready_by_its_word(self) -> None:
        try:
            await asyncio.wait_for(self._said_ready.wait(), self._silent)
        except TimeoutError:
            self._host.presume_ready(self._silent)
        else:
            self._host.ready()

    def _said(self, stream: str, line: str) -> None:
        if stream == "stdout" and line == READY:
            self._said_ready.set()
            return
        event = self._kinds.read(line, stream)
        if event is None:
            return
        if stream == "stderr" or not self._last_words:
            self._last_words = event.text
        if self._bucket.take(self._host.now()):
            self._host.perform(event)
        else:
            self._host.count("lines_left_out")

    def _gone(self, name: str, code: int) -> None:
        del self._children[name]
        if not self._ended.done():
            how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended by itself, with exit code {code}"
            words = f"; its last words: {self._last_words[:_WORDS]}" if self._last_words else ""
            self._ended.set_result(f"{name} {how}{words}")

    def _changed(self, interface: Interface) -> None:
        place = _place(self._host, interface)
        known = next(known for known in self._task.places if known.lan == interface.name)
        if place.device and place.device != known.device and not is_path(self._host.implementation):
            raise ProgramError(f"{place.lan} has become {place.device}, was {known.device}")
        for child in self._children.values():
            child.tell(interface_line(place))
        if self._follower is not None and self._carrier is not None:
            self._carrier.interface_changed()
            self._follower.interface_changed()

    async def _end(self) -> None:
        """All of them, politely, then not. The last started is the first to be told."""
        if not self._ended.done():
            self._ended.set_result("")  # what ends from now on ends because we want it
        try:
            for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _BURIAL)):
                self._signal(number)
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        while self._children:
                            await asyncio.sleep(_LOOK / 5)
        finally:
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for child in reversed(self._children.values()):
            child.signal(number)


async def _addressed(host: Host) -> None:
    """Until every LAN has an interface: programs are told of all of them at once."""
    changed = asyncio.Event()
    host.on_interface(lambda _: changed.set())
    while not all(host.device(interface.name) for interface in host.interfaces()):
        changed.clear()
        await changed.wait()


def _place(host: Host, interface: Interface) -> Place:
    return Place(interface.name, host.device(interface.name), interface.address, interface.prefix, interface.up)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most of the realtime signals have none
        return f"signal {number}"


def _prepare(plan: Run, folder: str) -> None:
    """The folder and the files; sockets that an earlier life left there go."""
    own = Path(folder)
    own.mkdir(parents=True, exist_ok=True)
    for command in plan.commands:
        if command.needs:
            Path(command.needs).unlink(missing_ok=True)
    for path, text in plan.files.items():
        Path(path).write_text(text, encoding="utf-8")
    for path in (folder, *plan.files) if plan.owner else ():
        shutil.chown(path, plan.owner, plan.owner)


async def _there(path: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while path and not Path(path).exists():
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        raise ProgramError(f"{path} is not there after {_PATIENCE:g} s") from None


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
