"""Raw IP: the packets of a protocol without ports (raw(7), ip(7)), OSPF's for example (RFC 2328 appendix A.1).

The kernel hands on whole packets, put together from their fragments, with the header in front; every raw socket of the
protocol gets one. It accepts a group's packets on an interface where some socket has joined it.
"""

from __future__ import annotations

import errno
import socket

from catenet.nodes.address import Address
from catenet.nodes.machine import Ip, IpPacket, OpenPort
from catenet.nodes.runtime.port import LARGEST, PKTINFO, IpSocketPort, Owner

__all__ = ["RawPort"]

_SPACE = socket.CMSG_SPACE(PKTINFO.size)
_RAW = 255  # IPPROTO_RAW: what is sent by it brings its own header
_HEADER = 20  # octets, without options


class RawPort(IpSocketPort):
    """An open port of an IP protocol."""

    def __init__(self, asked: OpenPort, port: Ip, owner: Owner) -> None:
        self._protocol = port.protocol
        super().__init__(asked, port.interface, owner)

    def send(self, unit: IpPacket) -> None:
        """The kernel makes the header."""
        data, source, destination, _, interface, ttl, tos = unit
        self._send(data, self._way(interface, source, ttl, tos), (str(destination), 0))

    def _bound(self) -> socket.socket:
        if not 0 < self._protocol < _RAW:
            raise OSError(errno.EINVAL, f"protocol {self._protocol} is not between 1 and {_RAW - 1}")
        return self._make_ip(socket.SOCK_RAW, self._protocol)

    def _read(self, opened: socket.socket) -> IpPacket | None:
        data, control, _, _ = opened.recvmsg(LARGEST, _SPACE)
        ifindex = PKTINFO.unpack(control[0][2])[0] if control else 0
        length = (data[0] & 15) * 4 if data else 0
        if not _HEADER <= length <= len(data):  # the kernel hands on none like that
            self._owner.count("receive_failures")
            return None
        return IpPacket(
            data[length:],
            Address.unpack(data[12:16]),
            Address.unpack(data[16:20]),
            data[9],
            self._owner.lans.name(ifindex),
            data[8],
            data[1],
        )
