"""What a resolver has learnt, and until when (RFC 1034 section 5.3.3, RFC 2181 section 5.4.1, RFC 2308, RFC 8020)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import CHAIN_LIMIT, Cname, Rcode, Record, Soa, Type, rcode_text, type_text
from catenet.nodes.machine import Json

__all__ = ["FAILURE_TTL", "NEGATIVE_LIMIT", "TTL_CAP", "Cache", "CacheEntry", "records_of"]

TTL_CAP = 86_400
"""Seconds that anything is kept at most, whatever its TTL says."""

NEGATIVE_LIMIT = 10_800
"""Seconds that a negative answer is kept at most: "values of one to three hours have been found to work well"
(RFC 2308 section 5)."""

FAILURE_TTL = 1.0
"""Seconds during which a question that could not be resolved is not tried again (RFC 9520 section 3.2)."""

_Key = tuple[Name, int | None]
"""A name and a type; without a type it is a name error, which holds for all (RFC 2308 section 5)."""


_ORDINARY = 1024
"""Octets in records that one entry may have and count as one: what a peer sends may be 64 kB long."""


class CacheEntry(NamedTuple):
    """One entry: records of one name and type, or that there are none (then `records` is the SOA, or empty).

    Before an alias that a DNAME has made, that DNAME stands too. It is never used for other names: one that cannot be
    validated "SHOULD NOT" be kept (RFC 6672 section 3.4), since a forged one would poison all that is below it.

    `final` is false for what came along with a referral: the addresses and servers there are good enough to go on
    with, but not to be "returned as answers to a received query" (RFC 2181 section 5.4.1).
    """

    records: tuple[Record, ...]
    expires: float
    rcode: int = Rcode.NOERROR
    negative: bool = False
    final: bool = True

    @property
    def target(self) -> Name | None:
        """What the alias leads to; None: it is no alias."""
        data = self.records[-1].data if self.records else None
        return data.target if isinstance(data, Cname) else None

    def onward(self, kind: int) -> Name | None:
        """The name with which a search for that type goes on; None: it ends here."""
        return None if kind in (Type.CNAME, Type.ANY) else self.target

    @property
    def weight(self) -> int:
        """For how many entries it counts: one, unless its records are many or long."""
        return 1 + sum(64 + record.size for record in self.records) // _ORDINARY

    def aged(self, now: float) -> tuple[Record, ...]:
        """The records, with the time that is left as their TTL."""
        left = max(0, int(self.expires - now))
        return tuple(record._replace(ttl=left) for record in self.records)


class Cache:
    """A bounded table by name and type; the least recently used entry makes room for a new one."""

    def __init__(self, limit: int) -> None:
        """`limit`: entries; long ones count as several."""
        self._limit = limit
        self._weight = 0
        self._entries: OrderedDict[_Key, CacheEntry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def keep(self, records: tuple[Record, ...], now: float, *, final: bool) -> CacheEntry:
        """Keeps a set of records of one name and type, and returns it as an entry, kept or not.

        A lower-ranked set does not replace a live one of higher rank.
        """
        last = records[-1]
        ttl = min(TTL_CAP, *(record.ttl for record in records))
        kept = CacheEntry(records, now + ttl, final=final)
        known = self._live((last.name, last.type), now)
        if ttl and (final or known is None or not known.final):
            self._put((last.name, last.type), kept)
        return kept

    def deny(self, name: Name, kind: int, rcode: int, soa: Record | None, now: float) -> CacheEntry:
        """Keeps that the name (NXDOMAIN), or its records of this type, do not exist; without an SOA it is not kept."""
        if soa is None:
            return CacheEntry((), now, rcode, negative=True)
        assert isinstance(soa.data, Soa)
        ttl = min(soa.ttl, soa.data.minimum, NEGATIVE_LIMIT)
        kept = CacheEntry((soa,), now + ttl, rcode, negative=True)
        if ttl:
            self._put((name, None if rcode == Rcode.NXDOMAIN else kind), kept)
        return kept

    def fail(self, name: Name, kind: int, now: float) -> None:
        """Keeps for a moment that nothing could be found out; what is known already stays."""
        if self._live((name, kind), now) is None:
            self._put((name, kind), CacheEntry((), now + FAILURE_TTL, Rcode.SERVFAIL, negative=True))

    def answer(self, name: Name, kind: int, now: float) -> CacheEntry | None:
        """What may be given as an answer: the records, or that there are none."""
        kept = self._live((name, kind), now)
        if kept is not None and kept.final:
            return kept
        # "NXDOMAIN: there really is nothing underneath" (RFC 8020).
        errors = (self._live((ancestor, None), now) for ancestor in name.ancestors())
        return next((error for error in errors if error is not None), None)

    def chase(self, name: Name, kind: int, now: float) -> Iterator[CacheEntry]:
        """What is known, from the name on: its aliases, and what may be given as an answer for their end.

        The last one is an alias where no more is known, or where there are more of them than are followed.
        """
        for _ in range(CHAIN_LIMIT + 2):
            kept = self.answer(name, kind, now)
            if kept is None and kind != Type.ANY:
                alias = self.answer(name, Type.CNAME, now)
                kept = None if alias is None or alias.negative else alias
            if kept is None:
                return
            yield kept
            onward = kept.onward(kind)
            if onward is None:
                return
            name = onward

    def of_any_rank(self, name: Name, kind: int, now: float) -> tuple[Record, ...]:
        """The records whatever their rank: good enough to go on with."""
        kept = self._live((name, kind), now)
        return () if kept is None or kept.negative else kept.records

    def clear(self) -> None:
        self._entries.clear()
        self._weight = 0

    def show(self, now: float) -> Json:
        """The live entries, a row a record: name, type, ttl (the seconds for which it is kept yet), data (or what there
        is not), from (answer or referral).
        """
        return [line for key, kept in self._entries.items() if kept.expires > now for line in _lines(*key, kept, now)]

    def _live(self, key: _Key, now: float) -> CacheEntry | None:
        kept = self._entries.get(key)
        if kept is None:
            return None
        if kept.expires <= now:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return kept

    def _put(self, key: _Key, kept: CacheEntry) -> None:
        self._drop(key)
        self._entries[key] = kept
        self._weight += kept.weight
        while self._weight > self._limit:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: _Key) -> None:
        kept = self._entries.pop(key, None)
        if kept is not None:
            self._weight -= kept.weight


def records_of(sets: Iterable[CacheEntry], now: float) -> tuple[Record, ...]:
    """The records of an answer. A DNAME that was kept with several aliases stands there once (RFC 2181 section 5)."""
    records = {(record.name, record.type, record.data): record for kept in sets for record in kept.aged(now)}
    return tuple(records.values())


def _lines(name: Name, kind: int | None, kept: CacheEntry, now: float) -> Iterator[dict[str, Json]]:
    left = round(kept.expires - now, 1)
    type_ = "*" if kind is None else type_text(kind)
    if kept.negative:
        what = "NODATA" if kept.rcode == Rcode.NOERROR else rcode_text(kept.rcode)
        yield {"name": str(name), "type": type_, "ttl": left, "data": what, "from": "answer"}
        return
    for record in kept.records:
        rank = "answer" if kept.final else "referral"
        yield {"name": str(name), "type": type_, "ttl": left, "data": str(record.data), "from": rank}
