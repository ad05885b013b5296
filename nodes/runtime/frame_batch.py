"""Many frames by one call of the kernel: recvmmsg(2) and sendmmsg(2), which Python's socket does not have; and what
they have in common with those of datagrams (mmsg.py).

It stands alone, and loads nothing of asyncio: a program that only passes frames on is small.
"""

from __future__ import annotations

import ctypes
import mmap
import socket

__all__ = ["BATCH", "MSG_DONTWAIT", "FrameInbox", "FrameOutbox", "Iovec", "Mmsghdr", "Msghdr", "address_of"]

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
        self._box = box = _Frames(room)
        self._number = ctypes.sizeof(Mmsghdr) // 4
        self._lengths = memoryview(box.headers).cast("B").cast("I")[Mmsghdr.length.offset // 4 :: self._number]

    def receive(self, port: socket.socket) -> list[bytes]:
        """What has come, at most BATCH; none, where nothing has, or the device goes."""
        count = self._recvmmsg(port.fileno(), self._box.headers, BATCH, MSG_DONTWAIT, None)
        data, room, at, found = self._box.data, self._room, 0, []
        for length in self._lengths[: max(count, 0)].tolist():
            found.append(data[at : at + length])
            at += room
        return found


class FrameOutbox:
    """Frames that are to be sent at one go."""

    def __init__(self, room: int) -> None:
        self.count = 0
        self._room = room
        self._sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._box = _Frames(room)
        self._lengths = memoryview(self._box.iovecs).cast("B").cast("L")[1::2]  # size_t is a long (struct iovec)

    def put(self, frame: bytes) -> bool:
        """One more, of at most so many octets as there is room for → whether it is full now."""
        number, length = self.count, len(frame)
        at = number * self._room
        self._box.data[at : at + length] = frame
        self._lengths[number] = length
        self.count = number + 1
        return self.count == BATCH

    def send(self, port: socket.socket) -> None:
        """Send all, but those that the kernel does not take; then it is empty."""
        first = 0
        while first < self.count:
            headers = ctypes.byref(self._box.headers, first * ctypes.sizeof(Mmsghdr))
            sent = self._sendmmsg(port.fileno(), headers, self.count - first, MSG_DONTWAIT)
            first += sent if sent > 0 else 1
        self.count = 0


class _Frames:
    """Room for BATCH frames, with headers that point to it."""

    def __init__(self, room: int) -> None:
        self.data = mmap.mmap(-1, room * BATCH)
        self.iovecs, self.headers = (Iovec * BATCH)(), (Mmsghdr * BATCH)()
        for number in range(BATCH):
            self.iovecs[number] = Iovec(address_of(self.data, number * room), room)
            self.headers[number].header = Msghdr(None, 0, ctypes.addressof(self.iovecs[number]), 1, None, 0, 0)


def address_of(buffer: mmap.mmap, offset: int) -> int:
    """Of that octet of it."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer, offset))
