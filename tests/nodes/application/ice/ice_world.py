"""Two agents and what lies between them: addresses translated as RFC 4787 names it, loss, delay, on a virtual clock.

The translators here are a model of few lines that shares no code with the room `nat`: mappings by a rule, filters by a
rule, ports drawn at random, filters that look at the sessions of the mapping.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ice_oracle import AD, AP, EI, OPEN

from catenet.nodes.address import Address
from catenet.nodes.application.ice.agent import Agent
from catenet.nodes.application.ice.candidate import Candidate, Foundations, Kind, priority_of
from catenet.nodes.application.ice.check import Outgoing
from catenet.nodes.application.ice.events import Event, Selected
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.machine import Endpoint

__all__ = ["Link", "Peer", "Translator", "World", "between", "path_of"]

RELAY = Address.parse("198.51.100.9")


def _key(rule: str, peer: Endpoint) -> object:
    return {EI: None, AD: peer.address, AP: peer}[rule]


class Translator:
    """One of a home. `blocks`: no UDP passes at all."""

    def __init__(
        self, outside: Address, mapping: str, filtering: str, rng: random.Random, *, blocks: bool = False
    ) -> None:
        self.outside, self.mapping, self.filtering, self.blocks = outside, mapping, filtering, blocks
        self._rng = rng
        self._out: dict[tuple[Endpoint, object], int] = {}
        self._back: dict[int, tuple[Endpoint, set[object]]] = {}

    def leave(self, source: Endpoint, peer: Endpoint) -> Endpoint | None:
        if self.blocks:
            return None
        key = source, _key(self.mapping, peer)
        port = self._out.get(key)
        if port is None:
            port = self._rng.choice([each for each in range(20_000, 60_000) if each not in self._back])
            self._out[key] = port
            self._back[port] = source, set()
        self._back[port][1].add(_key(self.filtering, peer))
        return Endpoint(self.outside, port)

    def enter(self, port: int, peer: Endpoint) -> Endpoint | None:
        found = self._back.get(port)
        return found[0] if found is not None and _key(self.filtering, peer) in found[1] else None


class Link(NamedTuple):
    """What becomes of each datagram between the two."""

    loss: float = 0.0
    least: float = 0.005  # seconds of delay
    most: float = 0.03


PLAIN, USUAL = Link(), Timing()


class Peer:
    """An agent, its own address, its translator, and the address that a relay has allotted to it."""

    def __init__(
        self,
        world: World,
        host: Endpoint,
        translator: Translator | None,
        relayed: Endpoint | None,
        *,
        controlling: bool,
    ) -> None:
        self.world, self.host, self.translator, self.relayed = world, host, translator, relayed
        self.counters: Counter[str] = Counter()
        self.events: list[tuple[float, Event]] = []
        self.agent = Agent(
            world.timing,
            controlling=controlling,
            entropy=world.rng.randbytes,
            randomness=world.rng,
            count=lambda counter, by=1: self.counters.update({counter: by}),
        )
        self.agent.set_local(self._gathered())

    def _gathered(self) -> list[Candidate]:
        foundations, server = Foundations(), Endpoint(RELAY, 3478)
        found = [
            Candidate(
                Kind.HOST,
                self.host,
                self.host,
                priority_of(Kind.HOST, 65535),
                foundations.of(Kind.HOST, self.host.address),
            )
        ]
        seen = self.translator.leave(self.host, server) if self.translator is not None else None
        if seen is not None:
            foundation = foundations.of(Kind.SERVER_REFLEXIVE, self.host.address, server.address)
            found.append(
                Candidate(Kind.SERVER_REFLEXIVE, seen, self.host, priority_of(Kind.SERVER_REFLEXIVE, 65535), foundation)
            )
        if self.relayed is not None:
            foundation = foundations.of(Kind.RELAYED, self.relayed.address, server.address)
            found.append(
                Candidate(Kind.RELAYED, self.relayed, self.relayed, priority_of(Kind.RELAYED, 65535), foundation)
            )
        return found

    @property
    def candidates(self) -> list[Candidate]:
        """As the other is told of them."""
        return [found for each in self._gathered_once() if (found := Candidate.parse(str(each))) is not None]

    def _gathered_once(self) -> Iterable[Candidate]:
        return [each for each in self.agent.local if each.kind is not Kind.PEER_REFLEXIVE]

    @property
    def selected_at(self) -> float | None:
        return next((at for at, event in self.events if isinstance(event, Selected)), None)

    def act(self, now: float) -> None:
        """Send what it wants to send, hear what it says."""
        for outgoing in self.agent.take_sends():
            self.world.carry(self, outgoing, now)
        self.events += [(now, event) for event in self.agent.take_events()]


class World:
    """Two peers, and datagrams under way."""

    def __init__(self, seed: int, *, link: Link = PLAIN, timing: Timing = USUAL) -> None:
        self.rng = random.Random(seed)
        self.link, self.timing = link, timing
        self.now = 0.0
        self.peers: list[Peer] = []
        self.carried = 0
        self.cut = False
        self._under_way: list[tuple[float, int, Outgoing]] = []

    def carry(self, sender: Peer, outgoing: Outgoing, now: float) -> None:
        """A datagram leaves; `destination` is what the network sees of it."""
        data, base, destination = outgoing
        source: Endpoint | None = base
        if base == sender.host and sender.translator is not None:
            source = sender.translator.leave(base, destination)
        self.carried += 1
        if source is None or self.cut or self.rng.random() < self.link.loss:
            return
        at = now + self.rng.uniform(self.link.least, self.link.most)
        heapq.heappush(self._under_way, (at, self.carried, Outgoing(data, source, destination)))

    def _deliver(self, data: bytes, source: Endpoint, destination: Endpoint) -> None:
        for peer in self.peers:
            base: Endpoint | None = None
            if destination == peer.relayed:
                base = peer.relayed
            elif peer.translator is None and destination == peer.host:
                base = peer.host
            elif peer.translator is not None and destination.address == peer.translator.outside:
                base = peer.translator.enter(destination.port, source)
            if base in (peer.host, peer.relayed) and base is not None:
                peer.agent.receive(data, source, base, self.now)
                return

    def exchange(self, *, late: float = 0.0) -> None:
        """Each is told of the other's candidates; the second one so much later."""
        first, second = self.peers
        first.agent.set_remote(second.agent.credentials, second.candidates, self.now)
        first.act(self.now)
        self.run(late)
        second.agent.set_remote(first.agent.credentials, first.candidates, self.now)
        second.act(self.now)

    def run(self, seconds: float) -> None:
        """So long on the virtual clock."""
        end = self.now + seconds
        while True:
            times = [at for peer in self.peers if (at := peer.agent.next_wake()) is not None]
            if self._under_way:
                times.append(self._under_way[0][0])
            at = min(times, default=end)
            if at > end or not times:
                self.now = end
                return
            self.now = max(self.now, at)
            while self._under_way and self._under_way[0][0] <= self.now:
                _, _, (data, source, destination) = heapq.heappop(self._under_way)
                self._deliver(data, source, destination)
            for peer in self.peers:
                wake = peer.agent.next_wake()
                if wake is not None and wake <= self.now:
                    peer.agent.wake(self.now)
                peer.act(self.now)


def between(
    first: tuple[str, str],
    second: tuple[str, str],
    seed: int,
    *,
    link: Link = PLAIN,
    blocks: tuple[bool, bool] = (False, False),
    controlling: tuple[bool, bool] = (True, False),
    relays: bool = True,
) -> World:
    """Two peers at home, each behind a translator that behaves so; both homes have the same addresses."""
    world = World(seed, link=link)
    for number, behaviour in enumerate((first, second)):
        outside = Address.parse(f"203.0.113.{number + 1}")
        translator, host = None, Endpoint(outside, 5000)
        if behaviour != OPEN:
            translator = Translator(outside, *behaviour, world.rng, blocks=blocks[number])
            host = Endpoint(Address.parse("192.168.1.7"), 5000)
        relayed = Endpoint(RELAY, 50_000 + number) if relays else None
        world.peers.append(Peer(world, host, translator, relayed, controlling=controlling[number]))
    return world


def path_of(agent: Agent) -> str:
    """`direct`, `punched` or `relayed`; "" where there is none."""
    if agent.selected is None:
        return ""
    kinds = {agent.selected.local.kind, agent.selected.remote.kind}
    if Kind.RELAYED in kinds:
        return "relayed"
    return "direct" if kinds == {Kind.HOST} else "punched"
