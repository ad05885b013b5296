"""The relay ports: which are free, drawn so that nobody can foresee them (RFC 6056), and which are reserved."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import Entropy

__all__ = ["RESERVED_FOR", "TOKEN_SIZE", "RelayPorts", "Reservation"]

RESERVED_FOR = 30.0
"""Seconds: "The server MUST hold this reservation for at least 30 seconds" (RFC 8656 section 7.2)."""
TOKEN_SIZE = 8
"""Octets of a RESERVATION-TOKEN (section 18.10)."""


class Reservation(NamedTuple):
    """A port that is open for whoever brings the token: of which of the node's addresses, for which user, until when
    (the machine's time)."""

    token: bytes
    port: int
    address: Address
    user: str
    until: float


class RelayPorts:
    """Those of a range. A port is free, or it belongs to an allocation or to a reservation."""

    def __init__(self, first: int, last: int, entropy: Entropy) -> None:
        """`first` and `last`: the range, both in it."""
        self._first = first
        self._last = last
        self._entropy = entropy
        self._used: set[int] = set()
        self.reserved: dict[bytes, Reservation] = {}

    def draw(self, *, even: bool = False, pair: bool = False) -> int | None:
        """A free port, in use from now on; None: there is none. `even`: an even one. `pair`: and the next one is free
        and in use from now on, too.

        It begins anywhere, and goes on to the next until one is free (RFC 6056 section 3.3.1).
        """
        step = 2 if even or pair else 1
        first = self._first + (self._first % 2 if step == 2 else 0)
        count = (self._last - first - pair) // step + 1
        if count < 1:
            return None
        start = int.from_bytes(self._entropy(4), "big") % count
        for number in range(count):
            port = first + (start + number) % count * step
            if port not in self._used and not (pair and port + 1 in self._used):
                self._used.update((port, port + 1) if pair else (port,))
                return port
        return None

    def free(self, port: int) -> None:
        """It is closed."""
        self._used.discard(port)

    def reserve(self, port: int, address: Address, user: str, now: float) -> Reservation:
        """Keep one that is in use for whoever brings the token."""
        made = Reservation(self._entropy(TOKEN_SIZE), port, address, user, now + RESERVED_FOR)
        self.reserved[made.token] = made
        return made

    def find(self, token: bytes, now: float) -> Reservation | None:
        """The reservation of that token, unless it has expired."""
        found = self.reserved.get(token)
        return found if found is not None and now < found.until else None

    def take(self, token: bytes) -> None:
        """It is an allocation's now."""
        del self.reserved[token]

    def next_expiry(self) -> float | None:
        """When the first reservation expires. They are kept in the order in which they were made."""
        first = next(iter(self.reserved.values()), None)
        return None if first is None else first.until

    def expired(self, now: float) -> list[Reservation]:
        """Those whose time is over; they are gone, and their ports in use until they are freed."""
        over = [each for each in self.reserved.values() if each.until <= now]
        for each in over:
            del self.reserved[each.token]
        return over
