"""UDP ports: datagrams in and out, each with both its addresses and its interface (ip(7), IP_PKTINFO)."""

from __future__ import annotations

import socket

from catenet.nodes.address import Address
from catenet.nodes.machine import Datagram, Endpoint, Interface, OpenPort, Udp
from catenet.nodes.runtime.port import PKTINFO, IpSocketPort, Owner, remember

__all__ = ["UdpPort"]

_IP_PKTINFO, _IP_RECVTTL, _IP_RECVTOS = 8, 12, 13  # Python's socket lacks these names before 3.14
_SPACE = socket.CMSG_SPACE(PKTINFO.size)
_SPACE_TTL = _SPACE + socket.CMSG_SPACE(4) + socket.CMSG_SPACE(1)
_DATAGRAM = 65_535
_NO_ADDRESS = bytes(4)
_make = tuple.__new__
"""Makes a named tuple in a third of the time."""


class UdpPort(IpSocketPort):
    """An open UDP port; `number` is the one that it has."""

    def __init__(self, asked: OpenPort, port: Udp, owner: Owner) -> None:
        self.number = port.number
        self._space = _SPACE_TTL if asked.hears_ttl else _SPACE
        self._sources: dict[tuple[str, int], Endpoint] = {}
        self._arrivals: dict[bytes, tuple[Endpoint, str]] = {}  # struct in_pktinfo → our address, and the LAN
        self._targets: dict[Endpoint, tuple[str, int]] = {}
        super().__init__(asked, port.interface, owner)

    def send(self, unit: Datagram) -> None:
        """Send a datagram from this port; the source's address is kept where it is one of the node's own."""
        data, source, destination, interface, ttl, tos = unit
        target = self._targets.get(destination)
        if target is None:
            target = remember(self._targets, destination, (str(destination.address), destination.port))
        self._send(data, self._way(interface, source.address, ttl, tos), target)

    def interface_changed(self, interface: Interface) -> None:
        self._arrivals.clear()
        super().interface_changed(interface)

    def _bound(self) -> socket.socket:
        made = self._make_ip(socket.SOCK_DGRAM, 0)
        try:
            if self.asked.hears_ttl:
                made.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
                made.setsockopt(socket.IPPROTO_IP, _IP_RECVTOS, 1)
            made.bind(("", self.number))
        except (OSError, OverflowError):
            made.close()
            raise
        self.number = made.getsockname()[1]
        return made

    def _read(self, opened: socket.socket, now: float) -> Datagram | None:
        data, control, _, source = opened.recvmsg(_DATAGRAM, self._space)
        reply = self._owner.reply
        if reply is not None and (answer := reply(data, now)) is not None:
            self._send_back(answer, control, source)
            return None
        return self._datagram(data, control, source)

    def _send_back(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> None:
        """By the way that the datagram came: its control data name that interface and our address there."""
        assert self._socket is not None
        if self.asked.hears_ttl:  # the others say how it came
            control = [each for each in control if each[1] == _IP_PKTINFO]
        try:
            self._socket.sendmsg((data,), control, 0, source)
        except OSError:
            self._owner.count("send_failures")

    def _datagram(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> Datagram:
        peer = self._sources.get(source)
        if peer is None:
            peer = remember(self._sources, source, Endpoint(Address.unpack(socket.inet_aton(source[0])), source[1]))
        info, ttl, tos = control[0][2] if control else b"", 0, 0
        if self.asked.hears_ttl:
            said = {kind: value for _, kind, value in control}
            info = said.get(_IP_PKTINFO, b"")
            ttl = int.from_bytes(said.get(socket.IP_TTL, b""), "little")
            tos = int.from_bytes(said.get(socket.IP_TOS, b""), "little")
        arrival = self._arrivals.get(info)
        if arrival is None:
            arrival = remember(self._arrivals, info, self._arrival(info))
        return _make(Datagram, (data, peer, *arrival, ttl, tos))

    def _arrival(self, info: bytes) -> tuple[Endpoint, str]:
        ifindex, _, address = PKTINFO.unpack(info) if len(info) == PKTINFO.size else (0, b"", _NO_ADDRESS)
        return Endpoint(Address.unpack(address), self.number), self._owner.lans.name(ifindex)
