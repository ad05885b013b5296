"""A client's side of TURN: one allocation at one server (RFC 8656 sections 7 to 12).

    client.allocate(now)                 → Allocated or Lost among `take_events`
    client.permit(addresses, now)        peers that may send to it
    client.bind(peer, now)               a channel: four octets of header for each datagram instead of 36
    client.wrap(peer, data)              what is to be sent to the server, so that it sends data to the peer
    client.receive(message, now)         what came from the server → data of a peer's, if it has any

It refreshes what it has until it is released. Messages go and come whole: over UDP one each datagram, over TCP by
`stun.framing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    DATA,
    ERROR_CODE,
    LIFETIME,
    REQUESTED_TRANSPORT,
    XOR_MAPPED_ADDRESS,
    XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.framing import channel_data, is_channel_data, read_channel_data
from catenet.nodes.application.stun.message import TRANSACTION_SIZE, Kind, Message, Method
from catenet.nodes.application.stun.transaction import Transaction
from catenet.nodes.machine import Count, DecodeError, Endpoint, Entropy

__all__ = ["Allocated", "Arrived", "Client", "Event", "Lost", "Refused"]

_UDP = 17
_FIRST_CHANNEL, _LAST_CHANNEL = 0x4000, 0x4FFF  # RFC 8656 section 12
_LIFETIME = 600  # seconds, where the server names none (section 3.2)
_PERMISSION, _CHANNEL = 240.0, 540.0
"""Seconds after which they are refreshed: a permission lasts 300, a channel 600 (sections 9 and 12)."""
_MOST_PEERS = 64
_MISMATCH = 437
_NOBODY = Endpoint(ANY, 0)


class Allocated(NamedTuple):
    """`relayed` is the client's for now; `mapped`: whence the server sees it come."""

    relayed: Endpoint
    mapped: Endpoint


class Lost(NamedTuple):
    """There is no allocation, or none any more."""

    why: str


class Refused(NamedTuple):
    """The server relays nothing to that peer."""

    peer: Address
    why: str


class Arrived(NamedTuple):
    """What a peer has sent to the relayed address."""

    peer: Endpoint
    data: bytes


Event = Allocated | Lost | Refused


class _Asked(NamedTuple):
    """A request under way: what it is about beside its method."""

    request: Message
    complete: Message  # with what the credentials need
    transaction: Transaction
    peer: Endpoint


