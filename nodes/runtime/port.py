"""What all ports of datagrams, packets and frames have in common: a socket on an interface, its groups, its draining.

A port of one interface has its socket bound to that device, so that several may have the same number, one for each
interface. The device goes when the engine disconnects the LAN, and a new one comes at the reconnect: the port then
opens its socket anew and joins its groups again. While there is no device, what is sent is lost, as on a cable that is
out. Cut and healed, a device keeps its memberships.
"""

from __future__ import annotations

import errno
import socket
import struct
from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Hook, Interface, OpenPort, Unit, Way

if TYPE_CHECKING:
    from catenet.nodes.runtime.forwarding import Passage

__all__ = [
    "BATCH",
    "GLANCE",
    "IP_PKTINFO",
    "KEPT",
    "LARGEST",
    "NO_ADDRESS",
    "PKTINFO",
    "SLICE",
    "Cross",
    "Forward",
    "Interfaces",
    "IpSocketPort",
    "Owner",
    "Reply",
    "SocketPort",
    "remember",
    "set_receive_buffer",
    "set_send_buffer",
]

Key = TypeVar("Key")
Value = TypeVar("Value")

Reply = Callable[[bytes, float], bytes | None]
"""What came, a datagram or some bytes of a stream, and the time → the answer, where it depends on nothing else and is
known already; else None."""

Cross = Callable[[bytes, Hook, str, str, float], bytes | None]
"""`Translating.cross`."""

Forward = Callable[[int, bytes, bytes, float], tuple[bytes, Way] | tuple[()] | None]
"""`forward` of a `Forwarding` machine."""

IP_PKTINFO, _IP_MULTICAST_ALL, _SO_BINDTOIFINDEX = 8, 49, 62  # Python's socket lacks these names before 3.14
_SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 33, 32
_IP_MTU_DISCOVER, _IP_PMTUDISC_DONT = 10, 0
PKTINFO = struct.Struct("=i4s4s")  # struct in_pktinfo: interface, local address, destination in the header
_MREQN = struct.Struct("=4s4si")  # struct ip_mreqn: group, local address, interface
_INT = struct.Struct("=i")
LARGEST = 65_536  # octets: more than a packet can have
BATCH = 64  # packets read at one go before the event loop gets its turn,
GLANCE = 4  # of so many packets one looks at the clock
SLICE = 0.005  # and not for longer than this, in seconds: what a flood carries may be dear, and others wait too
KEPT = 1 << 20
"""Bytes that the kernel keeps until they are read, its own among them: some 800 datagrams of 500 bytes. By default it
keeps 166, and a RIP neighbour with 4,096 routes sends 164 at one go."""
NO_ADDRESS = bytes(4)
_LIMITED_BROADCAST = Address.parse("255.255.255.255")
_REMEMBERED = 256  # peers, and ways to them, that are not worked out anew for each packet
_FLAGS = socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC


class Interfaces(Protocol):
    """Which interface belongs to which LAN: what a port has to know of its node."""

    def ifindex(self, lan: str, /) -> int:
        """The number of the LAN's interface; 0 where there is none now."""

    def name(self, ifindex: int, /) -> str:
        """The LAN of an interface."""

    def interfaces(self) -> tuple[Interface, ...]:
        """Every LAN of the node."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the ports are. `receive` is given what came, and when; `settle` is called once behind all that came
    together. `reply` may know an answer to a datagram, which is not received then; `cross` says what becomes of packets
    that wait; `passage` is of the ports of a machine that passes some on. What they raise goes to `fail`.
    """

    receive: Callable[[Any, float], None]
    settle: Callable[[], None]
    lans: Interfaces
    loop: AbstractEventLoop
    count: Callable[[str], None]
    fail: Callable[[Exception], None]
    reply: Reply | None = None
    cross: Cross | None = None
    passage: Passage | None = None


