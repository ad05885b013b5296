"""Frames of all LANs of a node whose stack is our own: in by packet sockets, to the stack and out, many at one go.

A LAN has four sockets to hear by and one to send by. Those that hear are of exactly the types of IPv4 and ARP, never
of all: those hear a LAN that is silent, too, and their own frames. What is for groups, what is for the node itself and
what only passes through come apart (frame_filter). What is sent passes the queueing discipline of the device, where a
LAN is impaired.

What waited in the kernel while the node was paused is dropped: a machine that stood still would not have had it either.
"""

from __future__ import annotations

import errno
import socket
import struct
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from catenet.nodes.address import Address
from catenet.nodes.machine import Count, Frame, Interface
from catenet.nodes.runtime import frame_filter, frame_slots
from catenet.nodes.runtime.frame_batch import BATCH, FrameOutbox
from catenet.nodes.runtime.frames import set_member
from catenet.nodes.runtime.port import SLICE, Interfaces, set_receive_buffer, set_send_buffer

__all__ = ["STALE", "FramePump", "Relayed", "Relaying"]

STALE = 2.0
"""Seconds after which a frame that nobody read is no use to anybody: it waited while the node was paused."""
_IPV4, _ARP = 0x0800, 0x0806
_HEADER = struct.Struct(">6s6sH")  # destination, source, type
_GROUP = 0x01  # of the first octet of a hardware address
_ALL = b"\xff" * 6
_KEPT = 2 << 20
"""Octets, which the kernel doubles: those that wait at a socket, its own among them, are then some 5,000 frames of 64
octets, or 1,800 of 1,500."""
_ROOM = 2_022  # octets of a frame: with what the kernel says of it, half a page
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_GONE = (errno.ENODEV, errno.ENXIO)
_FLAGS = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC

Relayed = tuple[list[int], list[tuple[str, list[int], list[int]]]]
"""What became of some frames, by their numbers: those that are to be received, and of each LAN those that go out there,
with the octets of each."""


class Relaying(Protocol):
    """What the pump asks of the stack."""

    def receive(self, frame: Frame, now: float, /) -> None:
        """A frame came in."""

    def relay(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float, /) -> Relayed:
        """Frames of IPv4 came in, a step apart, each of so many octets. Those that are only passed on are made what
        they go out as, where they are."""

    def answer(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float, /) -> Relayed:
        """The same of those that are for the node itself: some are answered, where they are."""


_Early = Callable[[memoryview, int, list[int], str, float], Relayed]


@dataclass(slots=True)
class _Lan:
    """The sockets of a LAN, while it has a device."""

    name: str
    ifindex: int = 0  # 0: none now
    hardware: bytes = b""
    hearing: list[socket.socket] = field(default_factory=list)
    sending: socket.socket | None = None
    groups: set[bytes] = field(default_factory=set)