class Client:
    """An allocation, its permissions and channels. `reliable`: it is spoken with over TCP."""

    def __init__(self, login: Login, entropy: Entropy, count: Count, *, reliable: bool = False) -> None:
        self.relayed: Endpoint | None = None
        self._login = login
        self._entropy = entropy
        self._count = count
        self._reliable = reliable
        self._asked: dict[bytes, _Asked] = {}
        self._permitted: dict[Address, float] = {}  # when it is asked for anew
        self._channels: dict[Endpoint, int] = {}
        self._peers: dict[int, Endpoint] = {}
        self._bound: dict[Endpoint, float] = {}  # as `_permitted`
        self._refresh_at: float | None = None
        self._mismatched = False  # there was an allocation of this port's already, which it has given back
        self._ended = False
        self._sends: list[bytes] = []
        self._events: list[Event] = []

    def allocate(self, now: float) -> None:
        """Ask for a relayed transport address (section 7.1)."""
        self._ask(Method.ALLOCATE, (REQUESTED_TRANSPORT.of(_UDP),), now)

    def permit(self, peers: Iterable[Address], now: float) -> None:
        """Have what these peers send come in, each by a request of its own: a server that refuses one of several
        installs none (section 10.2)."""
        for address in peers:
            if address not in self._permitted and len(self._permitted) < _MOST_PEERS:
                self._permit(address, now)

    def _permit(self, address: Address, now: float) -> None:
        self._permitted[address] = now + _PERMISSION
        peer = Endpoint(address, 0)
        self._ask(Method.CREATE_PERMISSION, (XOR_PEER_ADDRESS.of(peer),), now, peer)

    def bind(self, peer: Endpoint, now: float) -> None:
        """Have a channel to this peer (section 12.1)."""
        if peer not in self._channels and len(self._channels) < _MOST_PEERS:
            number = _FIRST_CHANNEL + len(self._channels)
            self._channels[peer], self._peers[number] = number, peer
            self._bind(peer, now)

    def _bind(self, peer: Endpoint, now: float) -> None:
        number = self._channels[peer]
        attributes = CHANNEL_NUMBER.of(number), XOR_PEER_ADDRESS.of(peer)
        self._ask(Method.CHANNEL_BIND, attributes, now, peer)

    def release(self, now: float) -> None:
        """Give it back (section 8)."""
        if self.relayed is not None and not self._ended:
            self._ended = True
            self._asked.clear()
            self._ask(Method.REFRESH, (LIFETIME.of(0),), now)

    def wrap(self, peer: Endpoint, data: bytes) -> bytes:
        """By the peer's channel, where it is bound; else as a Send indication (sections 11.1 and 12.5)."""
        if peer in self._bound:
            return channel_data(self._channels[peer], data)
        attributes = XOR_PEER_ADDRESS.of(peer), DATA.of(data)
        return Message(Method.SEND, Kind.INDICATION, self._entropy(TRANSACTION_SIZE), attributes).encode()

    # What comes in, what goes out.

    def receive(self, message: bytes, now: float) -> Arrived | None:
        """A whole message that came from the server."""
        try:
            if is_channel_data(message):
                return self._from_channel(message)
            parsed = Message.parse(message)
        except DecodeError:
            self._count("bad_messages")
            return None
        if parsed.method is Method.DATA:
            peer, data = parsed.get(XOR_PEER_ADDRESS), parsed.get(DATA)
            return Arrived(peer, data) if isinstance(peer, Endpoint) and data is not None else None
        asked = self._asked.get(parsed.transaction)
        if asked is None or asked.transaction.receive(parsed) is None:
            self._count("stray_responses")
        else:
            self._ended_well_or_not(asked, now)
        return None

    def _from_channel(self, message: bytes) -> Arrived | None:
        number, data = read_channel_data(message)
        peer = self._peers.get(number)
        if peer is None:
            self._count("stray_channels")
            return None
        return Arrived(peer, data)

    def take_sends(self) -> list[bytes]:
        """What is to be sent to the server now, in order."""
        sends, self._sends = self._sends, []
        return sends

    def take_events(self) -> list[Event]:
        """What has happened since the last call."""
        events, self._events = self._events, []
        return events

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        times = [at for each in self._asked.values() if (at := each.transaction.next_wake()) is not None]
        if not self._ended:
            times += [*self._permitted.values(), *self._bound.values()]
            if self._refresh_at is not None:
                times.append(self._refresh_at)
        return min(times, default=None)

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        for asked in tuple(self._asked.values()):
            data = asked.transaction.wake(now)
            if data is not None:
                self._sends.append(data)
            elif asked.transaction.outcome is not None:
                self._ended_well_or_not(asked, now)
        if self._ended or self.relayed is None:
            return
        if self._refresh_at is not None and now >= self._refresh_at:
            self._refresh_at = None
            self._ask(Method.REFRESH, (), now)
        for address in [each for each, at in self._permitted.items() if now >= at]:
            self._permit(address, now)
        for peer in [each for each, at in self._bound.items() if now >= at]:
            self._bound[peer] = now + _CHANNEL
            self._bind(peer, now)

    def _ask(self, method: Method, attributes: tuple[Attribute, ...], now: float, peer: Endpoint = _NOBODY) -> None:
        request = Message(method, Kind.REQUEST, self._entropy(TRANSACTION_SIZE), attributes)
        complete, signing = self._login.sign(request)
        transaction = Transaction(complete, signing, now=now, reliable=self._reliable)
        self._asked[request.transaction] = _Asked(request, complete, transaction, peer)
        data = transaction.wake(now)
        if data is not None:
            self._sends.append(data)

    def _ended_well_or_not(self, asked: _Asked, now: float) -> None:
        del self._asked[asked.request.transaction]
        outcome = asked.transaction.outcome
        assert outcome is not None
        response, failure = outcome
        if failure is None:
            assert response is not None
            self._login.accepted()
            self._succeeded(asked, response, now)
        elif response is not None and self._login.challenged(asked.complete, response):
            self._ask(asked.request.method, asked.request.attributes, now, asked.peer)
        else:
            error = response.get(ERROR_CODE) if response is not None else None
            if error is not None and error.code == _MISMATCH and self._begin_again(asked, now):
                return
            self._failed(asked, failure.value if error is None else f"error {error.code} {error.reason}")

    def _begin_again(self, asked: _Asked, now: float) -> bool:
        """The server still has an allocation of this port's earlier life (RFC 8656 section 7.4 would have another port
        taken): it is given back, once, and asked for anew → whether that was done."""
        if self._mismatched or asked.request.method is not Method.ALLOCATE:
            return False
        self._mismatched = True
        self._ask(Method.REFRESH, (LIFETIME.of(0),), now)
        return True

    def _succeeded(self, asked: _Asked, response: Message, now: float) -> None:
        method = asked.request.method
        if method is Method.REFRESH and self.relayed is None and not self._ended:
            self.allocate(now)  # what was in the way is gone
            return
        if method is Method.ALLOCATE:
            relayed, mapped = response.get(XOR_RELAYED_ADDRESS), response.get(XOR_MAPPED_ADDRESS)
            if not isinstance(relayed, Endpoint) or not isinstance(mapped, Endpoint):
                self._lose("the server names no address")
                return
            self.relayed = relayed
            self._events.append(Allocated(relayed, mapped))
        if method in (Method.ALLOCATE, Method.REFRESH) and not self._ended:
            lifetime = response.get(LIFETIME) or _LIFETIME
            self._refresh_at = now + max(lifetime - 60.0, lifetime / 2)
        elif method is Method.CHANNEL_BIND:
            self._bound[asked.peer] = now + _CHANNEL

    def _failed(self, asked: _Asked, why: str) -> None:
        """Without permission or channel the others go on; without the allocation nothing does."""
        method, peer = asked.request.method, asked.peer
        if method in (Method.ALLOCATE, Method.REFRESH):
            self._lose(why)
        elif method is Method.CREATE_PERMISSION:
            self._permitted.pop(peer.address, None)
            self._events.append(Refused(peer.address, why))
        else:
            self._bound.pop(peer, None)
            self._count("channels_refused")

    def _lose(self, why: str) -> None:
        if not self._ended:
            self._events.append(Lost(why))
        self._ended = True
        self.relayed = None
        self._asked.clear()
