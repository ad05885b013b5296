"""One router under test: r1 (10.0.1.1 on link1, 10.0.2.1 on link2), with messages of struct, hashlib and hmac alone."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.machine import (
    Datagram,
    DeleteRoute,
    Endpoint,
    Interface,
    NextHop,
    OtherRoute,
    Report,
    Send,
    SetRoute,
    Wants,
    always,
)

GROUP = Endpoint(Address.parse("224.0.0.9"), 520)
N2, N3 = "10.0.1.2", "10.0.2.3"
"""Neighbours: n2 on link1, n3 on link2."""
WHOLE_TABLE = bytes.fromhex("01020000 00000000 00000000 00000000 00000000 00000010")
EPOCH = 1_000_000
"""Seconds since 1970 at which the clock of a router with authentication was 0."""
NAMES = {N2: "n2", N3: "n3"}

Row = tuple[str, int]


def entry(prefix: str, metric: int, *, family: int = 2, tag: int = 0, next_hop: str = "0.0.0.0") -> bytes:
    network, _, length = prefix.partition("/")
    bits = 0xFFFFFFFF << 32 - int(length) & 0xFFFFFFFF
    return struct.pack(">HHIIII", family, tag, Address.parse(network), bits, Address.parse(next_hop), metric)


def response(*entries: bytes, version: int = 2, command: int = 2) -> bytes:
    return bytes([command, version, 0, 0]) + b"".join(entries)


def with_password(message: bytes, password: bytes) -> bytes:
    return message[:4] + struct.pack(">HH16s", 0xFFFF, 2, password) + message[4:]


def signed(
    message: bytes,
    method: str = "md5",
    secret: bytes = b"secret",
    *,
    key: int = 1,
    sequence: int = EPOCH,
    counted: int = 0,
    size: int = 0,
    padding: int = 0,
    trailer: bytes = b"\xff\xff\0\1",
) -> bytes:
    """`counted`: how many octets of the trailer's head "digest length" counts; `size`: what "message length" says."""
    length = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}[method]
    size = size or len(message) + 20
    entry = struct.pack(">HHHBBIQ", 0xFFFF, 3, size, key, length + counted, sequence, padding)
    head = message[:4] + entry + message[4:] + trailer
    if method == "md5":
        return head + hashlib.md5(head + secret + bytes(16 - len(secret))).digest()
    return head + hmac.new(secret, head + bytes.fromhex("878FE1F3") * (length // 4), method).digest()


def set_route(prefix: str, via: str, link: str, *, metric: int) -> SetRoute:
    return SetRoute(Prefix.parse(prefix), (NextHop(Address.parse(via), link),), metric)


def said(data: bytes) -> dict[str, int]:
    """The prefixes and metrics in a message."""
    rows = {}
    for _, _, address, mask, _, metric in struct.iter_unpack(">HHIIII", data[4:]):
        rows[str(Prefix(Address(address), bin(mask).count("1")))] = metric
    return rows


def key_of(packet: Datagram) -> int:
    """The Key ID in a message with a digest."""
    return packet.data[10]


def sequence_of(packet: Datagram) -> int:
    (number,) = struct.unpack_from(">I", packet.data, 12)
    return number


def unsigned(packet: Datagram) -> Datagram:
    """A message with a digest, without what proves its sender."""
    (size,) = struct.unpack_from(">H", packet.data, 8)
    return packet._replace(data=packet.data[:4] + packet.data[24:size])


class Middle:
    """Randomness without surprise: always the middle; `asked` keeps the bounds."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.asked.append((a, b))
        return (a + b) / 2


class Router:
    """The machine, a clock, and what came out of it. At 100 s, when the test begins, a regular update has just gone."""

    def __init__(
        self,
        *,
        start: bool = True,
        interfaces: Iterable[Interface] = (),
        static: Iterable[tuple[Prefix, Address]] = (),
        epoch: float = 0.0,
        began: float = 0.0,
        wants: Wants = always,
        **options: object,
    ) -> None:
        self.random = Middle()
        self.links = {i.name: i for i in interfaces} or {
            f"link{n}": Interface(f"link{n}", Address.parse(f"10.0.{n}.1"), Prefix.parse(f"10.0.{n}.0/24"))
            for n in (1, 2)
        }
        self.now = 100.0
        self.machine = RipMachine(
            RipOptions(**options),
            self.links.values(),
            self.random,
            lambda a: NAMES.get(str(a), str(a)),
            epoch=epoch,
            began=began,
            wants=wants,
        )
        self.opened = self.machine.take_actions()
        for prefix, via in static:
            self.route("static", str(prefix), str(via))
        if start:
            update = RipOptions(**options).update
            self.now -= update
            self.wait(update)
            self.random.asked.clear()

    def wake(self) -> None:
        self.machine.wake(self.now)

    def wait(self, seconds: float) -> list[tuple[float, Datagram]]:
        """Let time pass; gives what was sent meanwhile, and when."""
        end, sent = self.now + seconds, []
        while (due := self.machine.next_wake()) is not None and due <= end:
            self.now = max(self.now, due)
            self.wake()
            sent += [(self.now, packet) for packet in self.sends()]
        self.now = end
        return sent

    def hear(
        self, data: bytes, source: str = N2, *, port: int = 520, link: str | None = None, to: Endpoint = GROUP
    ) -> None:
        link = link or ("link2" if source.startswith("10.0.2.") else "link1")
        self.machine.receive(Datagram(data, Endpoint(Address.parse(source), port), to, link), self.now)

    def route(self, source: str, prefix: str, *vias: str, tag: int = 0) -> None:
        """Another source of this node's has its route there by these routers, or none any more."""
        hops = [
            NextHop(Address.parse(via), link.name)
            for via in vias
            for link in self.links.values()
            if link.prefix.holds(Address.parse(via))
        ]
        self.machine.route_changed(
            source, Prefix.parse(prefix), OtherRoute(tuple(hops), tag=tag) if hops else None, self.now
        )

    def set_link(self, name: str, *, up: bool) -> None:
        self.links[name] = self.links[name]._replace(up=up)
        self.machine.set_interface(self.links[name], self.now)

    def take(self) -> list[object]:
        self.actions = self.machine.take_actions()
        return self.actions

    def sends(self) -> list[Datagram]:
        return [action.packet for action in self.take() if isinstance(action, Send)]

    def kernel(self) -> list[SetRoute | DeleteRoute]:
        return [action for action in self.take() if isinstance(action, SetRoute | DeleteRoute)]

    def reports(self) -> list[Report]:
        return [action for action in self.take() if isinstance(action, Report)]

    @property
    def status(self) -> dict:
        return self.machine.status(self.now)

    @property
    def table(self) -> dict[str, int]:
        """Prefix → metric, with what is unreachable."""
        return {row["prefix"]: row["metric"] for row in self.status["table"]}

    @property
    def counters(self) -> dict[str, int]:
        return self.status["counters"]

    def row(self, prefix: str) -> dict:
        return next(row for row in self.status["table"] if row["prefix"] == prefix)

    def answer(self, request: bytes, source: str = N2, **how: object) -> list[Datagram]:
        """What comes back at once."""
        self.take()
        self.hear(request, source, **how)
        return self.sends()


def routes(packets: Iterable[Datagram], link: str) -> dict[str, int]:
    """What these packets announce on one link."""
    rows = {}
    for packet in packets:
        if packet.interface == link and packet.data[0] == 2:
            rows.update(said(packet.data))
    return rows
