"""A node's own interfaces, and what their addresses mean: which are the node's, which are broadcasts, which can be
nobody's on a LAN.
"""

from __future__ import annotations

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Interface

__all__ = ["LIMITED_BROADCAST", "LOOPBACK", "Interfaces", "is_link_local"]

LIMITED_BROADCAST = Address(0xFFFF_FFFF)
"""All hosts of this LAN; never forwarded (RFC 1122 section 3.2.1.3 (c))."""
LOOPBACK = "lo"
"""The interface by which a node's packets to itself come, where it asked for no other one."""
_POINT_TO_POINT = 31
"""From this prefix length on there is no broadcast address (RFC 3021)."""
_LINK_LOCAL = 0xA9FE  # 169.254.0.0/16


class Interfaces:
    """Those that are up. The node takes packets for any of its addresses on any of them (the weak ES model, RFC 1122
    section 3.3.4.2; of a router RFC 1812 section 5.2.3 wants it). An address whose interface is down is not its own."""

    def __init__(self) -> None:
        self.up: dict[str, Interface] = {}
        self.own: dict[Address, str] = {}
        """Its addresses → their interfaces."""
        self._broadcasts: set[Address] = set()
        self._networks: set[Address] = set()

    def set(self, interface: Interface) -> None:
        """It went up or down, or has another MTU or address."""
        if interface.up:
            self.up[interface.name] = interface
        else:
            self.up.pop(interface.name, None)
        addressed = [each for each in self.up.values() if each.address != ANY]
        wide = [each.prefix for each in addressed if each.prefix.length < _POINT_TO_POINT]
        self.own = {each.address: each.name for each in reversed(addressed)}
        self._broadcasts = {prefix.broadcast for prefix in wide}
        self._networks = {prefix.network for prefix in wide}

    def is_own(self, address: Address) -> bool:
        """Whether a packet to it has arrived."""
        return address in self.own or address.is_loopback

    def is_broadcast(self, address: Address) -> bool:
        """Whether it is for all hosts of one of this node's LANs."""
        return address == LIMITED_BROADCAST or address in self._broadcasts

    def is_broadcast_on(self, address: Address, interface: str) -> bool:
        """Whether it is for all hosts of that LAN."""
        if address == LIMITED_BROADCAST:
            return True
        prefix = self.up[interface].prefix
        return prefix.length < _POINT_TO_POINT and address == prefix.broadcast

    def is_for_several(self, address: Address) -> bool:
        """Whether it is a broadcast or a group."""
        return address.is_multicast or self.is_broadcast(address)

    def is_bad_source(self, address: Address, destination: Address) -> bool:
        """Whether nobody on a LAN may have sent from there: "A router SHOULD NOT forward any packet that has an invalid
        IP source address" (RFC 1812 section 5.3.7), and no host takes it (RFC 1122 section 3.2.1.3). What has this
        node's own address is forged, or came back; who has none yet may ask all of its LAN."""
        if address in self.own or self.is_broadcast(address) or address in self._networks:
            return True
        return not address.is_unicast and not (address == ANY and destination == LIMITED_BROADCAST)

    def is_bad_destination(self, address: Address) -> bool:
        """Whether a packet to it is none for a LAN: network 0 and 127, class E, and the network's own address, which is
        nobody's, and a broadcast only of old ("SHOULD silently discard on receipt", RFC 1812 section 4.2.3.1)."""
        return (
            not address.is_unicast and not address.is_multicast and address != LIMITED_BROADCAST
        ) or address in self._networks


def is_link_local(address: Address) -> bool:
    """Of 169.254.0.0/16: a router "MUST NOT forward the packet" (RFC 3927 section 2.7)."""
    return address >> 16 == _LINK_LOCAL
