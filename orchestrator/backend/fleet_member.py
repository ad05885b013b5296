"""One host of several: its engine, connected to when it is first needed, or why it does not answer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from catenet.orchestrator.backend.protocols import Engine, EngineError, EngineGoneError, HostLostError
from catenet.orchestrator.backend.signs import hearing

__all__ = ["Asked", "Member", "Patience"]

Found = TypeVar("Found")

_OF_A_HOST = re.compile(r"host \S+: ")
_AGAIN = 1.0
"""Seconds after which a host that is lost may be tried again."""
_IDLE = 60.0
"""Seconds after which a thread ends for which there is nothing to do."""


@dataclass
class Patience:
    """`connect`: seconds that a connection may take; `others`: that a step of it may take at the least where another
    host has answered already; `took`: that the first of them took, if it was not as one of these; `look`: seconds of
    silence after which an engine is pinged, and that the ping may take.
    """

    connect: float = 8.0  # longer than ssh's own, so that its words are heard
    others: float = 8.0
    took: float = 0.0
    look: float = 1.0


@dataclass(frozen=True, slots=True)
class Asked(Generic[Found]):
    """A question under way: what will come of it, and when it was asked (monotonic)."""

    future: Future[Found]
    at: float


class Member:
    """A host. Nobody waits long for one that does not answer; it is tried again, behind the scenes, when it is next
    asked for something.
    """

    def __init__(self, name: str, way: Engine | Callable[[], Engine], url: str, patience: Patience) -> None:
        """`way`: its engine, or what connects to it and may raise EngineError."""
        self.name = name
        self.url = url
        self._way = way
        self._patience = patience
        self._lock = threading.Lock()
        self._connecting = threading.Lock()
        self._engine: Engine | None = None if callable(way) else way
        self._why = ""
        self._again: Future[Engine] | None = None
        self._next_look = 0.0
        self._heard, self._step = 0.0, ""
        self._hands = _Hands(f"host {name}")

    @property
    def lost(self) -> HostLostError | None:
        """What is raised of it, while it does not answer."""
        with self._lock:
            self._adopt()
            return self._error() if self._why else None

    @property
    def why(self) -> str:
        """Why it does not answer; empty while it does."""
        return self._why if self.lost else ""

    def ask(self, question: Callable[[Engine], Found]) -> Asked[Found]:
        """Begin to ask it; `answer` has what comes of that."""
        lost = self._lost_already()
        if lost is not None:
            failed: Future[Found] = Future()
            failed.set_exception(lost)
            return Asked(failed, time.monotonic())
        return Asked(self._hands.do(lambda: question(self._connected())), time.monotonic())

    def answer(self, asked: Asked[Found], within: float | None = None) -> Found:
        """What it has answered. `within`: seconds for each step of the connection, where it is still to be made.

        Raises:
            HostLostError: it does not answer.
            EngineError: it has refused.

        """
        limit = self._patience.connect if within is None else within
        while not asked.future.done():
            left = self._left(asked, limit)
            wait([asked.future], self._patience.look if self._engine is not None else min(self._patience.look, left))
            if asked.future.done():
                break
            if self._engine is None:
                if not self._left(asked, limit):
                    raise self._lose(f"{self._step}no answer within {limit:.1f} s")
            elif not self._engine.answers(self._patience.look):
                raise self._lose(f"no answer within {2 * self._patience.look:.1f} s")
        with self.errors():
            return asked.future.result()

    def _left(self, asked: Asked[Found], limit: float) -> float:
        """Seconds until it is lost, unless there is a sign of life before."""
        ends = min(asked.at + self._patience.connect, max(asked.at, self._heard) + limit)
        return max(0.0, ends - time.monotonic())

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Its engine; what that raises inside says which host it is about.

        Raises:
            HostLostError: it does not answer.

        """
        lost = self._lost_already()
        if lost is not None:
            raise lost
        if self._engine is None:
            self.answer(Asked(self._hands.do(self._connected), time.monotonic()))
        assert self._engine is not None
        with self.errors():
            yield self._engine

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What its engine raises inside says which host it is about.

        Raises:
            HostLostError: it does not answer any more.

        """
        try:
            yield
        except HostLostError:
            raise
        except EngineGoneError as error:
            raise self._lose(str(error)) from error
        except EngineError as error:
            engine = self._engine
            if engine is None or not engine.answers(self._patience.look):
                raise self._lose(str(error)) from error
            if not _OF_A_HOST.match(str(error)):  # what one host was given by another, the first has said
                error.args = (f"host {self.name}: {error}",)
            raise

    def _connected(self) -> Engine:
        """In a thread of its own."""
        with self._connecting:
            if self._engine is None and callable(self._way):
                with hearing(self._hear):
                    self._engine = self._way()
        assert self._engine is not None
        return self._engine

    def _hear(self, step: str) -> None:
        """A sign of life while it is being connected to."""
        self._heard = time.monotonic()
        self._step = f"{step}: " if step else self._step

    def _lose(self, why: str) -> HostLostError:
        with self._lock:
            if not self._why:
                self._next_look = time.monotonic() + _AGAIN
            self._why = self._why or why
            return self._error()

    def _lost_already(self) -> HostLostError | None:
        with self._lock:
            self._adopt()
            if not self._why:
                return None
            if self._again is None and time.monotonic() >= self._next_look:
                self._again = self._hands.do(self._try_again)
            return self._error()

    def _error(self) -> HostLostError:
        where = f" ({self.url})" if self.url else ""
        return HostLostError(f"host {self.name}{where} does not answer: {self._why}", host=self.name)

    def _adopt(self) -> None:
        """Where it was tried again: it is no longer lost, or may be tried once more."""
        if self._again is None or not self._again.done():
            return
        if self._again.exception() is None:
            self._engine, self._why = self._again.result(), ""
        self._again, self._next_look = None, time.monotonic() + _AGAIN

    def _try_again(self) -> Engine:
        engine = self._engine
        if engine is not None and engine.answers(self._patience.look):
            return engine
        if callable(self._way):
            return self._way()
        raise EngineGoneError(self._why)


class _Hands:
    """Daemon threads that do one thing after another, as many as are needed at once: one that hangs is not waited for,
    and one that has worked keeps its connection.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[tuple[Callable[[], object], Future[object]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def do(self, work: Callable[[], Found]) -> Future[Found]:
        future: Future[Found] = Future()
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
            self._work.put((work, future))  # type: ignore[arg-type]
        return future

    def _serve(self) -> None:
        while True:
            try:
                work, future = self._work.get(timeout=_IDLE)
            except Empty:
                with self._lock:
                    if self._idle:  # else something has just been put there for this thread
                        self._idle -= 1
                        return
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # it is raised where somebody waits for it
                future.set_exception(error)
            with self._lock:
                self._idle += 1
