"""An agent on a desk, and a peer whose every message is written and read by another implementation of STUN (aioice)."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from aioice import stun

from catenet.nodes.address import Address
from catenet.nodes.application.ice.agent import Agent
from catenet.nodes.application.ice.candidate import Candidate, Kind, priority_of
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.events import Event
from catenet.nodes.application.ice.pair import State
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.machine import Endpoint

__all__ = ["ELSEWHERE", "HERE", "THEIRS", "THERE", "Desk", "host"]

HERE = Endpoint(Address.parse("192.0.2.1"), 5000)
THERE = Endpoint(Address.parse("192.0.2.2"), 6000)
ELSEWHERE = Endpoint(Address.parse("192.0.2.3"), 7000)
THEIRS = Credentials("peer", "p" * 22)


def host(endpoint: Endpoint, preference: int = 65535, foundation: str = "1") -> Candidate:
    return Candidate(Kind.HOST, endpoint, endpoint, priority_of(Kind.HOST, preference), foundation)


class Desk:
    """The agent under test, on a clock of its own."""

    def __init__(self, *, controlling: bool = True, seed: int = 1, begun: bool = True) -> None:
        self.counters: Counter[str] = Counter()
        rng = random.Random(seed)
        self.agent = Agent(
            Timing(),
            controlling=controlling,
            entropy=rng.randbytes,
            randomness=rng,
            count=lambda counter, by=1: self.counters.update({counter: by}),
        )
        self.agent.set_local([host(HERE)])
        self.now = 0.0
        self.events: list[Event] = []
        if begun:
            self.begin()

    def begin(self, *candidates: Candidate) -> None:
        self.agent.set_remote(THEIRS, candidates or [host(THERE)], self.now)

    def hear(self, message: stun.Message, source: Endpoint = THERE, base: Endpoint = HERE) -> list[stun.Message]:
        """What it says to a message."""
        assert self.agent.receive(bytes(message), source, base, self.now)
        return self.said()

    def said(self) -> list[stun.Message]:
        """All that it sends now."""
        return [stun.parse_message(data) for data, _, _ in self.agent.take_sends()]

    def run(self, seconds: float) -> list[tuple[float, stun.Message]]:
        """What it sends meanwhile, and when."""
        sent, end = [(self.now, each) for each in self.said()], self.now + seconds
        while (at := self.agent.next_wake()) is not None and at <= end:
            self.now = max(self.now, at)
            self.agent.wake(self.now)
            sent += [(self.now, each) for each in self.said()]
        self.now = end
        self.events += self.agent.take_events()
        return sent

    def check(self, **changed: Any) -> stun.Message:
        """A check of the peer's: `role` and `tiebreaker`, `nominates`, `username`, `password`, `priority`."""
        role = changed.get("role", "CONTROLLED" if self.agent.controlling else "CONTROLLING")
        attributes: dict[str, Any] = {
            "USERNAME": changed.get("username", f"{self.agent.credentials.fragment}:{THEIRS.fragment}"),
            "PRIORITY": changed.get("priority", priority_of(Kind.PEER_REFLEXIVE, 65535)),
            f"ICE-{role}": changed.get("tiebreaker", 1),
        }
        if changed.get("nominates"):
            attributes["USE-CANDIDATE"] = None
        for absent in changed.get("without", ()):
            del attributes[absent]
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        if changed.get("signed", True):
            message.add_message_integrity(changed.get("password", self.agent.credentials.password).encode())
        else:
            message.add_fingerprint()
        return message

    def answer(
        self, request: stun.Message, *, seen: Endpoint = HERE, error: int = 0, password: str = ""
    ) -> stun.Message:
        """The peer's answer to a check."""
        attributes: dict[str, Any] = {"XOR-MAPPED-ADDRESS": (str(seen.address), seen.port)}
        if error:
            attributes = {"ERROR-CODE": (error, "no")}
        kind = stun.Class.ERROR if error else stun.Class.RESPONSE
        message = stun.Message(stun.Method.BINDING, kind, request.transaction_id, attributes)
        message.add_message_integrity((password or THEIRS.password).encode())
        return message

    def connect(self) -> None:
        """The usual way to a selected pair."""
        [(_, check)] = self.run(0.0)
        if not self.agent.controlling:
            self.hear(self.check(nominates=True))
        self.hear(self.answer(check))
        if self.agent.controlling:
            [(_, nominating)] = self.run(0.0)
            self.hear(self.answer(nominating))
        self.events += self.agent.take_events()
        assert self.agent.selected is not None

    @property
    def states(self) -> list[State]:
        return [pair.state for pair in self.agent.checklist]
