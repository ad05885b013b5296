"""Many datagrams by one call of the kernel: recvmmsg(2) and sendmmsg(2), which Python's socket does not have.

For ports whose answers are mostly known: at a hundred thousand a second half of the time goes into two calls and some
ten objects for each datagram. Here the kernel writes into one buffer, and what answers a datagram goes out by the
header that it came with: the peer's address and the control data, by which interface and to which of our addresses it
came, stay where the kernel has put them.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket

from catenet.nodes.runtime.port import BATCH, LARGEST

__all__ = ["Burst"]

_NAME = 16  # struct sockaddr_in
_MSG_DONTWAIT = 0x40


class _Iovec(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Msghdr(ctypes.Structure):
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


class _Mmsghdr(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("header", _Msghdr), ("length", ctypes.c_uint32))


class Burst:
    """The datagrams of one go: received, answered in their places, and the answers sent."""

    def __init__(self, control: int) -> None:
        """`control`: the octets of control data, one piece, that come with each datagram and go with its answer."""
        control_space = socket.CMSG_SPACE(control)
        library = ctypes.CDLL(None, use_errno=True)
        self._recvmmsg, self._sendmmsg = library.recvmmsg, library.sendmmsg
        self._space, self._control = control_space, control
        self._names = bytearray(_NAME * BATCH)
        self._controls = bytearray(control_space * BATCH)
        # Of a mapping only those pages are there that were written to.
        self._data, self._answers = (memoryview(mmap.mmap(-1, LARGEST * BATCH)) for _ in range(2))
        into, out_of = (_Iovec * BATCH)(), (_Iovec * BATCH)()
        self._headers, self._answer_headers = (_Mmsghdr * BATCH)(), (_Mmsghdr * BATCH)()
        for number in range(BATCH):
            into[number] = _Iovec(_address(self._data, number * LARGEST), LARGEST)
            out_of[number] = _Iovec(_address(self._answers, number * LARGEST), 0)
            for headers, iovecs in ((self._headers, into), (self._answer_headers, out_of)):
                headers[number].header = _Msghdr(
                    _address(self._names, number * _NAME),
                    _NAME,
                    ctypes.addressof(iovecs[number]),
                    1,
                    _address(self._controls, number * control_space),
                    control_space,
                    0,
                )
        self._iovecs = into, out_of  # the headers point to them
        self._view = memoryview(self._headers).cast("B")
        self._fresh = bytes(self._view)  # as the kernel wants them each time: it writes lengths into them
        self._received = self._view.cast("I")[_Mmsghdr.length.offset // 4 :: ctypes.sizeof(_Mmsghdr) // 4]
        self._answer_lengths = memoryview(out_of).cast("B").cast("L")[1::2]  # size_t is a long (struct iovec)

    def receive(self, port: socket.socket, most: int = BATCH) -> list[bytes]:
        """What has come, at most so many datagrams; none, where nothing has.

        Raises:
            OSError: the kernel tells of an error.

        """
        self._view[:] = self._fresh
        count = self._recvmmsg(port.fileno(), self._headers, most, _MSG_DONTWAIT, None)
        if count < 0:
            self._raise_error()
            return []
        data, at = self._data, 0
        found = []
        for length in self._received[:count].tolist():
            found.append(bytes(data[at : at + length]))
            at += LARGEST
        return found

    def source(self, number: int) -> tuple[str, int]:
        """Who sent it, as Python's socket says it."""
        name = self._names[number * _NAME : (number + 1) * _NAME]
        return socket.inet_ntoa(name[4:8]), int.from_bytes(name[2:4], "big")

    def control(self, number: int) -> bytes:
        """The control data that came with it."""
        begin = number * self._space + socket.CMSG_LEN(0)  # behind struct cmsghdr
        return bytes(self._controls[begin : begin + self._control])

    def answer(self, number: int, data: bytes) -> None:
        """This, at most LARGEST octets, is to go back for that datagram."""
        length = len(data)
        at = number * LARGEST
        self._answers[at : at + length] = data
        self._answer_lengths[number] = length

    def send(self, port: socket.socket, first: int, count: int) -> int:
        """Send the answers to so many datagrams in a row → how many have left; with one that cannot, it ends."""
        headers = ctypes.byref(self._answer_headers, first * ctypes.sizeof(_Mmsghdr))
        return max(0, int(self._sendmmsg(port.fileno(), headers, count, _MSG_DONTWAIT)))

    def _raise_error(self) -> None:
        number = ctypes.get_errno()
        if number not in (errno.EAGAIN, errno.EINTR):
            raise OSError(number, os.strerror(number))


def _address(buffer: bytearray | memoryview, offset: int) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer, offset))
