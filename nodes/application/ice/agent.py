"""An ICE agent: one data stream, one component (RFC 8445, RFC 7675).

It is told of its own and its peer's candidates, gives checks to be sent, and says which pair it has selected. It knows
no sockets and no relays: what it sends leaves from a base, and its owner knows which port or relay that is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from catenet.nodes.application.ice import messages
from catenet.nodes.application.ice.candidate import Candidate, Foundations, Kind
from catenet.nodes.application.ice.check import Check, Credentials, Outgoing
from catenet.nodes.application.ice.checklist import Checklist
from catenet.nodes.application.ice.consent import Consent
from catenet.nodes.application.ice.events import Checked, Event, Expired, Failed, Selected
from catenet.nodes.application.ice.nomination import Nomination
from catenet.nodes.application.ice.pair import Pair, State
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.application.stun.credentials import Signing
from catenet.nodes.application.stun.message import TRANSACTION_SIZE, Message, is_stun
from catenet.nodes.application.stun.message import Kind as Class
from catenet.nodes.machine import Count, DecodeError, Endpoint, Entropy, Randomness

__all__ = ["Agent"]

_MOST_LEARNED = 16
"""Candidates that a peer's requests may add, at each base: behind two translators whose mappings depend on the peer's
port each check comes from another one, without end, while the pair that will do is found at a relay."""
_PATIENCE_AFTER = 5.0
"""Seconds that a peer's checks have, once all of one's own have ended."""


class _Early(NamedTuple):
    """A request that came before the peer's candidates did."""

    source: Endpoint
    base: Endpoint
    asked: messages.Asked


