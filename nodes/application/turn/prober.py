"""Whether another supernode can be reached: a Binding request to it (RFC 8489 section 12), from a port by which nothing
has gone yet, so that no translator before it lets the request in as an answer to something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count as counting

from catenet.nodes.address import ANY
from catenet.nodes.application.stun.binding import request
from catenet.nodes.application.stun.message import TRANSACTION_SIZE, Message
from catenet.nodes.application.stun.transaction import Transaction
from catenet.nodes.machine import (
    Action,
    ClosePort,
    Datagram,
    DecodeError,
    Endpoint,
    Entropy,
    OpenPort,
    Port,
    Send,
    Udp,
)

__all__ = ["ANSWER", "Prober"]

ANSWER = 2.5
"""Seconds that a probe waits: the directory waits 3."""
_MOST = 16  # under way


class _Probe:
    """A request on its way, once it has its port."""

    def __init__(self, at: Endpoint, now: float) -> None:
        self.at = at
        self.until = now + ANSWER
        self.port: Udp | None = None
        self.transaction: Transaction | None = None

    def due(self) -> float:
        again = None if self.transaction is None else self.transaction.next_wake()
        return self.until if again is None else min(self.until, again)


class Prober:
    """Its ports have tags below 0: those above are the supernode's."""

    def __init__(
        self, entropy: Entropy, act: Callable[[Action], None], verdict: Callable[[Endpoint, bool], object]
    ) -> None:
        """`verdict` hears where it has asked, and whether there was an answer."""
        self._entropy = entropy
        self._act = act
        self._verdict = verdict
        self._tags: Iterator[int] = counting(-1, -1)
        self._probes: dict[int, _Probe] = {}  # by the tag of their ports

    def ask(self, at: Endpoint, now: float) -> None:
        """Ask there. Where too many are under way it says nothing: no witness is better than a wrong one."""
        if len(self._probes) < _MOST:
            tag = next(self._tags)
            self._probes[tag] = _Probe(at, now)
            self._act(OpenPort(Udp(), tag))

    def port_opened(self, tag: int, port: Port, now: float) -> None:
        probe = self._probes.get(tag)
        if probe is None or not isinstance(port, Udp):  # it came too late
            self._act(ClosePort(port))
            return
        probe.port = port
        probe.transaction = Transaction(request(self._entropy(TRANSACTION_SIZE)), now=now)
        self._send(probe, now)

    def port_failed(self, tag: int) -> None:
        """It is no witness."""
        self._probes.pop(tag, None)

    def receive(self, packet: Datagram) -> bool:
        """What came to a port → whether that is one of these."""
        for tag, probe in self._probes.items():
            if probe.port is not None and probe.port.number == packet.destination.port:
                if packet.source == probe.at and _answers(packet.data, probe):
                    self._end(tag, answered=True)
                return True
        return False

    def wake(self, now: float) -> None:
        for tag, probe in tuple(self._probes.items()):
            if now >= probe.until:
                self._end(tag, answered=False)
            else:
                self._send(probe, now)

    def next_wake(self) -> float | None:
        return min((probe.due() for probe in self._probes.values()), default=None)

    def _send(self, probe: _Probe, now: float) -> None:
        data = None if probe.transaction is None else probe.transaction.wake(now)
        if data is not None and probe.port is not None:
            self._act(Send(Datagram(data, Endpoint(ANY, probe.port.number), probe.at)))

    def _end(self, tag: int, *, answered: bool) -> None:
        probe = self._probes.pop(tag)
        if probe.port is not None:
            self._act(ClosePort(probe.port))
            self._verdict(probe.at, answered)


def _answers(data: bytes, probe: _Probe) -> bool:
    """Whoever refuses lives, too."""
    try:
        return probe.transaction is not None and probe.transaction.receive(Message.parse(data)) is not None
    except DecodeError:
        return False
