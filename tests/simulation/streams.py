"""Connections of the simulated network: byte streams in order, as TCP gives them, without its segments.

Bytes travel by the way that the nodes' tables lead at that moment; where there is none, or a packet is lost, they wait
and are tried again. In any slicing, at most WINDOW of them are under way or wait for a stream that wants none now. What
comes for an end that is gone resets the other; so does a node that is killed, where its last word can pass.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from carrying import Carried, Segment, carry
from ipv4 import ACK, FIN, RST, SYN
from sockets import PORTS, Opened, accepting, connecting

from catenet.nodes.machine import Answering, Breakable, Connect, Endpoint, Stream, Tcp, Throttled

if TYPE_CHECKING:
    from node import Process
    from wire import Wire

__all__ = ["FIRST_PORT", "WINDOW", "End", "connect"]

FIRST_PORT = 49_152
"""Connections are made from ports above it."""

WINDOW = 65_536
"""Bytes on their way one way at a time."""
_UNSENT = 65_536  # bytes that wait to go on their way; a stream that has more is neither asked nor told anything
_AGAIN = 0.2  # seconds until what was lost is sent again
_GIVE_UP = 60.0  # seconds without a way, after which it is as if the other had reset
_STALL = 30.0  # seconds after which a peer that takes nothing, or does not close when we have, is cut off
_SEGMENT = 1460

Around = Callable[[Callable[[], Stream]], Stream | None]
"""The TLS around the stream that it makes once its handshake is whole, if any."""


class End:
    """One end of a connection: its stream, and what it has sent that has not arrived."""

    def __init__(self, network: Wire, process: Process, local: Endpoint, peer: Endpoint) -> None:
        self.network = network
        self.process = process
        self.local = local
        self.peer = peer
        self.other: End | None = None
        self.accept: Callable[[], None] | None = None  # to be called at the first that comes
        self.stream: Stream | None = None
        self.inside: Stream | None = None  # the machine's own
        self._coming: deque[bytes | None] = deque()  # has arrived, and waits to be read; None: there is no more
        self._unsent: deque[bytes | None] = deque()
        self._waiting = 0  # bytes, of what is unsent
        self._flying = 0  # bytes that the other has not read
        self._sent = 1  # sequence numbers: that of the SYN, then the bytes
        self._arrives = 0.0  # when the last that was sent does
        self._stuck_since = inf
        self._done = self._peer_done = self._broken = self._gone = False
        self._alarm = self._stall = inf
        self._moved = 0.0  # when something last went on its way
        process.connections[id(self)] = self

    def begin(self, make: Callable[[float], Stream], around: Around) -> None:
        """With the machine's stream, or with the TLS around it."""

        def inner() -> Stream:
            self.inside = make(self.network.now + self.process.node.offset)
            self.process.ends[id(self.inside)] = self
            return self.inside

        self._unsent.append(b"")  # that it stands is the first that the other hears
        self.stream = around(inner) or inner()
        self.pump()

    def pump(self) -> None:
        """Give the stream what has come, as far as it wants that, and send what it has, as far as the window goes."""
        if self.accept is not None and not self.process.node.paused:
            if self._coming:
                accept, self.accept = self.accept, None
                accept()
            elif self._broken:
                self._leave()
        if self.stream is None or self._gone or self.process.node.paused:
            return
        self._settle(self.stream)
        while self._coming and self._reads(self.stream) and not self._gone:
            self._read(self.stream, self._coming.popleft())
            self._settle(self.stream)
        if self._broken and not self._gone:
            self._lose(self.stream)
        elif not self._gone:
            self._expect_progress()

    def reset(self) -> None:
        """This end is gone; the other hears that nothing more comes, where a packet passes now."""
        if self._gone:
            return
        delay = self._carry(RST | ACK)
        self._leave()
        if self.other is not None and delay is not None:
            self.network.at(max(self._arrives, self.network.now + delay), self.other.break_off)

    def break_off(self) -> None:
        """The connection was reset, or there has been no way for too long."""
        self._broken = True
        self.pump()

    def _leave(self) -> None:
        self._gone = True
        self.process.connections.pop(id(self), None)
        self.process.ends.pop(id(self.inside), None)

    # The stream

    def _reads(self, stream: Stream) -> bool:
        """What comes behind its end is thrown away."""
        return self._done or not (self._is_full or (isinstance(stream, Throttled) and not stream.wants_data))

    @property
    def _is_full(self) -> bool:
        return self._waiting > _UNSENT

    def _read(self, stream: Stream, data: bytes | None) -> None:
        now = self.network.now + self.process.node.offset
        if data is None:
            self._peer_done = True
            if not self._done:
                stream.receive_eof(now)
            return
        if self.other is not None and data:
            self.other._flying -= len(data)
            self.network.at(self.network.now, self.other.pump)
        if self._done or not data:
            return
        answer = stream.reply(data, now) if isinstance(stream, Answering) else None
        if answer is None:
            stream.receive_data(data, now)
        else:
            self._slice(answer)

    def _settle(self, stream: Stream) -> None:
        """Do what it wants now, and look after its timer and its reports."""
        node, network = self.process.node, self.network
        while not (self._is_full or self._done):
            data = stream.data_to_send()
            if data:
                self._slice(data)
            elif stream.finished:
                self._done = True
                self._unsent.append(None)
            else:
                break
            self._send()
        self._send()
        network.keep_reports(node, stream.take_reports())
        due = None if self._done else stream.next_wake()
        if due is not None and due - node.offset < self._alarm:
            self._alarm = max(due - node.offset, network.now)
            network.at(self._alarm, self._ring, self._alarm)
        network.settle(self.process)

    def _lose(self, stream: Stream) -> None:
        self._leave()
        if isinstance(stream, Breakable):
            stream.give_up()
        elif not self._done:
            stream.receive_eof(self.network.now + self.process.node.offset)
        self.network.keep_reports(self.process.node, stream.take_reports())
        self.network.settle(self.process)

    def _ring(self, time: float) -> None:
        if self._gone or time != self._alarm or self.stream is None:
            return
        self._alarm = inf
        if not self.process.node.paused and not self._done:
            self.stream.wake(self.network.now + self.process.node.offset)
            self.pump()

    def _expect_progress(self) -> None:
        """Of the peer: that it takes what waits, and closes when we have."""
        if self._done and self._peer_done and not self._unsent:
            self._leave()
        elif (self._is_full or self._done) and self._stall == inf:
            self._stall = self.network.now + _STALL
            self.network.at(self._stall, self._look_for_progress)

    def _look_for_progress(self) -> None:
        self._stall = inf
        if self._gone or self.stream is None or not (self._is_full or self._done):
            return
        if self._moved + _STALL > self.network.now:
            self._stall = self._moved + _STALL
            self.network.at(self._stall, self._look_for_progress)
            return
        self.process.node.counters["connections_stalled"] += 1
        self.reset()
        self._lose(self.stream)

    # The way

    def _slice(self, data: bytes) -> None:
        """As the seed wills."""
        self._waiting += len(data)
        while data:
            size = self.network.slicing.randint(1, _SEGMENT)
            self._unsent.append(data[:size])
            data = data[size:]

    def _send(self) -> None:
        other, network = self.other, self.network
        while self._unsent and other is not None and self._stuck_since == inf:
            size = len(self._unsent[0] or b"")
            if self._flying + size > WINDOW:
                return
            data = self._unsent[0]
            delay = self._carry(ACK if data is not None else FIN | ACK, data or b"")
            if delay is None:
                self._stuck_since = network.now
                network.at(network.now + _AGAIN, self._try_again)
                return
            self._arrives = max(self._arrives, network.now + delay)
            self._waiting -= size
            self._flying += size
            self._sent += size if data is not None else 1
            self._moved = network.now
            network.at(self._arrives, other._hear, self._unsent.popleft())

    def _try_again(self) -> None:
        network, since = self.network, self._stuck_since
        if self._gone:
            return
        self._stuck_since = inf
        self._send()
        if self._stuck_since == inf:
            self.pump()
        elif network.now - since <= _GIVE_UP:
            self._stuck_since = since
        else:
            self.break_off()

    def _carry(self, flags: int, data: bytes = b"") -> float | None:
        """Seconds until it is with the other; None: it is lost, or comes to somebody else."""
        other = self.other
        seen = 0 if other is None else other._sent - other._flying
        sent = Segment(self.local, self.peer, flags, self._sent, seen, data)
        carried = carry(self.network, self.process.node.name, sent)
        if carried is None or other is None:
            return None
        there = other.process.node.name, other.peer, other.local
        return carried.delay if (carried.node, carried.source, carried.destination) == there else None

    def _hear(self, data: bytes | None) -> None:
        """Bytes have arrived, or the word that no more will."""
        if self._gone:
            if self.other is not None and not (self._peer_done and data is None):
                delay = self._carry(RST | ACK)
                self.network.at(self.network.now + (_GIVE_UP if delay is None else delay), self.other.break_off)
            return
        self._coming.append(data)
        self.pump()


