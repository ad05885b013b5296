"""DNS over TCP: messages behind a length of two octets (RFC 1035 section 4.2.2, RFC 7766)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catenet.nodes.application.dns.codec import HEADER_SIZE
from catenet.nodes.application.dns.message import Header
from catenet.nodes.machine import Datagram, Endpoint, Report

__all__ = ["IDLE", "PIPELINE", "Clients", "MessageStream", "TcpMessage"]

IDLE = 10.0
"""Seconds without a whole message either way, after which a connection is closed: "on the order of a few seconds"
(RFC 7766 section 6.2.3). Bytes that make no message do not prolong it."""

PIPELINE = 100
"""Questions of one connection that may be in progress; the next ones wait unread in its buffer (RFC 7766 6.2.1.1)."""

_ROOM = 65_536
"""Bytes of answers that may wait to be taken; the questions behind them wait in its buffer too."""

_LENGTH = 2
_BUFFER = 2 * (_LENGTH + 0xFFFF)


class TcpMessage(Datagram):
    """A message that came, or is to go, over a connection instead."""

    __slots__ = ()

    def reply(self, data: bytes) -> TcpMessage:
        """What goes back over the same connection."""
        return TcpMessage(data, self.destination, self.source, self.interface)


class MessageStream:
    """One connection: what comes in is handed on message by message, what is to go out is framed."""

    def __init__(self, deliver: Callable[[bytes], None], now: float, idle: float = IDLE) -> None:
        """`deliver` gets each message; each is answered by one `send`, at once or within `idle` seconds."""
        self._deliver = deliver
        self._idle = idle
        self.now = now
        self._deadline = now + idle
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._pending = 0
        self._eof = False
        self._broken = False
        self.delivering = False  # whether it is handing on a message just now

    def receive_data(self, data: bytes, now: float) -> None:
        if self._broken:
            return
        self._incoming += data
        self.now = now
        self._hand_on()

    def receive_eof(self, now: float) -> None:
        """The peer will send no more; it still gets the answers that it waits for."""
        self._eof = True
        self.now = now
        self._hand_on()

    def send(self, message: bytes, now: float) -> None:
        """Frame and queue a message."""
        self._outgoing += len(message).to_bytes(_LENGTH, "big") + message
        self._pending = max(0, self._pending - 1)
        self.now = now
        self._deadline = now + self._idle
        self._hand_on()

    def close(self) -> None:
        """Nothing more is wanted from the peer."""
        self._broken = True

    def data_to_send(self) -> bytes:
        if not self._outgoing:  # all has been taken, so there is room for the answers to what waits
            self._hand_on()
        data, self._outgoing = bytes(self._outgoing), bytearray()
        return data

    def next_wake(self) -> float | None:
        """When the connection has been idle for too long."""
        return None if self.finished else self._deadline

    def wake(self, now: float) -> None:
        """Close what is idle."""
        if now >= self._deadline:
            self._broken = True

    @property
    def finished(self) -> bool:
        """Whether no more will come either way."""
        return self._broken or (self._eof and not self._pending and not self._end_of_next())

    def take_reports(self) -> list[Report]:
        """A stream has none: the machine behind it tells what it gets."""
        return []

    def _hand_on(self) -> None:
        if self.delivering:  # an answer given at once: the loop below goes on with what follows
            return
        self.delivering = True
        for message in self._messages():
            self._deadline = self.now + self._idle
            self._pending += 1
            self._deliver(message)
        self.delivering = False
        if len(self._incoming) > _BUFFER:
            self._broken = True

    def _messages(self) -> Iterator[bytes]:
        while self._pending < PIPELINE and len(self._outgoing) < _ROOM and not self._broken:
            end = self._end_of_next()
            if not end:
                return
            if end < _LENGTH + HEADER_SIZE:
                self._broken = True  # no message is that short: the peer does not speak DNS
                return
            message = bytes(self._incoming[_LENGTH:end])
            del self._incoming[:end]
            yield message

    def _end_of_next(self) -> int:
        """Where the next message ends, if all of it has come; else 0."""
        end = _LENGTH + int.from_bytes(self._incoming[:_LENGTH], "big")
        return end if len(self._incoming) >= end else 0


class Clients:
    """The connections of a server's clients: a machine's TcpMessages find their way back through it."""

    def __init__(
        self, receive: Callable[[TcpMessage, float], None], clock: Callable[[], float], idle: float = IDLE
    ) -> None:
        """`receive` is the machine's; `clock` tells its time."""
        self._receive = receive
        self._clock = clock
        self._idle = idle
        self._open: dict[Endpoint, tuple[MessageStream, Callable[[], None]]] = {}

    def accept(self, peer: Endpoint, local: Endpoint, flush: Callable[[], None]) -> MessageStream:
        """The stream of a new connection; `flush` is called when it has bytes to send."""
        now = self._clock()
        for stream, _ in self._open.values():
            stream.wake(now)
        self._open = {end: entry for end, entry in self._open.items() if not entry[0].finished}

        def deliver(data: bytes) -> None:
            self._receive(TcpMessage(data, peer, local), stream.now)
            if Header.parse(data).is_response:
                stream.close()  # no client sends that, and it would wait for an answer for ever

        stream = MessageStream(deliver, now, self._idle)
        self._open[peer] = stream, flush
        return stream

    def send(self, packet: TcpMessage) -> None:
        """Answer a client; where it has gone meanwhile, nothing happens."""
        entry = self._open.get(packet.destination)
        if entry is not None:
            stream, flush = entry
            stream.send(packet.data, self._clock())
            if not stream.delivering:  # else it goes out with the other answers to what has come in
                flush()
