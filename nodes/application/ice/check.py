"""Connectivity checks as messages: Binding requests with credentials, and what is said to them (RFC 8445 section 7)."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.ice.pair import Pair
from catenet.nodes.application.stun.credentials import Signing
from catenet.nodes.application.stun.message import Message
from catenet.nodes.application.stun.transaction import RC, RM, RTO, Outcome, Transaction
from catenet.nodes.machine import Endpoint, Entropy

__all__ = ["Check", "Credentials", "Outgoing"]

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
    """A check under way: its request is sent again until it is answered.

    `cancelled`: it is not sent again and does not fail, but an answer counts (RFC 8445 section 7.3.1.4), for as long as
    one was waited for.
    """

    def __init__(
        self,
        pair: Pair,
        request: Message,
        signing: Signing,
        now: float,
        rto: float,
        *,
        nominates: bool,
        controlling: bool,
    ) -> None:
        self.pair = pair
        self.nominates = nominates
        self.controlling = controlling
        self.cancelled = False
        rto = max(RTO, rto)
        self._transaction = Transaction(request, signing, now=now, fingerprint=True, rto=rto)
        self._ends_at = now + rto * ((1 << (RC - 1)) - 1 + RM)

    def wake(self, now: float) -> Outgoing | None:
        """What is to be sent now, if anything."""
        data = None if self.cancelled else self._transaction.wake(now)
        return None if data is None else Outgoing(data, *self.pair.way)

    def receive(self, response: Message) -> Outcome | None:
        """Its outcome, if this is the peer's answer to it, signed with the peer's password."""
        return self._transaction.receive(response)

    def is_over(self, now: float) -> bool:
        """Whether nothing is waited for any more."""
        return now >= self._ends_at

    def next_wake(self) -> float:
        """When it is to be looked at again."""
        at = None if self.cancelled else self._transaction.next_wake()
        return self._ends_at if at is None else min(at, self._ends_at)
