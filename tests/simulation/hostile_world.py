"""Hosts and routers with stacks of ours, who talk by datagrams that say themselves whose they are, and somebody who
wishes them ill.

        h0       h1
        │        │
    ─── r0 ───── r1 ───
        │        │
    ─── r3 ───── r2 ───       each link of the ring has an MTU of its own; the attacker is on h0's LAN
        │        │
        h3       h2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from network import Network, Node

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.machine import (
    Action,
    Datagram,
    DecodeError,
    Endpoint,
    Ethernet,
    Frame,
    Interface,
    Machine,
    NextHop,
    OpenPort,
    Send,
    Udp,
)
from catenet.nodes.transport.stack.machine import Stack

__all__ = ["HOSTS", "Attacker", "Heard", "HostileWorld", "Talker", "content"]

HOSTS = 4
PORT = 9
IPV4, ARP = 0x0800, 0x0806
_HEAD, _UDP = 12, 8
ALL = b"\xff" * 6


class Heard(NamedTuple):
    """A datagram's sender, its number there, and its size."""

    sender: int
    number: int
    size: int


def content(said: Heard) -> bytes:
    """What it says: it is recognised whole, or it is none."""
    head = said.sender.to_bytes(4, "big") + said.number.to_bytes(4, "big") + said.size.to_bytes(4, "big")
    return head + Random(f"{said}").randbytes(said.size)


class Talker:
    """Sends to all other hosts in turn, and keeps what it hears. `wrong`: what nobody has sent."""

    def __init__(self, me: int, random: Random, sizes: Sequence[int], *, every: float, count: int, whole: bool) -> None:
        self._me = me
        self._random = random
        self._sizes = sizes
        self._every = every
        self._count = count
        self._due = every * me / HOSTS
        self._actions: list[Action] = [OpenPort(Udp(PORT), fragments=not whole)]
        self.sent: list[tuple[int, Heard]] = []
        self.heard: Counter[Heard] = Counter()
        self.wrong: list[bytes] = []

    def receive(self, packet: Datagram, now: float) -> None:
        data, said = packet.data, _said(packet.data)
        if said.size != len(data) - _HEAD or content(said) != data:
            self.wrong.append(data)
        else:
            self.heard[said] += 1

    def next_wake(self) -> float | None:
        return self._due if len(self.sent) < self._count else None

    def wake(self, now: float) -> None:
        while len(self.sent) < self._count and self._due <= now:
            self._due += self._every
            to = (self._me + 1 + len(self.sent) % (HOSTS - 1)) % HOSTS
            said = Heard(self._me, len(self.sent), self._random.choice(self._sizes))
            self.sent.append((to, said))
            ends = Endpoint(ANY, PORT), Endpoint(Address.parse(f"10.1.{to}.10"), PORT)
            self._actions.append(Send(Datagram(content(said), *ends)))

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


class Tap:
    """Counts what comes to a host, copies too: of each datagram that came whole, and of each fragment."""

    def __init__(self, interfaces: Sequence[Interface]) -> None:
        self._actions: list[Action] = [OpenPort(Ethernet(IPV4, each.name)) for each in interfaces]
        self._whole: Counter[Heard] = Counter()
        self._pieces: dict[tuple[Address, int], Counter[int]] = {}
        self._whose: dict[Heard, tuple[Address, int]] = {}

    def receive(self, frame: Frame, now: float) -> None:
        try:
            header = Header.received(frame.data)
        except DecodeError:
            return
        said = _said(frame.data[header.length + _UDP : header.total_length])
        if not header.is_fragment:
            self._whole.update([said])
            return
        key = header.source, header.identification
        self._pieces.setdefault(key, Counter())[header.offset] += 1
        if header.offset == 0:
            self._whose[said] = key

    def times(self, said: Heard) -> int:
        """How often it can have been delivered: no oftener than each part of it came."""
        pieces = self._pieces.get(self._whose[said], Counter()) if said in self._whose else Counter()
        return self._whole[said] + min(pieces.values(), default=0)

    def next_wake(self) -> None:
        return None

    def wake(self, now: float) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


def _said(data: bytes) -> Heard:
    """What the beginning of a datagram says; zeros where it is none of ours."""
    sender, number, size = (int.from_bytes(data[at : at + 4], "big") for at in range(0, _HEAD, 4))
    return Heard(sender, number, size)


