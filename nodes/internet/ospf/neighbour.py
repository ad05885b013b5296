"""`Neighbour`: the data structure of one conversation with a neighbour (RFC 2328 section 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.election import Candidate
from catenet.nodes.internet.ospf.lsa import LsaHeader, LsaKey
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.packet import NONE, Description, Hello
from catenet.nodes.internet.ospf.recent import Recent
from catenet.nodes.internet.ospf.round_trips import RoundTrips

if TYPE_CHECKING:
    from catenet.nodes.internet.ospf.interface import Circuit

__all__ = ["PACE", "Neighbour"]

PACE = 1.1
"""Seconds between two instances of an LSA to one neighbour: it throws away, without acknowledging it, what comes within
MinLSArrival, 1 s, of the instance before (section 13 (5) (a))."""


@dataclass(slots=True, eq=False)
class Neighbour:
    """A neighbour on one of our interfaces. Times are in seconds of the machine's clock.

    `key` finds it on its interface: "by the IP source address" on a broadcast network, on a point-to-point one "by the
    Router ID" (section 8.2). `cause`: why its state is what it is, in words.
    """

    circuit: Circuit
    router: Address
    address: Address
    state: NeighbourState = NeighbourState.DOWN
    since: float = 0.0
    cause: str = ""
    heard: float = 0.0
    # What its Hellos say
    priority: int = 0
    designated: Address = NONE
    backup: Address = NONE
    # The Database Exchange: `description` is the last that was sent, at `sent_at`, `last` the last that was accepted,
    # but for its MTU, the last `mtu` that it said. As slave it has `adopted` the master's first sequence number, and
    # listed its database at `listed`. At `proceeded` something came last that was waited for.
    master: bool = False
    sequence: int = 0
    options: int = 0
    description: Description | None = None
    sent_at: float = 0.0
    last: Description | None = None
    mtu: int = 0
    completed: float = 0.0
    adopted: int | None = None
    listed: float = 0.0
    proceeded: float = 0.0
    # "The next set of variables are lists of LSAs." Of the request list `requested` are under way; of the
    # retransmission list it is known when each falls due, and at `retransmit_at` the timer runs out.
    summary: list[LsaKey] = field(default_factory=list)
    requests: dict[LsaKey, LsaHeader] = field(default_factory=dict)
    requested: set[LsaKey] = field(default_factory=set)
    retransmissions: dict[LsaKey, float] = field(default_factory=dict)
    retransmit_at: float = inf
    # The Echoes to it, where the interface's cost is measured, and it is Full
    round_trips: RoundTrips | None = None
    # Which instances of LSAs were sent to it alone of late, unasked and in answer to its requests
    sent: Recent[LsaKey, LsaHeader] = field(default_factory=lambda: Recent(PACE))
    answered: Recent[LsaKey, LsaHeader] = field(default_factory=lambda: Recent(PACE))

    @property
    def key(self) -> Address:
        """By which it is found on its interface."""
        return self.router if self.circuit.point_to_point else self.address

    @property
    def candidate(self) -> Candidate:
        """As one who may be elected."""
        return Candidate(self.priority, self.router, self.address, self.designated, self.backup)

    @property
    def elected(self) -> bool:
        """Whether it is the network's Designated Router or its Backup."""
        return self.address in (self.circuit.designated, self.circuit.backup)

    def hear(self, hello: Hello, now: float) -> None:
        """Keep what its Hello says of it (section 10.5)."""
        self.heard = now
        self.priority, self.designated, self.backup = hello.priority, hello.designated, hello.backup

    def clear(self) -> None:
        """ "The Link state retransmission list, Database summary list and Link state request list are cleared of
        LSAs" (section 10.3)."""
        self.summary = []
        self.requests.clear()
        self.requested.clear()
        self.retransmissions.clear()
        self.retransmit_at = inf
