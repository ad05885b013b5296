"""A proxy in front of the engine's socket. It counts the calls, and at one of them it lets something happen.

Whoever is to be troubled gets its `address` as DOCKER_HOST; the others speak to the engine itself.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, get_args

from on_engine import dial

from catenet.orchestrator.backend.docker_client import engine_url

__all__ = ["LOSSES", "EngineProxy", "Loss"]

Loss = Literal["stall", "gone", "reset", "lost", "half"]
"""How an answer is lost:

stall   from this call on nothing is passed on any more; connections are accepted still
gone    before this call the socket and all connections vanish, for good
reset   the call does not reach the engine; its connection is reset, and the next ones are well
lost    the engine does what is asked; its answer is lost with the connection, and the next ones are well
half    the same, after a half of what comes first of the answer
"""
LOSSES: tuple[Loss, ...] = get_args(Loss)

_METHODS = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ")
_CHUNK = 65536
_LOOK = 0.1  # seconds between two looks at whether all is over


class EngineProxy:
    """Listens at `path` until `close`. At call `at` (from 1) the loss happens, or the function is called.

    The call goes on meanwhile: the function must not wait.
    """

    def __init__(
        self, path: Path, at: int = 0, what: Loss | Callable[[], None] | None = None, engine: str = ""
    ) -> None:
        """`engine`: what it stands before; empty: the engine that DOCKER_HOST names."""
        self.calls = 0
        self.happened = 0.0  # when, on the monotonic clock
        self._at, self._what = at, what
        self._path, self._engine = path, engine or engine_url()
        self._counting = threading.Lock()
        self._over, self._stalled = threading.Event(), threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._listener.settimeout(_LOOK)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> EngineProxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def address(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self._path}"

    def close(self) -> None:
        """All connections end."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with self._listener:
            while not self._over.is_set():
                with suppress(TimeoutError):
                    client, _ = self._listener.accept()
                    thread = threading.Thread(target=self._serve, args=(client,))
                    self._threads.append(thread)
                    thread.start()
        self._path.unlink(missing_ok=True)

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), dial(self._engine) as engine:
            open_ends = {client: engine, engine: client}
            while open_ends and not self._over.is_set():
                for end in select.select(list(open_ends), (), (), _LOOK)[0]:
                    if self._stalled.is_set():
                        self._over.wait()
                    elif end is client and not self._asks(client, engine):
                        return
                    elif not _pass_on(end, open_ends[end]):
                        del open_ends[end]

    def _asks(self, client: socket.socket, engine: socket.socket) -> bool:
        """What the client says next is looked at, and is still to be read; False where the connection ends with it."""
        if not client.recv(8, socket.MSG_PEEK).startswith(_METHODS):
            return True
        with self._counting:
            self.calls += 1
            due = self.calls == self._at
        if not due or self._what is None:
            return True
        self.happened = time.monotonic()
        match self._what:
            case "stall":
                self._stalled.set()
                self._over.wait()
            case "gone":
                self._path.unlink()
                self._over.set()
            case "reset":
                pass  # a Unix socket that is closed with something unread resets its other end
            case "lost" | "half":
                answer = self._first_of_answer(client, engine)
                client.sendall(answer[: len(answer) // 2 if self._what == "half" else 0])
            case happen:
                happen()
                return True
        return False

    def _first_of_answer(self, client: socket.socket, engine: socket.socket) -> bytes:
        """To what the client says now, in one piece or more."""
        while not self._over.is_set():
            ready = select.select((client, engine), (), (), _LOOK)[0]
            if engine in ready:
                return engine.recv(_CHUNK)
            if client in ready and not _pass_on(client, engine):
                break
        return b""


def _pass_on(source: socket.socket, target: socket.socket) -> bool:
    """What has come; False at its end, which is passed on too."""
    data = source.recv(_CHUNK)
    if data:
        target.sendall(data)
    else:
        target.shutdown(socket.SHUT_WR)
    return bool(data)
