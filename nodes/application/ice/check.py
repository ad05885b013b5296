"""Connectivity checks as messages: Binding requests with credentials, and what is said to them (RFC 8445 section 7)."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.ice.pair import Pair
from catenet.nodes.machine import Endpoint, Entropy

__all__ = ["Check", "Credentials", "Outgoing"]

_FIRST_RTO = 0.5
"""Seconds: "Agents MUST NOT use an RTO value smaller than 500 ms" (RFC 8445 section 14.3)."""
_REQUESTS, _LAST_WAIT = 7, 16
"""Rc and Rm of RFC 8489 section 6.2.1."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Credentials(NamedTuple):
    """Username fragment and password of one agent's side of a data stream (RFC 8445 section 5.3)."""

    fragment: str
    password: str

    @classmethod
    def new(cls, entropy: Entropy) -> Credentials:
        """48 bits of fragment, 144 of password: at least 24 and 128 are asked for."""
        return cls(_text(entropy, 8), _text(entropy, 24))

    @property
    def is_well_formed(self) -> bool:
        """RFC 8839 section 5.4: 4 to 256 and 22 to 256 characters of its alphabet."""
        fits = 4 <= len(self.fragment) <= 256 and 22 <= len(self.password) <= 256
        return fits and not set(self.fragment + self.password) - set(_LETTERS)


def _text(entropy: Entropy, characters: int) -> str:
    return "".join(_LETTERS[octet % 64] for octet in entropy(characters))


class Outgoing(NamedTuple):
    """A message that is to leave from a base: a port of the node, or what a relay has allotted."""

    data: bytes
    base: Endpoint
    destination: Endpoint


class Check:
    """A check under way: its request is sent again until it is answered (RFC 8489 section 6.2.1).

    `cancelled`: it is not sent again and does not fail, but an answer counts (RFC 8445 section 7.3.1.4).
    """

    def __init__(self, pair: Pair, data: bytes, now: float, rto: float, *, nominates: bool, controlling: bool) -> None:
        self.pair = pair
        self.data = data
        self.nominates = nominates
        self.controlling = controlling
        self.cancelled = False
        self._rto = max(_FIRST_RTO, rto)
        self._wait = self._rto
        self._sent = 1
        self.next_at = now + self._rto
        self.ends_at = now + self._rto * ((1 << (_REQUESTS - 1)) - 1 + _LAST_WAIT)

    @property
    def outgoing(self) -> Outgoing:
        return Outgoing(self.data, *self.pair.way)

    def due(self, now: float) -> bool:
        """Whether it is to be sent once more now; if so, that counts as done."""
        if self.cancelled or self._sent == _REQUESTS or now < self.next_at:
            return False
        self._sent += 1
        self._wait *= 2
        self.next_at = self.ends_at if self._sent == _REQUESTS else now + self._wait
        return True

    @property
    def wakes_at(self) -> float:
        """When it is to be looked at again."""
        return self.ends_at if self.cancelled else min(self.next_at, self.ends_at)
