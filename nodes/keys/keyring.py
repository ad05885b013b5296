"""Which key signs and which are taken, at any time; and what is to be told of it (RFC 4822 sections 2.2, 3.2 and
5.1; RFC 2328 section D.3).

Of the keys that may sign, the one that began last does; of those that began together, the first of the file. The others
are there for a neighbour who uses an older one.

"In the event that the last RIPv2 Security Association of an interface expires, it is unacceptable to revert to an
unauthenticated condition, and not advisable to disrupt routing" (5.1): so the one that expired last stays in use until
another begins; or, with `fail_secure: on`, nothing more is said and heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from typing import NamedTuple

from catenet.nodes.keys.key import Key, Lifetime
from catenet.nodes.machine import DecodeError, Json, Report

__all__ = ["Keyring", "Proof", "Proofs", "Span", "Uses", "proofs_of"]


class Span(NamedTuple):
    """A time in which nothing changes: the key that signs, and those that are taken."""

    start: float
    stop: float
    signer: Key | None
    accepted: frozenset[int]


class Uses(NamedTuple):
    """A key, and when it signs and is taken; None: never."""

    key: Key
    send: Lifetime | None
    accept: Lifetime | None


Proof = tuple[int, str, bytes]
"""A key's id, method and secret; or no id and no method, and a simple password, empty where there is none."""


class Proofs(NamedTuple):
    """`signs`: with these by itself, whatever its neighbours use; `takes`: messages with one of these."""

    signs: frozenset[Proof]
    takes: frozenset[Proof]


class Keyring:
    """A router's keys. Times are seconds since 1970."""

    def __init__(self, keys: Sequence[Key], *, fail_secure: bool = False) -> None:
        self.keys = tuple(keys)
        """In the file's order."""
        self._fail_secure = fail_secure
        self._numbers = {key.number: key for key in keys}
        ends = {end for key in keys for use in (key.send, key.accept) for end in (use.start, use.stop)}
        self._changes = sorted(end for end in ends if abs(end) < inf)
        self._signer: Key | None = None
        self._reported_until = -inf

    def signer(self, at: float) -> Key | None:
        """The key that signs; None where none is valid."""
        able = [key for key in self.keys if key.send.holds(at)]
        if able or self._fail_secure:
            return max(able, key=lambda key: key.send.start, default=None)
        return _last(key for key in self.keys if key.send.start <= at)

    def signs_until(self, at: float) -> float:
        """When another key will sign, or none; inf where that does not come."""
        now = self.signer(at)
        return next((each for each in self._changes if each > at and self.signer(each) is not now), inf)

    def may_sign(self, number: int, at: float) -> bool:
        """Whether that key may be used for what is sent."""
        key = self._numbers[number]
        return key.send.holds(at) or key is self.signer(at)

    def accepted(self, number: int, at: float) -> Key:
        """The key with that id, if a message signed with it is to be taken.

        Raises:
            DecodeError: there is none, or it is not valid.

        """
        key = self._numbers.get(number)
        if key is None:
            raise DecodeError("auth-key", number, "no key has this id")
        if not self._accepts(key, at):
            late = at >= key.accept.stop
            raise DecodeError("auth-expired", number, "this key has expired" if late else "this key is not valid yet")
        return key

    def _accepts(self, key: Key, at: float) -> bool:
        if key.accept.holds(at):
            return True
        if self._fail_secure or any(other.accept.holds(at) for other in self.keys):
            return False
        return key is _last(key for key in self.keys if key.accept.start <= at)

    def next_change(self, after: float) -> float:
        """When something begins or ends the next time; inf where nothing does."""
        return next((each for each in self._changes if each > after), inf)

    def spans(self) -> list[Span]:
        """All time, from one change to the next."""
        found = []
        for start, stop in pairwise((-inf, *self._changes, inf)):
            at = start if start > -inf else min(stop, 0.0) - 1.0
            accepted = frozenset(key.number for key in self.keys if self._accepts(key, at))
            found.append(Span(start, stop, self.signer(at), accepted))
        return found

    def uses(self) -> dict[int, Uses]:
        """For a program that must be told everything before: from when to when each key signs, and is taken.

        What lies between is told as one, so where a key signs twice two may sign; "any valid RIPv2 Security Association
        […] may be used" (2.3.1).
        """
        spans = self.spans()
        return {
            key.number: Uses(
                key,
                _whole([span for span in spans if span.signer is key]),
                _whole([span for span in spans if key.number in span.accepted]),
            )
            for key in self.keys
        }

    # What is told

    def reports(self, at: float, lans: Iterable[str], protocol: str) -> Iterator[Report]:
        """What has changed since the last time it was asked: keys that have expired, another key that signs. `protocol`
        is whose they are, `lans` where.

        At first, which one signs; nothing of keys without end and beginning.
        """
        first, since, self._reported_until = self._reported_until == -inf, self._reported_until, at
        if not self._changes:
            return
        for key in self.keys:
            end, in_use = _end(key), self._is_used(key, at)
            if end <= at and (in_use if first else end > since):
                yield self._expired(key, sorted(lans), protocol, at, in_use=in_use)
        was, now = self._signer, self.signer(at)
        self._signer = now
        if first or now is not was:
            yield _changed(now, was, self.signs_until(at))

    def _is_used(self, key: Key, at: float) -> bool:
        return key is self.signer(at) or self._accepts(key, at)

    def _expired(self, key: Key, lans: list[str], protocol: str, at: float, *, in_use: bool) -> Report:
        """ "any actual occurrence of a RIPv2 Security Association expiration MUST cause a security event to be logged"
        (5.1), with these particulars.
        """
        what = ""
        if in_use:
            what = "; no other is valid, so it stays in use"
        elif not any(self._is_used(other, at) for other in self.keys):
            what = "; no other is valid: nothing is sent, and nothing taken"
        text = f"{protocol}'s key {key.number} ({key.method}) has expired on {', '.join(lans)}{what}"
        data: dict[str, Json] = {"key": key.number, "method": key.method, "lans": list[Json](lans), "last": in_use}
        return Report("key.expired", text, data)

    def status(self, at: float) -> list[Json]:
        """For `show`: each key and how it stands. In so many seconds it begins, another one signs in its place, and
        it is taken no more; None where that never comes, or has been.
        """
        signer = self.signer(at)
        return [
            {
                "key": key.number,
                "method": key.method,
                "state": self._state(key, at, signs=key is signer),
                "begins": _in(min(key.send.start, key.accept.start), at),
                "signs_for": _in(self.signs_until(at), at) if key is signer else None,
                "taken_for": _in(key.accept.stop, at),
            }
            for key in self.keys
        ]

    def _state(self, key: Key, at: float, *, signs: bool) -> str:
        if (signs or self._accepts(key, at)) and at >= _end(key):
            return "last"
        if signs:
            return "signs"
        if key.send.holds(at) or key.accept.holds(at):
            return "valid"
        return "expired" if at >= _end(key) else "waits"


