"""The link state database (RFC 2328 section 12.2): installing (13.2) and ageing (14). One for each area, and one for
the AS-external-LSAs, which all areas but stub ones share.

Nothing ticks: an LSA's age is worked out when somebody asks, and a heap knows which LSA is the next to reach MaxAge.
Section 14 would have the checksum of an LSA verified whenever its age is a multiple of CheckAge; here an LSA's bytes
are never written to, so there is nothing to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf

from catenet.nodes.internet.ospf.lsa import MAX_AGE, Body, Lsa, LsaKey, LsaType

__all__ = ["MAX_LSAS", "MAX_OCTETS", "Lsdb", "Stored"]

MAX_LSAS = 20_000
MAX_OCTETS = 4 << 20
"""So much of other routers' LSAs is held in one database, whatever a hostile neighbour floods."""
_IN_GRAPH = (int(LsaType.ROUTER), int(LsaType.NETWORK))
_TICK = 1e-6
"""Seconds by which the sum of two times may be wrong."""


@dataclass(slots=True, eq=False)
class Stored:
    """An LSA in a database. `received`: when this instance was installed, `expiry`: when it reaches MaxAge (seconds of
    the machine's clock); `own`: we originated it.
    """

    key: LsaKey
    lsa: Lsa
    received: float
    expiry: float
    own: bool

    @property
    def body(self) -> Body | None:
        """What it says; None where the LS type is none of 1 to 5."""
        return self.lsa.body or self.lsa.read_body()

    def age(self, now: float) -> int:
        """Its LS age now, in seconds: "never incremented past the value MaxAge" (section 14)."""
        if now >= self.expiry:
            return MAX_AGE
        return min(self.lsa.header.age + int(now - self.received + _TICK), MAX_AGE)


class Lsdb:
    """LSAs by their keys. `overflow` counts those that were not taken because it was full."""

    def __init__(self) -> None:
        self._types: dict[int, dict[LsaKey, Stored]] = {}
        self._expiries: list[tuple[float, LsaKey]] = []
        self._count = 0
        self._octets = 0
        self.overflow = 0

    def __len__(self) -> int:
        return self._count

    def get(self, key: LsaKey) -> Stored | None:
        """The instance that is held; "there will be a single instance (the most up-to-date) of each LSA" (12.2)."""
        return self._types.get(key.type, {}).get(key)

    def keys(self) -> Iterator[LsaKey]:
        for stored in self._types.values():
            yield from stored

    def values(self) -> Iterator[Stored]:
        for stored in self._types.values():
            yield from stored.values()

    def of_type(self, kind: int) -> Iterator[Stored]:
        """Those of one LS type."""
        yield from self._types.get(kind, {}).values()

    def live(self, kind: int, now: float) -> Iterator[Stored]:
        """Those of one type that the routing table may be calculated from: "LSAs having age MaxAge are not used"
        (section 14)."""
        return (stored for stored in self._types.get(kind, {}).values() if stored.expiry > now)

    def install(self, lsa: Lsa, now: float, *, own: bool = False) -> bool:
        """Take an LSA in place of the instance that is held, if any. Whether the contents are others than before
        (section 13.2). Where the database is full it is not taken, unless it is our own: `get` tells."""
        key, age = lsa.key, lsa.header.age
        old = self.get(key)
        if not own and self._full(lsa, old):
            self.overflow += 1
            return False
        same = old is not None and lsa.same_contents(old.lsa)
        stored = Stored(key, _light(lsa), now, now + MAX_AGE - age, own)
        self._count += old is None
        self._octets += _growth(lsa, old)
        self._types.setdefault(key.type, {})[key] = stored
        if age < MAX_AGE:
            self._expect(stored.expiry, key)
        return not same

    def remove(self, key: LsaKey) -> None:
        """Forget an LSA: its MaxAge instance is acknowledged by everybody (section 14)."""
        stored = self._types.get(key.type, {}).pop(key, None)
        if stored is not None:
            self._count -= 1
            self._octets -= len(stored.lsa.data)

    @property
    def next_expiry(self) -> float:
        """When the next LSA reaches MaxAge; inf: none will."""
        while self._expiries and not self._current(*self._expiries[0]):
            heappop(self._expiries)
        return self._expiries[0][0] if self._expiries else inf

    def expire(self, now: float) -> list[LsaKey]:
        """The LSAs that have reached MaxAge since the last call: from now on they are held at that age, and "the router
        must attempt to flush the LSA from the routing domain" (section 14)."""
        due = []
        while self.next_expiry <= now:
            _, key = heappop(self._expiries)
            stored = self._types[key.type][key]
            stored.lsa = stored.lsa.aged(MAX_AGE)
            due.append(key)
        return due

    @property
    def checksum_sum(self) -> int:
        """The 32-bit sum of all checksums, by which two databases are compared at a glance (RFC 4750,
        ospfAreaLsaCksumSum)."""
        return sum(stored.lsa.header.checksum for stored in self.values()) & 0xFFFFFFFF

    def _full(self, lsa: Lsa, old: Stored | None) -> bool:
        """What others made up in the place of an LSA of ours must find room, or nobody would contradict it (13.4)."""
        growth = _growth(lsa, old)
        most = 2 * MAX_OCTETS if old is not None and old.own else MAX_OCTETS
        return (old is None and self._count >= MAX_LSAS) or (growth > 0 and self._octets + growth > most)

    def _expect(self, expiry: float, key: LsaKey) -> None:
        """Each refresh leaves an entry of the instance before; they are cleared away when they are the most."""
        heappush(self._expiries, (expiry, key))
        if len(self._expiries) > 2 * self._count + 16:
            self._expiries = [entry for entry in set(self._expiries) if self._current(*entry)]
            heapify(self._expiries)

    def _current(self, expiry: float, key: LsaKey) -> bool:
        stored = self.get(key)
        return stored is not None and stored.lsa.header.age < MAX_AGE and stored.expiry == expiry


def _light(lsa: Lsa) -> Lsa:
    """What the graph is made of is read once for it, and then seldom: the octets are enough, in a fifth of the room."""
    return Lsa(lsa.header, lsa.data, None) if lsa.header.type in _IN_GRAPH else lsa


def _growth(lsa: Lsa, old: Stored | None) -> int:
    return len(lsa.data) - (len(old.lsa.data) if old is not None else 0)