class Attacker:
    """Sends frames of its own making, one each `every` seconds, until its time is over."""

    def __init__(self, lan: Interface, target: bytes, frames: Sequence[bytes], every: float) -> None:
        """`target`: the router's hardware address. One of `frames` is its Ethernet type, an octet that says whether it
        is for all, and its payload."""
        self._lan = lan
        self._target = target
        self._frames = iter(frames)
        self._every = every
        self._due: float | None = 0.0
        self._actions: list[Action] = [OpenPort(Ethernet(kind, lan.name)) for kind in (IPV4, ARP)]

    def receive(self, frame: Frame, now: float) -> None: ...

    def next_wake(self) -> float | None:
        return self._due

    def wake(self, now: float) -> None:
        while self._due is not None and self._due <= now:
            frame = next(self._frames, None)
            self._due = None if frame is None else self._due + self._every
            if frame is not None:
                to = ALL if frame[2] & 1 else self._target
                kind = int.from_bytes(frame[:2], "big")
                self._actions.append(Send(Frame(frame[3:], self._lan.hardware, to, kind, self._lan.name)))

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


class HostileWorld:
    """The network; `mtus`: of the ring's links."""

    def __init__(
        self,
        seed: int,
        *,
        mtus: Sequence[int] = (1500, 1500, 1500, 1500),
        sizes: Sequence[int] = (0, 100, 1400, 4000),
        every: float = 0.05,
        count: int = 100,
        whole: bool = False,
        frames: Sequence[bytes] = (),
    ) -> None:
        self.network = Network(seed, own=True)
        self.talkers: list[Talker] = []
        self.taps: list[Tap] = []
        for number in range(HOSTS):
            self.network.add_lan(f"ring{number}", f"10.2.{number}.0/24", mtu=mtus[number])
            self.network.add_lan(f"lan{number}", f"10.1.{number}.0/24")
        for number in range(HOSTS):
            self._add_router(number)
        for number in range(HOSTS):
            random = Random(f"{seed} talker {number}")
            self.talkers.append(Talker(number, random, sizes, every=every, count=count, whole=whole))
            self._add_host(number)
        if frames:
            self._add_attacker(frames)

    def _add_router(self, number: int) -> None:
        before = (number - 1) % HOSTS
        lans = {
            f"lan{number}": f"10.1.{number}.1",
            f"ring{number}": f"10.2.{number}.1",
            f"ring{before}": f"10.2.{before}.2",
        }

        node = self.network.add_node(f"r{number}", lans, lambda _: Tap(()))
        for step in range(1, HOSTS):
            hops = []
            if step <= HOSTS // 2:
                hops.append(NextHop(Address.parse(f"10.2.{number}.2"), f"ring{number}"))
            if step >= HOSTS // 2:
                hops.append(NextHop(Address.parse(f"10.2.{before}.1"), f"ring{before}"))
            node.kernel[Prefix.parse(f"10.1.{(number + step) % HOSTS}.0/24")] = tuple(hops)

    def _add_host(self, number: int) -> None:
        lan = f"lan{number}"

        def tap(node: Node) -> Machine[Any]:
            self.taps.append(Tap(node.interfaces))
            return self.taps[-1]

        talker = self.talkers[number]
        node = self.network.add_node(f"h{number}", {lan: f"10.1.{number}.10"}, tap, lambda _: talker, forwards=False)
        node.kernel[DEFAULT] = (NextHop(Address.parse(f"10.1.{number}.1"), lan),)

    def _add_attacker(self, frames: Sequence[bytes]) -> None:
        (router,) = [each.hardware for each in self.network.nodes["r0"].interfaces if each.name == "lan0"]
        self.network.add_node(
            "mallory",
            {"lan0": "10.1.0.66"},
            lambda node: Attacker(node.interfaces[0], router, frames, 0.002),
            forwards=False,
        )

    @property
    def stacks(self) -> dict[str, Stack]:
        found = {}
        for name, node in self.network.nodes.items():
            assert node.own is not None
            assert node.own.stack is not None
            found[name] = node.own.stack
        return found

    @property
    def sent(self) -> list[tuple[int, Heard]]:
        return [each for talker in self.talkers for each in talker.sent]

    def counts(self, name: str) -> Counter[str]:
        own = self.network.nodes[name].own
        assert own is not None
        return own.counters

    def all_counts(self) -> Counter[str]:
        return sum((self.counts(name) for name in self.network.nodes), Counter())

    def check(self) -> None:
        """Nothing wrong was delivered, nothing to another, and nothing oftener than all of it had come."""
        for number, talker in enumerate(self.talkers):
            assert talker.wrong == []
            meant = {said for to, said in self.sent if to == number}
            assert set(talker.heard) <= meant
            for said, count in talker.heard.items():
                assert count <= self.taps[number].times(said)

    def lost(self) -> list[Heard]:
        return [said for to, said in self.sent if not self.talkers[to].heard[said]]