class Agent:
    """Both sides' credentials and candidates, the checks between them, and what came of it."""

    def __init__(
        self,
        timing: Timing,
        *,
        controlling: bool,
        entropy: Entropy,
        randomness: Randomness,
        count: Count,
    ) -> None:
        self.credentials = Credentials.new(entropy)
        self.controlling = controlling
        self.selected: Pair | None = None
        self.checklist = Checklist()
        self._timing = timing
        self._entropy = entropy
        self._randomness = randomness
        self._count = count
        self._tiebreaker = int.from_bytes(entropy(8), "big")
        self._foundations = Foundations()
        self._local: dict[Endpoint, Candidate] = {}
        self._remote: dict[Endpoint, Candidate] = {}
        self._peer: Credentials | None = None
        self._early: list[_Early] = []
        self._checks: dict[bytes, Check] = {}
        self._nomination = Nomination(timing)
        self._consent: Consent | None = None
        self._learned: dict[Endpoint, int] = {}
        self._next_check = 0.0
        self._ends_at: float | None = None
        self._over = False
        self._sends: list[Outgoing] = []
        self._events: list[Event] = []

    def set_local(self, candidates: Iterable[Candidate]) -> None:
        """Its own candidates, all that were gathered."""
        self._local = {each.endpoint: each for each in candidates}

    def set_remote(self, peer: Credentials, candidates: Iterable[Candidate], now: float) -> None:
        """The peer's: the checks begin."""
        self._peer = peer
        self._remote = {each.endpoint: each for each in candidates}
        self.checklist.form(self._local.values(), self._remote.values(), controlling=self.controlling)
        self._next_check = now
        self._ends_at = now + self._timing.patience
        early, self._early = self._early, []
        for each in early:
            self._heard(each.asked, each.source, each.base, now)

    @property
    def local(self) -> tuple[Candidate, ...]:
        """Its candidates, those that were learned among them."""
        return tuple(self._local.values())

    @property
    def may_send(self) -> bool:
        """Whether the peer consents to be sent to (RFC 7675)."""
        return self._consent is not None

    # What is asked of it, and what it wants.

    def take_sends(self) -> list[Outgoing]:
        """What is to be sent now, in order."""
        sends, self._sends = self._sends, []
        return sends

    def take_events(self) -> list[Event]:
        """What has come of it since the last call."""
        events, self._events = self._events, []
        return events

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        times = [each.next_wake() for each in self._checks.values()]
        if self._consent is not None:
            times += [self._consent.next_at, self._consent.expires_at]
        if not self._is_running:
            return min(times, default=None)
        if self.checklist.has_work:
            times.append(self._next_check)
        if self._ends_at is not None:
            times.append(self._ends_at)
        decides_at = self._nomination.decides_at if self.controlling else None
        return min([*times, decides_at] if decides_at is not None else times, default=None)

    @property
    def _is_running(self) -> bool:
        return self._peer is not None and not self._over and self.selected is None

    @property
    def _is_idle(self) -> bool:
        return not self.checklist.has_work and all(check.cancelled for check in self._checks.values())

    # What comes in.

    def receive(self, data: bytes, source: Endpoint, base: Endpoint, now: float) -> bool:
        """What came to a base; whether it was a message of ICE's, else it is of the application's."""
        if not is_stun(data):
            return False
        try:
            message = messages.parse(data)
        except DecodeError:
            self._count("bad_messages")
            return True
        if message is None:
            return False
        if message.kind is Class.REQUEST:
            self._request(message, source, base, now)
        elif message.kind is not Class.INDICATION:  # that keeps a binding alive, and wants nothing
            self._response(message, source, base, now)
        return True

    def _request(self, message: Message, source: Endpoint, base: Endpoint, now: float) -> None:
        answer, asked = messages.judge(message, self.credentials, source)
        if asked is None:
            self._count("auth_failures")
        elif self._yields(asked):
            self._heard(asked, source, base, now)
        else:
            answer = messages.conflict(message, self.credentials)
        self._sends.append(Outgoing(answer, base, source))

    def _yields(self, asked: messages.Asked) -> bool:
        """Whether there is no conflict of roles, or this agent gives way (RFC 8445 section 7.3.1.1)."""
        if asked.controlling is not self.controlling:
            return True
        larger = self._tiebreaker >= asked.tiebreaker
        if larger is self.controlling:  # it retains its role
            self._count("role_conflicts")
            return False
        self._switch()
        return True

    def _switch(self) -> None:
        self._count("role_conflicts")
        self.controlling = not self.controlling
        self._nomination.forget()

    def _heard(self, asked: messages.Asked, source: Endpoint, base: Endpoint, now: float) -> None:
        """A peer's check has come: it is checked in the other direction (sections 7.3.1.3 to 7.3.1.5)."""
        if self._peer is None:
            if len(self._early) < _MOST_LEARNED:
                self._early.append(_Early(source, base, asked))
            return
        local = self._local.get(base)
        if local is None or asked.fragment != self._peer.fragment:
            self._count("stray_checks")
            return
        remote = self._remote.get(source) or self._learn(source, base, asked.priority)
        pair = self.checklist.find(base, source)
        if remote is None or (pair is None and self.checklist.ended):
            return
        if pair is None:
            pair = Pair(local, remote, State.WAITING)
            if not self.checklist.add(pair):
                self._count("pairs_refused")
                return
        if pair.state is not State.SUCCEEDED and not self.checklist.ended:
            self._trigger(pair)
        if asked.nominates and not self.controlling:
            pair.asked = True
            if pair.state is State.SUCCEEDED and pair.valid is not None:
                self._nominate(pair.valid, now)

    def _learn(self, source: Endpoint, base: Endpoint, priority: int) -> Candidate | None:
        """A peer-reflexive candidate of the peer's (section 7.3.1.3); None: there are enough."""
        learned = self._learned.get(base, 0)
        if learned >= _MOST_LEARNED:
            self._count("candidates_refused")
            return None
        self._learned[base] = learned + 1
        taken = {each.foundation for each in self._remote.values()}
        foundation = self._foundations.new(taken.__contains__)
        self._remote[source] = Candidate(Kind.PEER_REFLEXIVE, source, source, priority, foundation)
        return self._remote[source]

    def _trigger(self, pair: Pair) -> None:
        """A nomination goes on beside it: there is only the one."""
        for check in self._checks.values():
            if check.pair is pair and not check.nominates:
                check.cancelled = True
        self.checklist.trigger(pair)

    def _response(self, message: Message, source: Endpoint, base: Endpoint, now: float) -> None:
        if self._consent is not None and self._consent.knows(message.transaction):
            self._consented(message, source, base, now)
            return
        check = self._checks.get(message.transaction)
        if check is None or check.receive(message) is None:
            self._count("stray_responses" if check is None else "auth_failures")
            return
        del self._checks[message.transaction]
        mapped = messages.mapped(message)
        if messages.error(message) == messages.ROLE_CONFLICT:  # whichever way it came: section 7.2.5.1 goes first
            self._conflict(check)
        elif (base, source) != check.pair.way:
            self._failed(check, "its answer came another way", now)  # section 7.2.5.2.1
        elif mapped is None:
            self._failed(check, f"error {messages.error(message)}", now)
        else:
            self._passed(check, mapped, now)

    def _conflict(self, check: Check) -> None:
        """Section 7.2.5.1: it switches, unless it has done so since, and asks again."""
        if check.controlling is self.controlling:
            self._switch()
            self._tiebreaker = int.from_bytes(self._entropy(8), "big")
        if not self.checklist.ended:
            self._trigger(check.pair)

    def _passed(self, check: Check, mapped: Endpoint, now: float) -> None:
        """Sections 7.2.5.3.1 to 7.2.5.3.4."""
        pair = check.pair
        self.checklist.succeeded(pair)
        if pair.valid is None:
            pair.valid = self._valid(pair, mapped)
            self._nomination.proved(pair, now)
            self._events.append(Checked(pair))
        if check.nominates or (pair.asked and not self.controlling):
            self._nominate(pair.valid, now)

    def _valid(self, pair: Pair, mapped: Endpoint) -> Pair:
        """The pair that the check proves: from the address that the peer saw."""
        local = self._local.get(mapped)
        if local is None:
            foundation = self._foundations.of(Kind.PEER_REFLEXIVE, pair.local.base.address)
            priority = messages.priority_of_check(pair.local)
            local = Candidate(Kind.PEER_REFLEXIVE, mapped, pair.local.base, priority, foundation)
            self._local[mapped] = local
        if local == pair.local:
            return pair
        other = self.checklist.find(mapped, pair.remote.endpoint)
        if other is not None:  # "The agent sets the states of both": the peer may nominate the other one, too
            other.state = State.SUCCEEDED
            other.valid = other.valid or other
            return other
        return Pair(local, pair.remote, State.SUCCEEDED)

    def _failed(self, check: Check, why: str, now: float) -> None:
        pair = check.pair
        nominated = check.nominates and self.controlling  # else it is the peer who nominates now
        if pair.state is State.IN_PROGRESS or nominated:
            pair.state = State.FAILED
            self._events.append(Checked(pair, why))
        if nominated:
            self._give_up(f"its nomination failed: {why}")
        self._look_at_end(now)

    def _nominate(self, valid: Pair, now: float) -> None:
        """It concludes ICE (section 8.1.2). Of several that a peer of RFC 5245 nominates the best one counts."""
        valid.nominated = True
        best = self.selected
        if best is not None and best.priority(controlling=self.controlling) >= valid.priority(
            controlling=self.controlling
        ):
            return
        self.selected = valid
        self._consent = Consent(now, self._randomness)
        self.checklist.end()
        for check in self._checks.values():
            check.cancelled = True
        self._events.append(Selected(valid))

    # What falls due.

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        for transaction, check in tuple(self._checks.items()):
            outgoing = check.wake(now)
            if outgoing is not None:
                self._sends.append(outgoing)
            elif check.is_over(now):
                del self._checks[transaction]
                if not check.cancelled:
                    self._failed(check, "no answer", now)
        self._keep_consent(now)
        if not self._is_running:
            return
        if now >= self._next_check:
            self._check_next(now)
        if self.controlling:
            chosen = self._nomination.choose(now, idle=self._is_idle)
            if chosen is not None:
                self._start(chosen, now, nominates=True)
        self._look_at_end(now)

    def _check_next(self, now: float) -> None:
        pair = self.checklist.next(controlling=self.controlling)
        if pair is not None:
            self._start(pair, now)
            self._next_check = now + self._timing.pace

    def _request_for(self, pair: Pair, transaction: bytes, *, nominates: bool = False) -> tuple[Message, Signing]:
        assert self._peer is not None
        return messages.request(
            transaction,
            self._peer,
            self.credentials,
            messages.priority_of_check(pair.local),
            self._tiebreaker,
            controlling=self.controlling,
            nominates=nominates,
        )

    def _start(self, pair: Pair, now: float, *, nominates: bool = False) -> None:
        transaction = self._entropy(TRANSACTION_SIZE)
        request = self._request_for(pair, transaction, nominates=nominates)
        if pair.state is State.WAITING:
            pair.state = State.IN_PROGRESS
        rto = self._timing.pace * self.checklist.count(State.WAITING, State.IN_PROGRESS)
        check = Check(pair, *request, now, rto, nominates=nominates, controlling=self.controlling)
        self._checks[transaction] = check
        outgoing = check.wake(now)
        assert outgoing is not None
        self._sends.append(outgoing)

    def _look_at_end(self, now: float) -> None:
        if not self._is_running or self._ends_at is None:
            return
        if now >= self._ends_at:
            self._give_up("no pair was found in time")
        elif self._is_idle and not self._nomination.has_proof:
            self._ends_at = min(self._ends_at, now + _PATIENCE_AFTER)

    def _give_up(self, why: str) -> None:
        if not self._over:
            self._over = True
            self._events.append(Failed(why))

    # Consent.

    def _keep_consent(self, now: float) -> None:
        consent, pair = self._consent, self.selected
        if consent is None or pair is None:
            return
        if now >= consent.expires_at:
            self._consent = None
            self._over = True
            self._events.append(Expired(pair))
        elif now >= consent.next_at:
            transaction = self._entropy(TRANSACTION_SIZE)
            consent.asked(transaction, now)
            request, signing = self._request_for(pair, transaction)
            self._sends.append(Outgoing(signing.encode(request, fingerprint=True), *pair.way))

    def _consented(self, message: Message, source: Endpoint, base: Endpoint, now: float) -> None:
        assert self._consent is not None and self._peer is not None and self.selected is not None
        if not messages.is_genuine(message, self._peer) or (base, source) != self.selected.way:
            self._count("auth_failures")
        elif messages.error(message) == messages.FORBIDDEN:  # RFC 7675 section 5.2
            self._consent.expires_at = now
        elif messages.mapped(message) is not None:
            self._consent.answered(message.transaction, now)
