"""A wait for an engine that is silent: it goes on while the engine answers pings, and ends when it does not."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from catenet.orchestrator.backend import docker_socket
from catenet.orchestrator.backend.docker_errors import engine_errors
from catenet.orchestrator.backend.docker_socket import EngineHangsError, PatientSocket
from catenet.orchestrator.backend.protocols import EngineGoneError


class SilentEngine:
    """Answers so many pings; then it says `late`, where there is something, to its first caller."""

    def __init__(self, path: Path, pings: int, late: bytes = b"") -> None:
        self.path = str(path)
        self.answered = 0
        self._pings, self._late = pings, late
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> SilentEngine:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # the thread has closed it already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError), self._listener, closing(self._listener.accept()[0]) as first:
            while self.answered < self._pings:
                with closing(self._listener.accept()[0]) as ping:
                    assert ping.recv(100).startswith(b"GET /_ping ")
                    self.answered += 1
                    if self.answered == self._pings:
                        first.sendall(self._late)  # before the caller, who waits for this ping, can ask for another
                    ping.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            if not self._late:
                self._listener.accept()[0].close()

    def call(self, patience: float | None) -> PatientSocket:
        sock = PatientSocket(socket.AF_UNIX)
        sock.settimeout(patience)
        sock.connect(self.path)
        return sock


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_socket, "LOOK", 0.02)
    monkeypatch.setattr(docker_socket, "PING", 2.0)


@pytest.mark.parametrize("patience", [None, 60.0])
def test_an_engine_that_works_long_is_waited_for(tmp_path: Path, patience: float | None) -> None:
    with SilentEngine(tmp_path / "engine", 3, b"done") as engine, engine.call(patience) as sock:
        assert sock.recv(10) == b"done"
        assert engine.answered == 3


@pytest.mark.parametrize("patience", [None, 60.0])
def test_an_engine_that_hangs_is_not(tmp_path: Path, patience: float | None) -> None:
    with SilentEngine(tmp_path / "engine", 2) as engine, engine.call(patience) as sock:
        with pytest.raises(EngineHangsError):
            sock.recv_into(bytearray(10))
        assert engine.answered == 2


def test_the_time_that_was_given_ends_the_wait(tmp_path: Path) -> None:
    with SilentEngine(tmp_path / "engine", 1000) as engine, engine.call(2.0) as sock:
        with pytest.raises(TimeoutError):
            sock.recv(10)
        assert engine.answered


def test_a_socket_that_must_not_block_does_not(tmp_path: Path) -> None:
    with SilentEngine(tmp_path / "engine", 0) as engine, engine.call(60.0) as sock:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(10)


def test_it_is_told_from_an_engine_that_refuses() -> None:
    with pytest.raises(EngineGoneError, match=r"^start a: the engine timed out.*docker ps"), engine_errors("start a"):
        raise EngineHangsError
