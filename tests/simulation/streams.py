"""Connections of the simulated network: byte streams in order, as TCP gives them, without its segments.

Bytes travel by the way that the nodes' tables lead at that moment; where there is none, or a packet is lost, they wait
and are tried again. In any slicing, at most WINDOW of them are under way. A node that is killed resets its connections.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from catenet.nodes.machine import Accepting, Connect, Connecting, Endpoint, Stream, Tcp

if TYPE_CHECKING:
    from node import Process
    from wire import Wire

__all__ = ["FIRST_PORT", "WINDOW", "End", "connect"]

FIRST_PORT = 49_152
"""Connections are made from ports above it."""

WINDOW = 65_536
"""Bytes on their way one way at a time."""
_AGAIN = 0.2  # seconds until what was lost is sent again
_GIVE_UP = 60.0  # seconds without a way, after which both ends are reset
_SEGMENT = 1460


class End:
    """One end of a connection: its stream, and what it has sent that has not arrived."""

    def __init__(self, network: Wire, process: Process, local: Endpoint, peer: Endpoint) -> None:
        self.network = network
        self.process = process
        self.local = local
        self.peer = peer
        self.other: End | None = None
        self.stream: Stream | None = None
        self.inside: Stream | None = None  # the machine's own
        self._unsent: deque[bytes | None] = deque()  # None: there is no more
        self._flying = 0  # bytes
        self._arrives = 0.0  # when the last that was sent does
        self._stuck_since = inf
        self._done = self._gone = False
        self._alarm = inf

    def begin(self, make: Callable[[float], Stream], around: Callable[[Callable[[], Stream]], Stream | None]) -> None:
        """With the machine's stream, or with the TLS around it, which makes it once its handshake is whole."""

        def inner() -> Stream:
            self.inside = make(self.network.now + self.process.node.offset)
            self.process.ends[id(self.inside)] = self
            return self.inside

        self.stream = around(inner) or inner()
        self.pump()

    def pump(self) -> None:
        """Send what the stream has, as far as the window goes; then look after its timer and its reports."""
        stream = self.stream
        if stream is None or self._gone:
            return
        node = self.process.node
        while self._flying < WINDOW and not self._done:
            data = stream.data_to_send()
            if data:
                self._slice(data)
            elif stream.finished:
                self._done = True
                self._unsent.append(None)
            else:
                break
        self._send()
        self.network.keep_reports(node, stream.take_reports())
        due = stream.next_wake()
        if due is not None and due - node.offset < self._alarm:
            self._alarm = max(due - node.offset, self.network.now)
            self.network.at(self._alarm, self._ring, self._alarm)
        self.network.settle(self.process)

    def reset(self) -> None:
        """This end is gone; the other hears that nothing more comes."""
        other = self.other
        self._leave()
        if other is not None and not other._gone:
            self.network.at(self.network.now, other._hear, None)
            other.other = None

    def _leave(self) -> None:
        self._gone = True
        self.process.ends.pop(id(self.inside), None)

    def _slice(self, data: bytes) -> None:
        """As the seed wills."""
        while data:
            size = self.network.slicing.randint(1, _SEGMENT)
            self._unsent.append(data[:size])
            self._flying += min(size, len(data))
            data = data[size:]

    def _send(self) -> None:
        other, network = self.other, self.network
        while self._unsent and other is not None and self._stuck_since == inf:
            delay = network.delay(self.process.node.name, self.peer.address)
            if delay is None:
                self._stuck_since = network.now
                network.at(network.now + _AGAIN, self._try_again)
                return
            self._arrives = max(self._arrives, network.now + delay)
            network.at(self._arrives, other._hear, self._unsent.popleft())

    def _try_again(self) -> None:
        network, since = self.network, self._stuck_since
        if self._gone:
            return
        if network.delay(self.process.node.name, self.peer.address) is not None:
            self._stuck_since = inf
            self._send()
        elif network.now - since <= _GIVE_UP:
            network.at(network.now + _AGAIN, self._try_again)
        else:
            self._hear(None)
            self.reset()

    def _hear(self, data: bytes | None) -> None:
        """Bytes have arrived, or the word that no more will."""
        if self._gone or self.stream is None:
            return
        node = self.process.node
        if node.paused:
            self.network.at(self.network.now + _AGAIN, self._hear, data)
            return
        if self.other is not None and data is not None:
            self.other._flying -= len(data)
        if not self._done:
            if data is None:
                self.stream.receive_eof(self.network.now + node.offset)
            else:
                self.stream.receive_data(data, self.network.now + node.offset)
        self.pump()
        if self.other is not None:
            self.other.pump()
        if self._done and (data is None or self.other is None):
            self._leave()

    def _ring(self, time: float) -> None:
        if self._gone or time != self._alarm or self.stream is None:
            return
        self._alarm = inf
        if not self.process.node.paused:
            self.stream.wake(self.network.now + self.process.node.offset)
        self.pump()


def connect(network: Wire, process: Process, wanted: Connect) -> None:
    """Open a connection: the machine hears within the time that it gave what became of it."""
    Opening(network, process, wanted).try_to()


class Opening:
    """A connection that does not stand yet."""

    def __init__(self, network: Wire, process: Process, wanted: Connect) -> None:
        self._network = network
        self._process = process
        self._machine = process.machine
        self._wanted = wanted
        self._until = network.now + wanted.timeout

    def try_to(self) -> None:
        network, node, peer = self._network, self._process.node, self._wanted.peer
        if self._process.machine is not self._machine:
            return
        hop = node.next_hop(peer.address)
        delay = network.delay(node.name, peer.address)
        if hop is None or delay is None:
            if network.now >= self._until:
                self._fail("timed out")
            else:
                network.at(min(self._until, network.now + _AGAIN), self.try_to)
            return
        local = Endpoint(node.by_lan[hop.interface].address, network.ephemeral())
        network.at(network.now + delay, self._arrive, local, delay)

    def _arrive(self, local: Endpoint, delay: float) -> None:
        network, peer = self._network, self._wanted.peer
        there = network.owner(peer.address)
        opened = None if there is None else there.opened(Tcp, peer.port, "")
        if there is None or not there.running or there.paused:
            network.at(max(network.now, self._until), self._fail, "timed out")
        elif opened is None or not isinstance(opened.process.machine, Accepting):
            network.at(network.now + delay, self._fail, "Connection refused")
        else:
            network.connections.append((self._process.node.name, peer))
            here, end = End(network, self._process, local, peer), End(network, opened.process, peer, local)
            here.other, end.other = end, here
            machine, now = opened.process.machine, network.now + there.offset
            end.begin(
                partial(machine.accepted, peer, local),
                lambda inner: network.tls(there).serve(local, inner, now) if opened.asked.port.tls else None,
            )
            network.at(network.now + delay, self._stands, here)

    def _stands(self, here: End) -> None:
        machine, network = self._process.machine, self._network
        if machine is not self._machine or not isinstance(machine, Connecting):
            here.reset()
            return
        wanted, node = self._wanted, self._process.node

        def failed(why: str) -> None:
            if not here.inside:
                self._fail(why)

        here.begin(
            partial(machine.connected, wanted.tag, here.local, here.peer),
            lambda inner: (
                network.tls(node).ask(wanted.name, inner, failed, network.now + node.offset) if wanted.name else None
            ),
        )

    def _fail(self, why: str) -> None:
        machine = self._process.machine
        if machine is self._machine and isinstance(machine, Connecting):
            machine.connect_failed(self._wanted.tag, why, self._network.now + self._process.node.offset)
            self._network.settle(self._process)
