"""Many datagrams by one call of the kernel: recvmmsg(2) and sendmmsg(2), which Python's socket does not have.

For ports by which many come at once: at a hundred thousand a second half of the time goes into two calls and some ten
objects for each datagram. Here the kernel reads from one buffer and writes into another.

What goes with a datagram is its envelope: the peer's address (struct sockaddr_in), and behind it the control data
(struct cmsghdr), as the kernel has them. What answers a datagram goes out in the envelope in which it came.
"""

from __future__ import annotations

import ctypes
import mmap
import socket

from catenet.nodes.runtime.frame_batch import MSG_DONTWAIT, Iovec, Mmsghdr, Msghdr, address_of, arrived, send_all
from catenet.nodes.runtime.port import BATCH, LARGEST

__all__ = ["Inbox", "Outbox"]

_NAME = 16  # octets of struct sockaddr_in


class Inbox:
    """What is received at one go."""

    def __init__(self, control: int) -> None:
        """`control`: the octets of control data, with their header, that come with each datagram."""
        self._step = _NAME + control
        self._recvmmsg = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._box = _Box(control)
        self._view = memoryview(self._box.headers).cast("B")
        self._fresh = bytes(self._view)  # as the kernel wants them each time: it writes lengths into them
        self._lengths = self._view.cast("I")[Mmsghdr.length.offset // 4 :: ctypes.sizeof(Mmsghdr) // 4]

    def receive(self, port: socket.socket, most: int = BATCH) -> list[tuple[bytes, bytes]]:
        """What has come, at most so many datagrams, each with its envelope; none, where nothing has.

        Raises:
            OSError: the kernel tells of an error.

        """
        self._view[:] = self._fresh
        count = arrived(self._recvmmsg(port.fileno(), self._box.headers, most, MSG_DONTWAIT, None))
        data, step = self._box.data, self._step
        envelopes = self._box.envelopes[: count * step]
        at = envelope = 0
        found = []
        for length in self._lengths[:count].tolist():
            found.append((data[at : at + length], envelopes[envelope : envelope + step]))
            at += LARGEST
            envelope += step
        return found


class Outbox:
    """What is to be sent at one go."""

    def __init__(self, control: int) -> None:
        """`control`: the most octets of control data, with their headers, that go with a datagram."""
        self.count = 0
        self._step = _NAME + control
        self._sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._box = box = _Box(control)
        self._lengths = memoryview(box.iovecs).cast("B").cast("L")[1::2]  # size_t is a long (struct iovec)
        words = memoryview(box.headers).cast("B").cast("L")
        step, word = ctypes.sizeof(Mmsghdr), ctypes.sizeof(ctypes.c_size_t)
        self._control_lengths = words[Msghdr.control_length.offset // word :: step // word]

    def put(self, envelope: bytes, data: bytes) -> bool:
        """One datagram, of at most LARGEST octets → whether there was room for it."""
        number, box = self.count, self._box
        if number == BATCH:
            return False
        at, length = number * self._step, len(envelope)
        box.envelopes[at : at + length] = envelope
        self._control_lengths[number] = length - _NAME
        at, length = number * LARGEST, len(data)
        box.data[at : at + length] = data
        self._lengths[number] = length
        self.count = number + 1
        return True

    def send(self, port: socket.socket) -> int:
        """Send all → how many the kernel has not taken; then it is empty."""
        count, self.count = self.count, 0
        return send_all(self._sendmmsg, port, self._box.headers, count)


class _Box:
    """Room for BATCH datagrams, with headers that point to it."""

    def __init__(self, control: int) -> None:
        step = _NAME + control
        self.envelopes = mmap.mmap(-1, step * BATCH)  # whose slices are bytes, and are set at a third of the cost
        self.data = mmap.mmap(-1, LARGEST * BATCH)  # only those pages are there that were written to
        self.iovecs, self.headers = (Iovec * BATCH)(), (Mmsghdr * BATCH)()
        for number in range(BATCH):
            self.iovecs[number] = Iovec(address_of(self.data, number * LARGEST), LARGEST)
            self.headers[number].header = Msghdr(
                address_of(self.envelopes, number * step),
                _NAME,
                ctypes.addressof(self.iovecs[number]),
                1,
                address_of(self.envelopes, number * step + _NAME),
                control,
                0,
            )
