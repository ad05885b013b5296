"""A relay as a data stream has it: a client of TURN, over UDP or over TCP."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.turn.client import Allocated, Arrived, Client, Lost
from catenet.nodes.machine import Count, Endpoint, Entropy

__all__ = ["MOST_SERVERS", "Relay", "Server"]

MOST_SERVERS = 3
"""Relays of one data stream: each has as many pairs with the peer's candidates, which are checked 20 a second."""


class Server(NamedTuple):
    """A supernode, and the credentials that are good there (RFC 8656 section 5)."""

    endpoint: Endpoint
    username: str
    password: str


class Relay:
    """What one server has given. `mapped`: how it sees the port; `lost`: why it gives nothing, or nothing any more."""

    def __init__(self, server: Server, entropy: Entropy, count: Count) -> None:
        self.server = server
        self._entropy = entropy
        self._count = count
        self.tcp = False
        self.mapped: Endpoint | None = None
        self.lost = ""
        self.client = self._new()

    def _new(self) -> Client:
        login = Login(self.server.username, self.server.password)
        return Client(login, self._entropy, self._count, reliable=self.tcp)

    @property
    def is_settled(self) -> bool:
        """Whether it has given an address, or never will."""
        return self.client.relayed is not None or bool(self.lost)

    def over_tcp(self) -> None:
        """Its client begins anew, on a connection."""
        self.tcp = True
        self.client = self._new()

    def lose(self, why: str) -> None:
        """It is not there any more."""
        self.lost = why
        self.client = self._new()

    def receive(self, data: bytes, now: float) -> Arrived | None:
        """A message of the server's."""
        arrived = self.client.receive(data, now)
        self._hear()
        return arrived

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        self.client.wake(now)
        self._hear()

    def _hear(self) -> None:
        for event in self.client.take_events():
            if isinstance(event, Allocated) and not self.tcp:
                self.mapped = event.mapped
            elif isinstance(event, Lost):
                self.lost = event.why
