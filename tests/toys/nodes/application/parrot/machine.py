"""`Parrot`: who repeats what is said, as a machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from catenet.nodes.address import Address
from catenet.nodes.application.parrot.config import ParrotOptions
from catenet.nodes.machine import Action, Count, Datagram, Json, OpenPort, Port, Report, Send, Udp

__all__ = ["Parrot"]

_MOST = 1000
"""Hosts that are remembered: anybody may send from any address, so without a limit they would fill the memory."""


class Parrot:
    """Sends back whatever comes. `choose` draws one of several, which a machine cannot itself; `name_of`: of the node
    that has an address; `count` raises a counter."""

    def __init__(
        self,
        options: ParrotOptions,
        greetings: Sequence[bytes],
        choose: Callable[[Sequence[bytes]], bytes],
        peers: Json,
        *,
        name_of: Callable[[Address], str],
        count: Count,
    ) -> None:
        self._options = options
        self._greetings = greetings
        self._choose = choose
        self._peers = peers
        self._name_of = name_of
        self._count = count
        self._key = options.key.encode()
        self._number = options.port
        self._greeted: dict[Address, float] = {}  # host → when; the oldest first
        self._actions: list[Action] = [OpenPort(Udp(options.port))]

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        """Port 0 is any: the kernel chooses one."""
        assert isinstance(port, Udp)
        self._number = port.number

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        """Without its port it is of no use."""
        raise OSError(f"{asked.port}: {why}")

    def receive(self, packet: Datagram, now: float) -> None:
        """Two parrots would send the same message to each other for ever."""
        from_a_server = packet.source.port == self._number
        elsewhere = bool(self._options.lans) and packet.interface not in self._options.lans
        if from_a_server or elsewhere or not packet.data.startswith(self._key):
            self._count("refused")
            return
        said = self._greeting(packet.source.address, now) + packet.data.removeprefix(self._key)
        self._actions.append(Send(packet.reply(said)))

    def wake(self, now: float) -> None:
        """It has no timers."""

    def next_wake(self) -> float | None:
        """None."""
        return None

    def take_actions(self) -> list[Action]:
        """What it wants done."""
        actions, self._actions = self._actions, []
        return actions

    def show(self, table: str, now: float) -> Json:
        """The only table, `parrot`."""
        return {
            "port": self._number,
            "timers": {"remember": self._options.remember},
            "peers": self._peers,
            "greeted": [{"host": self._name_of(peer), "ago": now - at} for peer, at in self._greeted.items()],
        }

    def flush(self) -> None:
        """Greet everybody anew."""
        self._greeted.clear()

    def _greeting(self, peer: Address, now: float) -> bytes:
        if now - self._greeted.get(peer, -math.inf) < self._options.remember:
            return b""
        self._greeted.pop(peer, None)
        if len(self._greeted) == _MOST:
            del self._greeted[next(iter(self._greeted))]
        self._greeted[peer] = now
        name = self._name_of(peer)
        self._actions.append(Report("parrot.greeted", f"{name} greeted", {"node": name, "address": str(peer)}))
        return self._choose(self._greetings) + b"\n"
