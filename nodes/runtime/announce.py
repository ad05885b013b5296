"""Says on a LAN whose the node's address is: engines since Docker 28 give an interface another hardware address at each
start, and announce only the addresses that they have given.
"""

from __future__ import annotations

import socket

from catenet.nodes.address import Address
from catenet.nodes.link.arp.packet import announcement
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST

__all__ = ["TIMES", "Announcer"]

TIMES = (0.0, 0.05, 2.0)
"""Seconds after an interface has come up with its address. RFC 5227 section 1.1 wants two announcements, 2 s apart; the
second one here is for a bridge that drops what comes in the first moment."""


class Announcer:
    """One socket for all LANs, from the first announcement on: to close such a one takes the kernel tens of
    milliseconds (it waits until no CPU can be at it any more), in which the node hears nothing."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def announce(self, device: str, hardware: str, address: Address) -> None:
        """Everybody on the LAN of this device who knows the address learns where it is now (RFC 826, "Packet
        Reception").

        Raises:
            OSError: there is no such device any more, the kernel refuses (without the capability NET_RAW), or it has no
                room: hundreds wait for the hardware address of a segment's peer that does not answer.

        """
        said = announcement(bytes.fromhex(hardware.replace(":", "")), address)
        if self._socket is None:
            kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            self._socket = socket.socket(socket.AF_PACKET, kind, 0)  # protocol 0: it hears nothing
        self._socket.sendto(bytes(said), (device, ARP, 0, 0, BROADCAST))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
