"""One question on its way: the resolver's algorithm (RFC 1034 section 5.3.3).

    1. look whether the answer is known
    2. find the best servers to ask: those of the zone nearest to the name
    3. ask them, one after the other, until one answers
    4. read what it says: an answer, "no such name", an alias (1), a nearer zone's servers (2), nothing useful (3)

A task asks at most one server at a time; the answer to an earlier try still counts while it is at the same step. Each
question of a client has a budget of messages and of searches for name servers' addresses, shared by the tasks that make
those searches on its behalf: "bound the amount of work … so that a request can't get into an infinite loop" (RFC 1034
section 5.3.3). How many servers a zone has, and that none of them can be found, is for others to say: no task waits on
Python's stack for another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from catenet.nodes.address import Address
from catenet.nodes.application.dns.cache import TTL_CAP, Cache, CacheEntry
from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.reading import (
    SERVER_LIMIT,
    Aliased,
    Answered,
    Denied,
    RecordSet,
    Referred,
    Useless,
    read_answer,
)
from catenet.nodes.application.dns.records import CHAIN_LIMIT, A, Ns, Rcode, Record, Type
from catenet.nodes.application.dns.servers import Servers

__all__ = ["Budget", "Outcome", "Task", "TaskContext"]

_SENDS = 32
"""Messages to name servers for one question of a client."""

_TRIES = 5
"""Messages to one server at one step."""

_LOOK_UPS = 20
"""Searches for addresses of name servers for one question of a client."""

_DEPTH = 4
"""Tasks in a row, each looking for the address of a server that the one before needs."""

_MISSING = 10
"""Servers of one zone whose addresses are searched for. A zone may name some that are gone, but not only such; and
each is a message to whoever is named there ("NXNSAttack", 2020)."""

_ADDRESSES = 40
"""Addresses of one zone's servers that are considered."""

_MINIMISED = 10
"""Questions with a shortened name (MAX_MINIMISE_COUNT, RFC 9156 section 2.3)."""


@dataclass(slots=True)
class Budget:
    """What may still be spent on a client's question, and until when."""

    deadline: float
    sends: int = _SENDS
    look_ups: int = _LOOK_UPS


class Outcome(NamedTuple):
    """How a task ended: the sets of the answer, aliases first, or why there is none."""

    rcode: int
    sets: tuple[CacheEntry, ...] = ()
    denial: CacheEntry | None = None


class TaskContext(Protocol):
    """What a task has of its resolver."""

    cache: Cache
    servers: Servers
    hints: Mapping[Name, Address]
    minimise: bool

    def ask(self, task: Task, server: Address, question: Question, now: float, *, stream: bool) -> None:
        """Send the question; `Task.answered` or `Task.timed_out` will follow."""

    def look_up(self, name: Name, kind: int, parent: Task, done: Callable[[Outcome, float], None]) -> bool:
        """Resolve this too, later: `done` is not called before this returns. False where `parent` itself is part of
        that search."""

    def finish(self, task: Task, outcome: Outcome, now: float) -> None:
        """The task has ended."""


