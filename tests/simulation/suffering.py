"""What a packet of the simulated network is on a wire, for what a LAN does to it: so long, or damaged."""

from __future__ import annotations

from catenet.nodes.link.impairment.flaw import flawed
from catenet.nodes.machine import Datagram, IpPacket, Unit

__all__ = ["damaged", "octets"]

_ETHERNET, _IPV4, _UDP = 14, 20, 8


def octets(packet: Unit) -> int:
    """Of its frame, with the headers of Ethernet, IPv4 and UDP as far as it has them."""
    headers = {Datagram: _ETHERNET + _IPV4 + _UDP, IpPacket: _ETHERNET + _IPV4}.get(type(packet), _ETHERNET)
    return headers + len(packet.data)


def damaged(packet: Unit, share: float) -> Unit | None:
    """One bit of what it carries is another; None: UDP's checksum finds that out, so nobody hears of it."""
    if isinstance(packet, Datagram):
        return None
    return packet._replace(data=flawed(bytes(_ETHERNET) + packet.data, share)[_ETHERNET:])
