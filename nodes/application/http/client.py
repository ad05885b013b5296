"""A client's exchange: one request, and as much of its response as is wanted."""

from __future__ import annotations

from catenet.nodes.application.http.connection import Connection
from catenet.nodes.application.http.events import Data, EndOfMessage, Pause
from catenet.nodes.application.http.message import Request, Response
from catenet.nodes.application.http.states import Role

__all__ = ["ResponseReader"]


class ResponseReader:
    """Sends a request without content and reads its response, in any slicing; interim ones before it are passed over.

    Methods raise MessageError where the peer breaks the protocol; nothing more is to be given to it then.
    """

    def __init__(self, request: Request, limit: int) -> None:
        """`limit`: how many bytes of the content are read."""
        self.response: Response | None = None  # the final one, once its head is there
        self.cut = False  # whether there is more of the content than was read
        self._limit = limit
        self._connection = Connection(Role.CLIENT)
        self._ended = False
        self._parts: list[bytes] = []
        self._taken = 0  # bytes of content
        self._connection.send(request)
        self._connection.send(EndOfMessage())

    @property
    def finished(self) -> bool:
        """Whether the response is whole, or as much of it is there as is wanted."""
        return self.cut or self._ended

    @property
    def content(self) -> bytes:
        """Of the response, as far as it has come."""
        return b"".join(self._parts)[: self._limit]

    def data_to_send(self) -> bytes:
        """The request."""
        return self._connection.data_to_send()

    def receive_data(self, data: bytes) -> None:
        self._connection.receive_data(data)
        self._read()

    def receive_eof(self) -> None:
        self._connection.receive_eof()
        self._read()

    def _read(self) -> None:
        while not self.finished:
            event = self._connection.next_event()
            if isinstance(event, Pause):
                return
            if isinstance(event, Response) and event.status >= 200:
                self.response = event
            elif isinstance(event, Data):
                self._taken += len(event.data)
                self.cut = self._taken > self._limit
                self._parts.append(event.data)
            elif isinstance(event, EndOfMessage):
                self._ended = True