class Task:
    """The search for the records of one name and type."""

    def __init__(
        self, context: TaskContext, name: Name, kind: int, budget: Budget, above: frozenset[tuple[Name, int]]
    ) -> None:
        """`above`: the searches for which this one is made."""
        self.name = name
        self.kind = kind
        self.budget = budget
        self.above = above
        self.ended = False
        self._context = context
        self._current = name  # after aliases
        self._sets: list[CacheEntry] = []
        self._zone = Name.root
        self._addresses: list[Address] = []
        self._missing: list[Name] = []  # name servers whose addresses are not known
        self._tried: Counter[Address] = Counter()
        self._steps = 0
        self._shown = 0  # labels of the name that are shown to the servers, where it is minimised
        self._minimised = 0

    def start(self, now: float) -> None:
        """Begin; it may end at once."""
        self._advance(now)

    @property
    def sets(self) -> tuple[CacheEntry, ...]:
        """What has been found so far."""
        return tuple(self._sets)

    def answered(self, message: Message, question: Question, server: Address, now: float, *, stream: bool) -> None:
        """A server answered, over TCP where `stream` is set."""
        if message.truncated and not stream:
            self._send(server, question, now, stream=True)
            return
        reading = read_answer(message, question, self._zone)
        if question.name != self._current:
            self._read_minimised(reading, question, server, now)
            return
        match reading:
            case Answered(sets):
                self._keep(sets, now)
                self._end(Outcome(Rcode.NOERROR, self.sets), now)
            case Aliased(sets, target):
                self._keep(sets, now)
                self._follow(target, now)
            case Denied(sets, name, rcode, soa):
                self._keep(sets, now)
                denial = self._context.cache.deny(name, self.kind, rcode, soa, now)
                self._end(Outcome(rcode, self.sets, denial), now)
            case Referred():
                self._refer(reading, now)
            case Useless():
                self._give_up_on(server, message.rcode, now)

    def unreadable(self, server: Address, now: float) -> None:
        """A server answered what cannot be read."""
        self._give_up_on(server, Rcode.SERVFAIL, now)

    def timed_out(self, now: float) -> None:
        """The last server asked has not answered in time."""
        self._ask(now)

    def expire(self, now: float) -> None:
        """The deadline has come."""
        self._fail(now)

    # Step 1: is it known?

    def _advance(self, now: float) -> None:
        for kept in self._context.cache.chase(self._current, self.kind, now):
            if kept.negative:
                self._end(Outcome(kept.rcode, self.sets, kept), now)
                return
            self._sets.append(kept)
            onward = kept.onward(self.kind)
            if onward is None:
                self._end(Outcome(Rcode.NOERROR, self.sets), now)
                return
            if not self._rename(onward):
                self._fail(now)
                return
        self._find_servers(now)
        self._ask(now)

    def _follow(self, target: Name, now: float) -> None:
        if self._rename(target):
            self._advance(now)
        else:
            self._fail(now)

    def _rename(self, target: Name) -> bool:
        """Go on with an alias's target, unless that has been met before."""
        self._current = target
        return len(self._sets) <= CHAIN_LIMIT and target not in {kept.records[-1].name for kept in self._sets}

    # Step 2: whom to ask?

    def _find_servers(self, now: float) -> None:
        # A delegation's DS records are with the servers above it (RFC 9156 section 3 step 1a).
        start = self._current.parent if self.kind == Type.DS else self._current
        for zone in start.ancestors():
            records = self._context.cache.of_any_rank(zone, Type.NS, now)
            if records:
                self._take_servers(zone, records, {}, now)
                if self._addresses or self._missing:
                    return
        self._step(Name.root, list(self._context.hints.values()), [])

    def _refer(self, referral: Referred, now: float) -> None:
        cache = self._context.cache
        cache.keep(referral.servers, now, final=False)
        glue: dict[Name, RecordSet] = {}
        for records in referral.glue:
            cache.keep(records, now, final=False)
            glue[records[0].name] = records
        self._take_servers(referral.cut, referral.servers, glue, now)
        self._ask(now)

    def _take_servers(self, zone: Name, servers: RecordSet, glue: Mapping[Name, RecordSet], now: float) -> None:
        cache = self._context.cache
        addresses: list[Address] = []
        missing: list[Name] = []
        for record in servers[:SERVER_LIMIT]:
            assert isinstance(record.data, Ns)
            host = record.data.host
            known = _addresses(glue.get(host) or cache.of_any_rank(host, Type.A, now))
            addresses += known
            # A server inside the zone that it serves cannot be found through that zone.
            if not known and not host.is_under(zone) and cache.answer(host, Type.A, now) is None:
                missing.append(host)
        self._step(zone, addresses[:_ADDRESSES], missing[:_MISSING])

    def _step(self, zone: Name, addresses: list[Address], missing: list[Name]) -> None:
        self._steps += 1
        self._zone = zone
        self._addresses = addresses
        self._missing = missing
        self._tried.clear()
        self._shown = len(zone) + 1

    # Step 3: ask.

    def _ask(self, now: float) -> None:
        if self.ended:
            return
        fresh = [address for address in self._addresses if not self._tried[address]]
        while self._missing and not fresh:
            if self._look_up(self._missing.pop(0)):
                return
        again = [address for address in self._addresses if self._tried[address] < _TRIES]
        server = self._context.servers.best(fresh or again, now)
        if server is None:
            self._fail(now)
        else:
            self._send(server, self._question(now), now, stream=False)

    def _send(self, server: Address, question: Question, now: float, *, stream: bool) -> None:
        if self.budget.sends <= 0:
            self._fail(now)
            return
        self.budget.sends -= 1
        self._tried[server] += 1
        self._context.ask(self, server, question, now, stream=stream)

    def _look_up(self, host: Name) -> bool:
        """Search for a server's address; False: that is not done."""
        step = self._steps

        def looked_up(outcome: Outcome, now: float) -> None:
            if step != self._steps:  # a late answer has led on meanwhile
                return
            if outcome.sets and outcome.rcode == Rcode.NOERROR:
                self._addresses += _addresses(outcome.sets[-1].records)[:_ADDRESSES]
            self._ask(now)

        if len(self.above) >= _DEPTH or self.budget.look_ups <= 0:
            return False
        self.budget.look_ups -= 1
        return self._context.look_up(host, Type.A, self, looked_up)

    def _question(self, now: float) -> Question:
        """The whole question, or, minimised, one label more than the servers' zone has (RFC 9156 section 2.3)."""
        whole = Question(self._current, self.kind)
        if not self._context.minimise:
            return whole
        while self._shown < len(self._current) and self._minimised < _MINIMISED:
            name = self._current.tail(self._shown)
            if self._context.cache.answer(name, Type.A, now) is None:
                self._minimised += 1
                return Question(name, Type.A)
            self._shown += 1  # it is known that no zone begins there
        return whole

    # Step 4: read.

    def _read_minimised(self, reading: object, question: Question, server: Address, now: float) -> None:
        """What was said of an ancestor of the name: only whether a zone begins there matters."""
        match reading:
            case Referred():
                self._refer(reading, now)
                return
            case Denied(_, name, Rcode.NXDOMAIN, soa) if name == question.name:
                # "NXDOMAIN: there really is nothing underneath" (RFC 8020), so nor is the name.
                denial = self._context.cache.deny(name, question.type, Rcode.NXDOMAIN, soa, now)
                self._end(Outcome(Rcode.NXDOMAIN, self.sets, denial), now)
                return
            case Aliased(((first, *_), *_), _) if first.type == Type.DNAME:
                self._shown = len(self._current)  # it is above the whole name too (RFC 9156 section 3 step 6b)
            case Denied(_, name, rcode, soa) if name == question.name:
                self._context.cache.deny(name, question.type, rcode, soa, now)
                self._shown += 1
            case Useless():
                # Some servers mishandle such a question: they get the whole one (RFC 9156 section 2.3).
                self._shown = len(self._current)
            case _:
                self._shown += 1
        self._tried[server] -= 1
        self._ask(now)

    def _give_up_on(self, server: Address, rcode: int, now: float) -> None:
        if rcode in (Rcode.FORMERR, Rcode.NOTIMP) and self._context.servers.speaks_edns(server, now):
            self._context.servers.without_edns(server, now)
        else:
            self._tried[server] = _TRIES
        self._ask(now)

    def _keep(self, sets: tuple[RecordSet, ...], now: float) -> None:
        for records in sets:
            if self.kind == Type.ANY:
                ttl = min(TTL_CAP, *(record.ttl for record in records))
                self._sets.append(CacheEntry(records, now + ttl))
            else:
                self._sets.append(self._context.cache.keep(records, now, final=True))

    def _fail(self, now: float) -> None:
        if not self.ended:
            self._context.cache.fail(self.name, self.kind, now)
            self._end(Outcome(Rcode.SERVFAIL), now)

    def _end(self, outcome: Outcome, now: float) -> None:
        if self.ended:
            return
        aliases = sum(kept.target is not None for kept in outcome.sets)
        if aliases > CHAIN_LIMIT:  # whichever way they were learnt
            self._fail(now)
            return
        self.ended = True
        self._context.finish(self, outcome, now)


def _addresses(records: tuple[Record, ...]) -> list[Address]:
    """Those that can be a server's: no peer chooses that we ask ourselves, or everybody at once."""
    return [r.data.address for r in records if isinstance(r.data, A) and r.data.address.is_unicast]
