"""UDP ports: datagrams in and out, each with both its addresses and its interface (ip(7), IP_PKTINFO)."""

from __future__ import annotations

import errno
import socket
import struct
from sys import byteorder
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.machine import Datagram, Endpoint, Interface, OpenPort, Udp
from catenet.nodes.runtime.port import (
    BATCH,
    IP_PKTINFO,
    LARGEST,
    NO_ADDRESS,
    PKTINFO,
    SLICE,
    IpSocketPort,
    Owner,
    remember,
)

if TYPE_CHECKING:
    from catenet.nodes.runtime.mmsg import Inbox, Outbox

__all__ = ["SPACE", "UdpPort"]

_IP_RECVTTL, _IP_RECVTOS = 12, 13  # Python's socket lacks these names before 3.14
SPACE = socket.CMSG_SPACE(PKTINFO.size)
"""Octets of the control data that come with a datagram: its interface and our address."""
_SPACE_TTL = SPACE + socket.CMSG_SPACE(4) + socket.CMSG_SPACE(1)
_SPACE_ALL = SPACE + 2 * socket.CMSG_SPACE(4)
_CMSGHDR = struct.Struct("@Nii")  # struct cmsghdr
_MANY = 16  # datagrams at one go
_INFO = 16 + socket.CMSG_LEN(0)  # where an envelope has its struct in_pktinfo: behind sockaddr_in and cmsghdr
_LAST_PORT = 65_535
_make = tuple.__new__
"""Makes a named tuple in a third of the time."""