def proofs_of(auth: bytes | Sequence[Key]) -> Proofs:
    """How a router with that password, or these keys, proves at some time that it may speak, and what it takes for a
    proof at some time.
    """
    if isinstance(auth, bytes) or not auth:
        only: Proof = 0, "", auth if isinstance(auth, bytes) else b""
        return Proofs(frozenset((only,)), frozenset((only,)))
    signers = [span.signer for span in Keyring(auth).spans() if span.signer is not None]
    return Proofs(frozenset(map(_proof, signers)), frozenset(map(_proof, auth)))


def _proof(key: Key) -> Proof:
    return key.number, key.method, key.prepared


def _whole(spans: Sequence[Span]) -> Lifetime | None:
    return Lifetime(spans[0].start, spans[-1].stop) if spans else None


def _last(keys: Iterable[Key]) -> Key | None:
    """The one that is, or was, valid for longest; the first of those that are equal."""
    return max(keys, key=lambda key: (key.accept.stop, key.send.stop), default=None)


def _end(key: Key) -> float:
    return max(key.send.stop, key.accept.stop)


def _changed(now: Key | None, was: Key | None, stop: float) -> Report:
    before = None if was is None else was.number
    until = round(stop, 3) if stop < inf else None
    if now is None:
        data: dict[str, Json] = {"key": None, "method": None, "was": before, "until": until}
        return Report("key.changed", "no key is valid: nothing is sent", data)
    ends = "" if until is None else f" until {datetime.fromtimestamp(until, UTC):%H:%M:%S}"
    text = f"key {now.number} ({now.method}) signs{ends}{'' if before is None else f', was key {before}'}"
    return Report("key.changed", text, {"key": now.number, "method": now.method, "was": before, "until": until})


def _in(moment: float, at: float) -> float | None:
    """In how many seconds; None where it never comes, or has been."""
    return round(moment - at, 3) if at < moment < inf else None
