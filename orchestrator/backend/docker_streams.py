"""Docker's streams: a program inside a container, and a container's logs.

docker-py opens them; reading is ours, so that every read has its deadline and nothing is lost that came in one piece
with the answer's headers. Without a terminal both are a series of frames (Docker Engine API, "Attach to a container",
Stream format):

    +--------+--------+--------+--------+--------+--------+--------+--------+
    | 1 or 2 |   0    |   0    |   0    |     length, big-endian            |  then so many bytes of standard output (1)
    +--------+--------+--------+--------+--------+--------+--------+--------+  or standard error (2)
"""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from requests import Response

from catenet.orchestrator.backend.docker_client import QUICK, SLOW, Clients
from catenet.orchestrator.backend.docker_errors import engine_errors
from catenet.orchestrator.backend.docker_socket import EngineHangsError, WayLostError
from catenet.orchestrator.backend.protocols import EngineError, LogLine

__all__ = ["DockerExec", "LogStream"]

_FRAME = struct.Struct(">BxxxL")
_CHUNK = 65536
_LONGEST_LINE = 1 << 20  # what is longer is handed out in pieces
_STDOUT = 1


def _take_over(response: Response) -> tuple[Any, bytes]:
    """The socket under a response, and what was read from it beyond the headers."""
    raw: Any = response.raw
    sock = raw.connection.sock
    sock.setblocking(False)
    try:
        early = bytes(raw._original_response.fp.peek())
    except ssl.SSLWantReadError:
        early = b""
    return sock, early


class DockerExec:
    """A program inside a container (the Protocol Exec)."""

    def __init__(self, clients: Clients, container: str, command: list[str], *, stdin: bool, tty: bool) -> None:
        self._clients = clients
        self._what = f"run {command[0]} in {container}"
        self._tty = tty
        with engine_errors(self._what):
            made = clients().exec_create(container, command, stdin=stdin, tty=tty)
            self._id = str(made["Id"])
            self._response = clients.request(
                "POST",
                f"/exec/{self._id}/start",
                timeout=SLOW,
                json={"Tty": tty, "Detach": False},
                headers={"Connection": "Upgrade", "Upgrade": "tcp"},
                stream=True,
            )
            self._socket, self._early = _take_over(self._response)
        self._header = b""
        self._stream, self._left = _STDOUT, 0

    def write(self, data: bytes) -> None:
        """To its standard input. A program that has ended reads no more: the bytes are dropped."""
        self._socket.settimeout(SLOW)
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return
        except WayLostError:
            with engine_errors(self._what):
                raise
        except TimeoutError as error:
            raise EngineError(f"{self._what}: it took no input for {SLOW:.0f} s") from error

    def end_input(self) -> None:
        if isinstance(self._socket, ssl.SSLSocket):
            raise EngineError(f"{self._what}: over TLS its input cannot be ended", "use an ssh:// engine")
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it has ended already

    def read(self, timeout: float | None = None) -> tuple[int, bytes] | None:
        """(1, bytes) of standard output or (2, bytes) of standard error; None at the end.

        Raises:
            TimeoutError: nothing came within the time.
            EngineGoneError: the engine hangs, or the way to it is lost.

        """
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._tty:
            data = self._receive(_CHUNK, deadline)
            return (_STDOUT, data) if data else None
        while not self._left:
            data = self._receive(_FRAME.size - len(self._header), deadline)
            if not data:
                return None
            self._header += data
            if len(self._header) == _FRAME.size:
                self._stream, self._left = _FRAME.unpack(self._header)
                self._header = b""
        data = self._receive(min(self._left, _CHUNK), deadline)
        self._left -= len(data)
        return (self._stream, data) if data else None

    def _receive(self, size: int, deadline: float | None) -> bytes:
        if self._early:
            data, self._early = self._early[:size], self._early[size:]
            return data
        # A timeout of 0 would make the socket non-blocking, which is another thing.
        self._socket.settimeout(None if deadline is None else max(deadline - time.monotonic(), 1e-3))
        try:
            return bytes(self._socket.recv(size))
        except ConnectionResetError:
            return b""
        except (EngineHangsError, WayLostError):
            with engine_errors(self._what):
                raise

    def exit_code(self) -> int:
        """After the end: what the program returned.

        Raises:
            EngineError: it is still running.

        """
        deadline = time.monotonic() + QUICK
        while True:
            with engine_errors(self._what):
                state = self._clients().exec_inspect(self._id)
            if state["ExitCode"] is not None and not state["Running"]:
                return int(state["ExitCode"])
            if time.monotonic() > deadline:
                raise EngineError(f"{self._what}: its streams ended, and it is still running")
            time.sleep(0.01)  # the engine notes the end a moment after the streams', and has no call that waits for it

    def resize(self, rows: int, columns: int) -> None:
        with engine_errors(self._what):
            self._clients().exec_resize(self._id, height=rows, width=columns)

    def close(self) -> None:
        _shut(self._socket)
        self._response.close()
        self._socket.close()