class UdpPort(IpSocketPort):
    """An open UDP port; `number` is the one that it has."""

    def __init__(self, asked: OpenPort, port: Udp, owner: Owner) -> None:
        self.number = port.number
        self._space = _SPACE_TTL if asked.hears_ttl else SPACE
        self._reply = owner.reply if asked.answers and not asked.hears_ttl else None
        self._sources: dict[tuple[str, int], Endpoint] = {}
        self._arrivals: dict[bytes, tuple[Endpoint, str]] = {}  # struct in_pktinfo → our address, and the LAN
        self._targets: dict[Endpoint, tuple[str, int]] = {}
        self._boxes: tuple[Inbox, Outbox] | None = None  # where many come at once
        self._draining = False
        self._known: dict[bytes, tuple[Endpoint, Endpoint, str]] = {}  # envelope → who sent it, to whom, on which LAN
        self._envelopes: dict[tuple[Endpoint, str, Address, int, int], bytes] = {}  # the peer, and as `_ways`
        self._at_once = BATCH  # datagrams; fewer while they are dear, since others wait
        super().__init__(asked, port.interface, owner)
        if not self.number:  # its interface is away: the number that it will have is drawn now
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as drawn:
                drawn.bind(("", 0))
                self.number = drawn.getsockname()[1]

    def send(self, unit: Datagram) -> None:
        """Send a datagram from this port; the source's address is kept where it is one of the node's own."""
        data, source, destination, interface, ttl, tos = unit
        if self._draining and len(data) <= LARGEST:
            way = destination, interface, source[0], ttl, tos
            self._put(data, self._envelopes.get(way) or self._envelope(way))
            return
        target = self._targets.get(destination)
        if target is None:
            target = remember(self._targets, destination, (str(destination.address), destination.port))
        control = self._ways.get((interface, source[0], ttl, tos)) or self._way(interface, source[0], ttl, tos)
        self._send(data, control, target)

    def close(self) -> None:
        self._flush()
        super().close()

    def interface_changed(self, interface: Interface) -> None:
        self._flush()
        self._arrivals.clear()
        self._known.clear()
        self._envelopes.clear()
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
            raise OSError(errno.EINVAL, f"port {self.number} is not between 0 and {_LAST_PORT}") from None
        except OSError:
            made.close()
            raise
        self.number = made.getsockname()[1]
        return made

    def _read(self, opened: socket.socket) -> Datagram | None:
        data, control, _, source = opened.recvmsg(LARGEST, self._space)
        if self._reply is not None:
            answer = self._reply(data, self._owner.loop.time())
            if answer is not None:
                self._send(answer, control, source)
                return None
        return self._datagram(data, control, source)

    def _drain(self, opened: socket.socket) -> None:
        """Where many come at once, they are received, and what is sent meanwhile is, by one call of the kernel each."""
        super()._drain(opened)
        self._draining = False
        self._flush()

    def _receive_all(self, opened: socket.socket) -> int:
        alike = not self.asked.hears_ttl  # all control data, so that they fit into an envelope
        if self._boxes is None:
            received = super()._receive_all(opened)
            if received >= _MANY and alike:
                self._boxes = _boxes()
            return received
        self._draining = True
        return self._receive_by(self._boxes[0], opened)

    def _receive_by(self, inbox: Inbox, opened: socket.socket) -> int:
        began = self._owner.loop.time()
        try:
            datagrams = inbox.receive(opened, self._at_once)
        except OSError:  # ENETDOWN and its like, told once by the socket
            self._owner.count("receive_failures")
            return 0
        self._receive_these(datagrams, opened, began)
        late = self._owner.loop.time() - began > SLICE
        self._at_once = max(1, self._at_once // 2) if late else min(BATCH, self._at_once * 2)
        return len(datagrams)

    def _receive_these(self, datagrams: list[tuple[bytes, bytes]], opened: socket.socket, now: float) -> None:
        """Those whose answers are known are answered in the envelope in which each came."""
        known = self._known
        receive, reply = self._owner.receive, self._reply
        for data, envelope in datagrams:
            answer = None if reply is None else reply(data, now)
            if answer is None:
                ends = known.get(envelope) or self._ends(envelope)
                receive(_make(Datagram, (data, *ends, 0, 0)), now)
                if self._socket is not opened:  # closed meanwhile
                    return
            elif len(answer) > LARGEST:
                self._owner.count("send_failures")
            else:
                self._put(answer, envelope)

    def _ends(self, envelope: bytes) -> tuple[Endpoint, Endpoint, str]:
        """Who sent it, to which address of ours, on which LAN; from now on that is known."""
        info = envelope[_INFO : _INFO + PKTINFO.size]
        peer = Endpoint(Address.unpack(envelope[4:8]), int.from_bytes(envelope[2:4], "big"))
        return remember(self._known, envelope, (peer, *self._arrival(info)))

    def _put(self, data: bytes, envelope: bytes) -> None:
        """Into what is sent at one go."""
        assert self._boxes is not None
        outbox = self._boxes[1]
        if not envelope:  # its interface is away, or there is no such port
            self._owner.count("send_failures")
        elif not outbox.put(envelope, data):
            self._flush()
            outbox.put(envelope, data)

    def _envelope(self, way: tuple[Endpoint, str, Address, int, int]) -> bytes:
        peer, interface, source, ttl, tos = way
        packed = b"".join(map(_packed_control, self._way(interface, source, ttl, tos)))
        if not packed or not 0 <= peer.port <= _LAST_PORT:
            return b""
        return remember(self._envelopes, way, _packed_name(peer) + packed)

    def _flush(self) -> None:
        if self._boxes is None or not self._boxes[1].count:
            return
        outbox = self._boxes[1]
        failed = outbox.count if self._socket is None else outbox.send(self._socket)
        outbox.count = 0
        if failed:
            self._ways.clear()  # the interface may be another one by now
            self._envelopes.clear()
        for _ in range(failed):
            self._owner.count("send_failures")

    def _datagram(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> Datagram:
        peer = self._sources.get(source)
        if peer is None:
            peer = remember(self._sources, source, Endpoint(Address.unpack(socket.inet_aton(source[0])), source[1]))
        info, ttl, tos = control[0][2] if control else b"", 0, 0
        if self._space != SPACE:  # it hears TTLs
            said = {kind: value for _, kind, value in control}
            info = said.get(IP_PKTINFO, b"")
            ttl = int.from_bytes(said.get(socket.IP_TTL, b""), byteorder)
            tos = int.from_bytes(said.get(socket.IP_TOS, b""), byteorder)
        arrival = self._arrivals.get(info)
        if arrival is None:
            arrival = remember(self._arrivals, info, self._arrival(info))
        return _make(Datagram, (data, peer, *arrival, ttl, tos))

    def _arrival(self, info: bytes) -> tuple[Endpoint, str]:
        ifindex, _, address = PKTINFO.unpack(info) if len(info) == PKTINFO.size else (0, b"", NO_ADDRESS)
        return Endpoint(Address.unpack(address), self.number), self._owner.lans.name(ifindex)


def _boxes() -> tuple[Inbox, Outbox]:
    """For those who need them: they are a tenth of what a router loads."""
    from catenet.nodes.runtime.mmsg import Inbox, Outbox

    return Inbox(SPACE), Outbox(_SPACE_ALL)


def _packed_name(peer: Endpoint) -> bytes:
    """struct sockaddr_in."""
    return socket.AF_INET.to_bytes(2, byteorder) + peer.port.to_bytes(2, "big") + peer.address.pack() + bytes(8)


def _packed_control(piece: tuple[int, int, bytes]) -> bytes:
    """With its header, and what fills it up."""
    level, kind, value = piece
    packed = _CMSGHDR.pack(socket.CMSG_LEN(len(value)), level, kind) + value
    return packed.ljust(socket.CMSG_SPACE(len(value)), b"\0")
