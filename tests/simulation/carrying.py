"""What a connection sends, from one node to another at the moment: by the nodes' tables, and, where machines translate,
as a TCP segment that each of them on its way is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from forwarding import TTL, arrive, wait
from ipv4 import ends, segment

from catenet.nodes.machine import Datagram, Endpoint, Hook, IpPacket

if TYPE_CHECKING:
    from node import Node
    from wire import Wire

__all__ = ["Carried", "Segment", "carry"]


class Segment(NamedTuple):
    """What is carried. `flags`: TCP's control bits."""

    source: Endpoint
    destination: Endpoint
    flags: int
    seq: int = 0
    ack: int = 0
    data: bytes = b""


class Carried(NamedTuple):
    """At which node it arrives after how many seconds, and between which ends, as that node sees it."""

    node: str
    delay: float
    source: Endpoint
    destination: Endpoint


def carry(network: Wire, name: str, sent: Segment) -> Carried | None:
    """None: it is lost, or dropped."""
    if not any(node.sockets.crossing for node in network.nodes.values()):
        way = network.way(name, sent.destination.address)
        delay = None if way is None else network.delay_by(name, way, len(sent.data))
        if way is None or delay is None:
            return None
        return Carried(way[-1][0] if way else name, delay, sent.source, sent.destination)
    packet = segment(*sent[:3], seq=sent.seq, ack=sent.ack, data=sent.data)
    return _step_by_step(network, name, packet)


def _step_by_step(network: Wire, name: str, packet: Datagram | IpPacket) -> Carried | None:
    node, delay, ttl = network.nodes[name], 0.0, TTL
    changed = own = True
    while node.running and not node.paused:
        assert isinstance(packet, IpPacket)
        if packet.destination in node.addresses:
            return Carried(node.name, delay, *ends(packet))
        stepped = _step(network, node, packet, ttl, own=own, changed=changed)
        if stepped is None:
            return None
        node, packet, ttl, late = stepped
        delay, own = delay + late, False
        arrived = arrive(network, node, packet, ttl)
        if arrived is None:
            return None
        packet, ttl, changed = arrived
    return None


def _step(
    network: Wire, node: Node, packet: IpPacket, ttl: int, *, own: bool, changed: bool
) -> tuple[Node, Datagram | IpPacket, int, float] | None:
    """Out of the node and to the next."""
    way = node.way_out(packet.destination, "")
    if way is None or not (own or (node.forwards and ttl > 1)):
        return None
    interface, via = way
    left: Datagram | IpPacket = packet
    if not own:
        ttl -= 1
        opened = node.sockets.crossing
        if opened is not None and not changed:
            lan = packet.interface
            waited = wait(network, opened, packet, ttl, hook=Hook.FORWARDING, came=lan, goes=interface.name)
            if waited is None:
                return None
            left, ttl, _ = waited
    following = network.lans[interface.name].owners.get(via)
    if following is None or not (network.lans[interface.name].up and interface.up):
        return None
    late = network.delay_by(node.name, [(following, interface.name)], len(packet.data))
    return None if late is None else (network.nodes[following], left._replace(interface=interface.name), ttl, late)
