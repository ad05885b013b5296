"""Which clients become supernodes, and when they are none any more. Pure: who relays and how much is in use come in,
what is decided goes out, each with its reason.

    is            becomes      when
    candidate     supernode    it was one when the directory went away, and answers a supernode on another LAN
    candidate     supernode    the load was above `promote_at` for `steady`, PAUSE after the last one, and it answers a
                               supernode on another LAN, which asks from outside
    supernode     candidate    the load was below `demote_at` for `slack`, its `tenure` is over, and the others bear it
    supernode     dead         PROBES in a row that others sent it, a second apart, had no answer
    candidate     dead         the first had none
    dead          candidate    REST, twice as long after each death, LONGEST_REST at most, is over

An account that the lab file names is fixed: a supernode as soon as it is here, and again after its rest. The load is
the mean of what is in use of each supernode's quota. Who has changed within `tenure` does not change again, but for a
death.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import NamedTuple

from catenet.nodes.machine import Endpoint

__all__ = ["LONGEST_REST", "PAUSE", "PROBES", "REST", "Ask", "Decision", "Election", "Part", "Relay"]

TICK = 1.0
PAUSE = 10.0
REST, LONGEST_REST = 30.0, 600.0
PROBES = 3
_VERDICT = 3.0  # seconds for a probe; a prober that says nothing by then is no witness
_ROUND = 5.0  # seconds between two probes of a supernode that answers
"""Seconds, and how many."""


class Part(Enum):
    """What a relay is."""

    CANDIDATE = "candidate"
    SUPERNODE = "supernode"
    DEAD = "dead"


@dataclass(slots=True)
class Relay:
    """Who relays, or could. `lan`: where its address is; "" where that is not known."""

    at: Endpoint
    user: str
    lan: str
    quota: int
    fixed: bool
    since: float  # its last change
    again: bool = False  # it was elected before the directory went away
    part: Part = Part.CANDIDATE
    allocations: int = 0
    deaths: int = 0
    rests_until: float = -inf
    failed: int = 0  # probes in a row
    probe_at: float = -inf
    verdict_by: float = inf  # while a probe is under way
    prober: Endpoint | None = None

    @property
    def load(self) -> float:
        """0 to 1, and more where it has been given less than it has."""
        return self.allocations / self.quota


class Decision(NamedTuple):
    """It is another part from now on. `load`: of all supernodes, in percent."""

    at: Endpoint
    user: str
    before: Part
    part: Part
    why: str
    load: int


class Ask(NamedTuple):
    """`by` is to send the other one a probe."""

    by: Endpoint
    at: Endpoint


class Election:
    """Of one directory. `relays`: all that are here."""

    def __init__(self, promote_at: float, demote_at: float, *, steady: float, slack: float, tenure: float) -> None:
        """Loads from 0 to 1; seconds."""
        self.relays: dict[Endpoint, Relay] = {}
        self._promote_at, self._demote_at = promote_at, demote_at
        self._steady, self._slack, self._tenure = steady, slack, tenure
        self._resting: dict[Endpoint, tuple[int, float]] = {}  # who left or died: its deaths, and till when it rests
        self._high_since = self._low_since = inf
        self._last = -inf  # promotion
        self._tick: float | None = None
        self._out: list[Decision | Ask] = []

    # What comes in

    def register(self, relay: Relay, now: float) -> None:
        """It is here, as a candidate; a fixed one, unless it rests, as a supernode."""
        relay.deaths, relay.rests_until = self._resting.pop(relay.at, (0, -inf))
        self.relays[relay.at] = relay
        if relay.rests_until > now:
            relay.part = Part.DEAD
        else:
            relay.since = -inf
            self._take_fixed(relay, now)
        self._tick = now + TICK if self._tick is None else self._tick

    def left(self, at: Endpoint, now: float) -> None:
        """Its connection has ended: it may live, but nobody knows. Who dies by coming and going rests all the same."""
        relay = self.relays.pop(at)
        if relay.rests_until > now or relay.deaths:
            self._resting[at] = relay.deaths, relay.rests_until
            self._forget_rested(now)

    def report(self, at: Endpoint, allocations: int, now: float) -> None:
        self.relays[at].allocations = allocations

    def probed(self, by: Endpoint, at: Endpoint, now: float, *, answered: bool) -> None:
        """Only of who was asked to, and not twice."""
        relay = self.relays.get(at)
        if relay is None or relay.prober != by:
            return
        relay.prober, relay.verdict_by = None, inf
        if answered:
            relay.failed = 0
            relay.probe_at = now + _ROUND
            if relay.part is Part.CANDIDATE:
                self._promote(relay, now)
            return
        relay.failed += 1
        relay.probe_at = now + TICK
        if relay.part is Part.CANDIDATE or relay.failed >= PROBES:
            self._die(relay, now)

    def wake(self, now: float) -> None:
        if self._tick is None or now < self._tick:
            return
        self._tick = now + TICK if self.relays else None
        self._watch_load(now)
        for relay in tuple(self.relays.values()):
            self._look_at(relay, now)
        self._demote(now)
        self._verify_one(now)

    def next_wake(self) -> float | None:
        return self._tick

    def take(self) -> list[Decision | Ask]:
        """What was decided since the last call, in order."""
        out, self._out = self._out, []
        return out

    def supernodes(self) -> Iterator[Relay]:
        return (relay for relay in self.relays.values() if relay.part is Part.SUPERNODE)

    @property
    def load(self) -> float:
        """The mean of all supernodes'; 0 where there is none."""
        loads = [relay.load for relay in self.supernodes()]
        return sum(loads) / len(loads) if loads else 0.0

    # What is decided

    def _watch_load(self, now: float) -> None:
        load = self.load
        self._high_since = min(self._high_since, now) if load > self._promote_at else inf
        self._low_since = min(self._low_since, now) if load < self._demote_at else inf

    def _wants_one(self, now: float) -> bool:
        return now - self._high_since >= self._steady and now - self._last >= PAUSE

    def _look_at(self, relay: Relay, now: float) -> None:
        if relay.part is Part.DEAD:
            if now >= relay.rests_until:
                self._become(relay, Part.CANDIDATE, "its rest is over", now)
                relay.since = -inf
                self._take_fixed(relay, now)
            return
        if relay.verdict_by <= now:  # the prober's fault
            relay.prober, relay.verdict_by, relay.probe_at = None, inf, now
        if relay.part is Part.SUPERNODE and relay.prober is None and relay.probe_at <= now:
            self._probe(relay, now)

    def _probe(self, relay: Relay, now: float, *, elsewhere: bool = False) -> bool:
        """Have it asked by a supernode: another one each time, of another LAN where there is one. Of a fixed one only
        fixed ones are believed: no client's word brings it down."""
        others = [each for each in self.supernodes() if each is not relay and each.fixed >= relay.fixed]
        strangers = [each for each in others if each.lan != relay.lan]
        choice = strangers if strangers or elsewhere else others
        choice = [each for each in choice if not each.failed] or choice
        if not choice:
            return False
        prober = choice[(int(now) + relay.failed) % len(choice)]
        relay.prober, relay.verdict_by = prober.at, now + _VERDICT
        self._out.append(Ask(prober.at, relay.at))
        return True

    def _verify_one(self, now: float) -> None:
        """One candidate at a time; who was elected before comes first, then the one that has been here longest."""
        candidates = [each for each in self.relays.values() if each.part is Part.CANDIDATE]
        if any(each.prober is not None for each in candidates):
            return
        wanted = [each for each in candidates if each.again]
        if self._wants_one(now):
            wanted += [each for each in candidates if not each.again and now - each.since >= self._tenure]
        for relay in wanted:
            if self._probe(relay, now, elsewhere=True):
                return

    def _promote(self, relay: Relay, now: float) -> None:
        """It answers from outside."""
        if relay.again:
            self._become(relay, Part.SUPERNODE, "it was one before, and answers from outside", now)
        elif self._wants_one(now):
            self._last, self._high_since = now, inf
            self._become(relay, Part.SUPERNODE, "the load asks for it, and it answers from outside", now)

    def _demote(self, now: float) -> None:
        """The one with the least to do, where the others can bear what all have."""
        if now - self._low_since < self._slack:
            return
        all_of_them = list(self.supernodes())
        over = [each for each in all_of_them if not each.fixed and now - each.since >= self._tenure]
        if not over or len(all_of_them) < 2:
            return
        relay = min(over, key=lambda each: each.allocations)
        left = sum(each.quota for each in all_of_them) - relay.quota
        if sum(each.allocations for each in all_of_them) / left < self._promote_at:
            self._low_since = now
            self._become(relay, Part.CANDIDATE, "the others bear the load", now)

    def _die(self, relay: Relay, now: float) -> None:
        why = "it does not answer from outside" if relay.part is Part.CANDIDATE else f"{PROBES} probes had no answer"
        relay.rests_until = now + min(LONGEST_REST, REST * 2.0**relay.deaths)
        relay.deaths = min(relay.deaths + 1, 30)
        relay.failed = 0
        self._become(relay, Part.DEAD, why, now)

    def _take_fixed(self, relay: Relay, now: float) -> None:
        if relay.fixed:
            self._become(relay, Part.SUPERNODE, "it is there for that", now)

    def _become(self, relay: Relay, part: Part, why: str, now: float) -> None:
        before, relay.part, relay.since, relay.again = relay.part, part, now, False
        relay.probe_at = now
        self._out.append(Decision(relay.at, relay.user, before, part, why, round(100 * self.load)))

    def _forget_rested(self, now: float) -> None:
        """At most as many as may be here."""
        if len(self._resting) > _RESTING:
            self._resting = {at: rest for at, rest in self._resting.items() if rest[1] > now}
        while len(self._resting) > _RESTING:
            del self._resting[next(iter(self._resting))]


_RESTING = 1024
