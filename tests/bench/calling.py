"""What asks a supernode or a directory for bench_calls.py, beside it in its network: `calling.py ADDRESS WORD NUMBERS`.

    rate CALLS SECONDS      as many packets as it takes, two of each side on the way at a time → how many were relayed
    delay SECONDS CALLS…    50 packets a second and side, for each of these numbers of calls → what the relays add, in
                            ms, at the median and at 99 %, and how many were lost
    hold CALLS              the allocations stay → how many
    login CLIENTS           they stay logged in at the directory, until this is ended; then there is a file HELD

A call is two allocations, each of which has a channel to the other's relayed address: a packet is relayed twice. When
one has come the kernel says, so that no delay is the asker's own.
"""

from __future__ import annotations

import json
import os
import select
import socket
import ssl
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    LIFETIME,
    REQUESTED_TRANSPORT,
    XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.framing import channel_data
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.machine import Endpoint

SECRET = "north-north-west"
CHANNEL, PAYLOAD, HEADER = 0x4000, 172, 4  # 20 ms of G.711, and RTP's header
ON_THE_WAY, RELAYS = 2, 2
PERIOD, TICKS = 0.02, 20  # seconds between two packets of a side; parts of it in which some of the sides send
_STAMPS, _STAMP = 35, struct.Struct("qq")  # SO_TIMESTAMPNS; struct timespec
_SPACE = socket.CMSG_SPACE(_STAMP.size)
_PATIENCE, _AGAIN, _LONG = 2.0, 0.2, 600.0  # seconds
HELD = "/tmp/held"
_KEPT = 20_000  # and those behind it: ports that nobody else is given
_NANO = 1e-9
_BEGIN = channel_data(CHANNEL, bytes(PAYLOAD))[:HEADER]


class Side:
    """One end of a call."""

    def __init__(self, server: str, user: str, port: int = 0) -> None:
        username = f"{int(time.time()) + 3600}:{user}"
        self._login = Login(username, password_of(username, SECRET.encode()))
        self.port = _port()
        self.port.bind(("", port))
        self.port.connect((server, 3478))
        response = self._ask(Method.ALLOCATE, REQUESTED_TRANSPORT.of(17))
        relayed = response.get(XOR_RELAYED_ADDRESS)
        assert isinstance(relayed, Endpoint), response
        self.relayed = relayed

    def bind(self, peer: Endpoint) -> None:
        self._ask(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(CHANNEL), XOR_PEER_ADDRESS.of(peer))

    def release(self) -> None:
        self._ask(Method.REFRESH, LIFETIME.of(0))

    def _ask(self, method: Method, *attributes: Attribute) -> Message:
        challenged = True
        while challenged:
            request = Message(method, Kind.REQUEST, os.urandom(12), attributes)
            complete, signing = self._login.sign(request)
            response = self._exchange(complete.encode() if signing is None else signing.encode(complete))
            challenged = self._login.challenged(complete, response)
        self._login.accepted()
        if response.kind is not Kind.SUCCESS:
            raise ValueError(response)
        return response

    def _exchange(self, request: bytes) -> Message:
        """A server says little to who has proved nothing: it is asked until it answers."""
        self.port.settimeout(_AGAIN)
        while True:
            self.port.send(request)
            with suppress(TimeoutError):
                while (came := self.port.recv(2000))[8:20] != request[8:20]:
                    pass
                return Message.parse(came)


def _port() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
    made.settimeout(_AGAIN)
    return made


@contextmanager
def calls(server: str, number: int) -> Iterator[list[Side]]:
    """Inside they stand, side by side."""
    sides = _calls(server, number)
    yield sides
    for side in sides:
        side.release()


def _calls(server: str, number: int, port: int = 0) -> list[Side]:
    sides = [Side(server, f"user{each}", port and port + each) for each in range(2 * number)]
    for one, other in zip(sides[::2], sides[1::2], strict=True):
        one.bind(other.relayed)
        other.bind(one.relayed)
    return sides


def rate(server: str, number: int, seconds: float) -> int:
    data, count = channel_data(CHANNEL, bytes(PAYLOAD)), 0
    with calls(server, number) as sides:
        ports = [side.port for side in sides]
        for port in ports * ON_THE_WAY:
            port.send(data)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for port in ports:
                with suppress(TimeoutError):  # one is lost
                    port.recv(2000)
                    count += 1
                port.send(data)
    return RELAYS * count


def delay(server: str, seconds: float, *numbers: int) -> list[tuple[float, float, int]]:
    """Against datagrams that go straight from port to port in the same way."""
    direct = [_port(), _port()]
    for port in direct:
        port.bind((server, 0))
    direct[0].connect(direct[1].getsockname())
    direct[1].connect(direct[0].getsockname())
    plain, _ = _delays(direct, seconds)
    said = []
    with calls(server, max(numbers)) as sides:
        for number in numbers:
            relayed, lost = _delays([side.port for side in sides[: 2 * number]], seconds)
            median, most = (1e3 * (_at(relayed, part) - _at(plain, part)) for part in (0.5, 0.99))
            said.append((median, most, lost))
    return said


def hold(server: str, number: int) -> int:
    return len(_calls(server, number, _KEPT))


def login(server: str, number: int) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    held = []
    for each in range(number):
        held.append(context.wrap_socket(socket.create_connection((server, 5223))))
        asked = {"id": "1", "ask": "login", "user": f"user{each}", "password": SECRET}
        held[-1].sendall(json.dumps(asked).encode() + b"\n")
        while b'"id"' not in (said := held[-1].recv(65_536)):
            pass
        if b'"ok"' not in said:
            raise ValueError(said)
    Path(HELD).write_text("held")
    time.sleep(_LONG)
    return len(held)


def _delays(ports: list[socket.socket], seconds: float) -> tuple[list[float], int]:
    """Seconds, in order, and how many were lost."""
    epoll, by_file = select.epoll(), {port.fileno(): port for port in ports}
    for port in ports:
        epoll.register(port, select.EPOLLIN)
    delays: list[float] = []
    sent, fill = 0, bytes(PAYLOAD - 8)
    for tick in range(round(seconds / PERIOD * TICKS)):
        due = time.monotonic() + PERIOD / TICKS
        for port in ports[tick % TICKS :: TICKS]:
            port.send(_BEGIN + time.time_ns().to_bytes(8, "big") + fill)
            sent += 1
        while (left := due - time.monotonic()) > 0:
            _collect(epoll.poll(left), by_file, delays)
    ends = time.monotonic() + _PATIENCE
    while len(delays) < sent and time.monotonic() < ends:
        _collect(epoll.poll(0.1), by_file, delays)
    return sorted(delays), sent - len(delays)


def _collect(ready: list[tuple[int, int]], by_file: dict[int, socket.socket], delays: list[float]) -> None:
    for number, _ in ready:
        data, control, _, _ = by_file[number].recvmsg(2000, _SPACE)
        seconds, nanoseconds = _STAMP.unpack(control[0][2])
        sent = int.from_bytes(data[HEADER : HEADER + 8], "big")
        delays.append((seconds * 1_000_000_000 + nanoseconds - sent) * _NANO)


def _at(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(part * len(values)))]


def main() -> None:
    server, word, *numbers = sys.argv[1:]
    said = {"rate": rate, "delay": delay, "hold": hold, "login": login}[word](server, *map(int, numbers))
    sys.stdout.write(json.dumps(said))


main()
