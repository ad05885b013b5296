"""A client's connection to a server: messages of TURN on a byte stream (RFC 8656 sections 12.4 to 12.6)."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.application.stun.framing import Frames, padded
from catenet.nodes.machine import DecodeError, Endpoint, Report

__all__ = ["ServerConnection"]

_ROOM = 65_536
"""Octets that may wait to be taken: a call's data are of no use later, so what comes when it is full is dropped."""

Deliver = Callable[[bytes, Endpoint, float], None]
Gone = Callable[[Endpoint], None]


class ServerConnection:
    """Each whole message of the server's goes to `deliver`, with the server; `gone` hears once that it has ended."""

    def __init__(self, server: Endpoint, deliver: Deliver, gone: Gone) -> None:
        self._server = server
        self._deliver = deliver
        self._gone = gone
        self._frames = Frames()
        self._outgoing = bytearray()
        self._finished = False

    def send(self, message: bytes) -> bool:
        """A message to the server → whether there was room for it."""
        if self._finished or len(self._outgoing) + len(message) > _ROOM:
            return False
        self._outgoing += padded(message)
        return True

    def receive_data(self, data: bytes, now: float) -> None:
        try:
            self._frames.receive(data)
            while not self._finished and (message := self._frames.next()) is not None:
                self._deliver(message, self._server, now)
        except DecodeError:  # where the next message begins cannot be known
            self._end()

    def receive_eof(self, now: float) -> None:
        self._end()

    def give_up(self) -> None:
        self._end()

    def close(self) -> None:
        """It is not needed any more; what was sent still goes."""
        self._finished = True

    def _end(self) -> None:
        if not self._finished:
            self._finished = True
            self._gone(self._server)

    def data_to_send(self) -> bytes:
        data, self._outgoing = bytes(self._outgoing), bytearray()
        return data

    def next_wake(self) -> float | None:
        return None

    def wake(self, now: float) -> None:
        """Nothing falls due."""

    @property
    def finished(self) -> bool:
        return self._finished

    def take_reports(self) -> list[Report]:
        return []
