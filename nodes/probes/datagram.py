"""The probe `datagram`: one UDP datagram, and whether another one comes back.

    {"kind": "datagram", "to": "10.0.3.1", "port": 7, "data": "68656c6c6f", "wait": 2.0}
    {"answered": true, "octets": 5, "ms": 0.41}

What it sends is in no form of ours: whoever follows it on the wire (`catenet trace packet`) sees the octets asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import ANY, Address
from catenet.nodes.control.fields import Fields, address_in
from catenet.nodes.control.probes import DONE
from catenet.nodes.machine import Action, Datagram, Endpoint, Json, OpenPort, Port, Report, Send, Udp
from catenet.nodes.runtime.probing import ProbedNode

__all__ = ["LARGEST", "LONGEST", "Once", "make"]

LARGEST = 65_507
"""Octets of data: 65,535, less the headers of IPv4 and UDP."""
LONGEST = 30.0
"""Seconds that an answer may take."""


class Once:
    """Sends it, and reports the first datagram that its peer sends back, or, after `wait` seconds, that none came."""

    def __init__(self, peer: Endpoint, data: bytes, wait: float) -> None:
        self._peer, self._data, self._wait = peer, data, wait
        self._sent: float | None = None
        self._over = False
        self._actions: list[Action] = [OpenPort(Udp(), fragments=True)]

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        self._sent = now
        self._actions.append(Send(Datagram(self._data, Endpoint(ANY, port.number), self._peer)))

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise OSError(f"no UDP port: {why}")

    def receive(self, packet: Datagram, now: float) -> None:
        if packet.source == self._peer and not self._over and self._sent is not None:
            ms = round((now - self._sent) * 1000, 3)
            self._say({"answered": True, "octets": len(packet.data), "ms": ms})

    def wake(self, now: float) -> None:
        due = self.next_wake()
        if due is not None and now >= due:
            self._say({"answered": False})

    def next_wake(self) -> float | None:
        return None if self._sent is None or self._over else self._sent + self._wait

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _say(self, found: Mapping[str, Json]) -> None:
        self._over = True
        self._actions.append(Report(DONE, "", found))


def make(arguments: Mapping[str, Json], _node: ProbedNode) -> Once:
    """Raises ValueError: an argument is wrong."""
    row = Fields(arguments, "datagram")
    to, port, wait = address_in(row.name("to")), row.whole("port") or 0, row.number("wait") or 0.0
    if to is None or to == Address(0):
        raise ValueError(f"datagram.to {row.text('to')[:40]!r} is no address of a peer")
    if not 1 <= port <= 0xFFFF:
        raise ValueError(f"datagram.port {port} is out of range; it may be 1 to 65535")
    if not 0 <= wait <= LONGEST:
        raise ValueError(f"datagram.wait {wait:g} is out of range; it may be 0 to {LONGEST:g} s")
    return Once(Endpoint(to, port), _data(row.text("data")), wait)


def _data(text: str) -> bytes:
    if len(text) > 2 * LARGEST:
        raise ValueError(f"datagram.data has {len(text) // 2} octets; at most {LARGEST}")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"datagram.data {text[:20]!r} is not hexadecimal") from None
