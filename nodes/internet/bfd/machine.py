"""`BfdMachine`: all BFD sessions of a router, on the contract of nodes/machine.py. Who has it names the neighbours.

machine.listen("link1", shared=False)           packets are taken there
machine.watch(key, local, timers, now)          a session with that neighbour; `release` when it is not needed
machine.take_changes()                          which sessions have another state
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import inf

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.bfd.packet import PORT, TTL, Control
from catenet.nodes.internet.bfd.ports import SourcePorts, listening, speaking
from catenet.nodes.internet.bfd.session import Change, Key, Session
from catenet.nodes.machine import Action, ClosePort, Datagram, DecodeError, Endpoint, OpenPort, Randomness, Send, Udp
from catenet.nodes.timers import Timers

__all__ = ["MAX_SESSIONS", "BfdMachine", "Refuse"]

MAX_SESSIONS = 1024
"""More are not watched: their neighbours are as without BFD."""
_LARGEST = 0xFFFFFFFF

Refuse = Callable[[str, Datagram, str, Session | None, float], None]
"""Told of each packet that is not taken: a word, the packet, why, the session with who sent it, when."""


class BfdMachine:
    """The sessions, each found by its neighbour and by its discriminator. A packet makes no session."""

    def __init__(self, random: Randomness, refuse: Refuse) -> None:
        self._random = random
        self._refuse = refuse
        self._ports = SourcePorts(random)
        self._lans: dict[str, bool] = {}  # → whether more than one neighbour may be there
        self._sessions: dict[Key, Session] = {}
        self._ends: dict[str, list[Session]] = {}  # those of each LAN
        self._by_discriminator: dict[int, Session] = {}
        self._timers: Timers[Key] = Timers()
        self._actions: list[Action] = []
        self._changes: list[Change] = []
        self.counters: Counter[str] = Counter()

    # The contract

    def receive(self, packet: Datagram, now: float) -> None:
        """A datagram came in on a LAN where it listens."""
        try:
            control = self._parse(packet)
            session = self._session_of(control, packet)
        except DecodeError as error:
            sender = self._sessions.get(Key(packet.interface, packet.source.address))
            self._refuse(error.field, packet, str(error), sender, now)
            return
        if session is None:
            self.counters["strangers"] += 1
            return
        self.counters["received"] += 1
        session.receive(control, now)
        self._settle(session)

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        for key in self._timers.due(now):
            session = self._sessions[key]
            if now >= session.ends:
                self._remove(session)
            else:
                session.wake(now)
                self._settle(session)

    def next_wake(self) -> float | None:
        """When the earliest timer runs out."""
        return self._timers.next()

    def take_actions(self) -> list[Action]:
        """Packets, and ports."""
        actions = self._actions.copy()
        self._actions.clear()
        return actions

    # For who composes it

    @property
    def sessions(self) -> Iterator[Session]:
        """All that there are, those among them that are about to be forgotten."""
        return iter(self._sessions.values())

    def session(self, key: Key) -> Session | None:
        return self._sessions.get(key)

    def listen(self, lan: str, *, shared: bool) -> None:
        """Take packets there. `shared`: it is a multiaccess network, where a neighbour is known by its address; on a
        point-to-point one "the source address of a BFD Control packet MUST NOT be used to identify the session" (RFC
        5881 section 6)."""
        if lan not in self._lans:
            self._actions.append(listening(lan))
        self._lans[lan] = shared

    def watch(self, key: Key, local: Address, timers: BfdTimers, now: float) -> bool:
        """Have a session with that neighbour; → whether there is room for one. `local`: our address there."""
        session = self._sessions.get(key)
        if session is not None:
            session.local = local
            session.take_up(now)
            self._settle(session)
            return True
        self._make_room()
        if len(self._sessions) >= MAX_SESSIONS:
            self.counters["unwatched"] += 1
            return False
        session = Session(
            key,
            local=local,
            timers=timers,
            discriminator=self._discriminator(),
            random=self._random,
            send=self._send,
        )
        self._sessions[key] = self._by_discriminator[session.discriminator] = session
        self._ends.setdefault(key.lan, []).append(session)
        self._open(session, self._ports.take(), now)
        return True

    def release(self, key: Key, now: float) -> None:
        """Nobody needs that session any more: it says so for a while, then it is forgotten."""
        session = self._sessions.get(key)
        if session is None:
            return
        if session.heard:
            session.release(now)
            self._settle(session)
        else:
            self._remove(session)

    def readdress(self, lan: str, local: Address) -> None:
        """Our address there is another one: the sessions go on from that."""
        for session in self._ends.get(lan, ()):
            session.local = local

    def forget(self, lan: str) -> None:
        """The interface is gone, and what was known of its neighbours with it."""
        for session in tuple(self._ends.get(lan, ())):
            self._remove(session)

    def shutdown(self, now: float) -> None:
        """Say to all who have ever been heard that it is this router's will (AdminDown)."""
        for session in self.sessions:
            if session.heard:
                session.disable(now)
            self._timers.cancel(session.key)

    def port_failed(self, asked: OpenPort, now: float) -> bool:
        """A port could not be opened → whether it is a session's, which takes another one."""
        session = next((each for each in self.sessions if speaking(each.key.lan, each.port) == asked), None)
        if session is None:
            return False
        self.counters["ports-taken"] += 1
        self._open(session, self._ports.again(session.port), now)
        return True

    def take_changes(self) -> list[Change]:
        """Which sessions have another state since the last call, in order."""
        changes = self._changes.copy()
        self._changes.clear()
        return changes

    # Which session it is for (6.8.6, and RFC 5881)

    def _parse(self, packet: Datagram) -> Control:
        if packet.destination.port != PORT or packet.interface not in self._lans:
            raise DecodeError("port", packet.destination.port, "nothing is awaited there")
        if packet.ttl != TTL:  # RFC 5881 section 5
            raise DecodeError("ttl", packet.ttl, f"who is on the LAN sends with {TTL}")
        return Control.parse(packet.data)

    def _session_of(self, control: Control, packet: Datagram) -> Session | None:
        """None: it is of a neighbour that is not to be watched, or not yet."""
        session = self._by_discriminator.get(control.yours) if control.yours else self._known(packet)
        if session is None:
            if control.yours:
                raise DecodeError("discriminator", control.yours, "there is no such session here")
            return None
        if session.key.lan != packet.interface:  # "The BFD session must be bound to this interface" (RFC 5881 3)
            raise DecodeError("interface", packet.interface, f"the session is one of {session.key.lan}")
        if control.authenticated:
            raise DecodeError("authentication", "present", "none is in use")
        return session

    def _known(self, packet: Datagram) -> Session | None:
        """Of who does not know our discriminator yet: on a point-to-point network it is the other end, whatever its
        address; of several there the one with that address."""
        lan, source = packet.interface, packet.source.address
        session = self._sessions.get(Key(lan, source))
        if session is None and not self._lans.get(lan, True):
            ends = self._ends.get(lan, ())
            session = ends[0] if len(ends) == 1 else None
        return session

    # Inside

    def _discriminator(self) -> int:
        """ "MUST be unique across all BFD sessions on this system, and nonzero. It SHOULD be set to a random […]
        value" (6.8.1)."""
        number = min(int(self._random.uniform(1, _LARGEST + 1)), _LARGEST)
        while number in self._by_discriminator:
            number = number % _LARGEST + 1
        return number

    def _open(self, session: Session, number: int | None, now: float) -> None:
        """Its port, then its first word by it."""
        session.port = number or 0
        if number is not None:
            self._actions.append(speaking(session.key.lan, number))
            session.begin(now)
        self._settle(session)

    def _send(self, session: Session, control: Control) -> None:
        if not session.port:
            return
        self.counters["sent"] += 1
        lan, peer = session.key
        source, destination = Endpoint(session.local, session.port), Endpoint(peer, PORT)
        self._actions.append(Send(Datagram(bytes(control), source, destination, lan)))

    def _settle(self, session: Session) -> None:
        self._changes += session.changes
        session.changes.clear()
        if session.due < inf:
            self._timers.set(session.key, session.due)
        else:
            self._timers.cancel(session.key)

    def _make_room(self) -> None:
        """Who is about to be forgotten goes first."""
        if len(self._sessions) >= MAX_SESSIONS:
            ending = min(self.sessions, key=lambda each: each.ends)
            if ending.needless:
                self._remove(ending)

    def _remove(self, session: Session) -> None:
        del self._sessions[session.key], self._by_discriminator[session.discriminator]
        self._ends[session.key.lan].remove(session)
        self._timers.cancel(session.key)
        if session.port:
            self._actions.append(ClosePort(Udp(session.port, session.key.lan)))
            self._ports.give_back(session.port)
