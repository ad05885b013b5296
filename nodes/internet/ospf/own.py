"""`OwnLsas`: the LSAs that this router originates: said when something changes, not too often, and again before they
age (RFC 2328 sections 12.4, 13.4 and 14.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from catenet.nodes.address import Prefix
from catenet.nodes.internet.ospf.area import Scope
from catenet.nodes.internet.ospf.flooding import Flooding
from catenet.nodes.internet.ospf.lsa import (
    INITIAL_SEQUENCE,
    LS_REFRESH,
    MAX_AGE,
    MAX_SEQUENCE,
    Body,
    Lsa,
    LsaKey,
    LsaType,
)
from catenet.nodes.internet.ospf.neighbour import PACE
from catenet.nodes.internet.ospf.originate import Wanted
from catenet.nodes.internet.ospf.reports import lsa_name, lsa_type, sequence_text
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.machine import Randomness

if TYPE_CHECKING:
    from catenet.nodes.control.flooding import Originated

__all__ = ["OwnLsas"]

_STRAY = 1.0
"""Seconds for which an LSA from before a restart is left alone, as neighbours tell of it: most of those will be said
again in a moment, and the others would not take that so soon after a flush."""


@dataclass(slots=True)
class _Own:
    """An LSA that is to be there. `at`: when an instance of it was originated last; `taken_back`: when that was because
    an instance of another origin had come; `lost`: one has come, and nothing was done yet; `past`: its LS sequence
    number. `refresh`: when it is said again though nothing has changed."""

    options: int
    body: Body
    at: float = -inf
    taken_back: float = -inf
    lost: bool = False
    past: int = INITIAL_SEQUENCE - 1
    refresh: float = inf


class OwnLsas:
    """Of all scopes."""

    def __init__(self, router: Router, flooding: Flooding, random: Randomness) -> None:
        self._router = router
        self._random = random
        self._flooding = flooding
        self._wanted: dict[tuple[Scope, LsaKey], _Own] = {}

    def want(self, scope: Scope, kinds: Iterable[LsaType], wanted: Wanted, options: int) -> None:
        """Of these types just these LSAs are to be there. New instances are originated "if and only if the contents of
        the new LSA would be different" (12.4)."""
        types = frozenset(kinds)
        gone = [key for s, key in self._wanted if s is scope and key.type in types and key not in wanted]
        for key in gone:
            del self._wanted[scope, key]
            self._router.timers.cancel(("own", scope, key))
            self._flush(scope, key, "there is nothing to say any more")
        for key, body in wanted.items():
            own = self._wanted.get((scope, key))
            if own is None:
                own = self._wanted[scope, key] = _Own(options, body)
            elif (own.options, own.body) == (options, body):
                continue
            else:
                own.options, own.body = options, body
                if own.lost:
                    continue  # `take_back` says it
            self._originate(scope, key, own, "something has changed")

    def own_due(self, scope: Scope, key: LsaKey) -> None:
        """MinLSInterval is over, or it is time for a refresh."""
        own = self._wanted.get((scope, key))
        if own is None:
            return
        if self._says(scope, key, own) and self._router.now < own.refresh:
            self._router.timers.set(("own", scope, key), own.refresh)
            return
        cause = "it is refreshed" if self._router.now >= own.refresh else "something has changed"
        self._originate(scope, key, own, cause)

    def say_anew(self, kind: LsaType, network: Prefix, area: str) -> Originated:
        """Originate a new instance of the one LSA of a type whose Link State ID lies in `network`, though nothing has
        changed, as soon as MinLSInterval allows. `area`: as scopes are called; "": the first that has one.

        Raises:
            ValueError: none is like that, or several; the text lists them.

        """
        from catenet.nodes.control.flooding import Key, Originated

        router = self._router
        scope, key = self._find(kind, network, area)
        own, stored = self._wanted[scope, key], scope.lsdb.get(key)
        if stored is None or stored.lsa.header.age == MAX_AGE or stored.lsa.header.sequence == MAX_SEQUENCE:
            raise ValueError(f"the {lsa_name(kind)} {key.id} is being flushed: try again in a few seconds")
        own.refresh = router.now
        sequence = sequence_text(stored.lsa.header.sequence + 1)
        self.own_due(scope, key)
        after = max(0.0, own.at + router.min_ls_interval - router.now) if own.refresh <= router.now else 0.0
        return Originated(Key(lsa_type(kind), str(key.id), str(key.router)), scope.area, sequence, round(after, 3))

    def _find(self, kind: LsaType, network: Prefix, area: str) -> tuple[Scope, LsaKey]:
        ours = [(scope, key) for scope, key in self._wanted if key.type == kind]
        found = [(s, key) for s, key in ours if network.holds(key.id) and area in ("", s.area)]
        ids = sorted({key.id for _, key in found or ours})
        if len(ids) == 1 and found:
            return min(found, key=lambda each: each[0].area)
        listed = ", ".join(f"{key.id} in {scope.area}" if scope.area else str(key.id) for scope, key in found or ours)
        several = f"there are several {lsa_name(kind)}s: say which of {listed}"
        none = f"there is no such {lsa_name(kind)} of this router's" + (f", but {listed}" if ours else "")
        raise ValueError(several if found else none)

    def _says(self, scope: Scope, key: LsaKey, own: _Own) -> bool:
        """Whether the database has it as it should be, and it is of this life: else nobody would refresh it."""
        stored = scope.lsdb.get(key)
        if stored is None or not stored.own or stored.lsa.header.age == MAX_AGE:
            return False
        return stored.body == own.body and stored.lsa.header.options == own.options

    def _originate(self, scope: Scope, key: LsaKey, own: _Own, cause: str, *, at_once: bool = False) -> None:
        """ "Two instances of the same LSA may not be originated within the time period MinLSInterval" (12.4), unless
        nobody has heard of the first."""
        router, stored = self._router, scope.lsdb.get(key)
        if self._says(scope, key, own) and router.now < own.refresh and not at_once:
            return  # it has become again what it was
        if not at_once and key in scope.said and router.now < own.at + router.min_ls_interval:
            router.timers.set(("own", scope, key), own.at + router.min_ls_interval)
            return
        if stored is not None and stored.lsa.header.sequence == MAX_SEQUENCE:
            own.lost, own.taken_back = False, router.now if own.lost else own.taken_back
            self._flush(scope, key, "its sequence number wraps")  # `gone` goes on
            return
        last = INITIAL_SEQUENCE - 1 if not own.lost or own.past == MAX_SEQUENCE else own.past
        sequence = (last if stored is None else stored.lsa.header.sequence) + 1
        lsa = Lsa.make(key, own.options, sequence, own.body)
        own.taken_back = router.now if own.lost else own.taken_back
        own.at, own.lost = router.now, False
        scope.said.discard(key)
        self._flooding.install(scope, lsa, own=True)
        # Who has just got the instance that is outdone throws this one away within MinLSArrival: it comes again soon.
        self._flooding.flood(scope, lsa.header, again=PACE if at_once else None)
        # LSRefreshTime is "the maximum time between distinct originations" (appendix B); so that what began together
        # does not stay together, it is a little less.
        own.refresh = router.now + self._random.uniform(LS_REFRESH * 0.9, LS_REFRESH)
        router.timers.set(("own", scope, key), own.refresh)
        router.counters["originated.lsas"] += 1
        router.reporter.lsa_originated(scope, lsa.header, cause, router.now)

    def _flush(self, scope: Scope, key: LsaKey, cause: str) -> None:
        """Premature aging (14.1): "setting its LS age to MaxAge, while leaving its LS sequence number alone"."""
        stored = scope.lsdb.get(key)
        if stored is None or stored.lsa.header.age == MAX_AGE:
            return
        lsa = stored.lsa.aged(MAX_AGE)
        self._flooding.install(scope, lsa, own=True)
        self._flooding.flood(scope, lsa.header)
        self._router.reporter.lsa_flushed(scope, key, cause, self._router.now)

    def flush_all(self) -> None:
        """The router leaves: it says nothing any more."""
        wanted, self._wanted = self._wanted, {}
        for scope, key in wanted:
            self._router.timers.cancel(("own", scope, key))
            self._flush(scope, key, "the router shuts down")

    # What comes back from others (13.4)

    def is_own(self, key: LsaKey) -> bool:
        """Whether "the LSA's Advertising Router is equal to the router's own Router ID or […] the LSA is a network-LSA
        and its Link State ID is equal to one of the router's own IP interface addresses"."""
        if key.router == self._router.me:
            return True
        return key.type == LsaType.NETWORK and key.id in self._router.own_addresses

    def outdone(self, scope: Scope, key: LsaKey) -> bool:
        """It need not be taken in place of ours: who sends it does so again."""
        own = self._wanted.get((scope, key))
        return own is not None and self._router.now < own.taken_back + self._router.min_ls_interval

    def came_back(self, scope: Scope, lsa: Lsa) -> None:
        """ "The router must then advance the LSA's LS sequence number one past the received LS sequence number, and
        originate a new instance", or flush it where it says nothing of the kind."""
        router, key = self._router, lsa.header.key
        own = self._wanted.get((scope, key))
        if own is None:
            if router.exchanging:
                router.timers.set(("stray", scope, key), router.now + _STRAY)
            else:
                self.stray_due(scope, key)
            return
        own.lost, own.past = True, lsa.header.sequence
        router.reconsider(urgent=False)  # in this moment it may become another one

    def stray_due(self, scope: Scope, key: LsaKey) -> None:
        """Nothing has made it one of ours again."""
        if (scope, key) not in self._wanted:
            self._flush(scope, key, "it is of an earlier life of this router")

    def take_back(self) -> None:
        """Originate anew what came from others. Whoever makes up instances of ours without end gets no more answers
        than there are new instances of other LSAs."""
        router = self._router
        for (scope, key), own in self._wanted.items():
            if not own.lost:
                continue
            if router.now < own.taken_back + router.min_ls_interval:
                router.timers.set(("own", scope, key), own.taken_back + router.min_ls_interval)
                continue
            self._originate(scope, key, own, "another instance of it came from others", at_once=True)

    def gone(self, scope: Scope, key: LsaKey) -> None:
        """It was at MaxAge, and everybody has acknowledged that: a sequence number that has wrapped begins anew. What
        others have brought to MaxAge is not over with that: `take_back` goes past it."""
        own = self._wanted.get((scope, key))
        if own is not None and not own.lost:
            self._originate(scope, key, own, "its sequence number has wrapped", at_once=True)
