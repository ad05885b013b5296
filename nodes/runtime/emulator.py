"""The program that carries impairments out where the kernel has no sch_netem: `python3 -m …emulator SOCKET COUNTERS`.

What the node sends on a LAN comes to a device of ours instead (impairing.py), and this sends it on by the LAN's own:
when, or that it does not, says the model (link/impairment). It is a process of its own, so that what the node's
services do delays no packet, and the busiest LAN no service.

What is said over SOCKET, a JSON object a line: an order; and back, once it is done, {"done": lan} or {"error": …}.
COUNTERS is memory that both see: of each LAN so many numbers.
"""

from __future__ import annotations

import ctypes
import heapq
import json
import mmap
import select
import socket
import struct
import sys
from collections import deque
from collections.abc import Mapping
from operator import attrgetter
from random import Random
from time import monotonic
from typing import Any

from catenet.nodes.control.impairment import Impairment
from catenet.nodes.link.impairment.channel import NEVER, Channel
from catenet.nodes.link.impairment.flaw import flawed
from catenet.nodes.runtime.emulated import COUNTED, RECORD, SENT_ON
from catenet.nodes.runtime.frame_batch import BATCH, FrameInbox, FrameOutbox

__all__ = ["MOST_WAITING", "Emulator", "Waiting", "main"]

MOST_WAITING = 65_536
"""Frames of a LAN that are under way at a time, some 100 MB at most; more are lost (`overrun`)."""
_ALL = 0x0003  # ETH_P_ALL
_KEPT = 8 << 20  # octets of what was not read yet
_LONGEST = 9_216  # octets of a frame: offloads are off, and no MTU of a LAN is near that
_LINE = 1 << 20
_SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 33, 32
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_PR_SET_TIMERSLACK = 29
_NEVER_DUE = float("inf")
_LOOK = 0.1  # seconds from one look for overruns to the next
_counts = attrgetter(*COUNTED[:-1])


class Waiting:
    """The frames of one LAN."""

    def __init__(self, came: str, goes: str) -> None:
        """`came`: the device by which they come, `goes`: that by which they are sent on. Raises OSError."""
        self.frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self._out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.frames.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _KEPT)
        self._out.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _KEPT)
        self._out.bind((goes, SENT_ON))
        self.frames.bind((came, _ALL))
        self.channel: Channel | None = None
        self.overrun = 0
        self.more = False  # whether there may be more to read
        self._look = 0.0  # when overruns are looked for next
        self._line: deque[tuple[float, bytes]] = deque()  # in the order in which they go on
        self._heap: list[tuple[float, int, bytes]] = []  # where that is another than that in which they came
        self._number = 0
        self._inbox, self._outbox = FrameInbox(_LONGEST), FrameOutbox(_LONGEST)

    def suffer(self, channel: Channel) -> None:
        """What comes from now on suffers this; what is under way already arrives as it would have."""
        self.channel = channel
        for due, frame in self._line:
            self._put(due, frame)
        self._line.clear()

    def close(self) -> None:
        """What is under way arrives now."""
        self.release(_NEVER_DUE)
        self.frames.close()
        self._out.close()

    @property
    def due(self) -> float:
        """When the next one goes on; infinity: none waits."""
        first = self._line[0][0] if self._line else _NEVER_DUE
        return min(first, self._heap[0][0]) if self._heap else first

    def drain(self) -> None:
        """Read what has come, but not too much at a time."""
        channel = self.channel
        if channel is None:
            return
        take, put = channel.take, self._line.append
        in_order, changes = channel.keeps_order, channel.changes
        frames = self._inbox.receive(self.frames)
        now = monotonic()  # not before: what comes meanwhile would be early, if this were held up between the two
        self._look_for_overruns(len(frames) == BATCH, now)
        if len(self._line) + len(self._heap) > MOST_WAITING:
            self.overrun += len(frames)
            return
        for frame in frames:
            due = take(len(frame), now)
            if changes:
                if channel.copy != NEVER:
                    self._put(channel.copy, frame)
                if channel.flaw != NEVER:
                    frame = flawed(frame, channel.flaw)  # noqa: PLW2901
            if due == NEVER:
                continue
            if in_order:
                put((due, frame))
            else:
                self._put(due, frame)

    def _put(self, due: float, frame: bytes) -> None:
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, frame))

    def release(self, now: float) -> None:
        """Those that are due go on."""
        line, heap, outbox = self._line, self._heap, self._outbox
        put = outbox.put
        while heap and heap[0][0] <= now:
            if put(heapq.heappop(heap)[2]):
                outbox.send(self._out)
        while line and line[0][0] <= now:
            if put(line.popleft()[1]):
                outbox.send(self._out)
        if outbox.count:
            outbox.send(self._out)

    def _look_for_overruns(self, more: bool, now: float) -> None:
        """How many frames the kernel had no room for: there are none while all that comes is read at one go, and asking
        costs as much as several frames."""
        if (more and now >= self._look) or (self.more and not more):
            said = self.frames.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
            self.overrun += struct.unpack("=II", said)[1]
            self._look = now + _LOOK
        self.more = more


