"""Runs inside nodes, by itself: datagrams that go round a network once a millisecond, and which of them are lost.

    probe.py echo PORT                 sends back whatever comes in
    probe.py probe ADDRESS PORT        sends numbered datagrams there, and tells on standard output what comes back

Lines of `probe`, times in seconds since 1970, of the sending: `lost BEGIN END`: between these two, both answered, at
least _FEWEST were not; `answered AT`: the latest so far, told again and again; `way AT ROUTERS`: from this one on so
many routers are on the way there and back. Both end with their standard input.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
import time

INTERVAL = 0.001
_FEWEST = 3  # fewer are lost where a packet overtakes another on a shorter way
_TELL = 0.2
_TTL = 64  # with which the kernel sends
_RECVTTL = 12  # ip(7): the TTL of what comes in, beside it; socket has no name for it before Python 3.14
_ROOM = 1 << 22  # bytes that may wait: a busy machine must not look like a broken network


def open_socket(port: int = 0) -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    udp.setsockopt(socket.IPPROTO_IP, _RECVTTL, 1)
    udp.bind(("", port))
    udp.setblocking(False)
    return udp


def echo(port: int) -> None:
    udp = open_socket(port)
    while not ended([udp], None):
        with contextlib.suppress(OSError):  # nothing more there, or an ICMP error of an earlier answer
            while True:
                data, passed, source = receive(udp)
                udp.sendto(data + bytes([passed]), source)


def receive(udp: socket.socket) -> tuple[bytes, int, tuple[str, int]]:
    """A datagram, how many routers it has passed, and whence it came."""
    data, ancillary, _, source = udp.recvmsg(64, socket.CMSG_SPACE(4))
    return data, _TTL - struct.unpack("i", ancillary[0][2])[0], source


def probe(address: str, port: int) -> None:
    udp = open_socket()
    sent: list[float] = []
    latest = way = -1
    due = told = time.time()
    while not ended([udp], max(0.0, due - time.time())):
        now = time.time()
        if now >= due:
            with contextlib.suppress(OSError):  # no route: lost like any other
                udp.sendto(struct.pack("!I", len(sent)), (address, port))
            sent.append(now)
            due = max(due + INTERVAL, now)
        for number, passed in answers(udp):
            if passed != way and number > latest:
                way = passed
                sys.stdout.write(f"way {sent[number]:.6f} {way}\n")
            if number - latest > _FEWEST and latest >= 0:
                sys.stdout.write(f"lost {sent[latest]:.6f} {sent[number]:.6f}\n")
            latest = max(latest, number)
        if now - told >= _TELL and latest >= 0:
            told = now
            sys.stdout.write(f"answered {sent[latest]:.6f}\n")
            sys.stdout.flush()


def answers(udp: socket.socket) -> list[tuple[int, int]]:
    """The numbers of those that came back, and how many routers they have passed in all."""
    found = []
    with contextlib.suppress(OSError):
        while True:
            data, back, _ = receive(udp)
            number, there = struct.unpack("!IB", data)
            found.append((number, there + back))
    return found


def ended(readable: list[socket.socket], wait: float | None) -> bool:
    """Waits until there is something to read; whether it is the end of standard input."""
    found, _, _ = select.select([*readable, sys.stdin], [], [], wait)
    return sys.stdin in found


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo(int(sys.argv[2]))
    else:
        probe(sys.argv[2], int(sys.argv[3]))
