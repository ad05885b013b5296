"""The socket of an engine on this machine, or of one that a tunnel carries here, which does not wait in vain: an engine
that works answers a ping meanwhile.

To start or to remove may take an engine minutes, and a log may be silent for hours; only the ping tells that from an
engine that hangs (moby's /_ping waits for no lock).
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from docker.transport.basehttpadapter import BaseHTTPAdapter
from requests import PreparedRequest
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

__all__ = ["HANGS", "LOOK", "PING", "EngineHangsError", "PatientAdapter", "PatientSocket", "WayLostError", "ping"]

LOOK = 4.0
"""Seconds of silence after which the engine is pinged, and between two pings."""
PING = 5.0
"""Seconds that it may take to answer."""
HANGS = "the engine timed out: it answers no ping either"
"""What is said then."""

_PING = b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n"


class EngineHangsError(ConnectionError):
    """It accepts connections, perhaps, and answers nobody."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, HANGS)


class WayLostError(ConnectionError):
    """The tunnel to the engine has ended, or nobody answers at its other end."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)


class Way(Protocol):
    """What carries an engine's socket here."""

    def lost(self) -> str:
        """Why it carries nothing any more, as far as can be seen from here; empty while it does."""

    def unanswered(self) -> str:
        """Why nobody answers at its other end; empty where somebody does. It asks there."""


class PatientSocket(socket.socket):
    """Waits for the engine as long as it is told to (None: for ever), and while the engine answers pings.

    `way`: what carries it here, where the engine is on another machine.
    """

    _patience: float | None = None
    path = ""
    way: Way | None = None

    def connect(self, path: Any) -> None:
        """Raises WayLostError beside what a socket raises."""
        self.path = path
        try:
            super().connect(path)
        except OSError as error:
            self._refuse_lost(error)
            raise

    def __del__(self) -> None:
        """A thread that has ended leaves its connection to the garbage collector: no fault to warn of."""
        self.close()

    def settimeout(self, value: float | None) -> None:
        """Seconds; the kernel hears of them one LOOK at a time."""
        self._patience = value
        super().settimeout(value)

    def setblocking(self, flag: bool) -> None:
        """As ever: no patience, or endless."""
        self.settimeout(None if flag else 0.0)

    def recv(self, *how: Any) -> bytes:
        """Raises EngineHangsError and WayLostError beside what a socket raises."""
        data: bytes = self._wait(super().recv, *how)
        if not data:
            self._refuse_lost()  # only looked at: a program's stream has an end
        return data

    def recv_into(self, *how: Any) -> int:
        """Raises EngineHangsError and WayLostError beside what a socket raises."""
        with self._broken_off():
            count: int = self._wait(super().recv_into, *how)
        if not count:
            self._refuse_unanswered()  # HTTP says when an answer is whole
        return count

    def sendall(self, *how: Any) -> None:
        """Raises WayLostError beside what a socket raises."""
        with self._broken_off():
            super().sendall(*how)

    @contextmanager
    def _broken_off(self) -> Iterator[None]:
        """Inside, what breaks because the way to the engine is lost is said to be that."""
        try:
            yield
        except (ConnectionResetError, BrokenPipeError) as error:
            self._refuse_unanswered(error)
            raise

    def _refuse_lost(self, error: OSError | None = None) -> None:
        """Raises WayLostError where nothing is carried any more."""
        if self.way is not None and (why := self.way.lost()):
            raise WayLostError(why) from error

    def _refuse_unanswered(self, error: OSError | None = None) -> None:
        """Raises WayLostError where nobody answers at the other end."""
        if self.way is not None and (why := self.way.unanswered()):
            raise WayLostError(why) from error

    def _wait(self, receive: Callable[..., Any], *how: Any) -> Any:
        if self._patience is not None and self._patience <= LOOK:
            return receive(*how)
        until = float("inf") if self._patience is None else time.monotonic() + self._patience
        try:
            while True:
                super().settimeout(min(LOOK, max(until - time.monotonic(), 1e-3)))
                try:
                    return receive(*how)
                except TimeoutError:
                    if time.monotonic() >= until:
                        raise
                self._look_at_engine()
        finally:
            if self.fileno() >= 0:
                super().settimeout(self._patience)

    def _look_at_engine(self) -> None:
        """Raises EngineHangsError and WayLostError."""
        with suppress(OSError):
            if ping(self.path, PING):
                return
        self._refuse_lost()
        raise EngineHangsError


def ping(path: str, seconds: float) -> bool:
    """Whether the engine at that socket answers within so many seconds; raises what a socket raises."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(seconds)
        probe.connect(path)
        probe.sendall(_PING)
        return bool(probe.recv(1))


class PatientAdapter(BaseHTTPAdapter):
    """What docker-py's own adapter for Unix sockets does, by patient ones."""

    def __init__(self, path: str, way: Way | None = None) -> None:
        super().__init__()
        self._pool = _Pool(path, way)

    def get_connection(self, *_: Any, **__: Any) -> _Pool:
        """All URLs are one engine's."""
        return self._pool

    def request_url(self, request: PreparedRequest, *_: Any, **__: Any) -> str:
        """Without a host: a socket has none."""
        return str(request.path_url)

    def close(self) -> None:
        self._pool.close()


class _Pool(HTTPConnectionPool):
    def __init__(self, path: str, way: Way | None) -> None:
        super().__init__("localhost", maxsize=2)
        self._path, self._way = path, way

    def _new_conn(self) -> _Connection:
        return _Connection(self._path, self._way)


class _Connection(HTTPConnection):
    def __init__(self, path: str, way: Way | None) -> None:
        super().__init__("localhost")
        self._path, self._way = path, way

    def connect(self) -> None:
        """To the Unix socket instead of the host."""
        self.sock = PatientSocket(socket.AF_UNIX)
        self.sock.way = self._way
        self.sock.settimeout(PING)
        self.sock.connect(self._path)
