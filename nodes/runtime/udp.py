"""UDP ports: datagrams in and out, each with both its addresses and its interface (ip(7), IP_PKTINFO)."""

from __future__ import annotations

import errno
import socket
from sys import byteorder
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.machine import Datagram, Endpoint, Interface, OpenPort, Udp
from catenet.nodes.runtime.port import BATCH, LARGEST, PKTINFO, SLICE, IpSocketPort, Owner, Reply, remember

if TYPE_CHECKING:
    from catenet.nodes.runtime.mmsg import Burst

__all__ = ["UdpPort"]

_IP_PKTINFO, _IP_RECVTTL, _IP_RECVTOS = 8, 12, 13  # Python's socket lacks these names before 3.14
_SPACE = socket.CMSG_SPACE(PKTINFO.size)
_SPACE_TTL = _SPACE + socket.CMSG_SPACE(4) + socket.CMSG_SPACE(1)
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
        self._burst: Burst | None = None
        self._at_once = BATCH  # datagrams; fewer while they are dear, since others wait
        super().__init__(asked, port.interface, owner)
        if not self.number:  # its interface is away: the number that it will have is drawn now
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as drawn:
                drawn.bind(("", 0))
                self.number = drawn.getsockname()[1]

    def send(self, unit: Datagram) -> None:
        """Send a datagram from this port; the source's address is kept where it is one of the node's own."""
        data, source, destination, interface, ttl, tos = unit
        target = self._targets.get(destination)
        if target is None:
            target = remember(self._targets, destination, (str(destination.address), destination.port))
        way = self._ways.get((interface, source[0], ttl, tos)) or self._way(interface, source[0], ttl, tos)
        self._send(data, way, target)

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
        except OverflowError:
            made.close()
            raise OSError(errno.EINVAL, f"port {self.number} is not between 0 and 65535") from None
        except OSError:
            made.close()
            raise
        self.number = made.getsockname()[1]
        return made

    def _read(self, opened: socket.socket) -> Datagram:
        data, control, _, source = opened.recvmsg(LARGEST, self._space)
        return self._datagram(data, control, source)

    def _receive_all(self, opened: socket.socket) -> None:
        """Where some answers are known, many datagrams by one call of the kernel."""
        if self._owner.reply is None or not self.asked.answers or self.asked.hears_ttl:
            super()._receive_all(opened)
            return
        if self._burst is None:
            from catenet.nodes.runtime.mmsg import Burst

            self._burst = Burst(PKTINFO.size)
        began = self._owner.loop.time()
        try:
            datagrams = self._burst.receive(opened, self._at_once)
        except OSError:  # ENETDOWN and its like, told once by the socket
            self._owner.count("receive_failures")
            return
        self._answer_known(self._burst, opened, datagrams, self._owner.reply, began)
        late = self._owner.loop.time() - began > SLICE
        self._at_once = max(1, self._at_once // 2) if late else min(BATCH, self._at_once * 2)

    def _answer_known(
        self, burst: Burst, opened: socket.socket, datagrams: list[bytes], reply: Reply, now: float
    ) -> None:
        first = number = 0  # answers from the first on wait to be sent
        for number, data in enumerate(datagrams):
            answer = reply(data, now)
            if answer is not None and len(answer) <= LARGEST:
                burst.answer(number, answer)
                continue
            self._send_answers(burst, opened, first, number)
            first = number + 1
            if answer is not None:
                self._owner.count("send_failures")
                continue
            control = [(socket.IPPROTO_IP, _IP_PKTINFO, burst.control(number))]
            self._owner.receive(self._datagram(data, control, burst.source(number)))
            if self._socket is not opened:  # closed meanwhile
                return
        self._send_answers(burst, opened, first, len(datagrams))

    def _send_answers(self, burst: Burst, opened: socket.socket, first: int, end: int) -> None:
        """By the way that each datagram came."""
        while first < end:
            first += burst.send(opened, first, end - first)
            if first < end:  # this one cannot be sent
                self._owner.count("send_failures")
                first += 1

    def _datagram(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> Datagram:
        peer = self._sources.get(source)
        if peer is None:
            peer = remember(self._sources, source, Endpoint(Address.unpack(socket.inet_aton(source[0])), source[1]))
        info, ttl, tos = control[0][2] if control else b"", 0, 0
        if self._space != _SPACE:  # it hears TTLs
            said = {kind: value for _, kind, value in control}
            info = said.get(_IP_PKTINFO, b"")
            ttl = int.from_bytes(said.get(socket.IP_TTL, b""), byteorder)
            tos = int.from_bytes(said.get(socket.IP_TOS, b""), byteorder)
        arrival = self._arrivals.get(info)
        if arrival is None:
            arrival = remember(self._arrivals, info, self._arrival(info))
        return _make(Datagram, (data, peer, *arrival, ttl, tos))

    def _arrival(self, info: bytes) -> tuple[Endpoint, str]:
        ifindex, _, address = PKTINFO.unpack(info) if len(info) == PKTINFO.size else (0, b"", _NO_ADDRESS)
        return Endpoint(Address.unpack(address), self.number), self._owner.lans.name(ifindex)
