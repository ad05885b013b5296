"""One machine of BFD under test, a clock, and neighbours that say what a test wants."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.bfd.machine import BfdMachine
from catenet.nodes.internet.bfd.packet import PORT, Control
from catenet.nodes.internet.bfd.session import Change, Key, Session
from catenet.nodes.internet.bfd.session_states import SessionState
from catenet.nodes.machine import Datagram, DecodeError, Endpoint, OpenPort, Send

A = Address.parse
DOWN, INIT, UP, ADMIN_DOWN = SessionState.DOWN, SessionState.INIT, SessionState.UP, SessionState.ADMIN_DOWN
ME, PEER = A("10.0.1.5"), A("10.0.1.2")
FAST = BfdTimers(0.1, 0.1, 3)
HIS = 0xCAFE
"""The neighbour's discriminator."""
SECOND = 1_000_000


class Late:
    """Randomness that jitters nothing: the longest interval that is allowed, and the last number of several."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.asked.append((a, b))
        return b


@dataclass
class Sent:
    """A packet that was sent, and when."""

    at: float
    control: Control
    datagram: Datagram


class Watcher:
    """The machine, at 100 s, with sessions on link1 (a multiaccess network) and link2 (a point-to-point one)."""

    def __init__(self, timers: BfdTimers = FAST, random: Any = None) -> None:
        self.now = 100.0
        self.refused: list[tuple[str, str, bool]] = []
        self.random = random or Late()
        self.machine = BfdMachine(self.random, self._refuse)
        self.machine.listen("link1", shared=True)
        self.machine.listen("link2", shared=False)
        self.timers = timers
        self.ports: list[Any] = []
        self.sent: list[Sent] = []
        self.changes: list[Change] = []
        self.take()

    def _refuse(self, word: str, packet: Datagram, why: str, session: Session | None, now: float) -> None:
        assert now == self.now
        self.refused.append((word, why, session is not None))

    def watch(self, peer: Address = PEER, lan: str = "link1", timers: BfdTimers | None = None) -> Session:
        assert self.machine.watch(Key(lan, peer), A(f"10.0.{lan[-1]}.5"), timers or self.timers, self.now)
        self.take()
        return self.session(peer, lan)

    def session(self, peer: Address = PEER, lan: str = "link1") -> Session:
        session = self.machine.session(Key(lan, peer))
        assert session is not None
        return session

    def release(self, peer: Address = PEER, lan: str = "link1") -> None:
        self.machine.release(Key(lan, peer), self.now)
        self.take()

    def hear(
        self,
        data: bytes | Control,
        *,
        source: Address = PEER,
        lan: str = "link1",
        ttl: int = 255,
        port: int = PORT,
        source_port: int = 49_152,
    ) -> None:
        to = Endpoint(A(f"10.0.{lan[-1]}.5"), port)
        packet = Datagram(bytes(data), Endpoint(source, source_port), to, lan, ttl, 0xC0)
        self.machine.receive(packet, self.now)
        self.take()

    def say(self, state: SessionState, *, yours: int | None = None, **fields: Any) -> None:
        """A good packet of the neighbour's. It knows our discriminator, unless told otherwise."""
        mine = self.session().discriminator if yours is None else yours
        self.hear(Control(state, 3, HIS, mine, 100_000, 100_000)._replace(**fields))

    def wake(self) -> None:
        self.machine.wake(self.now)
        self.take()

    def wait(self, seconds: float) -> list[Sent]:
        """Let time pass; gives what was sent meanwhile."""
        end, before = self.now + seconds, len(self.sent)
        while (due := self.machine.next_wake()) is not None and due <= end:
            self.now = max(self.now, due)
            self.wake()
        self.now = end
        return self.sent[before:]

    def take(self) -> None:
        for action in self.machine.take_actions():
            if isinstance(action, Send):
                assert isinstance(action.packet, Datagram)
                self.sent.append(Sent(self.now, Control.parse(action.packet.data), action.packet))
            else:
                self.ports.append(action)
        self.changes += self.machine.take_changes()

    @property
    def last(self) -> Control:
        return self.sent[-1].control

    def opened(self) -> list[OpenPort]:
        return [action for action in self.ports if isinstance(action, OpenPort)]


def up(timers: BfdTimers = FAST, **fields: Any) -> Watcher:
    """A session that is Up, as the neighbour knows, its poll answered. `fields`: what the neighbour says of its
    timers."""
    watcher = Watcher(timers)
    watcher.watch()
    watcher.say(DOWN, yours=0, **fields)
    watcher.say(INIT, **fields)
    watcher.wait(timers.transmit)
    watcher.say(UP, final=True, **fields)
    watcher.say(UP, **fields)
    assert watcher.session().state == UP
    watcher.sent.clear()
    watcher.changes.clear()
    return watcher


def keep_up(watcher: Watcher, seconds: float, **fields: object) -> list[Sent]:
    """He says each 50 ms that he is up; gives our periodic packets."""
    before = len(watcher.sent)
    for _ in range(round(seconds / 0.05)):
        watcher.wait(0.05)
        watcher.say(UP, **fields)
    return [each for each in watcher.sent[before:] if not each.control.final]


def gaps(sent: list[Sent]) -> list[float]:
    """Seconds between each two."""
    return [round(later.at - earlier.at, 6) for earlier, later in pairwise(sent)]


def refusal(data: bytes) -> str:
    """By which word a payload is refused; empty where it is not."""
    try:
        Control.parse(data)
    except DecodeError as error:
        return error.field
    return ""
