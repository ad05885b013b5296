"""A client over TCP: its messages, framed (RFC 8656 sections 5, 12.4 to 12.6)."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.application.stun.framing import LONGEST, Frames, padded
from catenet.nodes.application.turn.allocation import FiveTuple
from catenet.nodes.machine import DecodeError, Report

__all__ = ["IDLE", "ClientStream"]

IDLE = 30.0
"""Seconds for which a connection may be without an allocation."""
_UNPROVEN = 2_048  # octets of a message of who has no allocation
_ROOM = 65_536  # octets that may wait to be taken

Deliver = Callable[[FiveTuple, bytes, float], None]
Gone = Callable[["ClientStream", float], None]


class ClientStream:
    """One connection. What comes in is handed on message by message; `gone` hears when it has ended."""

    def __init__(self, five_tuple: FiveTuple, deliver: Deliver, gone: Gone, now: float) -> None:
        self.five_tuple = five_tuple
        self._deliver = deliver
        self._gone = gone
        self._frames = Frames(_UNPROVEN)
        self._outgoing = bytearray()
        self._deadline: float | None = now + IDLE
        self._now = now
        self._finished = False
        self.delivering = False  # whether it is handing on what came just now: what it sends is taken then

    def receive_data(self, data: bytes, now: float) -> None:
        self._now = now
        if self._finished:
            return
        self.delivering = True
        try:
            self._frames.receive(data)
            while (message := self._frames.next()) is not None:
                self._deliver(self.five_tuple, message, now)
        except DecodeError:  # where the next message begins cannot be known
            self._end(now)
        self.delivering = False

    def receive_eof(self, now: float) -> None:
        self._end(now)

    def give_up(self) -> None:
        self._end(self._now)

    def send(self, message: bytes) -> None:
        """An answer."""
        self._outgoing += padded(message)

    def relay(self, message: bytes) -> bool:
        """Data → whether there was room for them. Section 12.5: "the ChannelData message MUST be padded to a multiple
        of four bytes"."""
        if len(self._outgoing) + len(message) > _ROOM:
            return False
        self.send(message)
        return True

    def set_allocated(self, now: float, *, allocated: bool) -> None:
        """It has an allocation from now on, or has none any more."""
        self._deadline = None if allocated else now + IDLE
        self._frames.longest = LONGEST if allocated else _UNPROVEN

    def data_to_send(self) -> bytes:
        data, self._outgoing = bytes(self._outgoing), bytearray()
        return data

    @property
    def wants_data(self) -> bool:
        return len(self._outgoing) < _ROOM

    def next_wake(self) -> float | None:
        return None if self._finished else self._deadline

    def wake(self, now: float) -> None:
        if self._deadline is not None and now >= self._deadline:
            self._end(now)

    @property
    def finished(self) -> bool:
        return self._finished

    def take_reports(self) -> list[Report]:
        """None: the machine behind it tells what happens."""
        return []

    def _end(self, now: float) -> None:
        if not self._finished:
            self._finished = True
            self._gone(self, now)
