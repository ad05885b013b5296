"""Runs the node's services, each on its own: one that falls over is reported, and started again after a growing pause.

pause after the n-th failure in a row: 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, … s; a run of 30 s or more begins anew at 0.2 s
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from catenet.nodes.catalogue import service_module, services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.implementation import IMPLEMENTATION, OURS
from catenet.nodes.control.questions import FAILED, READY, STARTING
from catenet.nodes.machine import Json
from catenet.nodes.runtime.children import ProgramError
from catenet.nodes.runtime.context import ServiceContext, Shared
from catenet.nodes.runtime.service_config import read_service

if TYPE_CHECKING:
    from catenet.nodes.control.answers import ServiceStatus

__all__ = ["SupervisedService", "describe_error", "stand", "stop"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds
_STEADY = 30.0  # seconds of service after which a failure counts as a first one


class SupervisedService:
    """One service of the node. `context` is there while it runs."""

    def __init__(self, shared: Shared, name: str, given: Mapping[str, Json], changed: Callable[[], None]) -> None:
        """`changed` is called when the service becomes ready, and when it falls over."""
        self.name = name
        self.state = STARTING  # then ready, failed (waits for its next start, or for ever), stopped
        self.context: ServiceContext | None = None
        self._shared = shared
        self._given = given
        self._changed = changed
        self._counters: dict[str, int] = {}
        self._restarts = 0
        self._error: str | None = None
        self._retry: float | None = None
        self.below: tuple[SupervisedService, ...] = ()  # on which it stands
        self.listeners: list[Callable[[], None]] = []  # called at each change of `state`
        self._below_serves = asyncio.Event()
        self._below_serves.set()
        self._serving: asyncio.Future[None] | None = None

    def stand_on(self, others: Sequence[SupervisedService]) -> None:
        """It is started once these serve, and anew whenever they do; to be said before it runs."""
        self.below = tuple(others)
        for each in others:
            each.listeners.append(self._below_changed)
        self._below_changed()

    def status(self) -> ServiceStatus:
        from catenet.nodes.control.answers import ServiceStatus

        word = str(self._given.get(IMPLEMENTATION, OURS))
        other = "" if word == str(OURS) else word
        return ServiceStatus(self.state, self._restarts, self._counters.copy(), self._error, self._retry, other)

    async def run(self) -> None:
        """Serve until cancelled, or until it is clear that this cannot work."""
        pause = _FIRST_PAUSE
        while True:
            await self._below_serves.wait()
            began = self._shared.loop.time()
            try:
                await self._serve()
            except _FallenBelowError as error:
                self._failed(error, 0.0)
                self._restarts += 1
                self._set_state(STARTING)
                continue
            except ConfigError as error:  # it will not become right by trying again
                self._failed(error, None)
                return
            except Exception as error:
                if self._shared.loop.time() - began >= _STEADY:
                    pause = _FIRST_PAUSE
                self._failed(error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            self._restarts += 1
            self._set_state(STARTING)

    async def _serve(self) -> None:
        """One run. Raises what ended it."""
        implementation, options = read_service(self.name, self._given)
        module = import_module(service_module(self.name, implementation))
        failure: list[Exception] = []

        def fail(error: Exception) -> None:
            failure.append(error)
            serving.cancel()

        context = self.context = ServiceContext(
            self._shared,
            self.name,
            self._counters,
            self._ready,
            fail,
            declaration=services()[self.name],
            implementation=implementation,
        )
        serving = self._serving = asyncio.ensure_future(module.serve(context, options))
        try:
            await serving
        except asyncio.CancelledError:
            if _is_cancelled():
                self._set_state("stopped")
                raise
        finally:
            serving.cancel()
            self._serving = self.context = None
            context.close()
        if not self._below_serves.is_set():
            raise _FallenBelowError(", ".join(each.name for each in self.below if each.state != READY))
        raise failure[0] if failure else RuntimeError("serve() came to its end; it is to run until it is cancelled")

    def _ready(self, unconfirmed: float | None) -> None:
        if self.state != READY:
            self._set_state(READY)
            text = "serves" if unconfirmed is None else f"counts as ready: did not say `ready` for {unconfirmed:g} s"
            data: dict[str, Json] = {} if unconfirmed is None else {"silent": unconfirmed}
            self._shared.log.write(self.name, "service.ready", text, data)
            self._changed()

    def _failed(self, error: Exception, retry: float | None) -> None:
        self._set_state(FAILED)
        self._retry = retry
        known = isinstance(error, ConfigError | ProgramError | _FallenBelowError)
        self._error = str(error) if known else describe_error(error)
        then = "it stays down" if retry is None else f"started again in {retry:g} s"
        data: dict[str, Json] = {"error": self._error, "retry": retry}
        self._shared.log.write(self.name, "service.failed", f"{self._error}; {then}", data)
        self._changed()

    def _set_state(self, state: str) -> None:
        self.state = state
        for function in self.listeners:
            function()

    def _below_changed(self) -> None:
        if all(each.state == READY for each in self.below):
            self._below_serves.set()
            return
        self._below_serves.clear()
        if self._serving is not None:
            self._serving.cancel()


class _FallenBelowError(Exception):
    """What a service stands on does not serve any more."""

    def __init__(self, names: str) -> None:
        super().__init__(f"{names}, on which it stands, does not serve; it is started with it")


def stand(of_node: Mapping[str, SupervisedService], below_all: Sequence[str] = ()) -> None:
    """Each service of a node stands on those that its declaration names and that the node has, and all on `below_all`,
    which stand on none."""
    known = services()
    for name, service in of_node.items():
        named = known[name].stands_on if name in known else ()  # of an unknown one it is said when it is to be started
        below = () if name in below_all else dict.fromkeys((*named, *below_all))
        service.stand_on([of_node[each] for each in below if each in of_node])


async def stop(running: Mapping[SupervisedService, asyncio.Future[None]], seconds: float) -> None:
    """Cancel them, each before what it stands on, and wait for their end, for so long at most in all."""
    left, ends = dict(running), asyncio.get_running_loop().time() + seconds
    while left:
        under = {below for service in left for below in service.below}
        above = [service for service in left if service not in under] or list(left)
        tasks = [left.pop(service) for service in above]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=max(0.0, ends - asyncio.get_running_loop().time()))


def _is_cancelled() -> bool:
    """Whether the running task itself was cancelled, rather than the one that it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def describe_error(error: BaseException) -> str:
    """An exception in one line, with the file and line that raised it."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = "" if where is None else f" ({where.tb_frame.f_code.co_filename}:{where.tb_lineno})"
    return f"{type(error).__name__}: {error}{place}"
