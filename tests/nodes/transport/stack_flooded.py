"""Runs inside a container: a whole node with two LANs, whose stack is ours, and somebody hostile on one of them.

The LANs are bare links: a bridge of the engine's would put fragments together and throw malformed headers away before
anybody sees them (its kernel's br_netfilter). What is sent is made here by hand; an honest host on each LAN pings the
node, and each other through it, between the attacks.

stack_flooded.py FRAMES     prints a line of JSON: for each kind of attack how many frames were sent, what the node
                            counted, what came back, and how large it is now
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys
import time
from collections import Counter
from typing import Any

PATIENCE = 60.0
BATCH = 50  # frames, behind which somebody honest pings: so none is lost before it is read
OWN, FRIEND, LIAR, FAR = "10.66.1.1", "10.66.1.2", "10.66.1.66", "10.66.2.2"
VICTIM = bytes.fromhex("020000000001")
THEIRS = {"lan1": bytes.fromhex("0200000000f1"), "lan2": bytes.fromhex("0200000000f2")}
ALL = b"\xff" * 6
IPV4, ARP = b"\x08\x00", b"\x08\x06"
ICMP, TCP, UDP = 1, 6, 17
SOCKET = "/run/catenet.sock"


def checksum(data: bytes) -> int:
    data += bytes(len(data) & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def packet(source: str, to: str, protocol: int, data: bytes, **more: Any) -> bytes:
    """`fragment`: flags and offset; `first`: the first octet; `total`: the length that it says; `wrong`: its checksum;
    `options`, `ident`, `ttl`."""
    options = more.get("options", b"")
    first = more.get("first", 0x45 + len(options) // 4)
    total = more.get("total", 20 + len(options) + len(data))
    head = struct.pack(
        ">BBHHHBBH4s4s",
        first,
        0,
        total & 0xFFFF,
        more.get("ident", 1),
        more.get("fragment", 0),
        more.get("ttl", 64),
        protocol,
        0,
        socket.inet_aton(source),
        socket.inet_aton(to),
    )
    head += options
    sum_ = checksum(head) ^ more.get("wrong", 0)
    return head[:10] + sum_.to_bytes(2, "big") + head[12:] + data


def echo(number: int, data: bytes = b"", kind: int = 8) -> bytes:
    bare = struct.pack(">BBHHH", kind, 0, 0, 7, number & 0xFFFF) + data
    return bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]


def udp(port: int, data: bytes = b"") -> bytes:
    return struct.pack(">HHHH", 5000, port, 8 + len(data), 0) + data  # without a checksum, as RFC 768 lets it


class Links:
    """The other ends of the node's."""

    def __init__(self) -> None:
        self.ends: dict[str, socket.socket] = {}
        for lan in THEIRS:
            end = self.ends[lan] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            end.bind((f"{lan}p", 3))
            end.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
            end.settimeout(0.01)
        self.seen: list[tuple[str, bytes]] = []  # what came out of the node, since it was last looked at

    def send(self, lan: str, kind: bytes, data: bytes, to: bytes = b"", source: bytes = b"") -> None:
        node = VICTIM[:-1] + bytes((1 if lan == "lan1" else 2,))
        self.ends[lan].send((to or node) + (source or THEIRS[lan]) + kind + data)

    def look(self, seconds: float) -> None:
        """Hear what comes, and answer ARP for the honest ones."""
        until = time.monotonic() + seconds
        while True:
            for lan, end in self.ends.items():
                self._drain(lan, end)
            if time.monotonic() >= until:
                return

    def _drain(self, lan: str, end: socket.socket) -> None:
        while True:
            try:
                frame, where = end.recvfrom(65536)
            except (TimeoutError, BlockingIOError):
                return
            if where[2] == 4:  # PACKET_OUTGOING: our own
                continue
            if frame[12:14] == ARP and frame[20:22] == b"\0\1":
                self._answer(lan, frame)
            else:
                self.seen.append((lan, frame))

    def _answer(self, lan: str, frame: bytes) -> None:
        asked = frame[38:42]
        if socket.inet_ntoa(asked) in (FRIEND, LIAR, FAR):
            reply = frame[14:20] + b"\0\2" + THEIRS[lan] + asked + frame[22:32]
            self.send(lan, ARP, reply, frame[6:12])