class SocketPort(ABC):
    """An open port. What cannot be sent is counted (`send_failures`), never raised."""

    def __init__(self, asked: OpenPort, interface: str, owner: Owner) -> None:
        """Open it.

        Raises:
            OSError: it is taken, or the kernel refuses.

        """
        self.asked = asked
        self._interface = interface
        self._owner = owner
        self._socket: socket.socket | None = None
        self._ifindex = 0
        self._groups: dict[tuple[Address | bytes, str], int] = {}  # the group, the LAN → the device that is in it
        self.reopen()

    @abstractmethod
    def send(self, unit: Any) -> None:
        """Send by this port."""

    @abstractmethod
    def _bound(self) -> socket.socket:
        """A socket of this port's, ready to receive. Raises OSError, and leaves none open then."""

    @abstractmethod
    def _set_member(self, opened: socket.socket, group: Address | bytes, ifindex: int, *, joins: bool) -> None:
        """Join or leave. Raises OSError."""

    @abstractmethod
    def _read(self, opened: socket.socket) -> Unit | None:
        """The next that has come; None: it is done with already. Raises OSError."""

    def interface_changed(self, interface: Interface) -> None:
        """An interface of the node's is another one now, or is away.

        Raises:
            OSError: as when it was opened.

        """
        if interface.name == self._interface and self._owner.lans.ifindex(self._interface) != self._ifindex:
            self.reopen()
        elif self._socket is not None:
            self._join_where_back()

    def join(self, group: Address | bytes, interface: str) -> None:
        """Hear a group there; while the interface is away, once it is back."""
        for lan in self._lans(interface):
            self._groups.setdefault((group, lan), 0)
        self._join_where_back()

    def leave(self, group: Address | bytes, interface: str) -> None:
        for lan in self._lans(interface):
            ifindex = self._groups.pop((group, lan), 0)
            if self._socket is not None and ifindex:
                try:
                    self._set_member(self._socket, group, ifindex, joins=False)
                except OSError:  # the device went, and its memberships with it
                    self._owner.count("group_failures")

    def _lans(self, interface: str) -> list[str]:
        """That one, else the port's own, else all."""
        one = interface or self._interface
        return [one] if one else [each.name for each in self._owner.lans.interfaces()]

    def close(self) -> None:
        if self._socket is not None:
            self._unwatch(self._socket)  # before the number can be another's
            self._socket.close()
            self._socket = None
        self._groups = dict.fromkeys(self._groups, 0)

    def reopen(self) -> None:
        """With a new socket, where the interface is there."""
        self.close()
        self._ifindex = self._owner.lans.ifindex(self._interface) if self._interface else 0
        if self._interface and not self._ifindex:
            return
        try:
            self._socket = self._bound()
        except OSError as error:
            if not self._interface or error.errno not in (errno.ENODEV, errno.ENXIO):
                raise
            self._ifindex = 0  # the device goes just now; another one will come
            return
        self._join_where_back()
        self._watch(self._socket)

    def _watch(self, opened: socket.socket) -> None:
        """Have it drained whenever something has come."""
        self._owner.loop.add_reader(opened, self._drain, opened)

    def _unwatch(self, opened: socket.socket) -> None:
        self._owner.loop.remove_reader(opened)

    def _join_where_back(self) -> None:
        """Groups on interfaces that are there, and have not been joined on that very device."""
        for (group, lan), joined in self._groups.items():
            ifindex = self._owner.lans.ifindex(lan)
            if not ifindex:
                self._groups[group, lan] = 0
            elif self._socket is not None and ifindex != joined:
                try:
                    self._set_member(self._socket, group, ifindex, joins=True)
                    self._groups[group, lan] = ifindex
                except OSError as error:
                    if error.errno != errno.ENODEV:  # it goes just now; it will come again
                        self._owner.count("group_failures")

    def _make(self, family: int, kind: int, protocol: int) -> socket.socket:
        """A socket that keeps what comes in until it is read."""
        made = socket.socket(family, kind | _FLAGS, protocol)
        set_receive_buffer(made, (self.asked.keeps or KEPT) // 2)  # the kernel doubles it
        return made

    def _drain(self, opened: socket.socket) -> None:
        try:
            self._receive_all(opened)
            self._owner.settle()
        except Exception as error:
            self._owner.fail(error)

    def _receive_all(self, opened: socket.socket) -> int:
        """All that has come, or as many as the others can wait for → how many."""
        read, receive, time = self._read, self._owner.receive, self._owner.loop.time
        now = time()
        end = now + SLICE
        for number in range(1, BATCH + 1):
            try:
                unit = read(opened)
            except BlockingIOError:
                return number - 1
            except OSError:  # ENETDOWN and its like, told once by the socket
                self._owner.count("receive_failures")
                return number - 1
            if unit is not None:
                receive(unit, now)
                if self._socket is not opened:  # closed meanwhile
                    return number
                if not number % GLANCE:
                    now = time()
                    if now > end:  # it is others' turn
                        return number
        return BATCH


class IpSocketPort(SocketPort):
    """A port of IP's: by which interface, from which address and with which TTL and TOS each packet goes (ip(7))."""

    def __init__(self, asked: OpenPort, interface: str, owner: Owner) -> None:
        self._ways: dict[tuple[str, Address, int, int], list[tuple[int, int, bytes]]] = {}  # → control data
        super().__init__(asked, interface, owner)

    def interface_changed(self, interface: Interface) -> None:
        self._ways.clear()
        super().interface_changed(interface)

    def _way(self, interface: str, source: Address, ttl: int, tos: int) -> list[tuple[int, int, bytes]]:
        """The control data that say so; empty where the interface is away."""
        key = interface, source, ttl, tos
        way = self._ways.get(key)
        if way is not None:
            return way
        ifindex = self._owner.lans.ifindex(interface) if interface else 0
        if interface and not ifindex:
            return []
        local = NO_ADDRESS if self._is_nobodys(source) else source.pack()
        way = [(socket.IPPROTO_IP, IP_PKTINFO, PKTINFO.pack(ifindex, local, NO_ADDRESS))]
        for value, option in ((ttl, socket.IP_TTL), (tos, socket.IP_TOS)):
            if value:
                way.append((socket.IPPROTO_IP, option, _INT.pack(value)))
        return remember(self._ways, key, way)

    def _is_nobodys(self, source: Address) -> bool:
        """It is none, a group's, or that of all on a LAN: what answers them comes from the interface's address."""
        everybodys = (each.prefix.everybodys for each in self._owner.lans.interfaces())
        return source in (ANY, _LIMITED_BROADCAST) or source.is_multicast or source in everybodys

    def _send(self, data: bytes, way: list[tuple[int, int, bytes]], target: tuple[str, int]) -> None:
        if self._socket is None or not way:
            self._owner.count("send_failures")
            return
        try:
            self._socket.sendmsg((data,), way, 0, target)
        except (OSError, OverflowError):
            self._ways.clear()  # the interface may be another one by now
            self._owner.count("send_failures")

    def _make_ip(self, kind: int, protocol: int) -> socket.socket:
        made = self._make(socket.AF_INET, kind, protocol)
        try:
            self._prepare(made)
        except OSError:
            made.close()
            raise
        return made

    def _prepare(self, made: socket.socket) -> None:
        asked, ip = self.asked, socket.IPPROTO_IP
        if self._ifindex:
            made.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, self._ifindex)
            here = _MREQN.pack(NO_ADDRESS, NO_ADDRESS, self._ifindex)
            made.setsockopt(ip, socket.IP_MULTICAST_IF, here)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.setsockopt(ip, IP_PKTINFO, 1)
        made.setsockopt(ip, _IP_MULTICAST_ALL, 0)  # only the groups that this very socket has joined
        made.setsockopt(ip, socket.IP_MULTICAST_TTL, asked.ttl or 1)
        made.setsockopt(ip, socket.IP_MULTICAST_LOOP, 0)
        if asked.ttl:
            made.setsockopt(ip, socket.IP_TTL, asked.ttl)
        if asked.tos:
            made.setsockopt(ip, socket.IP_TOS, asked.tos)
        if asked.fragments:
            made.setsockopt(ip, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)

    def _set_member(self, opened: socket.socket, group: Address | bytes, ifindex: int, *, joins: bool) -> None:
        if not isinstance(group, Address):
            raise TypeError(f"group {group!r} of an IP port is no Address")
        option = socket.IP_ADD_MEMBERSHIP if joins else socket.IP_DROP_MEMBERSHIP
        opened.setsockopt(socket.IPPROTO_IP, option, _MREQN.pack(group.pack(), NO_ADDRESS, ifindex))


def set_receive_buffer(made: socket.socket, octets: int) -> None:
    """What comes in waits there until it is read."""
    _set_buffer(made, _SO_RCVBUFFORCE, socket.SO_RCVBUF, octets)


def set_send_buffer(made: socket.socket, octets: int) -> None:
    """What goes out waits there until its device takes it."""
    _set_buffer(made, _SO_SNDBUFFORCE, socket.SO_SNDBUF, octets)


def _set_buffer(made: socket.socket, forced: int, allowed: int, octets: int) -> None:
    try:
        made.setsockopt(socket.SOL_SOCKET, forced, octets)
    except PermissionError:  # not root: as much as anybody may have
        made.setsockopt(socket.SOL_SOCKET, allowed, octets)


def remember(known: dict[Key, Value], key: Key, value: Value) -> Value:
    """Peers choose the keys, so all is forgotten when there are many."""
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value
    return value
