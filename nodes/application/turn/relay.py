"""The way of the data: from a client to its peers and back, before they are packets (RFC 8656 sections 11 and 12).

The ChannelData message (section 12.4):

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Channel Number        |            Length             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                                                               |
    /                       Application Data                        /
    /                                                               /
    |                                                               |
    |                               +-------------------------------+
    |                               |
    +-------------------------------+

What is known of a flow stands behind two look-ups in dictionaries, and what is made for a packet is its octets.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import DATA, ICMP, XOR_PEER_ADDRESS, Attribute
from catenet.nodes.application.stun.message import TRANSACTION_SIZE, Kind, Message, Method
from catenet.nodes.application.stun.values import Icmp
from catenet.nodes.application.turn.allocation import Allocation
from catenet.nodes.application.turn.icmp import IcmpError
from catenet.nodes.application.turn.table import AllocationTable
from catenet.nodes.machine import Count, Endpoint, Entropy, Way

__all__ = ["CHANNELS_BEGIN", "Relay"]

CHANNELS_BEGIN = b"\x40"
"""Below it a message's first octet is that of a STUN message (section 12, table 3)."""
_HEADER_SIZE = 4


class Relay:
    """Relays for the allocations of a table; what is not to be relayed is counted and dropped."""

    def __init__(self, table: AllocationTable, port: int, count: Count, entropy: Entropy) -> None:
        """`port`: on which the clients are served over UDP."""
        self._port = port
        self.count = count
        self._entropy = entropy
        self._table = table
        self._clients, self._relays = table.by_client, table.by_port

    def forward(self, port: int, peer: bytes, data: bytes, now: float) -> tuple[bytes, Way] | tuple[()] | None:
        """As `Forwarding` has it. None: a STUN message, what goes to a client over TCP, or one of a client that has
        several allocations."""
        if port == self._port:
            if data < CHANNELS_BEGIN:
                return None
            allocation = self._clients.get(peer)
            if allocation is not None:
                return self.to_peer(allocation, data, now) or ()
            if self._table.has_several(peer):
                return None
            # Section 5: without an allocation "the message MUST […] be silently ignored (if it is […] ChannelData)".
            self.count("no_allocation")
            return ()
        allocation = self._relays.get(port)
        if allocation is None:  # a reserved port's: nobody hears by it yet
            self.count("no_allocation")
            return ()
        if allocation.to_client is None:
            return None
        message = self.from_peer(allocation, peer, data, now)
        return () if message is None else (message, allocation.to_client)

    def to_peer(self, allocation: Allocation, data: bytes, now: float) -> tuple[bytes, Way] | None:
        """What a ChannelData message of the client's has for its peer, and the way there (section 12.6)."""
        channel = allocation.channels.get(data[:2])
        if channel is None or now >= channel.until:
            self.count("no_channel")
            return None
        there = len(data) - _HEADER_SIZE
        if there < 0 or there < (length := data[2] << 8 | data[3]):
            self.count("bad_messages")  # "too short to contain the claimed length": "silently discarded"
            return None
        if not allocation.spend(length, now):
            self.count("over_bandwidth")
            return None
        allocation.packets_out += 1
        allocation.octets_out += length
        # Over UDP padding "is not required but MAY be included" (section 12.5): it is none of the data.
        return data[_HEADER_SIZE : length + _HEADER_SIZE], channel.way

    def from_peer(self, allocation: Allocation, peer: bytes, data: bytes, now: float) -> bytes | None:
        """The message to the client that brings what came to its relay port (sections 11.3 and 12.7), without padding.
        `peer`: address and port, six octets."""
        channel = allocation.by_peer.get(peer)
        if channel is not None and now < channel.until:
            message = channel.number + len(data).to_bytes(2, "big") + data
        else:
            end = Endpoint(Address.unpack(peer[:4]), int.from_bytes(peer[4:], "big"))
            if not allocation.permits(end.address, now):
                self.count("no_permission")
                return None
            message = self._indication(XOR_PEER_ADDRESS.of(end), DATA.of(data))
        if not allocation.spend(len(data), now):
            self.count("over_bandwidth")
            return None
        allocation.packets_in += 1
        allocation.octets_in += len(data)
        return message

    def send(self, allocation: Allocation, peer: Endpoint, data: bytes, now: float) -> tuple[bytes, Way] | None:
        """What a Send indication has for a peer, and the way there; that it may be sent there is known but for the
        permission (section 11.2)."""
        if not allocation.permits(peer.address, now):
            self.count("no_permission")
            return None
        if not allocation.spend(len(data), now):
            self.count("over_bandwidth")
            return None
        allocation.packets_out += 1
        allocation.octets_out += len(data)
        return data, allocation.way_to(peer)

    def error(self, error: IcmpError, now: float) -> tuple[Allocation, bytes] | None:
        """An ICMP error (section 11.5) → whose it is, and the message that tells the client.

        The permission is looked for of where the datagram went: "the source IP address MUST NOT be checked".
        """
        allocation = self._relays.get(error.source.port)
        if allocation is None or allocation.relay != error.source:
            return None
        if not allocation.permits(error.destination.address, now) or not allocation.hears_of_error(now):
            return None
        self.count("icmp")
        what = ICMP.of(Icmp(error.type, error.code, error.mtu))
        return allocation, self._indication(XOR_PEER_ADDRESS.of(error.destination), what)

    def _indication(self, *attributes: Attribute) -> bytes:
        """A Data indication."""
        return Message(Method.DATA, Kind.INDICATION, self._entropy(TRANSACTION_SIZE), attributes).encode()