class LogStream(Iterator[LogLine]):
    """A container's log lines, whole, with the engine's times. `close` may be called from another thread."""

    def __init__(self, clients: Clients, container: str, *, follow: bool, tail: int | None) -> None:
        self._what = f"read the logs of {container}"
        self._closed = False
        asked = {
            "stdout": 1,
            "stderr": 1,
            "timestamps": 1,
            "follow": int(follow),
            "tail": "all" if tail is None else tail,
        }
        with engine_errors(self._what):
            self._response = clients.request("GET", f"/containers/{quote(container)}/logs", params=asked, stream=True)
        connection = self._response.raw.connection
        self._socket = None if connection is None else connection.sock
        if follow and self._socket is not None:
            self._socket.settimeout(None)  # a node may be silent for hours; close() ends the wait
        self._lines = self._read()

    def __next__(self) -> LogLine:
        return next(self._lines)

    def close(self) -> None:
        """Ends the reading, whichever thread is waiting in it."""
        self._closed = True
        _shut(self._socket)
        try:
            self._lines.close()
        except ValueError:
            return  # another thread is reading: it sees the end now, and closes the response itself
        self._response.close()

    def _read(self) -> Generator[LogLine]:
        frames, lines = _Frames(), _Lines()
        try:
            with engine_errors(self._what):
                for data in self._response.iter_content(chunk_size=None):
                    for stream, payload in frames.feed(data):
                        yield from lines.feed(stream, payload)
        except EngineError:
            if not self._closed:
                raise
        finally:
            self._response.close()
        yield from lines.rest()


def _shut(sock: socket.socket | None) -> None:
    if sock is None:
        return
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other end was first


class _Frames:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._buffer += data
        while len(self._buffer) >= _FRAME.size:
            stream, length = _FRAME.unpack_from(self._buffer)
            end = _FRAME.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_FRAME.size : end])
            del self._buffer[:end]
            yield stream, payload


class _Lines:
    """Joins the pieces of a line: the engine cuts at 16 kB, and puts a time before each piece."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[float, bytearray]] = {}

    def feed(self, stream: int, payload: bytes) -> Iterator[LogLine]:
        stamp, _, text = payload.partition(b" ")
        if stream not in self._open:
            self._open[stream] = (_seconds(stamp), bytearray())
        _, line = self._open[stream]
        line += text
        if text.endswith(b"\n") or len(line) > _LONGEST_LINE:
            yield self._take(stream)

    def rest(self) -> Iterator[LogLine]:
        for stream in list(self._open):
            yield self._take(stream)

    def _take(self, stream: int) -> LogLine:
        at, line = self._open.pop(stream)
        return LogLine(at, line.decode(errors="replace").rstrip("\r\n"))


def _seconds(stamp: bytes) -> float:
    """`2026-11-21T22:00:00.123456789Z` → seconds since 1970 (nanoseconds are more than a float holds)."""
    whole, _, fraction = stamp.decode("ascii", "replace").rstrip("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")
    except ValueError as error:
        raise EngineError(f"the engine's log has {stamp!r} where a time should be") from error
