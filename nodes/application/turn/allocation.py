"""An allocation: one client's relay port, its permissions and its channels (RFC 8656 sections 6, 9 and 12)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Endpoint, Udp, Way

__all__ = ["CHANNEL_LIFETIME", "PERMISSION_LIFETIME", "RESERVED_AFTER", "Allocation", "Channel", "FiveTuple", "packed"]

PERMISSION_LIFETIME = 300.0
"""Seconds: "The Permission Lifetime MUST be 300 seconds (= 5 minutes)" (section 9)."""
CHANNEL_LIFETIME = 600.0
"""Seconds: "A channel binding lasts for 10 minutes unless refreshed" (section 12)."""
RESERVED_AFTER = 300.0
"""Seconds for which neither end of a channel is bound to another after it has expired: a client MUST wait so long
(section 12), and what is still under way is no other peer's."""
_SECOND = 1.0  # of which the bandwidth is
_ICMP = 10  # errors in a second that a client hears of: anybody may send them


class FiveTuple(NamedTuple):
    """Between whom a client's messages go: both ends, and the transport protocol (section 6)."""

    client: Endpoint
    server: Endpoint
    transport: Literal["udp", "tcp"] = "udp"


class Channel:
    """A channel binding. `number`: its two octets on the wire; `expires`: the binding; `until`: it and the permission
    towards its peer; `way`: by which what comes on it leaves."""

    __slots__ = ("expires", "number", "peer", "until", "way")

    def __init__(self, number: bytes, peer: Endpoint, way: Way) -> None:
        self.number = number
        self.peer = peer
        self.way = way
        self.expires = self.until = 0.0


class Allocation:
    """What is kept for one 5-tuple. Times are the machine's.

    `username` is what its requests have to have, `user` whom that counts for; `transaction` is the Allocate request's,
    `token` that of the reservation made by it. `relay`: its relayed transport address; `expires`: when it ends.
    """

    def __init__(
        self,
        five_tuple: FiveTuple,
        username: str,
        user: str,
        transaction: bytes,
        relay: Endpoint,
        *,
        expires: float,
        bandwidth: float,
        sources: tuple[Address, Address] = (ANY, ANY),
        token: bytes = b"",
    ) -> None:
        """`bandwidth`: octets a second that it may relay; `sources`: the addresses from which the client and the peers
        hear, where the node has several."""
        self.five_tuple = five_tuple
        self.username = username
        self.user = user
        self.transaction = transaction
        self.token = token
        self.relay = relay
        self.expires = expires
        self.permissions: dict[Address, float] = {}  # until when
        self.channels: dict[bytes, Channel] = {}  # by the number, as it is on the wire,
        self.by_peer: dict[bytes, Channel] = {}  # and by the peer's address and port, likewise
        self.packets_out = self.octets_out = 0  # to peers
        self.packets_in = self.octets_in = 0  # from peers
        self._port = Udp(relay.port)
        self.speak_from(*sources)
        self._bandwidth = self._left = bandwidth
        self._renewed = self._icmp_renewed = 0.0
        self._icmp_left = _ICMP

    def speak_from(self, client: Address, peers: Address) -> None:
        """From these addresses the client and the peers hear from now on."""
        server, udp = self.five_tuple.server, self.five_tuple.transport == "udp"
        self.to_client = Way(Udp(server.port), self.five_tuple.client, client) if udp else None
        self._source = peers
        for channel in self.channels.values():
            channel.way = self.way_to(channel.peer)

    def spend(self, octets: int, now: float) -> bool:
        """Whether so many octets may be relayed now: they count then."""
        if now >= self._renewed:
            self._left, self._renewed = self._bandwidth, now + _SECOND
        if octets > self._left:
            return False
        self._left -= octets
        return True

    def hears_of_error(self, now: float) -> bool:
        """Whether the client is told of one more ICMP error now: it counts then."""
        if now >= self._icmp_renewed:
            self._icmp_left, self._icmp_renewed = _ICMP, now + _SECOND
        self._icmp_left -= 1
        return self._icmp_left >= 0

    def way_to(self, peer: Endpoint) -> Way:
        return Way(self._port, peer, self._source)

    # Permissions

    def permits(self, address: Address, now: float) -> bool:
        return self.permissions.get(address, 0.0) > now

    def has_room(self, addresses: Collection[Address], most: int, now: float) -> bool:
        """Whether it may have permissions for these, too; what has expired is forgotten."""
        self.permissions = {address: until for address, until in self.permissions.items() if until > now}
        return len(self.permissions.keys() | addresses) <= most

    def permit(self, address: Address, now: float) -> None:
        """Install a permission, or refresh it."""
        until = self.permissions[address] = now + PERMISSION_LIFETIME
        for channel in self.channels.values():
            if channel.peer.address == address:
                channel.until = min(channel.expires, until)

    # Channels

    def may_bind(self, number: bytes, peer: Endpoint, now: float) -> bool:
        """Whether neither is bound to another, or has been of late; what was bound long ago is forgotten."""
        for channel in tuple(self.channels.values()):
            if channel.expires + RESERVED_AFTER <= now:
                self._forget(channel)
        return self.channels.get(number) is self.by_peer.get(packed(peer))

    def bind(self, number: bytes, peer: Endpoint, now: float) -> None:
        """Bind a channel, or refresh it, and the permission towards its peer (section 12.2)."""
        channel = self.channels.get(number)
        if channel is None:
            channel = self.channels[number] = self.by_peer[packed(peer)] = Channel(number, peer, self.way_to(peer))
        channel.expires = now + CHANNEL_LIFETIME
        self.permit(peer.address, now)

    def unbind(self, peer: bytes, now: float) -> None:
        """Nothing goes to that peer by a channel any more, if it has one: its port is closed."""
        channel = self.by_peer.get(peer)
        if channel is not None:
            channel.expires = min(channel.expires, now)
            channel.until = min(channel.until, now)

    def _forget(self, channel: Channel) -> None:
        del self.channels[channel.number]
        del self.by_peer[packed(channel.peer)]


def packed(end: Endpoint) -> bytes:
    """Address and port, six octets, as `Forwarding` has them."""
    return end.address.pack() + end.port.to_bytes(2, "big")
