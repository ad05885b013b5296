"""How allocations are made and ended (RFC 8656 sections 7.2 and 8.2): checks, ports, reservations, time.

The ports are opened before the client is answered, and a port that cannot be opened is another's: a new one is drawn.
Until then the 5-tuple counts as taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.stun.attributes import (
    ADDITIONAL_ADDRESS_FAMILY,
    ADDRESS_ERROR_CODE,
    EVEN_PORT,
    LIFETIME,
    REQUESTED_ADDRESS_FAMILY,
    REQUESTED_TRANSPORT,
    RESERVATION_TOKEN,
    XOR_MAPPED_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.message import Message
from catenet.nodes.application.stun.values import REASONS, AddressError, Family
from catenet.nodes.application.turn.allocation import Allocation, FiveTuple, packed
from catenet.nodes.application.turn.asked import Asked, RefusedError
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.relays import RelayPorts, Reservation
from catenet.nodes.application.turn.reports import allocated, released
from catenet.nodes.application.turn.table import AllocationTable
from catenet.nodes.machine import Action, ClosePort, Endpoint, Entropy, OpenPort, Udp
from catenet.nodes.timers import Timers

__all__ = ["Allocator"]

_TRIES = 16  # ports, or pairs, that are drawn for one request
_UDP = 17  # the protocol's number
_KEPT = 1 << 16  # octets that wait at a relay port: there may be hundreds
_KILOBIT = 125  # octets

Answer = Callable[[Asked, tuple[Attribute, ...]], None]
Refuse = Callable[[Asked, RefusedError, float], None]
Changed = Callable[[FiveTuple, float], None]


@dataclass(slots=True)
class _Opening:
    """An allocation whose ports are being opened: `port`, and the next one where it is a pair."""

    asked: Asked
    port: int
    pair: bool
    tries: int = 1
    opened: list[int] = field(default_factory=list)
    failed: int = 0
    unwanted: bool = False

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.port, self.port + 1) if self.pair else (self.port,)


class Allocator:
    """Makes allocations, and ends them. `allocates`: whether it makes any now."""

    def __init__(
        self,
        options: SupernodeOptions,
        table: AllocationTable,
        policy: Policy,
        entropy: Entropy,
        *,
        act: Callable[[Action], None],
        answer: Answer,
        refuse: Refuse,
        changed: Changed,
    ) -> None:
        """`policy` knows the node's addresses. `act` takes what is wanted done; `answer` and `refuse` answer a request;
        `changed` hears that a 5-tuple has an allocation, or has none any more."""
        self._options = options
        self._table = table
        self._policy = policy
        self._ports = RelayPorts(*options.ports, entropy)
        self._timers: Timers[Allocation] = Timers()
        self._act = act
        self._answer = answer
        self._refuse = refuse
        self._changed = changed
        self.allocates = True
        self._openings: dict[int, _Opening] = {}  # by the tag of its ports,
        self._of_tuple: dict[FiveTuple, _Opening] = {}
        self._tag = 0

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        return tuple(self._ports.reserved.values())

    def allocate(self, asked: Asked, now: float) -> None:
        """An Allocate request: it is answered now or when its port is open.

        Raises:
            RefusedError: some check fails.

        """
        message = asked.message
        if self._is_known(asked, now):
            return
        _check_transport(message)
        token = message.get(RESERVATION_TOKEN)
        if token is not None and message.has(EVEN_PORT, REQUESTED_ADDRESS_FAMILY, ADDITIONAL_ADDRESS_FAMILY):
            raise RefusedError(400)
        reservation = None if token is None else self._ports.find(token, now)
        if token is not None and (reservation is None or reservation.address not in self._policy.own):
            raise RefusedError(508)
        _check_families(message)
        pair = message.get(EVEN_PORT) is True
        self._check_quotas(asked.user, 1 + pair, reservation)
        if reservation is None:
            self._table.hold(asked.user, 1 + pair)
            self._draw(asked, pair, 1, now)
        else:
            self._ports.take(reservation.token)
            self._table.let_go(reservation.user)
            self._table.hold(asked.user)
            self._make(asked, Endpoint(reservation.address, reservation.port), b"", now)

    def refresh(self, allocation: Allocation, message: Message, now: float) -> tuple[Attribute, ...]:
        """A Refresh request of the allocation's (section 8.2): lifetime 0 ends it."""
        asked = message.get(LIFETIME)
        if asked == 0:
            self.release(allocation, "deleted", now)
            return (LIFETIME.of(0),)
        allocation.expires = now + self._lifetime(asked)
        self._timers.set(allocation, allocation.expires)
        return (self._time_left(allocation, now),)

    def release(self, allocation: Allocation, why: str, now: float) -> None:
        """It ends: its port is closed, and nobody reaches that by a channel any more."""
        self._timers.cancel(allocation)
        self._table.remove(allocation)
        self._table.let_go(allocation.user)
        self._close(allocation.relay.port)
        for address in self._policy.own:
            peer = packed(Endpoint(address, allocation.relay.port))
            for other in self._table.by_tuple.values():
                other.unbind(peer, now)
        self._act(released(allocation, why))
        self._changed(allocation.five_tuple, now)

    def own_changed(self, before: frozenset[Address], now: float) -> None:
        """The node's addresses are other ones. Whose own is gone ends: nothing comes there any more. What was another
        host's and is the node's now is no way to its ports."""
        own = self._policy.own
        for five_tuple in (*self._table.by_tuple, *self._of_tuple):
            if five_tuple.server.address not in own:
                self.forget(five_tuple, "address", now)
        for allocation in tuple(self._table.by_tuple.values()):
            if allocation.relay.address not in own:
                self.release(allocation, "address", now)
            for channel in tuple(allocation.channels.values()):
                if channel.peer.address in own - before and channel.peer.port not in self._table.by_port:
                    allocation.unbind(packed(channel.peer), now)
            if len(before) == 1 < len(own):  # the route could choose another one now
                allocation.speak_from(allocation.five_tuple.server.address, allocation.relay.address)

    def forget(self, five_tuple: FiveTuple, why: str, now: float) -> None:
        """Its connection is gone: so is its allocation, be it made or still in the making."""
        allocation = self._table.by_tuple.get(five_tuple)
        if allocation is not None:
            self.release(allocation, why, now)
        opening = self._of_tuple.pop(five_tuple, None)
        if opening is not None:
            opening.unwanted = True

    # Time

    def next_wake(self) -> float | None:
        times = (self._timers.next(), self._ports.next_expiry())
        return min((time for time in times if time is not None), default=None)

    def wake(self, now: float) -> None:
        """End what has expired."""
        for allocation in self._timers.due(now):
            self.release(allocation, "expired", now)
        for reservation in self._ports.expired(now):
            self._table.let_go(reservation.user)
            self._close(reservation.port)

    # Ports

    def port_opened(self, tag: int, number: int, now: float) -> None:
        opening = self._openings[tag]
        opening.opened.append(number)
        self._go_on(tag, opening, now)

    def port_failed(self, tag: int, now: float) -> None:
        opening = self._openings[tag]
        opening.failed += 1
        self._go_on(tag, opening, now)

    def _draw(self, asked: Asked, pair: bool, tries: int, now: float) -> None:
        port = self._ports.draw(even=asked.message.has(EVEN_PORT), pair=pair)
        if port is None:
            self._table.let_go(asked.user, 1 + pair)
            self._refuse(asked, RefusedError(508), now)
            return
        self._tag += 1
        opening = _Opening(asked, port, pair, tries)
        self._openings[self._tag] = self._of_tuple[asked.five_tuple] = opening
        for number in opening.numbers:
            self._act(OpenPort(Udp(number), tag=self._tag, forwards=True, keeps=_KEPT, fragments=True))

    def _go_on(self, tag: int, opening: _Opening, now: float) -> None:
        if len(opening.opened) + opening.failed < len(opening.numbers):
            return
        del self._openings[tag]
        asked = opening.asked
        if not opening.unwanted:
            del self._of_tuple[asked.five_tuple]
        if not opening.failed and not opening.unwanted:
            token = self._reserve(opening, now)
            self._make(asked, Endpoint(asked.five_tuple.server.address, opening.port), token, now)
            return
        for number in opening.numbers:
            if number in opening.opened:
                self._close(number)
            else:
                self._ports.free(number)
        if not opening.unwanted and opening.tries < _TRIES:
            self._draw(asked, opening.pair, opening.tries + 1, now)
            return
        self._table.let_go(asked.user, 1 + opening.pair)
        if not opening.unwanted:
            self._refuse(asked, RefusedError(508), now)

    def _reserve(self, opening: _Opening, now: float) -> bytes:
        """Keep the second port of a pair for whoever brings this token; b"": there is none."""
        if not opening.pair:
            return b""
        asked = opening.asked
        return self._ports.reserve(opening.port + 1, asked.five_tuple.server.address, asked.user, now).token

    def _close(self, number: int) -> None:
        self._act(ClosePort(Udp(number)))
        self._ports.free(number)

    # Checks (section 7.2), and the answer

    def _is_known(self, asked: Asked, now: float) -> bool:
        """Whether it is a request that came before, and over UDP comes again: its answer is the same, or still to come.

        Raises:
            RefusedError: the 5-tuple is taken.

        """
        opening = self._of_tuple.get(asked.five_tuple)
        if opening is not None and _is_same(asked, opening.asked.message.transaction, opening.asked.username):
            return True
        allocation = self._table.by_tuple.get(asked.five_tuple)
        if allocation is not None and _is_same(asked, allocation.transaction, allocation.username):
            self._answer(asked, tuple(self._success(asked, allocation, now)))
            return True
        if opening is not None or allocation is not None:
            raise RefusedError(437)
        return False

    def _check_quotas(self, user: str, count: int, reservation: Reservation | None) -> None:
        """Raises RefusedError. A reserved port counts already."""
        own = reservation is not None and reservation.user == user
        if not self.allocates:
            raise RefusedError(508)
        if self._table.held(user) + count - own > self._options.per_user:
            raise RefusedError(486)
        if self._table.held_by_all + count - (reservation is not None) > self._options.allocations:
            raise RefusedError(508)

    def _lifetime(self, asked: int | None) -> float:
        """Section 7.2: the client's, but at most the longest, and at least the default."""
        return max(min(asked or 0, self._options.longest), self._options.lifetime)

    def _make(self, asked: Asked, relay: Endpoint, token: bytes, now: float) -> None:
        allocation = Allocation(
            asked.five_tuple,
            asked.username,
            asked.user,
            asked.message.transaction,
            relay,
            expires=now + self._lifetime(asked.message.get(LIFETIME)),
            bandwidth=self._options.bandwidth * _KILOBIT,
            # With one address the route chooses it, which costs less.
            sources=(asked.five_tuple.server.address, relay.address) if len(self._policy.own) > 1 else (ANY, ANY),
            token=token,
        )
        self._table.add(allocation)
        self._timers.set(allocation, allocation.expires)
        self._act(allocated(allocation, now))
        self._changed(asked.five_tuple, now)
        self._answer(asked, tuple(self._success(asked, allocation, now)))

    def _success(self, asked: Asked, allocation: Allocation, now: float) -> Iterator[Attribute]:
        yield XOR_RELAYED_ADDRESS.of(allocation.relay)
        yield self._time_left(allocation, now)
        if allocation.token:
            yield RESERVATION_TOKEN.of(allocation.token)
        yield XOR_MAPPED_ADDRESS.of(allocation.five_tuple.client)
        if asked.message.has(ADDITIONAL_ADDRESS_FAMILY):  # check 9: the request is met in part
            yield ADDRESS_ERROR_CODE.of(AddressError(Family.IPV6, 440, REASONS[440]))

    def _time_left(self, allocation: Allocation, now: float) -> Attribute:
        return LIFETIME.of(max(0, round(allocation.expires - now)))


def _is_same(asked: Asked, transaction: bytes, username: str) -> bool:
    return asked.message.transaction == transaction and asked.username == username


def _check_transport(message: Message) -> None:
    transport = message.get(REQUESTED_TRANSPORT)
    if transport != _UDP:
        raise RefusedError(400 if transport is None else 442)


def _check_families(message: Message) -> None:
    """Checks 6 to 9: a lab has IPv4 alone."""
    requested, additional = message.get(REQUESTED_ADDRESS_FAMILY), message.get(ADDITIONAL_ADDRESS_FAMILY)
    if additional is not None and (requested is not None or message.get(EVEN_PORT) or additional != Family.IPV6):
        raise RefusedError(400)
    if requested not in (None, Family.IPV4):
        raise RefusedError(440)
