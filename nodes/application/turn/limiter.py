"""How much is said to those who have proved nothing: whoever sends from another's address has us send there."""

from __future__ import annotations

from math import inf

from catenet.nodes.address import Address

__all__ = ["Limiter"]

_EACH = 20  # answers in a second to one address
_ADDRESSES = 4_096  # that are answered in a second
_SECOND = 1.0


class Limiter:
    """Whether an address gets one more answer in this second."""

    def __init__(self) -> None:
        self._ends = -inf
        self._given: dict[Address, int] = {}

    def allows(self, address: Address, now: float) -> bool:
        """Then it counts as given."""
        if now >= self._ends:
            self._ends = now + _SECOND
            self._given.clear()
        given = self._given.get(address, 0)
        if given >= _EACH or (not given and len(self._given) >= _ADDRESSES):
            return False
        self._given[address] = given + 1
        return True