class Node:
    """PID 1 here."""

    def __init__(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("status")
                return
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.1)

    def ask(self, word: str, **more: Any) -> Any:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(PATIENCE)
            door.connect(SOCKET)
            door.sendall(json.dumps({"ask": word, **more}).encode() + b"\n")
            said = b""
            while not said.endswith(b"\n"):
                said += door.recv(1 << 20)
        answer = json.loads(said)
        assert not answer.get("error"), answer
        return answer["answer"]

    def counters(self) -> Counter[str]:
        return Counter(self.ask("status")["services"]["stack"]["counters"])

    def size(self) -> int:
        """Octets of memory that it has."""
        with open("/proc/1/status") as status:  # noqa: PTH123
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


class Flooded:
    def __init__(self, frames: int) -> None:
        self.node = Node()  # which is up when it answers
        self.links = Links()
        self.frames = frames
        self.random = random.Random(2026)
        self.number = 0

    def ping(self, source: str, to: str, lan: str, comes: str, *, patience: float = PATIENCE) -> bool:
        """An echo of an honest host's comes back, by which LAN (or, through the node, arrives)."""
        self.number += 1
        data = bytes(20) + struct.pack(">I", self.number)  # no padding behind it
        self.links.seen.clear()
        self.links.send(lan, IPV4, packet(source, to, ICMP, echo(self.number, data)))
        until = time.monotonic() + patience
        while time.monotonic() < until:
            self.links.look(0)
            wanted = [frame for by, frame in self.links.seen if by == comes and frame[14:].endswith(data)]
            if wanted:
                return True
        return False

    def ping_again(self, *way: str) -> bool:
        """An echo each second, as ping(8) sends them, until one comes back."""
        return any(self.ping(*way, patience=1.0) for _ in range(int(PATIENCE)))

    def honest(self, *, again: bool = False) -> bool:
        """The node answers, and forwards; `again`: where frames may be lost, not the first one at once."""
        ping = self.ping_again if again else self.ping
        return ping(FRIEND, OWN, "lan1", "lan1") and ping(FRIEND, FAR, "lan1", "lan2")

    def any_host(self) -> str:
        return f"10.66.1.{self.random.randrange(100, 250)}"

    def attack(self, name: str) -> dict[str, Any]:
        make = getattr(self, name)
        before, back, well = self.node.counters(), Counter[str](), True
        for number in range(self.frames):
            make(number)
            if not (number + 1) % BATCH:
                self.links.look(0)
                back.update(f"{by} {described(frame)}" for by, frame in self.links.seen)
                well = self.ping(FRIEND, OWN, "lan1", "lan1") and well
        well = self.honest() and well
        counted = self.node.counters() - before
        return {"sent": self.frames, "counted": counted, "back": back, "well": well, "size": self.node.size()}

    # The attacks

    def send(self, *given: Any, to: bytes = b"", **more: Any) -> None:
        self.links.send("lan1", IPV4, packet(*given, **more), to)

    def fragments(self, number: int) -> None:
        """The first of something, from everybody, never the rest."""
        self.send(self.any_host(), OWN, UDP, bytes(1400), ident=number & 0xFFFF, fragment=0x2000)

    def teardrop(self, number: int) -> None:
        """The second lies within the first, but for some octets."""
        self.send(LIAR, OWN, UDP, bytes(48), ident=number & 0xFFFF, fragment=0x2000)
        self.send(LIAR, OWN, UDP, bytes(40), ident=number & 0xFFFF, fragment=3)

    def death(self, number: int) -> None:
        """Together they are longer than a packet can be."""
        self.send(LIAR, OWN, ICMP, bytes(1400), ident=number & 0xFFFF, fragment=8189)

    def land(self, number: int) -> None:
        """From the victim to itself."""
        self.send(OWN, OWN, TCP, struct.pack(">HHIIBBHHH", 80, 80, 0, 0, 0x50, 2, 0, 0, 0))

    def smurf(self, number: int) -> None:
        """To everybody on a LAN, as if from somebody who is not there: on this one, and beyond the router."""
        self.send(FRIEND, ("10.66.1.255", "10.66.2.255", "255.255.255.255")[number % 3], ICMP, echo(number), to=ALL)

    def fraggle(self, number: int) -> None:
        """The same by UDP: nobody may answer."""
        self.send(FRIEND, ("10.66.1.255", "255.255.255.255")[number % 2], UDP, udp(7), to=ALL)

    def options(self, number: int) -> None:
        """Of every type and length, right and wrong."""
        kind, length = self.random.choice((7, 68, 131, 137, 130, self.random.randrange(256))), number % 41
        data = bytes((kind, length, self.random.choice((0, 4, 5, 8, 255)))) + self.random.randbytes(38)
        space = (number % 10 + 1) * 4
        self.send(LIAR, self.random.choice((OWN, FAR)), UDP, udp(9), options=data[:space])

    def headers(self, number: int) -> None:
        """No IPv4, or not what it says."""
        wrong = (
            {"first": 0x65},
            {"first": 0x44},
            {"first": 0x4F},
            {"wrong": 1},
            {"total": 19},
            {"total": 2000},
            {"total": 0},
        )
        self.send(LIAR, OWN, UDP, udp(9), **wrong[number % len(wrong)])

    def noise(self, number: int) -> None:
        self.links.send("lan1", self.random.choice((IPV4, ARP)), self.random.randbytes(self.random.randrange(1, 200)))

    def sources(self, number: int) -> None:
        """From where nobody is."""
        places = ("0.0.0.0", "127.0.0.1", "10.66.1.255", "224.0.0.1", "255.255.255.255", "240.0.0.1", "10.66.1.0")
        self.send(places[number % len(places)], (OWN, FAR)[number % 2], UDP, udp(9))

    def ports(self, number: int) -> None:
        """Where nobody listens: a scan."""
        self.send(LIAR, OWN, UDP, udp(10_000 + number % 50_000))

    def segments(self, number: int) -> None:
        """SYNs, to a node that has no TCP."""
        self.send(LIAR, OWN, TCP, struct.pack(">HHIIBBHHH", 5000, number & 0xFFFF, 0, 0, 0x50, 2, 0, 0, 0))

    def nobody(self, number: int) -> None:
        """Through the router to hosts of its LAN that are not there."""
        self.send(LIAR, f"10.66.2.{3 + number % 250}", UDP, udp(9, bytes(1000)))

    def lies(self, number: int) -> None:
        """Routers that are none, and paths that are narrow: redirect, source quench, fragmentation needed."""
        quoted = packet(OWN, FAR, UDP, udp(9), fragment=0x4000)
        kind = ((5, 1), (4, 0), (3, 4))[number % 3]
        bare = bytes((*kind, 0, 0)) + b"\0\0\0\x44" + quoted
        self.send(LIAR, OWN, ICMP, bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:])

    def flood(self, count: int) -> dict[str, Any]:
        """As fast as it goes, of all kinds: most are lost before they are read, and whoever pings right behind them."""
        kinds = [getattr(self, name) for name in KINDS]
        for number in range(count):
            kinds[number % len(kinds)](number)
        return {"well": self.honest(again=True), "size": self.node.size()}


KINDS = (
    "fragments",
    "teardrop",
    "death",
    "land",
    "smurf",
    "fraggle",
    "options",
    "headers",
    "noise",
    "sources",
    "ports",
    "segments",
    "nobody",
    "lies",
)


def described(frame: bytes) -> str:
    """What came out of the node."""
    if frame[12:14] != IPV4:
        return "arp" if frame[12:14] == ARP else "other"
    begins = 14 + (frame[14] & 15) * 4
    return f"icmp {frame[begins]}/{frame[begins + 1]}" if frame[23] == ICMP else f"protocol {frame[23]}"


def main() -> None:
    flooded = Flooded(int(sys.argv[1]))
    flooded.links.look(0.2)
    told: dict[str, Any] = {"first": {"well": flooded.honest(), "size": flooded.node.size()}}
    for name in KINDS:
        told[name] = flooded.attack(name)
    told["flood"] = flooded.flood(10 * flooded.frames)
    told["tables"] = {name: len(flooded.node.ask("show", what=name)) for name in ("arp", "fragments", "paths")}
    told["routes"] = [row["prefix"] for row in flooded.node.ask("show", what="routes")]
    sys.stdout.write(json.dumps(told))


main()
