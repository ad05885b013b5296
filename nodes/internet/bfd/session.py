"""`Session`: what is known of one neighbour, what is sent to it and when, and when it counts as lost.

Times are in seconds of the machine's clock, the variables of RFC 5880 section 6.8.1 in microseconds as on the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.bfd.packet import Control, diagnostic_text
from catenet.nodes.internet.bfd.session_states import RECEIVED, TRANSITIONS, Diagnostic, SessionEvent, SessionState
from catenet.nodes.machine import Randomness

__all__ = ["Change", "Key", "Session"]

_SECOND = 1_000_000
_LEAST_JITTER, _MOST_JITTER, _MOST_ALONE = 0.75, 1.0, 0.9
"""Of the interval: "reduced by a random value of 0 to 25%"; with a multiplier of 1, "no more than 90%" (6.8.7)."""


class Key(NamedTuple):
    """Whose the session is: the neighbour's address, on a LAN."""

    lan: str
    peer: Address


class Change(NamedTuple):
    """A session's state is another one. `cause`: in words. `failed`: it was Up, and packets do not pass any more; an
    administrator's word, here or there, says nothing of that (RFC 5882 sections 3.2 and 4.2)."""

    key: Key
    state: SessionState
    was: SessionState
    cause: str
    failed: bool


class Session:
    """With one neighbour. `port`: the UDP port from which it speaks. `ends`: when it is forgotten, once nobody needs
    it."""

    def __init__(
        self,
        key: Key,
        *,
        local: Address,
        timers: BfdTimers,
        discriminator: int,
        random: Randomness,
        send: Callable[[Session, Control], None],
    ) -> None:
        """`send` puts a packet on the wire. Nothing is sent before `begin`."""
        self.key, self.local, self.timers = key, local, timers
        self.port = 0
        self.ends = inf
        self.discriminator = discriminator
        self._random = random
        self._send = send
        self._wanted = round(timers.transmit * _SECOND)
        self._required = round(timers.receive * _SECOND)
        self.state = SessionState.DOWN
        self.since = 0.0
        self.cause = "nothing was heard yet"
        self.changes: list[Change] = []
        self._diagnostic = Diagnostic.NONE
        # What the neighbour says; and when the last of it came
        self.remote_state = SessionState.DOWN
        self.remote_diagnostic = 0
        self.remote_discriminator = 0
        self._remote_multiplier = 0
        self._remote_desired = 0
        self._remote_required = 1
        self._remote_demand = False
        self.expires = inf
        """When the Detection Time passes."""
        # What was sent last, but for its P and F; when, at which interval; when the next is due
        self._said: Control | None = None
        self._sent_at = -inf
        self._pace = 0.0
        self.next_send = inf
        # The Poll Sequence (6.5): under way; heard by the neighbour, as it may be; to be followed by another one
        self._polling = self._polled = self._poll_again = False

    # What is read off it

    @property
    def desired(self) -> int:
        """bfd.DesiredMinTxInterval: "When bfd.SessionState is not Up, […] not less than one second" (6.8.3)."""
        return self._wanted if self.state == SessionState.UP else max(self._wanted, _SECOND)

    @property
    def interval(self) -> float:
        """Seconds between two of its packets, before jitter; inf: it sends none by itself (6.8.7)."""
        if self._remote_required == 0 or (self._is_demanded and not self._polling):
            return inf
        return max(self.desired, self._remote_required) / _SECOND

    @property
    def detection(self) -> float:
        """The Detection Time in seconds: the neighbour's multiplier times the interval that was agreed for its packets
        (6.8.4). 0: nothing has come yet."""
        return self._remote_multiplier * max(self._required, self._remote_desired) / _SECOND

    @property
    def due(self) -> float:
        """When `wake` has something to do."""
        return min(self.next_send, self.expires, self.ends)

    @property
    def needless(self) -> bool:
        """Whether nobody needs it any more, and it is about to be forgotten."""
        return self.ends < inf

    @property
    def heard(self) -> bool:
        """Whether the neighbour has said something, ever."""
        return self._remote_multiplier > 0

    @property
    def _is_demanded(self) -> bool:
        """Whether "Demand mode is active on the remote system" (6.8.6)."""
        return self._remote_demand and self.state == self.remote_state == SessionState.UP

    # What happens

    def begin(self, now: float) -> None:
        """Say the first word; again, where what was said before was lost."""
        self._said = None
        self._settle(now)

    def receive(self, packet: Control, now: float) -> None:
        """A packet that is for this session (6.8.6)."""
        self._note(packet)
        if self.state == SessionState.ADMIN_DOWN:  # "Discard the packet"
            return
        self.expires = now + self.detection
        self._happen(RECEIVED[packet.state], now)
        if packet.poll:
            self._transmit(now, final=True)
        self._settle(now)

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        if now >= self.expires:
            self._expire(now)
        if now >= self.next_send:
            self._transmit(now)
        self._settle(now)

    def release(self, now: float) -> None:
        """Nobody needs it any more. "BFD Control packets SHOULD be transmitted for at least a Detection Time after
        transitioning to AdminDown state" (6.8.16); one that has failed goes on saying Down, which is no
        administrator's word."""
        if self.state >= SessionState.INIT:
            self._happen(SessionEvent.DISABLED, now)
        self._settle(now)
        lasting = 0.0 if self.interval == inf else self.interval * self.timers.multiplier
        self.ends = now + max(self.detection, lasting) if self.heard else now

    def take_up(self, now: float) -> None:
        """It is needed again after all."""
        self.ends = inf
        self._happen(SessionEvent.ENABLED, now)
        self._settle(now)

    def disable(self, now: float) -> None:
        """The last word (6.8.16)."""
        self._happen(SessionEvent.DISABLED, now)
        self._settle(now)
        self.next_send = self.expires = inf

    # Inside

    def _note(self, packet: Control) -> None:
        """What it says of the neighbour. "If a Poll Sequence is being transmitted by the local system and the Final
        (F) bit in the received packet is set, the Poll Sequence MUST be terminated." """
        self.remote_discriminator = packet.mine
        self.remote_state, self.remote_diagnostic = packet.state, packet.diagnostic
        self._remote_demand = packet.demand
        self._remote_multiplier = packet.multiplier
        self._remote_desired, self._remote_required = packet.desired, packet.required
        if packet.final and self._polled:
            self._polling = self._polled = False
        elif self._poll_again and not self._polling and not packet.final:
            # "an additional BFD Control packet with the Final (F) bit clear MUST be received after the Poll Sequence
            # has completed prior to the initiation of another" (6.8.3)
            self._polling, self._poll_again = True, False

    def _expire(self, now: float) -> None:
        """ "If a period of a Detection Time passes without the receipt of a valid, authenticated BFD packet from the
        remote system, [bfd.RemoteDiscr] MUST be set to zero" (6.8.1); what it said of its timers is forgotten, too
        (6.8.18)."""
        self.expires = inf
        self.remote_discriminator = 0
        self.remote_state = SessionState.DOWN
        self._remote_required, self._remote_demand = 1, False
        self._happen(SessionEvent.TIMER, now)

    def _happen(self, event: SessionEvent, now: float) -> None:
        row, was = TRANSITIONS[self.state, event], self.state
        if row.new == was:
            return
        before = self.desired
        self.state, self.since, self.cause = row.new, now, self._why(event, row.new)
        if row.diagnostic is not None:
            self._diagnostic = row.diagnostic
        if self.desired != before:  # "a Poll Sequence MUST be initiated" (6.8.3)
            self._poll_again = self._polled
            self._polling = True
        failed = was == SessionState.UP and event in (SessionEvent.TIMER, SessionEvent.RECEIVED_DOWN)
        self.changes.append(Change(self.key, self.state, was, self.cause, failed))

    def _why(self, event: SessionEvent, new: SessionState) -> str:
        if event is SessionEvent.TIMER:
            return f"no packet for {self.detection * 1000:g} ms"
        if event is SessionEvent.DISABLED:
            return "it is not needed any more"
        if event is SessionEvent.ENABLED:
            return "it is needed again"
        if event is SessionEvent.RECEIVED_ADMIN_DOWN:
            return "the neighbour has switched it off"
        if new == SessionState.DOWN:
            return f"the neighbour says that it is Down ({diagnostic_text(self.remote_diagnostic)})"
        return "each hears the other" if new == SessionState.UP else "the neighbour is heard"

    def _settle(self, now: float) -> None:
        """ "A BFD Control packet SHOULD be transmitted during the interval between periodic Control packet
        transmissions when the contents of that packet would differ" (6.8.7). A new interval counts from the last
        packet: "If this interval has already passed […], the local system MUST send the next periodic BFD Control
        packet as soon as practicable." (6.8.3)"""
        if self._contents() != self._said:
            self._polling = self._polling or self._is_demanded  # (6.6)
            self._transmit(now)
        elif self.interval != self._pace:
            self._pace = self.interval
            self.next_send = inf if self._pace == inf else max(now, self._sent_at + self._jittered())

    def _transmit(self, now: float, *, final: bool = False) -> None:
        """ "A BFD Control packet MUST NOT have both the Poll (P) and Final (F) bits set" (6.5). An answer to a poll is
        beside the periodic ones."""
        self._said = self._contents()
        poll = self._polling and not final
        self._polled = self._polled or poll
        self._send(self, self._said._replace(poll=poll, final=final))
        if not final:
            self._sent_at, self._pace = now, self.interval
            self.next_send = inf if self._pace == inf else now + self._jittered()

    def _contents(self) -> Control:
        return Control(
            self.state,
            self.timers.multiplier,
            self.discriminator,
            self.remote_discriminator,
            self.desired,
            self._required,
            self._diagnostic,
        )

    def _jittered(self) -> float:
        most = _MOST_ALONE if self.timers.multiplier == 1 else _MOST_JITTER
        return self._pace * self._random.uniform(_LEAST_JITTER, most)
