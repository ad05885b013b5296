"""A translator under test, with packets that struct and sums of words make: hosts of 192.168.1.0/24 on `home` and of
192.168.2.0/24 on `guests`, and 10.0.0.1 on `street`, outside."""

from __future__ import annotations

import struct
from collections import Counter
from random import Random

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.machine import NatMachine
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.machine import Hook, IpPacket, OpenPort, Report, Send, Wants, always

PUBLIC = "10.0.0.1"
X, X2, GUEST = "192.168.1.2:5000", "192.168.1.3:5000", "192.168.2.9:5000"
Y, Y_OTHER_PORT, Z = "10.0.0.9:6000", "10.0.0.9:6001", "10.9.9.9:6000"
"""Inside and outside endpoints."""
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
ICMP, TCP, UDP = 1, 6, 17


def words_sum(data: bytes) -> int:
    """The one's complement sum of the words (RFC 1071), by adding them."""
    total = 0
    for (word,) in struct.iter_unpack(">H", data + b"\0" * (len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total


def split(endpoint: str) -> tuple[bytes, int]:
    address, _, port = endpoint.partition(":")
    return Address.parse(address).pack(), int(port or 0)


def ip(
    source: str, destination: str, protocol: int, body: bytes, *, ttl: int = 64, options: bytes = b"", fragment: int = 0
) -> bytes:
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x45 + len(options) // 4,
        0,
        20 + len(options) + len(body),
        0x1234,
        fragment,
        ttl,
        protocol,
        0,
        split(source)[0],
        split(destination)[0],
    )
    head += options
    return head[:10] + struct.pack(">H", words_sum(head) ^ 0xFFFF) + head[12:] + body


def transport_sum(source: str, destination: str, protocol: int, body: bytes) -> int:
    pseudo = split(source)[0] + split(destination)[0] + struct.pack(">HH", protocol, len(body))
    return words_sum(pseudo + body) ^ 0xFFFF


def udp(source: str, destination: str, data: bytes = b"hello", *, summed: bool = True, **how: object) -> bytes:
    body = struct.pack(">HHHH", split(source)[1], split(destination)[1], 8 + len(data), 0) + data
    if summed:
        total = transport_sum(source, destination, UDP, body) or 0xFFFF
        body = body[:6] + struct.pack(">H", total) + body[8:]
    return ip(source, destination, UDP, body, **how)


def tcp(
    source: str, destination: str, flags: str, *, seq: int = 0, ack: int = 0, data: bytes = b"", **how: object
) -> bytes:
    bits = sum(FLAGS[flag] for flag in flags)
    ports = split(source)[1], split(destination)[1]
    body = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, bits, 8192, 0, 0) + data
    body = body[:16] + struct.pack(">H", transport_sum(source, destination, TCP, body)) + body[18:]
    return ip(source, destination, TCP, body, **how)


def icmp(
    source: str, destination: str, kind: int, code: int = 0, *, rest: bytes = bytes(4), data: bytes = b""
) -> bytes:
    body = bytes((kind, code, 0, 0)) + rest + data
    return ip(source, destination, ICMP, body[:2] + struct.pack(">H", words_sum(body) ^ 0xFFFF) + body[4:])


def echo(source: str, destination: str, identifier: int, *, reply: bool = False) -> bytes:
    return icmp(source, destination, 0 if reply else 8, rest=struct.pack(">HH", identifier, 7), data=b"ping")


def error(source: str, about: bytes, kind: int = 3, code: int = 3, *, octets: int = 28) -> bytes:
    """An ICMP error, to who sent the packet that it is about."""
    return icmp(source, str(Address.unpack(about[12:16])), kind, code, data=about[:octets])


def embedded(packet: bytes) -> bytes:
    return packet[20 + 8 :]


def ends(packet: bytes) -> tuple[str, str]:
    """Source and destination, with ports where there are such."""
    start = (packet[0] & 15) * 4
    addresses = str(Address.unpack(packet[12:16])), str(Address.unpack(packet[16:20]))
    if packet[9] == ICMP:
        return addresses
    ports = struct.unpack_from(">HH", packet, start)
    return f"{addresses[0]}:{ports[0]}", f"{addresses[1]}:{ports[1]}"


