"""Engines that are not there, may not be spoken to, or hang."""

from __future__ import annotations

import gc
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from http_engine import Said, SocketServer

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import EngineError


def _refused(monkeypatch: pytest.MonkeyPatch, host: str) -> str:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineError) as caught:
        connect()
    said = str(caught.value)
    del caught
    gc.collect()  # docker-py leaves the socket that it could not connect to the garbage collector
    return said


def test_an_engine_that_is_not_there_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = _refused(monkeypatch, f"unix://{tmp_path}/none.sock")
    assert "No such file" in said
    assert "make engine" in said


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("tcp://127.0.0.1:1", r"^connect to the engine at \S+: Connection refused \(start the engine: `make engine`"),
        ("garbage", r"DOCKER_HOST is written like unix:///var/run/docker\.sock"),
    ],
)
def test_an_address_without_an_engine_is_said_plainly(monkeypatch: pytest.MonkeyPatch, host: str, words: str) -> None:
    assert re.search(words, _refused(monkeypatch, host))


def _silent_engine(path: Path, answered: int) -> Callable[[], None]:
    """A socket that answers so many requests for the version, and then accepts and says nothing."""
    import socket

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    held: list[socket.socket] = []
    body = b'{"Version": "20.10.24", "ApiVersion": "1.41"}'

    def serve() -> None:
        left = answered
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            held.append(sock)
            while left and sock.recv(65536):
                left -= 1
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    threading.Thread(target=serve, daemon=True).start()

    def stop() -> None:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in held:
            sock.close()

    return stop


@pytest.mark.slow
def test_a_stalled_engine_is_an_error_after_the_deadline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stop = _silent_engine(tmp_path / "stalled.sock", answered=2)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/stalled.sock")
    started_at = time.monotonic()
    engine = connect()
    with pytest.raises(EngineError, match="timed out"):
        engine.can_pull("x", 0.2) or engine.networks()
    assert time.monotonic() - started_at < 100  # and not for ever
    stop()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_permission_denied_names_the_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        from catenet.orchestrator.backend.docker_errors import engine_errors

        with pytest.raises(EngineError, match="usermod"), engine_errors("connect to the engine"):
            raise PermissionError(13, "Permission denied")
        return
    path = tmp_path / "closed.sock"
    stop = _silent_engine(path, answered=0)
    path.chmod(0)
    assert "usermod" in _refused(monkeypatch, f"unix://{path}")
    stop()


class _Engine(SocketServer):
    """An engine of which one container has no name any more, since it is being removed."""

    def answer(self, method: str, path: str) -> Said:
        if "/containers/json" not in path:
            return super().answer(method, path)
        row = {"Id": "1", "Image": "i", "State": "running", "Labels": {}}
        return 200, [{**row, "Names": ["/a"]}, {**row, "Names": []}, {**row, "Names": None}]


def test_a_container_that_is_being_removed_and_has_no_name_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with _Engine(tmp_path / "docker.sock"):
        assert [container.name for container in connect().listed({})] == ["a"]
