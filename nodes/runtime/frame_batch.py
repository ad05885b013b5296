"""Many frames by one call of the kernel: recvmmsg(2) and sendmmsg(2), which Python's socket does not have; and what
they have in common with those of datagrams (mmsg.py).

It stands alone, and loads nothing of asyncio: a program that only passes frames on is small.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
from array import array
from collections.abc import Callable, Sequence

__all__ = [
    "BATCH",
    "MSG_DONTWAIT",
    "Departures",
    "FrameInbox",
    "FrameOutbox",
    "Iovec",
    "Mmsghdr",
    "Msghdr",
    "address_of",
    "arrived",
    "point_to",
    "send_all",
]

BATCH = 64
"""Frames at one go."""
MSG_DONTWAIT = 0x40


class Iovec(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Msghdr(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iov_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class Mmsghdr(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("header", Msghdr), ("length", ctypes.c_uint32))


class FrameInbox:
    """Frames that are received at one go, without envelopes."""

    def __init__(self, room: int) -> None:
        """`room`: the octets of the longest; of a longer one the rest is cut off."""
        self._room = room
        self._recvmmsg = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._data = mmap.mmap(-1, room * BATCH)
        self._headers, self._iovecs = _headers()
        point_to(self._iovecs, address_of(self._data, 0), room, room)
        number = ctypes.sizeof(Mmsghdr) // 4
        self._lengths = memoryview(self._headers).cast("B").cast("I")[Mmsghdr.length.offset // 4 :: number]

    def receive(self, port: socket.socket) -> list[bytes]:
        """What has come, at most BATCH; none, where nothing has, or the device goes."""
        count = self._recvmmsg(port.fileno(), self._headers, BATCH, MSG_DONTWAIT, None)
        data, room, at, found = self._data, self._room, 0, []
        for length in self._lengths[: max(count, 0)].tolist():
            found.append(data[at : at + length])
            at += room
        return found


class Departures:
    """Sends frames from where they lie in memory."""

    def __init__(self) -> None:
        self._sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._headers, self._iovecs = _headers()
        words = memoryview(self._iovecs).cast("B").cast("L")  # size_t is a long (struct iovec)
        self._bases, self._lengths = words[0::2], words[1::2]

    def send(self, port: socket.socket, places: Sequence[int], lengths: Sequence[int]) -> int:
        """At most BATCH frames, at these addresses, each of so many octets → how many the kernel has not taken."""
        count = len(places)
        self._bases[:count] = memoryview(array("L", places))
        self._lengths[:count] = memoryview(array("L", lengths))
        return send_all(self._sendmmsg, port, self._headers, count)


class FrameOutbox:
    """Frames that are to be sent at one go."""

    def __init__(self, room: int) -> None:
        """`room`: the octets of the longest."""
        self.room = room
        self._data = mmap.mmap(-1, room * BATCH)
        self._places = [address_of(self._data, number * room) for number in range(BATCH)]
        self._lengths: list[int] = []
        self._departures = Departures()

    @property
    def count(self) -> int:
        """How many are in it."""
        return len(self._lengths)

    def put(self, frame: bytes) -> bool:
        """One more, of at most so many octets as there is room for → whether it is full now."""
        lengths, length = self._lengths, len(frame)
        at = len(lengths) * self.room
        self._data[at : at + length] = frame
        lengths.append(length)
        return len(lengths) == BATCH

    def send(self, port: socket.socket) -> int:
        """Send all → how many the kernel has not taken; then it is empty."""
        lengths = self._lengths
        failed = self._departures.send(port, self._places[: len(lengths)], lengths)
        lengths.clear()
        return failed


def arrived(count: int) -> int:
    """What recvmmsg(2) has returned → how many have come, 0 where nothing has.

    Raises:
        OSError: the kernel tells of an error.

    """
    if count >= 0:
        return count
    number = ctypes.get_errno()
    if number not in (errno.EAGAIN, errno.EINTR):
        raise OSError(number, os.strerror(number))
    return 0


def send_all(sendmmsg: Callable[..., int], port: socket.socket, headers: ctypes.Array[Mmsghdr], count: int) -> int:
    """The first so many of these → how many the kernel has not taken."""
    first = failed = 0
    while first < count:
        rest = ctypes.byref(headers, first * ctypes.sizeof(Mmsghdr))
        first += max(0, sendmmsg(port.fileno(), rest, count - first, MSG_DONTWAIT))
        if first < count:  # it ended at one that cannot be sent
            first += 1
            failed += 1
    return failed


def _headers() -> tuple[ctypes.Array[Mmsghdr], ctypes.Array[Iovec]]:
    """Of BATCH frames: each with one piece of memory, which is still to be said."""
    headers, iovecs = (Mmsghdr * BATCH)(), (Iovec * BATCH)()
    for header, iovec in zip(headers, iovecs, strict=True):
        header.header = Msghdr(None, 0, ctypes.addressof(iovec), 1, None, 0, 0)
    return headers, iovecs


def point_to(iovecs: ctypes.Array[Iovec], first: int, step: int, room: int) -> None:
    """They have so much room each, the first at that address, and each of the others a step behind the one before."""
    for number, iovec in enumerate(iovecs):
        iovec.base, iovec.length = first + number * step, room


def address_of(buffer: mmap.mmap, offset: int) -> int:
    """Of that octet of it."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer, offset))