class Emulator:
    """All LANs of a node, and who orders."""

    def __init__(self, orders: socket.socket, counters: mmap.mmap) -> None:
        self._orders = orders
        self._counters = counters
        self._said = b""
        self._lans: dict[str, tuple[int, Waiting]] = {}  # → its place among the counters
        self._readers = self._all_readers()

    def run(self) -> None:
        """Until the other end of the orders is closed."""
        while True:
            ready, _, _ = select.select(self._readers, [], [], self._wait())
            if self._orders in ready and not self._ordered():
                return
            self._serve(ready)

    def _wait(self) -> float | None:
        """Seconds until something is to be done, whatever comes; None: nothing is."""
        due = _NEVER_DUE
        for _, waiting in self._lans.values():
            if waiting.more:
                return 0.0
            due = min(due, waiting.due)
        return None if due == _NEVER_DUE else max(0.0, due - monotonic())

    def _serve(self, ready: list[Any]) -> None:
        """Of each LAN some of what has come is read, and what is due goes on."""
        for place, waiting in self._lans.values():
            if waiting.more or waiting.frames in ready:
                waiting.drain()
                self._count(place, waiting)
            waiting.release(monotonic())

    def _count(self, place: int, waiting: Waiting) -> None:
        channel = waiting.channel
        if channel is not None:
            RECORD.pack_into(self._counters, place * RECORD.size, *_counts(channel), waiting.overrun)

    def _ordered(self) -> bool:
        """Whether there is anybody who may order more."""
        data = self._orders.recv(_LINE)
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            try:
                self._do(order)
                answer = {"done": order["lan"]}
            except (OSError, ValueError) as error:
                answer = {"error": str(error)}
            self._orders.sendall(json.dumps(answer).encode() + b"\n")
        return bool(data)

    def _do(self, order: Mapping[str, Any]) -> None:
        lan = order["lan"]
        if order["impairment"] is None:
            if lan in self._lans:
                self._lans.pop(lan)[1].close()
                self._readers = self._all_readers()
            return
        asked = Impairment.parse(order["impairment"])
        place, waiting = self._lans.get(lan) or (order["place"], Waiting(order["came"], order["goes"]))
        self._lans[lan] = place, waiting
        self._readers = self._all_readers()
        # the same seed gives the same at the same end of the same LAN
        waiting.suffer(Channel(asked, lambda kind: Random(f"{asked.seed} {lan} {order['node']} {kind}")))
        self._count(place, waiting)

    def _all_readers(self) -> list[Any]:
        return [self._orders, *(each.frames for _, each in self._lans.values())]


def main() -> None:
    """Carry out what PID 1 orders, until it is gone."""
    descriptor, memory = map(int, sys.argv[1:])
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1)  # a nanosecond, not 50 µs: what is due is due
    with socket.socket(fileno=descriptor) as orders, mmap.mmap(memory, 0) as counters:
        Emulator(orders, counters).run()


if __name__ == "__main__":
    main()
