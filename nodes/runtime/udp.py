"""UDP ports: datagrams in and out, each with both its addresses and its interface (ip(7), IP_PKTINFO).

A port of one interface has its socket bound to that device, so that several may have the same number, one for each
interface. The device goes when the engine disconnects the LAN, and a new one comes at the reconnect: the port then
opens its socket anew and joins its group again. While there is no device, what is sent is lost, as on a cable that is
out.
"""

from __future__ import annotations

import socket
import struct
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Protocol

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Endpoint, Interface, Packet

__all__ = ["Interfaces", "Reply", "UdpPort"]

Reply = Callable[[bytes, float], bytes | None]
"""A datagram and the time → the answer, where it depends on nothing else and is known already; else None."""

_IP_PKTINFO, _IP_MULTICAST_ALL, _SO_BINDTOIFINDEX = 8, 49, 62  # Python's socket lacks these names before 3.14
_SO_RCVBUFFORCE = 33
_PKTINFO = struct.Struct("=i4s4s")  # struct in_pktinfo: interface, local address, destination in the header
_MREQN = struct.Struct("=4s4si")  # struct ip_mreqn: group, local address, interface
_PKTINFO_SPACE = socket.CMSG_SPACE(_PKTINFO.size)
_DATAGRAM = 65_535
_BATCH = 64  # datagrams read at one go before the event loop gets its turn,
_SLICE = 0.005  # and not for longer than this, in seconds: what a flood carries may be dear, and questions wait too
_KEPT = 1 << 20
"""Bytes that the kernel keeps until they are read, its own among them: some 800 datagrams of 500 bytes. By default it
keeps 166, and a RIP neighbour with 4,096 routes sends 164 at one go."""
_NO_ADDRESS = bytes(4)


class Interfaces(Protocol):
    """Which interface belongs to which LAN: what a port has to know of its node."""

    def ifindex(self, lan: str, /) -> int:
        """The number of the LAN's interface; 0 where there is none now."""

    def name(self, ifindex: int, /) -> str:
        """The LAN of an interface."""

    def listen(self, function: Callable[[Interface], None], /) -> None:
        """Call a function at each change of an interface, with its new state."""

    def unlisten(self, function: Callable[[Interface], None], /) -> None:
        """Call it no more."""


class UdpPort:
    """An open UDP port. What cannot be sent is counted (`send_failures`), never raised."""

    def __init__(
        self,
        number: int,
        receive: Callable[[Packet], None],
        *,
        interface: str,
        group: Address | None,
        lans: Interfaces,
        loop: AbstractEventLoop,
        count: Callable[[str], None],
        fail: Callable[[Exception], None],
        reply: Reply | None = None,
    ) -> None:
        """Open the port.

        Raises:
            OSError: the port is taken, or the kernel refuses.

        """
        self.number = number
        self._receive = receive
        self._reply = reply
        self._interface = interface
        self._group = group
        self._lans = lans
        self._loop = loop
        self._count = count
        self._fail = fail
        self._socket: socket.socket | None = None
        self._ifindex = 0
        self._open()
        if interface:
            lans.listen(self._interface_changed)

    def send(self, packet: Packet) -> None:
        """Send a datagram from this port; the source's address is kept where it is one of the node's own."""
        ifindex = self._lans.ifindex(packet.interface) if packet.interface else 0
        if self._socket is None or (packet.interface and not ifindex):
            self._count("send_failures")
            return
        source = packet.source.address
        local = _NO_ADDRESS if source == ANY or source.is_multicast else source.pack()
        control = _PKTINFO.pack(ifindex, local, _NO_ADDRESS)
        to = (str(packet.destination.address), packet.destination.port)
        try:
            self._socket.sendmsg([packet.data], [(socket.IPPROTO_IP, _IP_PKTINFO, control)], 0, to)
        except (OSError, OverflowError):
            self._count("send_failures")

    def close(self) -> None:
        if self._interface:
            self._lans.unlisten(self._interface_changed)
        self._shut()

    def _interface_changed(self, interface: Interface) -> None:
        if interface.name != self._interface or self._lans.ifindex(self._interface) == self._ifindex:
            return
        try:
            self._open()
        except OSError as error:
            self._fail(error)

    def _open(self) -> None:
        self._shut()
        self._ifindex = self._lans.ifindex(self._interface) if self._interface else 0
        if self._interface and not self._ifindex:
            return
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            self._prepare(self._socket)
        except OSError:
            self._socket.close()
            self._socket = None
            raise
        self.number = self._socket.getsockname()[1]
        self._loop.add_reader(self._socket, self._drain, self._socket)

    def _prepare(self, udp: socket.socket) -> None:
        if self._ifindex:
            udp.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, self._ifindex)
        try:
            udp.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _KEPT // 2)  # the kernel doubles it
        except PermissionError:  # not root: as much as anybody may have
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT // 2)
        udp.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        udp.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)  # only the groups that this very socket has joined
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        if self._ifindex:
            here = _MREQN.pack(_NO_ADDRESS, _NO_ADDRESS, self._ifindex)
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        udp.bind(("", self.number))
        if self._group is not None:
            group = _MREQN.pack(self._group.pack(), _NO_ADDRESS, self._ifindex)
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)

    def _shut(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _drain(self, udp: socket.socket) -> None:
        try:
            now = self._loop.time()
            end = now + _SLICE
            for _ in range(_BATCH):
                try:
                    data, control, _, source = udp.recvmsg(_DATAGRAM, _PKTINFO_SPACE)
                except BlockingIOError:
                    return
                except OSError:  # ENETDOWN and its like, told once by the socket
                    self._count("receive_failures")
                    return
                reply = None if self._reply is None else self._reply(data, now)
                if reply is not None:
                    self._send_back(reply, control, source)
                    continue
                self._receive(self._packet(data, control, source))
                now = self._loop.time()
                if udp.fileno() < 0 or now > end:  # closed meanwhile, or it is others' turn
                    return
        except Exception as error:
            self._fail(error)

    def _send_back(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> None:
        """By the way that the datagram came: its control data name that interface and our address there."""
        assert self._socket is not None
        try:
            self._socket.sendmsg((data,), control, 0, source)
        except OSError:
            self._count("send_failures")

    def _packet(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> Packet:
        ifindex, destination = 0, ANY
        for _, kind, value in control:
            if kind == _IP_PKTINFO and len(value) >= _PKTINFO.size:
                ifindex, _, address = _PKTINFO.unpack_from(value)
                destination = Address.unpack(address)
        peer = Endpoint(Address.unpack(socket.inet_aton(source[0])), source[1])
        return Packet(data, peer, Endpoint(destination, self.number), self._lans.name(ifindex))
