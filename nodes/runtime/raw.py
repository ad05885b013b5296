"""Raw IP: the packets of a protocol without ports (raw(7), ip(7)), OSPF's for example (RFC 2328 appendix A.1).

The kernel hands on whole packets, put together from their fragments, with the header in front; every raw socket of the
protocol gets one. It accepts a group's packets on an interface where some socket has joined it.

Of ICMP (RFC 792) each socket hears what is meant for all others, too, so one says which types it takes (`kinds`): those
below 32 the kernel sorts out (raw(7): ICMP_FILTER), all others and what came before it was told are sorted out here.
"""

from __future__ import annotations

import errno
import socket
import struct

from catenet.nodes.address import Address
from catenet.nodes.machine import Ip, IpPacket, OpenPort
from catenet.nodes.runtime.port import LARGEST, PKTINFO, IpSocketPort, Owner

__all__ = ["RawPort"]

_SPACE = socket.CMSG_SPACE(PKTINFO.size)
_RAW = 255  # IPPROTO_RAW: what is sent by it brings its own header
_HEADER = 20  # octets, without options
_ICMP = socket.IPPROTO_ICMP
_SOL_RAW, _ICMP_FILTER = 255, 1  # Python's socket lacks these names
_FILTERED = struct.Struct("=I")  # struct icmp_filter: bit n set: type n is not heard
_ALL_FILTERED = 0xFFFFFFFF


class RawPort(IpSocketPort):
    """An open port of an IP protocol."""

    def __init__(self, asked: OpenPort, port: Ip, owner: Owner) -> None:
        self._protocol = port.protocol
        self._kinds = frozenset(asked.kinds)
        super().__init__(asked, port.interface, owner)

    def send(self, unit: IpPacket) -> None:
        """The kernel makes the header."""
        data, source, destination, _, interface, ttl, tos = unit
        self._send(data, self._way(interface, source, ttl, tos), (str(destination), 0))

    def _bound(self) -> socket.socket:
        if not 0 < self._protocol < _RAW:
            raise OSError(errno.EINVAL, f"protocol {self._protocol} is not between 1 and {_RAW - 1}")
        if self._kinds and self._protocol != _ICMP:
            raise OSError(errno.EINVAL, f"protocol {self._protocol} has no types of message: it is not ICMP ({_ICMP})")
        if not self._kinds <= frozenset(range(256)):
            raise OSError(errno.EINVAL, f"kinds {sorted(self._kinds)}: a type of message is between 0 and 255")
        return self._make_ip(socket.SOCK_RAW, self._protocol)

    def _prepare(self, made: socket.socket) -> None:
        super()._prepare(made)
        if self._kinds:
            mask = _ALL_FILTERED
            for kind in self._kinds:
                mask &= ~(1 << kind)
            made.setsockopt(_SOL_RAW, _ICMP_FILTER, _FILTERED.pack(mask & _ALL_FILTERED))

    def _read(self, opened: socket.socket) -> IpPacket | None:
        data, control, _, _ = opened.recvmsg(LARGEST, _SPACE)
        ifindex = PKTINFO.unpack(control[0][2])[0] if control else 0
        length = (data[0] & 15) * 4 if data else 0
        if not _HEADER <= length <= len(data):  # the kernel hands on none like that
            self._owner.count("receive_failures")
            return None
        if self._kinds and (len(data) == length or data[length] not in self._kinds):
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
