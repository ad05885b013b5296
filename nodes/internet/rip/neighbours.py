"""The routers that were heard: for `show rip`, and to tell one that is silent from one that is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import Json

__all__ = ["MAX_NEIGHBOURS", "Neighbours"]

MAX_NEIGHBOURS = 256
"""So many are remembered; one more pushes out the one that was not heard for longest."""


@dataclass(slots=True)
class _Neighbour:
    interface: str
    last_heard: float
    messages: int = 0
    refused: int = 0


class Neighbours:
    """By address: on which interface, when last, how many messages were taken and how many refused."""

    def __init__(self) -> None:
        self._known: dict[Address, _Neighbour] = {}

    def accepted(self, address: Address, interface: str, now: float) -> None:
        """A message of this router was taken."""
        neighbour = self._known.get(address)
        if neighbour is None:
            if len(self._known) >= MAX_NEIGHBOURS:
                del self._known[min(self._known, key=lambda each: self._known[each].last_heard)]
            neighbour = self._known[address] = _Neighbour(interface, now)
        neighbour.last_heard = now
        neighbour.messages += 1

    def refused(self, address: Address) -> None:
        """A message was refused; a stranger is not remembered for it."""
        neighbour = self._known.get(address)
        if neighbour is not None:
            neighbour.refused += 1

    def status(
        self,
        name_of: Callable[[Address], str],
        now: float,
        key_of: Callable[[str, Address, float], int | None],
    ) -> list[Json]:
        """For `show rip`; `heard` is in seconds ago, `key` the id of the key that it signs with, if it does."""
        keys = {address: key_of(neighbour.interface, address, now) for address, neighbour in self._known.items()}
        return [
            {
                "address": str(address),
                "node": name_of(address),
                "lan": neighbour.interface,
                "heard": round(now - neighbour.last_heard, 3),
                "messages": neighbour.messages,
                "refused": neighbour.refused,
                **({} if keys[address] is None else {"key": keys[address]}),
            }
            for address, neighbour in sorted(self._known.items())
        ]
