"""Servers that say what a test wants, and the browser's program and its fetch, for the tests of HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from catenet.nodes.machine import Json
from catenet.nodes.programs.fetch import FetchError, Fetching, fetch

PROGRAM = [sys.executable, "-I", "-m", "catenet.nodes.programs.browse"]
Events = list[tuple[str, Mapping[str, Json]]]


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(environment or {})}
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=200, check=False, env=environment
    )


@contextmanager
def misbehaving(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(200)


def told(url: str, timeout: float = 200.0) -> tuple[object, Events]:
    events: Events = []
    try:
        return fetch(url, timeout, tell=lambda kind, _, data: events.append((kind, data)), fetching=Fetching()), events
    except FetchError as error:
        return error, events


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"".join(answers))

    return talk
