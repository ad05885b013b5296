"""`Measuring`: what the way to the neighbours costs, by Echo (RFC 792), where an interface's `cost` is `measured`.

Twice a second each neighbour that is Full is sent one; its kernel answers, whatever program is its router. The first
ones follow each other faster, so that a new neighbour's link has its cost within 4 s. What round_trips.py makes
of the answers is the interface's cost in the router-LSA and in the calculation of routes. Where nobody answers, it
stays: loss is the affair of the dead interval.

An answer counts if it came from the neighbour, on its interface, with our identifier and the sequence number of an Echo
to that neighbour that is open. Whoever can see these can make a link look faster than it is: an Echo proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.packet import PROTOCOL, Echo
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.round_trips import (
    FIRST,
    INTERVAL,
    MeasuredCost,
    RoundTrips,
    Window,
    median,
)
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.machine import DecodeError, IpPacket, Randomness, Send

__all__ = ["Measuring"]

_QUICK = 0.1
"""Seconds between two of the first Echoes to a neighbour."""
_NUMBERS = 0xFFFF


class Measuring:
    """On all interfaces of a router whose cost is measured."""

    def __init__(self, router: Router, random: Randomness) -> None:
        self._router = router
        self._random = random
        self._identifier = -1
        """None yet: drawn with the first Echo, so that who measures nothing draws nothing."""

    def _any_number(self) -> int:
        return int(self._random.uniform(0, _NUMBERS))

    # Out

    def echo_due(self, name: str) -> None:
        """It is time for the next Echo on an interface, and to look what has come of the others."""
        router, circuit = self._router, self._router.circuits[name]
        for neighbour in circuit.neighbours.values():
            if neighbour.state < NeighbourState.FULL:
                neighbour.round_trips = None
        asked = list(self._asked(circuit))
        router.counters["lost.echo"] += sum(trips.give_up(router.now) for _, trips in asked)
        if circuit.measured is not None:
            self._look(circuit, circuit.measured, [trips for _, trips in asked])
        for neighbour, trips in asked:
            self._ask(circuit, neighbour, trips)
        quick = any(trips.asked < FIRST for _, trips in asked)
        router.timers.set(("echo", name), router.now + (_QUICK if quick else INTERVAL))

    def _asked(self, circuit: Circuit) -> Iterator[tuple[Neighbour, RoundTrips]]:
        """The neighbours that are Full; a new one begins with a number that nobody else knows."""
        for neighbour in circuit.in_state(NeighbourState.FULL):
            if neighbour.round_trips is None:
                neighbour.round_trips = RoundTrips(self._any_number())
            yield neighbour, neighbour.round_trips

    def _ask(self, circuit: Circuit, neighbour: Neighbour, trips: RoundTrips) -> None:
        router = self._router
        if self._identifier < 0:
            self._identifier = self._any_number()
        data = bytes(Echo(self._identifier, trips.ask(router.now)))
        router.counters["sent.echo"] += 1
        router.actions.append(Send(IpPacket(data, circuit.address, neighbour.address, PROTOCOL, circuit.name)))

    # In

    def receive(self, circuit: Circuit, packet: IpPacket) -> None:
        """An ICMP message came in from the network of this interface."""
        counters = self._router.counters
        try:
            echo = Echo.parse(packet.data)
        except DecodeError as error:
            self._refuse(error.field, circuit, packet.source, str(error))
            return
        if circuit.measured is None or not echo.reply or echo.identifier != self._identifier:
            counters["ignored.echo"] += 1  # the answer to a `ping` of somebody on this node
            return
        neighbour = circuit.at(packet.source)
        if neighbour is None or neighbour.round_trips is None:
            self._refuse("sender", circuit, packet.source, "it answers, and no Echo was sent there")
        elif echo.data or not neighbour.round_trips.answered(echo.sequence, self._router.now):
            why = (
                f"sequence number {echo.sequence} of an Echo Reply is none that is waited for: late, a copy, or made up"
            )
            self._refuse("sequence", circuit, packet.source, why)
        else:
            counters["received.echo"] += 1

    def _refuse(self, word: str, circuit: Circuit, source: Address, why: str) -> None:
        self._router.reporter.echo_refused(word, (source, circuit.name), why, self._router.now)

    # What follows

    def _look(self, circuit: Circuit, measured: MeasuredCost, asked: list[RoundTrips]) -> None:
        """What the answers say of its cost: once a window is over, or, where nothing is smoothed, each time."""
        router, was = self._router, measured.cost
        seconds: float | None = None
        if not asked:
            measured.forget()
        elif router.options.smoothing == "off":
            lasts = [Window(each.last, 0.0) for each in asked if each.last is not None and each.fresh]
            for each in asked:
                each.fresh = 0
            last = median(lasts)
            seconds = None if last is None else measured.become(last.least, router.now)
        elif all(each.whole for each in asked):
            window = median([each for each in [trips.window() for trips in asked] if each is not None])
            seconds = None if window is None else measured.weigh(window, router.now)
        if seconds is not None:
            router.reporter.cost_changed(circuit, measured.cost, was, seconds, router.now)
            router.reconsider(urgent=False)