def identifier(packet: bytes) -> int:
    return int.from_bytes(packet[24:26], "big")


def is_whole(packet: bytes) -> bool:
    """Whether every checksum in it is right."""
    start = (packet[0] & 15) * 4
    body = packet[start:]
    if words_sum(packet[:start]) != 0xFFFF:
        return False
    if packet[9] == ICMP:
        return words_sum(body) == 0xFFFF
    if packet[9] == UDP and body[6:8] == b"\0\0":
        return True
    source, destination = (str(Address.unpack(packet[at : at + 4])) for at in (12, 16))
    return transport_sum(source, destination, packet[9], body) == 0


class Home:
    """The machine, a clock, and what it has told."""

    def __init__(
        self,
        *,
        seed: int = 1,
        address: str = PUBLIC,
        kept: tuple[tuple[int, int], ...] = (),
        wants: Wants = always,
        **options: object,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.random = Random(seed)
        self.now = 1000.0
        self.machine = NatMachine(
            NatOptions(**options),
            Roles("street", Address.parse(address), frozenset(("home", "guests"))),
            self.random.randbytes,
            self.count,
            kept=kept,
            name_of=lambda address: {"192.168.1.2": "alice"}.get(str(address), str(address)),
            wants=wants,
        )
        self.opened = [each for each in self.machine.take_actions() if isinstance(each, OpenPort)]

    def count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] += by

    def cross(self, packet: bytes, hook: Hook, came: str, goes: str) -> bytes | None:
        made = self.machine.cross(packet, hook, came, goes, self.now)
        assert made is None or is_whole(made) or not is_whole(packet)
        return made

    def out(self, packet: bytes, came: str = "home") -> bytes | None:
        return self.cross(packet, Hook.FORWARDING, came, "street")

    def arrive(self, packet: bytes, came: str = "street") -> bytes | None:
        """At the outside address."""
        return self.cross(packet, Hook.ARRIVING, came, "")

    def enter(self, packet: bytes, goes: str = "home") -> bytes | None:
        """From outside to an inside address."""
        return self.cross(packet, Hook.FORWARDING, "street", goes)

    def leave(self, packet: bytes, goes: str = "street") -> bytes | None:
        """Of the kernel's own."""
        return self.cross(packet, Hook.LEAVING, "", goes)

    def sent(self, source: str = X, destination: str = Y) -> str:
        """A datagram goes out; its source as outside sees it."""
        made = self.out(udp(source, destination))
        assert made is not None
        return ends(made)[0]

    def hears(self, source: str, outside: str) -> str | None:
        """Who inside gets a datagram, if anybody."""
        made = self.arrive(udp(source, outside))
        return None if made is None else ends(made)[1]

    def connect(self, source: str = X, destination: str = "10.0.0.9:80") -> str:
        """A connection is opened from inside; its source as outside sees it."""
        made = self.out(tcp(source, destination, "S", seq=100))
        assert made is not None
        outside = ends(made)[0]
        assert self.arrive(tcp(destination, outside, "SA", seq=500, ack=101)) is not None
        assert self.out(tcp(source, destination, "A", seq=101, ack=501)) is not None
        return outside

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.machine.next_wake()) is not None and due <= end:
            self.now = max(self.now, due)
            self.machine.wake(self.now)
        self.now = end

    def take(self) -> list[object]:
        return self.machine.take_actions()

    def told(self) -> list[str]:
        """The kinds of the events since the last call."""
        return [each.kind for each in self.take() if isinstance(each, Report)]

    def sends(self) -> list[IpPacket]:
        return [each.packet for each in self.take() if isinstance(each, Send)]

    @property
    def rows(self) -> list[dict]:
        return self.machine.show("nat", self.now)["table"]

    @property
    def states(self) -> list[str]:
        return [row["state"] for row in self.rows]
