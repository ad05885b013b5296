"""All allocations of a supernode: by 5-tuple, by relay port, by client, and how many each user has."""

from __future__ import annotations

from collections import Counter

from catenet.nodes.application.turn.allocation import Allocation, FiveTuple, packed

__all__ = ["AllocationTable"]


class AllocationTable:
    """`by_tuple` and `by_port` have every allocation; `by_client` has those over UDP by the client's address and port
    (six octets), where a client has no other one by another of the node's addresses."""

    def __init__(self) -> None:
        self.by_tuple: dict[FiveTuple, Allocation] = {}
        self.by_port: dict[int, Allocation] = {}
        self.by_client: dict[bytes, Allocation] = {}
        self._of_client: dict[bytes, list[Allocation]] = {}
        self._held: Counter[str] = Counter()

    def add(self, allocation: Allocation) -> None:
        five_tuple = allocation.five_tuple
        self.by_tuple[five_tuple] = allocation
        self.by_port[allocation.relay.port] = allocation
        if five_tuple.transport == "udp":
            client = packed(five_tuple.client)
            self._of_client.setdefault(client, []).append(allocation)
            self._choose(client)

    def remove(self, allocation: Allocation) -> None:
        five_tuple = allocation.five_tuple
        del self.by_tuple[five_tuple]
        del self.by_port[allocation.relay.port]
        if five_tuple.transport == "udp":
            client = packed(five_tuple.client)
            self._of_client[client].remove(allocation)
            self._choose(client)

    def has_several(self, client: bytes) -> bool:
        """Whether the client has more than one: then the address to which it sent says which is meant."""
        return client in self._of_client and client not in self.by_client

    # What counts for a user: allocations, those that are being made, and reserved ports

    def hold(self, user: str, count: int = 1) -> None:
        self._held[user] += count

    def let_go(self, user: str, count: int = 1) -> None:
        self._held[user] -= count
        if not self._held[user]:
            del self._held[user]

    def held(self, user: str) -> int:
        return self._held[user]

    @property
    def held_by_all(self) -> int:
        return self._held.total()

    def _choose(self, client: bytes) -> None:
        found = self._of_client[client]
        if len(found) == 1:
            self.by_client[client] = found[0]
        else:
            self.by_client.pop(client, None)
        if not found:
            del self._of_client[client]
