"""BFD for OSPF's neighbours (RFC 5882 section 10.1): loss is seen in a fraction of a second, not after `dead`.

A neighbour has a session from 2-Way on, where its LAN has `bfd`. "A control protocol timeout SHOULD be emulated for the
associated neighbor" when its session fails (section 4.2.1). A session that never came up is of a neighbour without
BFD, which is as good as any (section 4.1); one that is switched off says nothing (section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catenet.nodes.internet.bfd.machine import BfdMachine
from catenet.nodes.internet.bfd.packet import diagnostic_text
from catenet.nodes.internet.bfd.session import Change, Key, Session
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.machine import Action, Datagram, Json, OpenPort, Randomness

if TYPE_CHECKING:
    from catenet.nodes.internet.ospf.hello import Hellos
    from catenet.nodes.internet.ospf.interface import Circuit
    from catenet.nodes.internet.ospf.neighbour import Neighbour
    from catenet.nodes.internet.ospf.router import Router

__all__ = ["Liveness"]


class Liveness:
    """The sessions of a router's neighbours."""

    def __init__(self, router: Router, hellos: Hellos, random: Randomness) -> None:
        self._router = router
        self._hellos = hellos
        self._bfd = BfdMachine(random, self._refuse)
        self._used = False

    def add(self, circuit: Circuit) -> None:
        """An interface on which OSPF is spoken."""
        if circuit.on.bfd is not None:
            self._used = True
            self._bfd.listen(circuit.name, shared=not circuit.point_to_point)

    def readdress(self, circuit: Circuit) -> None:
        """Its address may be another one."""
        self._bfd.readdress(circuit.name, circuit.address)

    # The contract, as far as it is BFD's

    def receive(self, packet: Datagram) -> bool:
        """A datagram came in → whether something follows of it for OSPF."""
        self._bfd.receive(packet, self._router.now)
        return self._take_changes()

    def wake(self) -> bool:
        """Do what has fallen due → whether something follows of it for OSPF."""
        self._bfd.wake(self._router.now)
        return self._take_changes()

    def next_wake(self) -> float | None:
        """When the earliest timer of a session runs out."""
        return self._bfd.next_wake() if self._used else None

    def take_actions(self) -> list[Action]:
        """Packets, and ports."""
        return self._bfd.take_actions() if self._used else []

    def port_failed(self, asked: OpenPort) -> bool:
        """Whether it was a session's, which takes another one."""
        return self._bfd.port_failed(asked, self._router.now)

    def shutdown(self) -> None:
        """The end is this router's will: nobody has to find out by silence."""
        self._bfd.shutdown(self._router.now)

    # Which neighbours have one

    def follow(self, neighbour: Neighbour) -> None:
        """It has reached 2-Way, or is not there any more."""
        circuit, now = neighbour.circuit, self._router.now
        if circuit.on.bfd is None:
            return
        key = Key(circuit.name, neighbour.address)
        there = any(each.address == neighbour.address for each in circuit.in_state(NeighbourState.TWO_WAY))
        if not circuit.up:
            self._bfd.forget(circuit.name)
        elif there:
            self._bfd.watch(key, circuit.address, circuit.on.bfd, now)
        else:
            self._bfd.release(key, now)
        self._take_changes()

    # What is told

    def state(self, neighbour: Neighbour) -> str | None:
        """Its session's, in the RFC's word; None: its LAN has no BFD."""
        if neighbour.circuit.on.bfd is None:
            return None
        session = self._session(neighbour)
        return "none" if session is None else session.state.word

    @property
    def counters(self) -> dict[str, int]:
        """What was sent and received; what was refused is among OSPF's own."""
        return {f"bfd.{word}": number for word, number in self._bfd.counters.items()}

    def rows(self) -> Iterator[dict[str, Json]]:
        """All sessions."""
        name_of, now = self._router.reporter.name_of, self._router.now
        for session in self._bfd.sessions:
            yield {
                "node": name_of(session.key.peer),
                "address": str(session.key.peer),
                "lan": session.key.lan,
                "state": session.state.word,
                "there": session.remote_state.word if session.heard else None,
                "for": round(max(now - session.since, 0.0), 3),
                "every": _milliseconds(session.interval),
                "lost_after": _milliseconds(session.detection) if session.heard else None,
                "discriminator": session.discriminator,
                "its": session.remote_discriminator or None,
                "diagnostic": diagnostic_text(session.remote_diagnostic) if session.heard else None,
                "cause": session.cause,
            }

    # Inside

    def _session(self, neighbour: Neighbour) -> Session | None:
        session = self._bfd.session(Key(neighbour.circuit.name, neighbour.address))
        return None if session is None or session.needless else session

    def _take_changes(self) -> bool:
        changes = self._bfd.take_changes()
        for change in changes:
            self._router.reporter.session_changed(change, self._router.now)
            if change.failed:
                self._fail(change)
        return bool(changes)

    def _fail(self, change: Change) -> None:
        circuit = self._router.circuits[change.key.lan]
        for neighbour in tuple(circuit.neighbours.values()):
            if neighbour.address == change.key.peer and neighbour.state >= NeighbourState.TWO_WAY:
                self._hellos.lose(neighbour, f"BFD: {change.cause}")

    def _refuse(self, word: str, packet: Datagram, why: str, session: Session | None, now: float) -> None:
        """Of strangers one is told for all of its kind on a LAN: their addresses may be made up."""
        source = packet.source.address
        of = str(source) if session is not None else "strangers"
        self._router.reporter.refused_datagram(f"bfd-{word}", (source, packet.interface), f"BFD: {why}", now, of)


def _milliseconds(seconds: float) -> float | None:
    """None: never."""
    return round(seconds * 1000, 3) if seconds < 1e9 else None
