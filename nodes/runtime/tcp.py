"""TCP connections, each in front of one `Stream` (nodes/machine): bytes to it, its bytes out, its timer.

A peer that does not read stops being read: what the stream has to say waits in the stream while more than _UNSENT bytes
wait in the socket. A peer that takes nothing, or does not close when we have, for _STALL seconds is cut off.

The more connections there are, the less is read of one at a time: thousands of small requests fit into what the kernel
holds for a socket, and the service would answer nobody else until it had answered them all.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import sys
import termios
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, cast

from catenet.nodes.address import Address
from catenet.nodes.machine import Answering, Breakable, Endpoint, Stream, Throttled
from catenet.nodes.runtime.listener import Listener
from catenet.nodes.runtime.port import Reply

if TYPE_CHECKING:
    from catenet.nodes.runtime.network import StreamOwner

__all__ = ["CONNECTIONS", "Connection", "Connections"]

CONNECTIONS = 1024
"""The most connections that one service has accepted at a time; more are cut off and counted (`connections_refused`).
As many again it may have made: whoever connects to a resolver does not stop what it asks."""
_TURN, _LEAST = 64 * 1024, 512  # bytes read of all connections in a turn; of one at least
_UNSENT = 64 * 1024  # bytes
_STALL = 30.0  # seconds
_LAST_PORT = 65_535


class Connections:
    """All TCP connections and listening ports of one service."""

    def __init__(self, owner: StreamOwner, loop: asyncio.AbstractEventLoop) -> None:
        self.owner = owner
        self.loop = loop
        self.accepted: set[Connection] = set()
        self.made: set[Connection] = set()
        self.share = self._buffer = memoryview(bytearray(_TURN))  # where what is read of one connection at a time goes
        self._listeners: dict[int, Listener] = {}
        self.of: dict[int, Connection] = {}  # by the stream's identity
        self.closed = False
        self._taking: set[asyncio.Task[Any]] = set()
        self.now = 0.0  # as `moment` has it; 0: not looked at in this turn of the loop

    def listen(self, port: int, accept: Callable[[Connection], Stream]) -> None:
        """Accept connections on a port of every interface.

        Raises:
            OSError: the port is taken, or the kernel refuses.

        """

        def take(accepted: socket.socket, peer: tuple[str, int]) -> None:
            self.take(accepted, Connection(self, accept, _endpoint(peer)))

        self._listeners[port] = Listener(port, take, self.loop)

    def close_port(self, port: int) -> None:
        """Accept no more; the connections that stand go on."""
        listener = self._listeners.pop(port, None)
        if listener is not None:
            listener.close()

    def flush(self, stream: Stream) -> None:
        """Send what it has had ready since, in whatever way it came by it. One whose connection is gone has nobody."""
        connection = self.of.get(id(stream))
        if connection is not None:
            connection.flush()

    async def connect(self, peer: Endpoint, opened: Callable[[Connection], Stream], timeout: float) -> None:
        """Open a connection; returns once it stands and `opened` has been called.

        Raises:
            OSError: it was refused, cannot be routed, or took longer than `timeout` seconds (TimeoutError); there is
                no such port, or there are CONNECTIONS already.

        """
        if not 0 < peer.port <= _LAST_PORT:
            raise OSError(f"{peer}: a port is a number from 1 to {_LAST_PORT}")
        if len(self.made) >= CONNECTIONS:
            raise OSError(f"{CONNECTIONS} connections are made already")
        connection = Connection(self, opened, peer)
        self.made.add(connection)
        try:
            made = await self._connected_socket(peer, timeout)
            await self.loop.create_connection(lambda: connection, sock=made)
        except BaseException:
            self.made.discard(connection)
            raise

    async def _connected_socket(self, peer: Endpoint, timeout: float) -> socket.socket:
        """By itself: once a connection stands, and its stream is made, it can be late no more."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            async with asyncio.timeout(timeout):
                await self.loop.sock_connect(made, (str(peer.address), peer.port))
        except BaseException:
            made.close()
            raise
        return made

    def take(self, accepted: socket.socket, connection: Connection) -> None:
        """A port has accepted it."""
        if len(self.accepted) >= CONNECTIONS:
            self.owner.count("connections_refused")
            accepted.close()
            return
        self.accepted.add(connection)
        task = self.loop.create_task(self.loop.connect_accepted_socket(lambda: connection, accepted))
        self._taking.add(task)
        task.add_done_callback(partial(self._taken, connection))

    def _taken(self, connection: Connection, task: asyncio.Task[Any]) -> None:
        self._taking.discard(task)
        if task.cancelled() or task.exception() is not None:  # it was gone at once
            self.discard(connection)

    def moment(self) -> float:
        """The time, looked at once in a turn of the event loop: what has come together has come at one moment."""
        if not self.now:
            self.now = self.loop.time()
            self.loop.call_soon(self._end_turn)
        return self.now

    def _end_turn(self) -> None:
        self.now = 0.0

    def share_out(self) -> None:
        """Among all that stand."""
        self.share = self._buffer[: max(_LEAST, _TURN // max(1, len(self.accepted) + len(self.made)))]

    def discard(self, connection: Connection) -> None:
        self.accepted.discard(connection)
        self.made.discard(connection)
        self.share_out()

    def close(self) -> None:
        """Close every port, and cut every connection off. The streams hear nothing: who is behind them has ended."""
        self.closed = True
        for port in tuple(self._listeners):
            self.close_port(port)
        for connection in (*self.accepted, *self.made):
            connection.abort()


class Connection(asyncio.BufferedProtocol):
    """One TCP connection, seen from its Stream's owner."""

    local: Endpoint

    def __init__(self, connections: Connections, opened: Callable[[Connection], Stream], peer: Endpoint) -> None:
        self.peer = peer  # a connection that was reset meanwhile does not know it any more
        self._all = connections
        self._opened = opened
        self._transport: asyncio.Transport | None = None
        self._stream: Stream | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wake_at = inf
        self._stall: asyncio.TimerHandle | None = None
        self._left = 0  # bytes that the peer had still to take when that began
        self._reply: Reply | None = None
        self._throttled: Throttled | None = None
        self._full = False
        self._finished = False  # the stream has
        self._cut = False
        self._closing = False  # for either reason
        self._peer_done = False

    def flush(self) -> None:
        """Send what the stream has had ready since, in whatever way it came by it."""
        self._feed(lambda _: None)

    def abort(self) -> None:
        """Cut the connection off; what is unsent is lost. To the stream it is as if the peer had reset it."""
        self._cut = self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)
        self.local = _endpoint(transport.get_extra_info("sockname"))
        if self._all.closed:  # since the kernel accepted it
            self.abort()
            return
        self._all.share_out()
        self._transport.set_write_buffer_limits(high=_UNSENT)
        try:
            self._stream = stream = self._opened(self)
            self._all.of[id(stream)] = self
            self._reply = stream.reply if isinstance(stream, Answering) else None
            self._throttled = stream if isinstance(stream, Throttled) else None
        except Exception as error:
            self._all.owner.fail(error)
            return
        self.flush()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: this connection's share."""
        return self._all.share

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes came in."""
        if self._closing or self._stream is None or self._transport is None:
            return
        try:
            everyone = self._all
            data, now = bytes(everyone.share[:nbytes]), everyone.now or everyone.moment()
            if self._reply is not None and not self._full and (answer := self._reply(data, now)) is not None:
                self._transport.write(answer)  # nothing else has changed
                return
            self._stream.receive_data(data, now)
            self._settle(self._stream, self._transport)
        except Exception as error:
            self._all.owner.fail(error)

    def eof_received(self) -> bool:
        """The peer will send no more; it may still read. (False lets asyncio close the connection.)"""
        self._peer_done = True
        if self._stream is not None:
            self._feed(self._stream.receive_eof)
        return not self._closing

    def pause_writing(self) -> None:
        """More than _UNSENT bytes wait in the socket."""
        self._full = True
        if self._transport is not None:
            self._transport.pause_reading()
        self._expect_progress()

    def resume_writing(self) -> None:
        """The peer has read."""
        self._full = False
        if self._stall is not None and not self._closing:
            self._stall.cancel()
        if self._transport is not None and not self._closing:
            self._transport.resume_reading()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, by either side's wish or by an error: for the stream it has ended."""
        self._all.discard(self)
        for timer in (self._timer, self._stall):
            if timer is not None:
                timer.cancel()
        stream, self._stream = self._stream, None
        if stream is None:
            return
        self._all.of.pop(id(stream), None)
        if self._all.closed:
            return
        try:
            if (self._cut or exc is not None) and isinstance(stream, Breakable):
                stream.give_up()
            elif not self._finished:
                stream.receive_eof(self._all.loop.time())
            for report in stream.take_reports():
                self._all.owner.perform(report)
            self._all.owner.settle()
        except Exception as error:
            self._all.owner.fail(error)

    # What we do.

    def _feed(self, function: Callable[[float], None]) -> None:
        """Call a function that changes the stream, with the time; then do what the stream wants."""
        if self._closing or self._stream is None or self._transport is None:
            return
        try:
            function(self._all.moment())
            self._settle(self._stream, self._transport)
        except Exception as error:
            self._all.owner.fail(error)

    def _settle(self, stream: Stream, transport: asyncio.Transport) -> None:
        while not self._full and not self._closing:
            data = stream.data_to_send()
            if data:
                transport.write(data)
            elif stream.finished:
                self._finish(transport)
            else:
                break
        if self._throttled is not None and not self._full:
            self._set_reading(transport, self._throttled.wants_data)
        for report in stream.take_reports():
            self._all.owner.perform(report)
        when = stream.next_wake()
        if when is not None and when < self._wake_at:
            self._arm(when)
        self._all.owner.settle()

    def _set_reading(self, transport: asyncio.Transport, wanted: bool) -> None:
        if wanted != transport.is_reading() and not self._closing:
            (transport.resume_reading if wanted else transport.pause_reading)()

    def _finish(self, transport: asyncio.Transport) -> None:
        """Close once everything is sent. Until the peer has closed too, what it still sends is read and thrown away:
        closing over unread bytes would reset the connection, and take our last bytes from the peer (RFC 9112
        section 9.6)."""
        self._finished = self._closing = True
        if self._peer_done:
            transport.close()
        else:
            try:
                transport.resume_reading()  # else its close is never seen
                transport.write_eof()
            except OSError:  # reset by the peer, which asyncio has not seen yet
                transport.abort()
        self._expect_progress()

    def _arm(self, when: float) -> None:
        """An earlier timer stays: a deadline moves on with each request, and to wake a stream early is harmless."""
        if self._timer is not None:
            self._timer.cancel()
        self._wake_at, self._timer = when, self._all.loop.call_at(when, self._wake)

    def _wake(self) -> None:
        self._wake_at, self._timer = inf, None
        if self._stream is not None:
            self._feed(self._stream.wake)

    def _expect_progress(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
        self._left = self._untaken()
        self._stall = self._all.loop.call_later(_STALL, self._look_for_progress)

    def _look_for_progress(self) -> None:
        if self._untaken() < self._left:
            self._expect_progress()
        else:
            self._all.owner.count("connections_stalled")
            self.abort()

    def _untaken(self) -> int:
        """Bytes that the peer has not acknowledged: what waits here, and in the kernel (tcp(7), SIOCOUTQ)."""
        if self._transport is None:
            return 0
        kernels = fcntl.ioctl(self._transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        return self._transport.get_write_buffer_size() + int.from_bytes(kernels, sys.byteorder)


def _endpoint(name: tuple[str, int]) -> Endpoint:
    return Endpoint(Address.unpack(socket.inet_aton(name[0])), name[1])
