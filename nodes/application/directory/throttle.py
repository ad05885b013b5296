"""Who guesses passwords is slowed: by the address, and by the account. Asked before any hash is made.

By either, from the tenth failure on the next try has to wait: 1 s, doubling to 60 s. Failures wear off by half in ten
minutes. An address from which an account has been logged in to has a count of its own for that account, so whoever
guesses from elsewhere keeps its owner out of nothing.

Memory is fixed: addresses are in a table, from which the one that failed longest ago goes; accounts, which whoever asks
may name as he likes, are in a count-min sketch (Cormode and Muthukrishnan 2005): names share counters, none can push
another's out, and at worst somebody waits too long. Its hashes have a key that nobody knows.
"""

from __future__ import annotations

from hashlib import blake2b
from math import inf

from catenet.nodes.address import Address

__all__ = ["ADDRESSES", "Failures", "Sketch", "Throttle"]

ADDRESSES = 4096
"""Addresses that are remembered, and as many pairs of an account and an address from which it was logged in to."""
_FREE = 10  # failures: the tenth is the first after which one waits
_FIRST, _LONGEST = 1.0, 60.0  # seconds
_DOUBLINGS = 6  # and it is over the longest
_HALF = 600.0  # seconds
_ROWS, _COLUMNS = 4, 1024


class Failures:
    """How many there were, worn off by time, and when the last one was."""

    __slots__ = ("at", "count")

    def __init__(self) -> None:
        self.count, self.at = 0.0, -inf

    def add(self, now: float) -> None:
        self.count = self.left(now) + 1
        self.at = now

    def left(self, now: float) -> float:
        return self.count * 0.5 ** ((now - self.at) / _HALF) if self.count else 0.0

    def until(self) -> float:
        """When the next try may be made; a time that may have passed."""
        over = min(round(self.count) - _FREE, _DOUBLINGS)
        return self.at + min(_LONGEST, _FIRST * 2.0**over) if over >= 0 else -inf


class Sketch:
    """Failures by name, in fixed memory."""

    def __init__(self, key: bytes) -> None:
        """`key`: up to 64 octets that nobody can foresee."""
        self._key = key
        self._rows = [[Failures() for _ in range(_COLUMNS)] for _ in range(_ROWS)]

    def add(self, name: str, now: float) -> None:
        for each in self._cells(name):
            each.add(now)

    def until(self, name: str) -> float:
        """When the next try may be made; others' failures may make it later than its own would, never earlier."""
        return min(each.until() for each in self._cells(name))

    def waiting(self, now: float) -> int:
        """About how many names have to wait now."""
        return min(sum(each.until() > now for each in row) for row in self._rows)

    def _cells(self, name: str) -> list[Failures]:
        digest = blake2b(name.encode(), digest_size=2 * _ROWS, key=self._key).digest()
        columns = (int.from_bytes(digest[2 * n : 2 * n + 2], "big") % _COLUMNS for n in range(_ROWS))
        return [row[column] for row, column in zip(self._rows, columns, strict=True)]


class Throttle:
    """Of one directory."""

    def __init__(self, key: bytes) -> None:
        """`key`: as a sketch's."""
        self._accounts = Sketch(key)
        self._addresses: dict[Address, Failures] = {}  # the one that failed longest ago comes first
        self._familiar: dict[tuple[str, Address], None] = {}  # likewise, that was logged in from

    def wait(self, user: str, address: Address, now: float) -> float:
        """Seconds until a try may be made; 0: now."""
        of_address = self._addresses.get(address)
        until = self._accounts.until(self._name(user, address))
        return max(0.0, until - now, -inf if of_address is None else of_address.until() - now)

    def failed(self, user: str, address: Address, now: float) -> None:
        of_address = self._addresses.pop(address, None) or Failures()
        of_address.add(now)
        self._addresses[address] = of_address
        if len(self._addresses) > ADDRESSES:
            del self._addresses[next(iter(self._addresses))]
        self._accounts.add(self._name(user, address), now)

    def succeeded(self, user: str, address: Address) -> None:
        """Counts of failures stay: who knows one password may still guess others."""
        self._familiar.pop((user, address), None)
        self._familiar[user, address] = None
        if len(self._familiar) > ADDRESSES:
            del self._familiar[next(iter(self._familiar))]

    def knows(self, user: str, address: Address) -> bool:
        """The account was logged in to from there."""
        return (user, address) in self._familiar

    def waiting(self, now: float) -> tuple[int, int]:
        """How many addresses, and about how many accounts, have to wait now."""
        return sum(each.until() > now for each in self._addresses.values()), self._accounts.waiting(now)

    def _name(self, user: str, address: Address) -> str:
        return f"{user} {address}" if self.knows(user, address) else user
