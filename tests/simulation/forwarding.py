"""What a simulated node's kernel does with a packet that comes in: it is for the node, or goes on, or is answered by an
ICMP error; where a machine of the node translates, packets wait for it on the way, as in a kernel's hooks.

    comes in → ARRIVING, for an address of its port → for the node: its ports
                                                    → TTL, route → FORWARDING, unless it was changed already → goes on
    an ICMP error of the node's own → route → LEAVING → goes out
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipv4 import ICMP, checksum, error_about, is_error, packed, unpacked
from sockets import Opened, destination_of

from catenet.nodes.machine import Crossing, Datagram, Hook, IpPacket, Translating

if TYPE_CHECKING:
    from node import Node
    from wire import Wire

__all__ = ["TTL", "answer", "arrive", "take", "wait"]

TTL = 64
"""Of a packet that says nothing else; a group's has 1."""

IpUnit = Datagram | IpPacket
Waited = tuple[IpUnit, int, bool]
"""What goes on behind a hook, its TTL, and whether it was changed there."""

_UNREACHABLE, _TIME_EXCEEDED = 3, 11
_NET, _PORT = 0, 3  # codes of the first
_ECHO, _ECHO_REPLY = 8, 0


def take(network: Wire, node: Node, packet: IpUnit, ttl: int) -> None:
    """A packet has come in."""
    arrived = arrive(network, node, packet, ttl)
    if arrived is None:
        return
    packet, ttl, changed = arrived
    if node.is_for_us(packet):
        network.deliver_here(node, packet, ttl)
    elif not node.forwards:
        node.counters["not forwarded"] += 1
    elif ttl <= 1:
        node.counters["ttl exceeded"] += 1
        _send_error(network, node, packet, ttl, kind=_TIME_EXCEEDED, code=0)
    else:
        _forward(network, node, packet, ttl, changed=changed)


def arrive(network: Wire, node: Node, packet: IpUnit, ttl: int) -> Waited | None:
    """What has come in, behind the hook before the route; None: it is dropped."""
    opened = node.sockets.crossing
    if opened is None or not isinstance(opened.port, Crossing) or destination_of(packet) not in opened.port.addresses:
        return packet, ttl, False
    return wait(network, opened, packet, ttl, hook=Hook.ARRIVING, came=packet.interface)


def wait(
    network: Wire, opened: Opened, packet: IpUnit, ttl: int, *, hook: Hook, came: str = "", goes: str = ""
) -> Waited | None:
    """The machine says what becomes of it; None: it is dropped."""
    process, machine = opened.process, opened.process.machine
    if not isinstance(machine, Translating):
        return None
    shown = packed(packet, ttl)
    passed = machine.cross(shown, hook, came, goes, network.now + process.node.offset)
    network.settle(process)
    if passed is None:
        process.node.counters["crossing dropped"] += 1
        return None
    return (packet, ttl, False) if passed is shown else (*unpacked(passed, packet.interface), True)


def answer(network: Wire, node: Node, packet: IpUnit, ttl: int, *, heard: bool) -> None:
    """Of what was for the node: an echo comes back, and of a datagram that nobody hears its sender is told."""
    if not network.icmp:
        return
    if isinstance(packet, Datagram):
        if not heard:
            _send_error(network, node, packet, ttl, kind=_UNREACHABLE, code=_PORT)
    elif packet.protocol == ICMP and packet.data[:1] == bytes((_ECHO,)) and packet.destination in node.addresses:
        bare = bytes((_ECHO_REPLY, 0, 0, 0)) + packet.data[4:]
        data = bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]
        network.route(node, IpPacket(data, packet.destination, packet.source, ICMP), TTL)


def _forward(network: Wire, node: Node, packet: IpUnit, ttl: int, *, changed: bool) -> None:
    way = node.way_out(destination_of(packet), "")
    if way is None:
        node.counters["send_failures"] += 1
        _send_error(network, node, packet, ttl, kind=_UNREACHABLE, code=_NET)
        return
    interface, via = way
    ttl -= 1
    opened = node.sockets.crossing
    if opened is not None and not changed:
        waited = wait(network, opened, packet, ttl, hook=Hook.FORWARDING, came=packet.interface, goes=interface.name)
        if waited is None:
            return
        packet, ttl, _ = waited
    network.transmit(node, packet._replace(interface=interface.name), ttl, via)


def _send_error(network: Wire, node: Node, about: IpUnit, ttl: int, *, kind: int, code: int) -> None:
    """From the address to which it went, where that is the node's, else from that of the interface by which it came;
    about none that went to many, nor about an error."""
    target = destination_of(about)
    came = node.by_lan.get(about.interface)
    if not network.icmp or came is None or is_error(about) or target.is_multicast or target == came.prefix.broadcast:
        return
    own = target if target in node.addresses else came.address
    packet: IpUnit = error_about(packed(about, ttl), kind, code, own)
    way = node.way_out(destination_of(packet), "")
    opened = node.sockets.crossing
    if way is None:
        return
    interface, via = way
    ttl = TTL
    if opened is not None:
        waited = wait(network, opened, packet, ttl, hook=Hook.LEAVING, goes=interface.name)
        if waited is None:
            return
        packet, ttl, _ = waited
    network.transmit(node, packet._replace(interface=interface.name), ttl, via)
