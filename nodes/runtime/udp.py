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
from typing import Protocol, TypeVar

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Endpoint, Interface, Packet

__all__ = ["Interfaces", "Reply", "UdpPort"]

Key = TypeVar("Key")
Value = TypeVar("Value")

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
_make = tuple.__new__
"""Makes a named tuple in a third of the time."""
_REMEMBERED = 256  # peers, and ways to them, that are not worked out anew for each datagram


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
        settle: Callable[[], None] = lambda: None,
        interface: str,
        group: Address | None,
        lans: Interfaces,
        loop: AbstractEventLoop,
        count: Callable[[str], None],
        fail: Callable[[Exception], None],
        reply: Reply | None = None,
    ) -> None:
        """Open the port. `settle` is called once behind all that were received together.

        Raises:
            OSError: the port is taken, or the kernel refuses.

        """
        self.number = number
        self._receive = receive
        self._settle = settle
        self._reply = reply
        self._interface = interface
        self._group = group
        self._lans = lans
        self._loop = loop
        self._count = count
        self._fail = fail
        self._socket: socket.socket | None = None
        self._ifindex = 0
        self._sources: dict[tuple[str, int], Endpoint] = {}
        self._arrivals: dict[bytes, tuple[Endpoint, str]] = {}  # struct in_pktinfo → our address, and the LAN
        self._ways: dict[tuple[str, Address], list[tuple[int, int, bytes]]] = {}  # LAN, source → control data
        self._targets: dict[Endpoint, tuple[str, int]] = {}
        self._open()
        lans.listen(self._interface_changed)

    def send(self, packet: Packet) -> None:
        """Send a datagram from this port; the source's address is kept where it is one of the node's own."""
        data, source, destination, interface, _ = packet
        key = interface, source.address
        way = self._ways.get(key) or self._way(key)
        if self._socket is None or not way:
            self._count("send_failures")
            return
        target = self._targets.get(destination)
        if target is None:
            target = _remember(self._targets, destination, (str(destination.address), destination.port))
        try:
            self._socket.sendmsg((data,), way, 0, target)
        except (OSError, OverflowError):
            self._ways.clear()  # the interface may be another one by now
            self._count("send_failures")

    def _way(self, key: tuple[str, Address]) -> list[tuple[int, int, bytes]]:
        """Empty where the interface is away."""
        interface, source = key
        ifindex = self._lans.ifindex(interface) if interface else 0
        if interface and not ifindex:
            return []
        local = _NO_ADDRESS if source == ANY or source.is_multicast else source.pack()
        control = _PKTINFO.pack(ifindex, local, _NO_ADDRESS)
        return _remember(self._ways, key, [(socket.IPPROTO_IP, _IP_PKTINFO, control)])

    def close(self) -> None:
        self._lans.unlisten(self._interface_changed)
        self._shut()

    def _interface_changed(self, interface: Interface) -> None:
        self._ways.clear()
        self._arrivals.clear()
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
            self._receive_all(udp)
            self._settle()
        except Exception as error:
            self._fail(error)

    def _receive_all(self, udp: socket.socket) -> None:
        """All that has come, or as many as the others can wait for."""
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
            if self._socket is not udp or now > end:  # closed meanwhile, or it is others' turn
                return

    def _send_back(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> None:
        """By the way that the datagram came: its control data name that interface and our address there."""
        assert self._socket is not None
        try:
            self._socket.sendmsg((data,), control, 0, source)
        except OSError:
            self._count("send_failures")

    def _packet(self, data: bytes, control: list[tuple[int, int, bytes]], source: tuple[str, int]) -> Packet:
        peer = self._sources.get(source)
        if peer is None:
            peer = _remember(self._sources, source, Endpoint(Address.unpack(socket.inet_aton(source[0])), source[1]))
        info = control[0][2] if control else b""  # nothing else was asked for
        arrival = self._arrivals.get(info)
        if arrival is None:
            arrival = _remember(self._arrivals, info, self._arrival(info))
        return _make(Packet, (data, peer, *arrival, False))

    def _arrival(self, info: bytes) -> tuple[Endpoint, str]:
        ifindex, _, address = _PKTINFO.unpack(info) if len(info) == _PKTINFO.size else (0, b"", _NO_ADDRESS)
        return Endpoint(Address.unpack(address), self.number), self._lans.name(ifindex)


def _remember(known: dict[Key, Value], key: Key, value: Value) -> Value:
    """Peers choose the keys, so all is forgotten when there are many."""
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value
    return value
