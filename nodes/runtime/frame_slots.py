"""Frames that are received at one go, each in a slot of its own, where it can be changed and whence it can be sent.

In front of each stands what the kernel knows of it (struct virtio_net_hdr, packet(7)'s PACKET_VNET_HDR): a checksum
that its sender left to a device, or that it is several in one, which no device has cut yet. With each comes when the
kernel had it (SO_TIMESTAMPNS).

A ring that both map (PACKET_RX_RING) was measured: it costs the processor as much, and keeps its memory all the time.
"""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
from collections.abc import Sequence

from catenet.nodes.runtime.frame_batch import (
    BATCH,
    MSG_DONTWAIT,
    Departures,
    Iovec,
    Mmsghdr,
    Msghdr,
    address_of,
    arrived,
    point_to,
)

__all__ = ["FrameSlots", "prepare"]

_SOL_PACKET, _PACKET_VNET_HDR = 263, 15
_SO_TIMESTAMPNS = 35
_MSG_TRUNC = 0x20
_KNOWN = struct.Struct("=BBHHHH")  # flags, kind of several in one, …, …, where a checksum begins, and where it is put
_NEEDS_CHECKSUM = 1
_STAMP = struct.Struct("@ll")  # struct timespec
_CONTROL = socket.CMSG_SPACE(_STAMP.size)
_STAMP_AT = socket.CMSG_LEN(0)
_ALIGNED = 64  # octets of a processor's line


def prepare(port: socket.socket) -> None:
    """A packet socket says what `FrameSlots` reads. Raises OSError."""
    port.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    port.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


class FrameSlots:
    """Room for BATCH frames.

    `step`: octets from one slot to the next; `octets`: all slots, the first frame at its beginning.
    """

    def __init__(self, room: int) -> None:
        """`room`: the octets of the longest."""
        self.room = room
        self.step = step = -(-(_KNOWN.size + room) // _ALIGNED) * _ALIGNED
        self._memory = mmap.mmap(-1, step * BATCH + _KNOWN.size)
        self.octets = memoryview(self._memory)[_KNOWN.size :]
        self._known = memoryview(self._memory)
        first = address_of(self._memory, 0)
        self._places = [first + _KNOWN.size + number * step for number in range(BATCH)]
        self._departures = Departures()
        self._recvmmsg = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._control = mmap.mmap(-1, _CONTROL * BATCH)
        self._headers, self._iovecs = (Mmsghdr * BATCH)(), (Iovec * BATCH)()
        point_to(self._iovecs, first, step, _KNOWN.size + room)
        for number, header in enumerate(self._headers):
            control = address_of(self._control, number * _CONTROL)
            header.header = Msghdr(None, 0, ctypes.addressof(self._iovecs[number]), 1, control, _CONTROL, 0)
        view = memoryview(self._headers).cast("B")
        self._view, self._fresh = view, bytes(view)  # as the kernel wants them each time: it writes lengths into them
        self._lengths = view.cast("I")[Mmsghdr.length.offset // 4 :: ctypes.sizeof(Mmsghdr) // 4]

    def receive(self, port: socket.socket) -> list[int]:
        """The octets of each that has come, at most BATCH: none, where nothing has; more than `room` where the rest was
        cut off.

        Raises:
            OSError: the kernel tells of an error.

        """
        self._view[:] = self._fresh
        count = arrived(self._recvmmsg(port.fileno(), self._headers, BATCH, MSG_DONTWAIT | _MSG_TRUNC, None))
        return [length - _KNOWN.size for length in self._lengths[:count].tolist()]

    def age(self, number: int, now: float) -> float:
        """How long ago the kernel had it, in seconds before `now` (those since 1970)."""
        seconds: int
        rest: int
        seconds, rest = _STAMP.unpack_from(self._control, number * _CONTROL + _STAMP_AT)
        return now - seconds - rest * 1e-9

    def plain(self, count: int) -> bool:
        """Whether of the first so many none is unfinished, nor several in one."""
        end = count * self.step
        flags, several = (self._known[at : end : self.step].tobytes() for at in (0, 1))
        return not any(several) and not any(flag & _NEEDS_CHECKSUM for flag in flags.replace(b"\0", b""))

    def finish(self, number: int, length: int) -> bool:
        """Do what its sender left to a device → whether it is one frame now; several in one are not taken apart."""
        at = number * self.step
        flags, several, _, _, begins, offset = _KNOWN.unpack_from(self._memory, at)
        if several:
            return False
        if flags & _NEEDS_CHECKSUM:
            at += _KNOWN.size
            place = at + begins + offset
            if begins + offset + 2 > length:
                return False
            data = self._memory[at + begins : at + length]
            # its field has the sum of what else it is of; 2 ** 16 is 1 modulo 0xFFFF (nodes/internet/ipv4/checksum)
            rest = int.from_bytes(data + b"\0" if len(data) & 1 else data, "big") % 0xFFFF
            self._memory[place : place + 2] = (0xFFFF - rest).to_bytes(2, "big")
        return True

    def frame(self, number: int, length: int) -> bytes:
        """Its octets."""
        at = number * self.step + _KNOWN.size
        return self._memory[at : at + length]

    def send(self, port: socket.socket, numbers: Sequence[int], lengths: Sequence[int]) -> int:
        """Send these as they stand, so many octets of each → how many the kernel has not taken."""
        places = self._places
        return self._departures.send(port, [places[number] for number in numbers], lengths)
