"""Runs inside a container: `FramePump` on two links, whose other ends are played by packet sockets.

pump_in_kernel.py SCENE     prints a line of JSON: what came of it
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Ethernet, Frame, Interface, OpenPort
from catenet.nodes.runtime import frame_pump
from catenet.nodes.runtime.frame_pump import FramePump, Relayed
from catenet.nodes.runtime.frames import FramePort
from catenet.nodes.runtime.port import Owner

PATIENCE = 10.0
IPV4, ARP = 0x0800, 0x0806
IPV6 = b"\x86\xdd"
GROUP, ALL = bytes.fromhex("01005e000005"), b"\xff" * 6
OURS = {"v1": bytes.fromhex("020000000001"), "v2": bytes.fromhex("020000000002")}
THEIRS = bytes.fromhex("0200000000ff")
UDP_SEGMENT = 103


class Links:
    """The links v1 and v2, as a pump sees its LANs."""

    def __init__(self) -> None:
        for number, name in enumerate(OURS, 1):
            self.make(name, number)

    def make(self, name: str, number: int) -> None:
        ip(f"link add {name} address {OURS[name].hex(':')} type veth peer name {name}p address {THEIRS.hex(':')}")
        ip(f"link set {name} up")
        ip(f"link set {name}p up")

    def ifindex(self, lan: str) -> int:
        try:
            return socket.if_nametoindex(lan)
        except OSError:
            return 0

    def name(self, ifindex: int) -> str:
        return socket.if_indextoname(ifindex)

    def interfaces(self) -> tuple[Interface, ...]:
        return tuple(self.interface(name, number) for number, name in enumerate(OURS, 1))

    def interface(self, name: str, number: int) -> Interface:
        address = Address.parse(f"10.0.{number}.1")
        return Interface(name, address, Prefix.of(address, 24), True, 1500, OURS[name])


class Bench:
    """A pump, and a stack that takes everything, or passes on what is for 10.0.2.0/24."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.links = Links()
        self.loop = loop
        self.got: list[Frame] = []
        self.failed: list[str] = []
        self.counts: Counter[str] = Counter()
        self.settled = 0
        self.peers = {name: self.peer(name) for name in OURS}
        self.pump = FramePump(self, self.links, loop, self.count, self.fail, self.settle)

    def peer(self, name: str) -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        made.bind((f"{name}p", 3))
        made.settimeout(PATIENCE)
        return made

    def receive(self, frame: Frame, now: float) -> None:
        self.got.append(frame)

    def relay(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        others, numbers = [], []
        for number in range(len(lengths)):
            at = number * step
            if octets[at + 30 : at + 33] == bytes((10, 0, 2)):
                octets[at : at + 6] = THEIRS
                octets[at + 6 : at + 12] = OURS["v2"]
                numbers.append(number)
            else:
                others.append(number)
        return others, [("v2", numbers, [lengths[number] for number in numbers])] if numbers else []

    def answer(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        return list(range(len(lengths))), []

    def count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def fail(self, error: Exception) -> None:
        self.failed.append(repr(error))

    def settle(self) -> None:
        self.settled += 1

    async def until(self, done: Callable[[], bool]) -> None:
        end = self.loop.time() + PATIENCE
        while not done() and not self.failed:
            assert self.loop.time() < end, (len(self.got), self.counts)
            await asyncio.sleep(0.001)

    def heard(self, name: str, count: int) -> list[bytes]:
        """So many frames of ours at the other end: the kernel there sends some of its own."""
        found: list[bytes] = []
        while len(found) < count:
            said = self.peers[name].recv(2000)
            found += [said] if said[6:12] == OURS[name] and said[12:14] != IPV6 else []
        return found

    async def told(self, name: str = "v1") -> list[Frame]:
        """What it has heard until now: a frame that every pump hears comes last."""
        self.peers[name].send(frame(OURS[name], b"the last"))
        await self.until(lambda: bool(self.got) and self.got[-1].data == b"the last")
        return self.got[:-1]


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


def frame(destination: bytes, data: bytes, ethertype: int = ARP, tag: bytes = b"") -> bytes:
    return destination + THEIRS + tag + ethertype.to_bytes(2, "big") + data


def packet(destination: str, octets: int = 64) -> bytes:
    """Nothing but its length and its destination is right."""
    head = bytes((0x45, 0)) + octets.to_bytes(2, "big") + bytes(8)
    return (head + bytes((10, 0, 1, 2)) + Address.parse(destination).pack()).ljust(octets, b"x")


def as_json(frames: list[Frame]) -> list[list[Any]]:
    return [
        [each.interface, each.ethertype, each.destination.hex(), each.source.hex(), len(each.data)] for each in frames
    ]


async def hears(b: Bench) -> Any:
    """Frames of all kinds: to us, to all, to a group before and after it is joined, to others, tagged, of no known
    type."""
    peer = b.peers["v1"]
    for kind, data in ((IPV4, packet("10.0.1.1")), (IPV4, packet("10.9.9.9")), (ARP, bytes(28))):
        peer.send(frame(OURS["v1"], data, kind))
        peer.send(frame(ALL, data, kind))
        peer.send(frame(bytes.fromhex("020000000099"), data, kind))
        peer.send(frame(OURS["v1"], data, kind, tag=bytes.fromhex("81000005")))
        peer.send(frame(GROUP, data, kind))
    peer.send(frame(OURS["v1"], bytes(40), 0x86DD))
    peer.send(frame(OURS["v1"], b"", IPV4))
    before = [*await b.told()]
    b.got.clear()
    b.pump.join("v1", GROUP)
    peer.send(frame(GROUP, packet("224.0.0.5"), IPV4))
    joined = [*await b.told()]
    b.got.clear()
    b.pump.leave("v1", GROUP)
    peer.send(frame(GROUP, packet("224.0.0.5"), IPV4))
    return [as_json(before), as_json(joined), as_json(await b.told())]


async def sends(b: Bench) -> Any:
    """More than one go, in order, on two links, with one that is too long and one that no link carries."""
    frames = [Frame(f"{number}".encode(), b"", THEIRS, ARP, "v1") for number in range(100)]
    frames.insert(50, Frame(bytes(1501), b"", THEIRS, IPV4, "v1"))
    frames.insert(60, Frame(bytes(70_000), b"", THEIRS, IPV4, "v1"))
    b.pump.send([*frames, Frame(b"here", b"abcdef", THEIRS, IPV4, "v2")])
    heard = b.heard("v1", 100)
    named = b.peers["v2"].recv(2000)
    while not named.endswith(b"here"):
        named = b.peers["v2"].recv(2000)
    return [[each[14:].decode() for each in heard], heard[0][:14].hex(), named.hex(), b.counts]


async def passes(b: Bench) -> Any:
    """Packets that are relayed among others."""
    for number in range(200):
        b.peers["v1"].send(frame(OURS["v1"], packet("10.0.2.9" if number % 3 else "10.0.1.1", 100 + number), IPV4))
    await b.until(lambda: len(b.got) == 67)
    heard = b.heard("v2", 133)
    lengths = [len(each) - 14 for each in heard]
    return [lengths, heard[0][:14].hex(), [len(each.data) for each in b.got], b.settled > 0]


async def returns(b: Bench) -> Any:
    """The device goes and another one comes."""
    b.pump.join("v1", GROUP)
    ip("link delete v1")
    b.pump.interface_changed(b.links.interface("v1", 1)._replace(up=False, mtu=0, hardware=b""))
    b.pump.send([Frame(b"lost", b"", THEIRS, ARP, "v1")])
    b.links.make("v1", 1)
    b.peers["v1"] = b.peer("v1")
    b.pump.interface_changed(b.links.interface("v1", 1))
    b.peers["v1"].send(frame(GROUP, packet("224.0.0.5"), IPV4))
    heard = await b.told()
    b.pump.send([Frame(b"back", b"", THEIRS, ARP, "v1")])
    back = b.heard("v1", 1)[0]
    b.pump.close()
    return [as_json(heard), back.hex(), b.counts]


async def renamed(b: Bench) -> Any:
    """The device has another hardware address: by which frames leave, of the pump and of a port of one type."""
    owner = Owner(lambda frame, now: None, lambda: None, b.links, b.loop, b.count, b.fail)
    port = FramePort(OpenPort(Ethernet(ARP, "v1")), Ethernet(ARP, "v1"), owner)
    sources = []
    for hardware in (OURS["v1"], bytes.fromhex("0200000000e1")):
        ip(f"link set v1 address {hardware.hex(':')}")
        interface = b.links.interface("v1", 1)._replace(hardware=hardware)
        b.pump.interface_changed(interface)
        port.interface_changed(interface)
        b.pump.send([Frame(b"by the pump", b"", THEIRS, ARP, "v1")])
        port.send(Frame(b"by a port", b"", THEIRS, ARP, "v1"))
        OURS["v1"] = hardware
        sources += [each[6:12].hex() for each in b.heard("v1", 2)]
    port.close()
    return sources


async def stale(b: Bench) -> Any:
    """What waited too long: here everything did."""
    frame_pump.STALE = -1.0
    for number in range(100):
        b.peers["v1"].send(frame(OURS["v1"], packet("10.0.2.9" if number % 3 else "10.0.1.1"), IPV4))
    await b.until(lambda: b.counts["stale_frames"] == 100)
    frame_pump.STALE = 2.0
    return [as_json(await b.told()), b.counts]


async def unfinished(b: Bench) -> Any:
    """Datagrams of a kernel that leaves checksums, and cutting, to the device."""
    ip("address add 10.0.1.2/24 dev v1p")
    ip(f"neighbour add 10.0.1.1 lladdr {OURS['v1'].hex(':')} dev v1p")
    subprocess.run(["sysctl", "-qw", "net.ipv4.conf.v1p.rp_filter=0"], check=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("10.0.1.1", 9))
        sender.send(b"an odd number of octets")
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
        sender.send(bytes(3000))
    await b.until(lambda: bool(b.counts["oversized_frames"]))
    return [[each.data.hex() for each in await b.told()], b.counts]


async def keeps(b: Bench) -> Any:
    """What only passes through takes no room from what is for the node itself, nor that from what is for groups, though
    nobody reads."""
    b.pump.join("v1", GROUP)
    kinds = ((OURS["v1"], "10.9.9.9"), (OURS["v1"], "10.0.1.1"), (GROUP, "224.0.0.5"))
    for (to, address), many in zip(kinds, (20_000, 20_000, 1), strict=True):
        for _ in range(many):
            b.peers["v1"].send(frame(to, packet(address), IPV4))
    await b.until(lambda: {packet(address) for _, address in kinds} == {each.data for each in b.got})
    await b.until(lambda: b.counts["receive_overruns"] > 20_000)
    return len(b.got) <= 20_000


async def routers(b: Bench) -> Any:
    """What routers say to this one alone takes no part in what else is for it, though nobody reads."""
    frame_pump.SLICE = 0.001  # so that how fast the machine is decides nothing
    own = packet("10.0.1.1")
    control = own[:1] + b"\xc0" + own[2:]
    for _ in range(20_000):
        b.peers["v1"].send(frame(OURS["v1"], own, IPV4))
    b.peers["v1"].send(frame(OURS["v1"], control, IPV4))
    b.peers["v1"].send(frame(OURS["v1"], b"\x45\xc0" + packet("10.9.9.9")[2:], IPV4))  # and for others it is nothing
    await b.until(lambda: control in [each.data for each in b.got])
    await b.until(lambda: bool(b.counts["receive_overruns"]))
    return [each.data for each in b.got].index(control) < 1000


async def main(scene: str) -> Any:
    bench = Bench(asyncio.get_running_loop())
    outcome = await globals()[scene](bench)
    assert not bench.failed, bench.failed
    return outcome


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1]))))  # noqa: T201