class FramePump:
    """Everything that comes to the stack and goes from it."""

    def __init__(  # noqa: PLR0917
        self,
        stack: Relaying,
        lans: Interfaces,
        loop: AbstractEventLoop,
        count: Count,
        fail: Callable[[Exception], None],
        settle: Callable[[], None],
    ) -> None:
        """`settle` is called behind all that the stack was given at one go; what is raised then goes to `fail`.

        Raises:
            OSError: the kernel refuses.

        """
        self._receive = stack.receive
        self._early: tuple[_Early | None, ...] = (None, stack.answer, stack.relay, None)  # of each socket that hears
        self._lans = lans
        self._loop = loop
        self._count = count
        self._fail = fail
        self._settle = settle
        self._slots = frame_slots.FrameSlots(_ROOM)
        self._outbox = FrameOutbox(_ROOM)
        self._by_name = {each.name: _Lan(each.name) for each in lans.interfaces()}
        self._addresses: tuple[Address, ...] = ()
        for each in lans.interfaces():
            self.interface_changed(each)

    def interface_changed(self, interface: Interface) -> None:
        """It has another device, hardware address or address now, carries other frames, or is away.

        Raises:
            OSError: as when it was opened.

        """
        lan = self._by_name[interface.name]
        lan.hardware = interface.hardware
        self._make_room(interface.mtu + _HEADER.size)
        self._set_addresses()
        if self._lans.ifindex(lan.name) != lan.ifindex or lan.sending is None:
            self._close(lan)
            self._open(lan)

    def join(self, lan: str, hardware: bytes) -> None:
        """Hear the frames of a group there; while the LAN is away, once it is back."""
        known = self._by_name[lan]
        if hardware not in known.groups:
            known.groups.add(hardware)
            self._set_member(known, hardware, joins=True)

    def leave(self, lan: str, hardware: bytes) -> None:
        known = self._by_name[lan]
        if hardware in known.groups:
            known.groups.remove(hardware)
            self._set_member(known, hardware, joins=False)

    def send(self, frames: Sequence[Frame]) -> None:
        """Send them in this order. What cannot be sent is counted (`send_failures`)."""
        outbox = self._outbox
        for name, some in groupby(frames, key=_interface_of):
            lan = self._by_name[name]
            sending = lan.sending
            for data, source, destination, ethertype, _ in some:
                frame = _HEADER.pack(destination, source or lan.hardware, ethertype) + data
                if sending is None or len(frame) > outbox.room:
                    self._count("send_failures")
                elif outbox.put(frame):
                    self._failed(outbox.send(sending))
            if sending is not None and outbox.count:
                self._failed(outbox.send(sending))

    def close(self) -> None:
        for lan in self._by_name.values():
            self._close(lan)

    # Sockets.

    def _open(self, lan: _Lan) -> None:
        lan.ifindex = self._lans.ifindex(lan.name)
        if not lan.ifindex:
            return
        try:
            device = socket.if_indextoname(lan.ifindex)
            lan.sending = _sending(device)
            for program in frame_filter.programs(self._addresses):
                lan.hearing.append(_hearing(device, _IPV4, program))
            lan.hearing.append(_hearing(device, _ARP, frame_filter.ANYTHING))
        except OSError as error:
            self._close(lan)
            if error.errno not in _GONE:
                raise
            return  # the device goes just now; another one will come
        for group in lan.groups:
            self._set_member(lan, group, joins=True)
        for number, opened in enumerate(lan.hearing):
            self._loop.add_reader(opened, self._drain, lan, opened, self._early[number])

    def _close(self, lan: _Lan) -> None:
        for opened in lan.hearing:
            self._loop.remove_reader(opened)  # before the number can be another's
            opened.close()
        if lan.sending is not None:
            lan.sending.close()
        lan.hearing, lan.sending, lan.ifindex = [], None, 0

    def _make_room(self, longest: int) -> None:
        if longest > self._slots.room:
            self._slots, self._outbox = frame_slots.FrameSlots(longest), FrameOutbox(longest)

    def _set_addresses(self) -> None:
        addresses = tuple(each.address for each in self._lans.interfaces())
        if addresses == self._addresses:
            return
        self._addresses = addresses
        for lan in self._by_name.values():
            for opened, program in zip(lan.hearing, frame_filter.programs(addresses), strict=False):
                frame_filter.attach(opened, program)

    def _set_member(self, lan: _Lan, group: bytes, *, joins: bool) -> None:
        try:
            if lan.hearing:
                set_member(lan.hearing[0], lan.ifindex, group, joins=joins)
        except OSError as error:
            if error.errno not in _GONE:  # it goes just now; it will come again
                self._count("group_failures")

    # Frames.

    def _drain(self, lan: _Lan, opened: socket.socket, early: _Early | None) -> None:
        """All that has come, or as many as the others can wait for."""
        try:
            ends, many = self._loop.time() + SLICE, False
            while self._take(lan, opened, early) and opened in lan.hearing:
                many = True
                if self._loop.time() > ends:
                    break
            if many and opened in lan.hearing:
                self._look_for_overruns(opened)
        except Exception as error:
            self._fail(error)

    def _take(self, lan: _Lan, opened: socket.socket, early: _Early | None) -> bool:
        """Some of it → whether there may be more."""
        slots = self._slots
        try:
            lengths = slots.receive(opened)
        except OSError:  # ENETDOWN and its like, told once by the socket
            self._count("receive_failures")
            return False
        count = len(lengths)
        if not count:
            return False
        now = self._loop.time()
        usable = slots.plain(count) and max(lengths) <= slots.room and slots.age(0, time.time()) <= STALE
        fit: Sequence[int] = range(count) if usable else self._fit(slots, lengths)
        if early is not None and len(fit) == count:
            fit, passed = early(slots.octets[: count * slots.step], slots.step, lengths, lan.name, now)
            for name, numbers, octets in passed:
                self._pass_on(slots, name, numbers, octets)
        for frame in self._frames(slots, lan, fit, lengths):
            self._receive(frame, now)
        if fit or early == self._early[1]:  # what is passed on changes nothing
            self._settle()
        return count == BATCH

    def _fit(self, slots: frame_slots.FrameSlots, lengths: list[int]) -> list[int]:
        """Those that are whole, one frame, and not too old."""
        fit, now = [], time.time()
        for number, length in enumerate(lengths):
            if slots.age(number, now) > STALE:
                self._count("stale_frames")
            elif length > slots.room or not slots.finish(number, length):
                self._count("oversized_frames")
            else:
                fit.append(number)
        return fit

    def _frames(
        self, slots: frame_slots.FrameSlots, lan: _Lan, numbers: Sequence[int], lengths: list[int]
    ) -> Iterator[Frame]:
        for number in numbers:
            whole = slots.frame(number, lengths[number])
            if len(whole) < _HEADER.size:
                self._count("short_frames")
                continue
            destination, source, ethertype = _HEADER.unpack_from(whole)
            if destination[0] & _GROUP and destination != _ALL and destination not in lan.groups:
                continue  # an interface may let through what nobody here has joined
            yield Frame(whole[_HEADER.size :], source, destination, ethertype, lan.name)

    def _pass_on(self, slots: frame_slots.FrameSlots, name: str, numbers: list[int], lengths: list[int]) -> None:
        sending = self._by_name[name].sending
        self._failed(len(numbers) if sending is None else slots.send(sending, numbers, lengths))

    def _failed(self, frames: int) -> None:
        if frames:
            self._count("send_failures", frames)

    def _look_for_overruns(self, opened: socket.socket) -> None:
        """How many frames the kernel had no room for: only where there is more than can be read."""
        said = opened.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        lost: int = struct.unpack("=II", said)[1]
        if lost:
            self._count("receive_overruns", lost)


def _interface_of(frame: Frame) -> str:
    return frame.interface


def _hearing(device: str, ethertype: int, program: bytes) -> socket.socket:
    """Protocol 0 hears nothing until it is bound: no frame of another interface, nor one that the filter would not let
    through, can have come by then. Raises OSError."""
    made = socket.socket(socket.AF_PACKET, _FLAGS, 0)
    try:
        frame_slots.prepare(made)
        set_receive_buffer(made, _KEPT)
        frame_filter.attach(made, program)
        made.bind((device, ethertype))
    except OSError:
        made.close()
        raise
    return made


def _sending(device: str) -> socket.socket:
    """Hears nothing. Raises OSError."""
    made = socket.socket(socket.AF_PACKET, _FLAGS, 0)
    try:
        set_send_buffer(made, _KEPT)
        made.bind((device, 0))
    except OSError:
        made.close()
        raise
    return made