def connect(network: Wire, process: Process, wanted: Connect) -> None:
    """Open a connection: the machine hears within the time that it gave what became of it.

    Raises:
        TypeError: it has no connections.

    """
    connecting(process, wanted)
    Opening(network, process, wanted).begin()


class Opening:
    """A connection that does not stand yet."""

    def __init__(self, network: Wire, process: Process, wanted: Connect) -> None:
        self._network = network
        self._process = process
        self._machine = process.machine
        self._wanted = wanted
        self._stood = self._told = False
        self._local: Endpoint | None = None

    def begin(self) -> None:
        network, node, peer = self._network, self._process.node, self._wanted.peer
        if not 0 < peer.port <= PORTS:
            network.at(network.now, self._fail, f"{peer}: a port is a number from 1 to {PORTS}")
        elif peer.address not in node.addresses and node.next_hop(peer.address) is None:
            network.at(network.now, self._fail, os.strerror(errno.ENETUNREACH))
        else:
            network.at(network.now + self._wanted.timeout, self._time_out)
            self._try_to()

    @property
    def _over(self) -> bool:
        """Nobody waits for it any more."""
        return self._told or self._process.machine is not self._machine

    def _try_to(self) -> None:
        network, node, peer = self._network, self._process.node, self._wanted.peer
        if self._over:
            return
        if self._local is None:
            way = node.way_out(peer.address, "")
            if way is None and peer.address not in node.addresses:
                network.at(network.now + _AGAIN, self._try_to)
                return
            address = peer.address if way is None or peer.address in node.addresses else way[0].address
            self._local = Endpoint(address, network.ephemeral())
        carried = carry(network, node.name, Segment(self._local, peer, SYN))
        if carried is None:
            network.at(network.now + _AGAIN, self._try_to)
        else:
            network.at(network.now + carried.delay, self._arrive, self._local, carried)

    def _arrive(self, local: Endpoint, carried: Carried) -> None:
        network, peer = self._network, self._wanted.peer
        there, end_of, end_to = network.nodes[carried.node], carried.destination, carried.source
        opened = there.sockets.listening(end_of.port) if there.running else None
        flags = RST | ACK if opened is None else SYN | ACK
        answer = carry(network, there.name, Segment(end_of, end_to, flags, 0, 1)) if there.running else None
        back = (self._process.node.name, peer, local)
        if answer is None or (answer.node, answer.source, answer.destination) != back:
            network.at(network.now + _AGAIN, self._try_to)
            return
        if opened is None:
            network.at(network.now + answer.delay, self._fail, os.strerror(errno.ECONNREFUSED))
            return
        network.connections.append((self._process.node.name, peer))
        here, end = End(network, self._process, local, peer), End(network, opened.process, end_of, end_to)
        here.other, end.other = end, here
        end.accept = partial(_accept, end, opened)
        network.at(network.now + answer.delay, self._stands, here)

    def _stands(self, here: End) -> None:
        if self._over:
            here.reset()
            return
        self._stood = True
        if self._process.node.paused:
            self._network.at(self._network.now + _AGAIN, self._stands, here)
            return
        wanted, node, network = self._wanted, self._process.node, self._network
        machine = connecting(self._process, wanted)

        def failed(why: str) -> None:
            if not here.inside:
                self._fail(why)

        here.begin(
            partial(machine.connected, wanted.tag, here.local, here.peer),
            lambda inner: (
                network.tls(node).ask(wanted.name, inner, failed, network.now + node.offset) if wanted.name else None
            ),
        )

    def _time_out(self) -> None:
        if not self._stood:
            self._fail("timed out")

    def _fail(self, why: str) -> None:
        if self._over:
            return
        if self._process.node.paused:
            self._network.at(self._network.now + _AGAIN, self._fail, why)
            return
        self._told = True
        now = self._network.now + self._process.node.offset
        connecting(self._process, self._wanted).connect_failed(self._wanted.tag, why, now)
        self._network.settle(self._process)


def _accept(end: End, opened: Opened) -> None:
    """At the port to which the peer connected, if it is still open."""
    process, asked, network = opened.process, opened.asked, end.network
    if network.nodes[process.node.name].sockets.listening(end.local.port) is not opened:
        end.reset()
        return
    machine, now = accepting(process, asked), network.now + process.node.offset
    tls = isinstance(asked.port, Tcp) and asked.port.tls
    end.begin(
        partial(machine.accepted, end.local, end.peer),
        lambda inner: network.tls(process.node).serve(end.peer, inner, now) if tls else None,
    )
