"""The neighbours' sequence numbers, against messages that somebody kept and sends again (RFC 4822 section 2.3.2 (6)).

A number counts for one key of one neighbour on one network: "For a given KEY-ID value and sender, this number MUST NOT
decrease" (2.2). With a newer key a neighbour may begin anew; what it has signed with an older one must have a number
that is above the last one of that key, or not below that of its newest: else its last messages before the change could
be sent again as long as the old key is valid.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from catenet.nodes.address import Address
from catenet.nodes.internet.rip.neighbours import MAX_NEIGHBOURS
from catenet.nodes.keys.key import Key
from catenet.nodes.machine import DecodeError

__all__ = ["Sequences"]

_AT_ONCE = 1.0
"""Seconds within which a neighbour that sends everything with two keys has sent both."""


@dataclass(slots=True)
class _Peer:
    """A neighbour: when it was heard last, its newest key, and of each key its last number and when that came."""

    newest: Key
    last_heard: float
    last: dict[int, tuple[int, float]] = field(default_factory=dict)
    lost: bool = False


class Sequences:
    """What is remembered of the neighbours that sign."""

    def __init__(self, lifetime: float) -> None:
        """`lifetime`: seconds after which a silent neighbour's routes have timed out, and its numbers count no more."""
        self._lifetime = lifetime
        self._peers: dict[tuple[str, Address], _Peer] = {}
        self._keys: dict[int, Key] = {}

    def take(self, interface: str, source: Address, key: Key, number: int, now: float) -> None:
        """A message with a good digest and this number.

        Raises:
            DecodeError: the number says that it is an old one.

        """
        self._keys[key.number] = key
        peer = self._peer(interface, source, now)
        if peer is None or (peer.lost and number == 0):
            # "When connectivity to the neighbor has been lost, the receiver SHOULD be ready to accept […] a message
            # with a sequence number of zero."
            self._remember(interface, source, _Peer(key, now))
        elif not _follows(peer, key, number):
            known = peer.last.get(key.number, peer.last[peer.newest.number])[0]
            raise DecodeError(
                "auth-sequence", key.number, f"an old message: its number is {number}, the last was {known}"
            )
        peer = self._peers[interface, source]
        if key.send.start > peer.newest.send.start:
            peer.newest = key
        peer.last[key.number] = number, now
        peer.last_heard, peer.lost = now, False

    def connectivity_lost(self, interface: str) -> None:
        """Connectivity to the neighbours on that network has been lost."""
        for (lan, _), peer in self._peers.items():
            peer.lost = peer.lost or lan == interface

    def key_of(self, interface: str, source: Address, now: float) -> int | None:
        """The id of the newest key that a neighbour signs with; None where it has not been heard of late."""
        peer = self._peer(interface, source, now)
        return None if peer is None else self._uses(peer)

    def keys_on(self, interface: str, now: float) -> set[int]:
        """ "the set of RIPv2 Security Associations being used by its neighbors" (5.1), of each the newest."""
        return {
            self._uses(peer)
            for (lan, _), peer in self._peers.items()
            if lan == interface and now < peer.last_heard + self._lifetime
        }

    def _uses(self, peer: _Peer) -> int:
        """Of the keys that it signed its last words with, the newest."""
        able = [number for number, (_, at) in peer.last.items() if at >= peer.last_heard - _AT_ONCE]
        return max(able, key=lambda number: self._keys[number].send.start)

    def _peer(self, interface: str, source: Address, now: float) -> _Peer | None:
        peer = self._peers.get((interface, source))
        return peer if peer is not None and now < peer.last_heard + self._lifetime else None

    def _remember(self, interface: str, source: Address, peer: _Peer) -> None:
        self._peers.pop((interface, source), None)
        if len(self._peers) >= MAX_NEIGHBOURS:
            del self._peers[min(self._peers, key=lambda each: self._peers[each].last_heard)]
        self._peers[interface, source] = peer


def _follows(peer: _Peer, key: Key, number: int) -> bool:
    """Whether that number can come next."""
    known = peer.last.get(key.number)
    if known is not None and number < known[0]:
        return False
    if key.number == peer.newest.number or key.send.start > peer.newest.send.start:
        return True
    return number >= peer.last[peer.newest.number][0] or (known is not None and number > known[0])
