"""The log of the node in which a program runs: it tells PID 1, over the Unix socket (control/questions)."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType

from catenet.nodes.control.questions import SOCKET_PATH, Question
from catenet.nodes.machine import Json

__all__ = ["NodeLog"]

_PATIENCE = 0.5  # seconds for each word; a program's work is worth more than its log


class NodeLog:
    """Puts events of a program into the node's log. Outside a node, where nobody listens, it does nothing."""

    def __init__(self, service: str, path: str = SOCKET_PATH) -> None:
        self._service = service
        self._path = path
        self._open: list[socket.socket] = []

    def __enter__(self) -> NodeLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def report(self, kind: str, text: str, data: Mapping[str, Json]) -> None:
        """Tell of an event now; that PID 1 has taken it is only awaited by `close`, so that nothing is held up."""
        question = Question("report", {"service": self._service, "kind": kind, "text": text, "data": data})
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_PATIENCE)
            connection.connect(self._path)
            connection.sendall(bytes(question))
        except OSError:
            connection.close()
            return
        self._open.append(connection)

    def close(self) -> None:
        """Wait until every word was taken."""
        while self._open:
            with self._open.pop() as connection:
                try:
                    connection.recv(4096)
                except OSError:
                    continue
