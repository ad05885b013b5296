"""A TCP port that accepts connections."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

__all__ = ["Listener"]

_LAST_PORT = 65_535
_BACKLOG = 512  # connections that the kernel keeps for us
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_REST = 1.0  # seconds until it is tried again, where there is no room for one more connection


class Listener:
    """A port of every interface. It is open, and closed, at once: asyncio's own server is so some turns of the loop
    later, and forgets a connection that it has accepted in between."""

    def __init__(
        self, port: int, take: Callable[[socket.socket, tuple[str, int]], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        """`take` gets each connection, and who has made it.

        Raises:
            OSError: it is taken, or the kernel refuses; or there is no such port.

        """
        if not 0 <= port <= _LAST_PORT:
            raise OSError(errno.EINVAL, f"port {port} is not between 0 and {_LAST_PORT}")
        self._take = take
        self._loop = loop
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else TIME-WAIT holds it at a restart
            self._socket.bind(("", port))
            self._socket.listen(_BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self._rest: asyncio.TimerHandle | None = None
        self._watch()

    def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _watch(self) -> None:
        self._loop.add_reader(self._socket, self._accept_all)

    def _accept_all(self) -> None:
        for _ in range(_BACKLOG):
            try:
                accepted, peer = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:  # of the new connection, mostly: the peer has gone already (accept(2))
                if error.errno in _NO_ROOM:
                    self._loop.remove_reader(self._socket)
                    self._rest = self._loop.call_later(_REST, self._watch)
                    return
            else:
                self._take(accepted, peer)
