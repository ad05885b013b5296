"""`Sender`: numbered datagrams to who echoes, and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from catenet.nodes.address import ANY
from catenet.nodes.application.echo.numbered import Numbered
from catenet.nodes.control.datagrams import SHOWN, Datagrams, Stream
from catenet.nodes.control.probes import DONE
from catenet.nodes.machine import Action, Datagram, DecodeError, Endpoint, OpenPort, Port, Report, Send, Udp

__all__ = ["Sender"]

_PATIENCE, _COPIES = 1.0, 0.25
"""Seconds without one, after which no more are waited for: while some are missing; when only copies can come."""
_LATE = 3.0
"""One may take so many times as long as the slowest of those that came."""
_BURST = 32
"""Datagrams at one time, where the machine was too busy to be in time."""
_KEEPS = 4_000_000


class Sender:
    """`run`: numbered.RUN octets that are nobody else's. `unsent`: how many could not be sent, by then."""

    def __init__(self, stream: Stream, run: bytes, unsent: Callable[[], int]) -> None:
        self._stream = stream
        self._run = run
        self._unsent = unsent
        self._peer = Endpoint(stream.to, stream.port)
        self._own = Endpoint(ANY, 0)
        self._sent: list[float] = []  # when each was
        self._took: dict[int, float] = {}  # number → seconds there and back
        self._order: list[int] = []
        self._duplicated = self._overtaken = self._corrupted = 0
        self._highest = -1
        self._heard = self._silence = 0.0  # when last; the longest so far
        self._begun: float | None = None
        self._over = False
        self._actions: list[Action] = [OpenPort(Udp(), keeps=_KEEPS, fragments=not stream.whole)]

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        self._own = Endpoint(ANY, port.number)
        self._begun = self._heard = now
        self._send_due(now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise OSError(f"no UDP port: {why}")

    def receive(self, packet: Datagram, now: float) -> None:
        if packet.source != self._peer or self._over:
            return
        try:
            found = Numbered.parse(packet.data)
        except DecodeError:
            self._corrupted += 1
            return
        if found.run != self._run or found.size != self._stream.size or found.number >= len(self._sent):
            self._corrupted += found.run == self._run
            return
        self._came(found.number, now)

    def _came(self, number: int, now: float) -> None:
        if len(self._order) < SHOWN:
            self._order.append(number)
        if number in self._took:
            self._duplicated += 1
        else:
            self._took[number] = now - self._sent[number]
            self._overtaken += number < self._highest
            self._highest = max(self._highest, number)
        self._silence = max(self._silence, now - self._heard)
        self._heard = now

    def wake(self, now: float) -> None:
        if self._begun is None or self._over:
            return
        self._send_due(now)
        end = self._end()
        if end is not None and now >= end:
            self._over = True
            self._actions.append(Report(DONE, "", self._found().to_json()))

    def next_wake(self) -> float | None:
        if self._begun is None or self._over:
            return None
        if len(self._sent) < self._stream.number:
            return self._begun + len(self._sent) * self._stream.every
        return self._end()

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _send_due(self, now: float) -> None:
        stream, begun = self._stream, self._begun
        assert begun is not None
        for _ in range(_BURST):
            number = len(self._sent)
            if number == stream.number or begun + number * stream.every > now:
                return
            self._sent.append(now)
            data = bytes(Numbered(self._run, number, stream.size))
            self._actions.append(Send(Datagram(data, self._own, self._peer)))

    def _end(self) -> float | None:
        """When no more are waited for, once all are sent."""
        if len(self._sent) < self._stream.number:
            return None
        missing = len(self._took) < len(self._sent)
        slowest = max(self._took.values(), default=0.0)
        patience = max(_PATIENCE, _LATE * slowest) if missing else max(_COPIES, slowest)
        return max(self._heard, self._sent[-1]) + patience

    def _found(self) -> Datagrams:
        took = list(self._took.values())
        return Datagrams(
            len(self._sent),
            len(took),
            self._unsent(),
            self._duplicated,
            self._overtaken,
            self._corrupted,
            tuple(self._order),
            min(took, default=0.0),
            median(took) if took else 0.0,
            max(took, default=0.0),
            max(self._silence, self._sent[-1] - self._heard),
        )
