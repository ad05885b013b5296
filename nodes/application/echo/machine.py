"""`Echo`: whoever sends a datagram gets it back."""

from __future__ import annotations

from collections.abc import Iterable

from catenet.nodes.address import Address
from catenet.nodes.application.echo.config import EchoOptions
from catenet.nodes.machine import Action, Count, Datagram, Interface, OpenPort, Send, Udp

__all__ = ["Echo"]

_LIMITED_BROADCAST = Address(0xFFFFFFFF)
_FIRST_OF_CLIENTS = 1024
"""A port below is a server's (RFC 6335 section 6), and servers answer: two that do so never stop."""


class Echo:
    """Counted: `echoed`, and `refused`, what is not answered."""

    def __init__(self, options: EchoOptions, interfaces: Iterable[Interface], count: Count) -> None:
        self._count = count
        self._number = options.port
        self._everybodys = {_LIMITED_BROADCAST, *(each.prefix.everybodys for each in interfaces)}
        self._actions: list[Action] = [OpenPort(Udp(options.port), fragments=True)]

    def receive(self, packet: Datagram, now: float) -> None:
        """RFC 862: "When a datagram is received, the data from it is sent back in an answering datagram.\""""
        source, destination = packet.source, packet.destination.address
        a_servers = source.port < _FIRST_OF_CLIENTS or source.port == self._number
        one_hosts = source.address.is_unicast or source.address.is_loopback
        to_many = destination.is_multicast or destination in self._everybodys
        if a_servers or to_many or not one_hosts or source.address in self._everybodys:
            self._count("refused")
            return
        self._count("echoed")
        self._actions.append(Send(packet.reply(packet.data)))

    def wake(self, now: float) -> None:
        """It has no timers."""

    def next_wake(self) -> float | None:
        """None."""
        return None

    def take_actions(self) -> list[Action]:
        """Its answers."""
        actions, self._actions = self._actions, []
        return actions
