"""What a client asks of its allocation: Refresh, CreatePermission, ChannelBind; and the Send indication.

Each gives the attributes of the success response, or raises RefusedError (RFC 8656 sections 8.2, 10.2, 11.2, 12.2).
"""

from __future__ import annotations

from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    DATA,
    REQUESTED_ADDRESS_FAMILY,
    XOR_PEER_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.message import Message, Method
from catenet.nodes.application.stun.values import Endpoint6, Family, TransportAddress
from catenet.nodes.application.turn.allocation import Allocation
from catenet.nodes.application.turn.allocator import Allocator
from catenet.nodes.application.turn.asked import RefusedError
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.relay import Relay
from catenet.nodes.application.turn.table import AllocationTable
from catenet.nodes.machine import Endpoint, Way

__all__ = ["Requests"]

_FIRST_CHANNEL = 0x4000


class Requests:
    """What may be asked of an allocation that is there."""

    def __init__(
        self, options: SupernodeOptions, policy: Policy, table: AllocationTable, allocator: Allocator, relay: Relay
    ) -> None:
        self._options = options
        self._policy = policy
        self._table = table
        self._allocator = allocator
        self._relay = relay

    def answer(self, message: Message, allocation: Allocation, now: float) -> tuple[Attribute, ...]:
        """Raises RefusedError: it is not done."""
        if message.method == Method.REFRESH:
            return self._refresh(message, allocation, now)
        if message.method == Method.CREATE_PERMISSION:
            return self._create_permission(message, allocation, now)
        return self._bind_channel(message, allocation, now)

    def send(self, message: Message, allocation: Allocation, now: float) -> tuple[bytes, Way] | None:
        """What a Send indication has for a peer, and the way there; None: it is dropped, and has been counted."""
        peer, data = message.get(XOR_PEER_ADDRESS), message.get(DATA)
        if data is None or not isinstance(peer, Endpoint) or not peer.port or not self._reaches(peer):
            self._relay.count("bad_messages")
            return None
        return self._relay.send(allocation, peer, data, now)

    def _refresh(self, message: Message, allocation: Allocation, now: float) -> tuple[Attribute, ...]:
        if message.get(REQUESTED_ADDRESS_FAMILY) not in (None, int(Family.IPV4)):
            raise RefusedError(443)
        return self._allocator.refresh(allocation, message, now)

    def _create_permission(self, message: Message, allocation: Allocation, now: float) -> tuple[Attribute, ...]:
        peers = [_ipv4(peer) for peer in message.all(XOR_PEER_ADDRESS)]
        if not peers:
            raise RefusedError(400)
        for peer in peers:
            self._check(peer)
        self._permit(peers, allocation, now)
        return ()

    def _bind_channel(self, message: Message, allocation: Allocation, now: float) -> tuple[Attribute, ...]:
        number, given = message.get(CHANNEL_NUMBER), message.get(XOR_PEER_ADDRESS)
        if number is None or given is None or not _FIRST_CHANNEL <= number <= self._options.last_channel:
            raise RefusedError(400)
        peer = _ipv4(given)
        octets = number.to_bytes(2, "big")
        if not peer.port or not allocation.may_bind(octets, peer, now):
            raise RefusedError(400)
        self._check(peer)
        if not self._reaches(peer):
            raise RefusedError(403, str(peer))
        if octets not in allocation.channels and len(allocation.channels) >= self._options.channels_each:
            raise RefusedError(508)
        self._permit([peer], allocation, now)
        allocation.bind(octets, peer, now)
        return ()

    def _permit(self, peers: list[Endpoint], allocation: Allocation, now: float) -> None:
        """All of them, or none (section 10.2)."""
        addresses = {peer.address for peer in peers}
        if not allocation.has_room(addresses, self._options.permissions, now):
            raise RefusedError(508)
        for address in addresses:
            allocation.permit(address, now)

    def _check(self, peer: Endpoint) -> None:
        if not self._policy.allows(peer.address):
            raise RefusedError(403, str(peer.address))

    def _reaches(self, peer: Endpoint) -> bool:
        """Of the node's own ports the relay ports alone: two clients of one supernode are peers by it, and nothing
        else that runs on the node is to be reached."""
        return peer.address not in self._policy.own or peer.port in self._table.by_port


def _ipv4(peer: TransportAddress) -> Endpoint:
    if isinstance(peer, Endpoint6):
        raise RefusedError(443)
    return peer
