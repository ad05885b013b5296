"""What a resolver has learnt, and until when (RFC 1034 section 5.3.3, RFC 2181 section 5.4.1, RFC 2308, RFC 8020)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Rcode, Record, Soa, rcode_text, type_text
from catenet.nodes.machine import Json

__all__ = ["FAILURE_TTL", "NEGATIVE_LIMIT", "TTL_CAP", "Cache", "Kept"]

TTL_CAP = 86_400
"""Seconds that anything is kept at most, whatever its TTL says."""

NEGATIVE_LIMIT = 10_800
"""Seconds that a negative answer is kept at most: "values of one to three hours have been found to work well"
(RFC 2308 section 5)."""

FAILURE_TTL = 1.0
"""Seconds during which a question that could not be resolved is not tried again (RFC 9520 section 3.2)."""

_Key = tuple[Name, int | None]
"""A name and a type; without a type it is a name error, which holds for all (RFC 2308 section 5)."""


class Kept(NamedTuple):
    """One entry: records of one name and type, or that there are none (then `records` is the SOA, or empty).

    `final` is false for what came along with a referral: the addresses and servers there are good enough to go on
    with, but not to be "returned as answers to a received query" (RFC 2181 section 5.4.1).
    """

    records: tuple[Record, ...]
    expires: float
    rcode: int = Rcode.NOERROR
    negative: bool = False
    final: bool = True

    def aged(self, now: float) -> tuple[Record, ...]:
        """The records, with the time that is left as their TTL."""
        left = max(0, int(self.expires - now))
        return tuple(record._replace(ttl=left) for record in self.records)


class Cache:
    """A bounded table by name and type; the least recently used entry makes room for a new one."""

    def __init__(self, limit: int) -> None:
        """`limit`: entries."""
        self._limit = limit
        self._entries: OrderedDict[_Key, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def keep(self, records: tuple[Record, ...], now: float, *, final: bool) -> Kept:
        """Keeps a set of records of one name and type, and returns it as an entry, kept or not.

        A lower-ranked set does not replace a live one of higher rank.
        """
        first = records[0]
        ttl = min(TTL_CAP, *(record.ttl for record in records))
        kept = Kept(records, now + ttl, final=final)
        known = self._live((first.name, first.type), now)
        if ttl and (final or known is None or not known.final):
            self._put((first.name, first.type), kept)
        return kept

    def deny(self, name: Name, kind: int, rcode: int, soa: Record | None, now: float) -> Kept:
        """Keeps that the name (NXDOMAIN), or its records of this type, do not exist; without an SOA it is not kept."""
        if soa is None:
            return Kept((), now, rcode, negative=True)
        assert isinstance(soa.data, Soa)
        ttl = min(soa.ttl, soa.data.minimum, NEGATIVE_LIMIT)
        kept = Kept((soa,), now + ttl, rcode, negative=True)
        if ttl:
            self._put((name, None if rcode == Rcode.NXDOMAIN else kind), kept)
        return kept

    def fail(self, name: Name, kind: int, now: float) -> None:
        """Keeps for a moment that nothing could be found out; what is known already stays."""
        if self._live((name, kind), now) is None:
            self._put((name, kind), Kept((), now + FAILURE_TTL, Rcode.SERVFAIL, negative=True))

    def answer(self, name: Name, kind: int, now: float) -> Kept | None:
        """What may be given as an answer: the records, or that there are none."""
        kept = self._live((name, kind), now)
        if kept is not None and kept.final:
            return kept
        # "NXDOMAIN: there really is nothing underneath" (RFC 8020).
        errors = (self._live((ancestor, None), now) for ancestor in name.ancestors())
        return next((error for error in errors if error is not None), None)

    def help(self, name: Name, kind: int, now: float) -> tuple[Record, ...]:
        """The records whatever their rank: good enough to go on with."""
        kept = self._live((name, kind), now)
        return () if kept is None or kept.negative else kept.records

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def show(self, now: float) -> Json:
        """The live entries, with the seconds that each is kept for yet."""
        return [line for key, kept in self._entries.items() if kept.expires > now for line in _lines(*key, kept, now)]

    def _live(self, key: _Key, now: float) -> Kept | None:
        kept = self._entries.get(key)
        if kept is None:
            return None
        if kept.expires <= now:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return kept

    def _put(self, key: _Key, kept: Kept) -> None:
        self._entries[key] = kept
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)


def _lines(name: Name, kind: int | None, kept: Kept, now: float) -> Iterator[dict[str, Json]]:
    left = round(kept.expires - now, 1)
    type_ = "*" if kind is None else type_text(kind)
    if kept.negative:
        what = "NODATA" if kept.rcode == Rcode.NOERROR else rcode_text(kept.rcode)
        yield {"name": str(name), "type": type_, "ttl": left, "data": what, "from": "answer"}
        return
    for record in kept.records:
        rank = "answer" if kept.final else "referral"
        yield {"name": str(name), "type": type_, "ttl": left, "data": str(record.data), "from": rank}
