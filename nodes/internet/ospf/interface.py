"""`Circuit`: the data structure of an OSPF interface (RFC 2328 section 9), and what is read off it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from catenet.nodes.address import Address, mask
from catenet.nodes.internet.ospf.area import Area, Scope
from catenet.nodes.internet.ospf.config import OnLan
from catenet.nodes.internet.ospf.election import Candidate
from catenet.nodes.internet.ospf.interface_states import InterfaceEvent, InterfaceState
from catenet.nodes.internet.ospf.lsa import LsaHeader, LsaKey
from catenet.nodes.internet.ospf.neighbour import PACE, Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.packet import ALL_DESIGNATED, ALL_ROUTERS, HEADER, NONE, PROTOCOL, Hello
from catenet.nodes.internet.ospf.recent import Recent
from catenet.nodes.internet.ospf.round_trips import MeasuredCost
from catenet.nodes.machine import Interface, Ip

__all__ = ["MAX_NEIGHBOURS", "Circuit", "Mismatch"]

MAX_NEIGHBOURS = 256
"""So many neighbours are held on one interface, and so many others remembered with whom nothing comes about."""
_IP_HEADER = 20


@dataclass(slots=True)
class Mismatch:
    """Somebody whose packets are refused: why, and when the last one was."""

    router: Address
    why: str
    at: float


@dataclass(slots=True, eq=False)
class Circuit:
    """An interface on which OSPF is spoken; the word `Interface` is taken by the node's.

    `on`: what the lab file says of it. `hello_at`: when the next Hello is due. `due`: events that are to be given to
    its machine: "it should be done as a scheduled task", not within another machine (section 10.3). `sent`: which
    instances of LSAs were sent here of late. `links`: the LSAs that stay on this link (RFC 5250 section 3). `measured`:
    its cost, where that is measured.
    """

    interface: Interface
    on: OnLan
    area: Area
    links: Scope
    state: InterfaceState = InterfaceState.DOWN
    since: float = 0.0
    designated: Address = NONE
    backup: Address = NONE
    neighbours: dict[Address, Neighbour] = field(default_factory=dict)
    mismatches: dict[Address, Mismatch] = field(default_factory=dict)
    due: dict[InterfaceEvent, None] = field(default_factory=dict)
    hello_at: float = inf
    hello_asked: float = -inf
    sent: Recent[LsaKey, LsaHeader] = field(default_factory=lambda: Recent(PACE))
    measured: MeasuredCost | None = None

    def __post_init__(self) -> None:
        if self.on.measured:
            self.measured = MeasuredCost(self.on.cost)

    @property
    def name(self) -> str:
        """The LAN's."""
        return self.interface.name

    @property
    def address(self) -> Address:
        """Its own."""
        return self.interface.address

    @property
    def mask(self) -> int:
        """Its network's."""
        return mask(self.interface.prefix.length)

    @property
    def port(self) -> Ip:
        """By which its packets come and go."""
        return Ip(PROTOCOL, self.name)

    @property
    def cost(self) -> int:
        """Interface output cost (section C.3): "the cost of sending a packet on the interface"."""
        return self.on.cost if self.measured is None else self.measured.cost

    @property
    def point_to_point(self) -> bool:
        """Else it is a broadcast network."""
        return self.on.network == "point-to-point"

    @property
    def up(self) -> bool:
        """Whether its machine is not in state Down."""
        return self.state > InterfaceState.DOWN

    @property
    def elected(self) -> bool:
        """Whether this router is the network's Designated Router or its Backup."""
        return self.state >= InterfaceState.BACKUP

    @property
    def options(self) -> int:
        """The Options of Hellos and LSAs here."""
        return self.area.options

    def room(self, overhead: int) -> int:
        """Octets for a packet's body, beside the headers and a digest of `overhead` octets."""
        return max(self.interface.mtu - _IP_HEADER - HEADER.size - overhead, 0)

    def to(self, neighbour: Neighbour) -> Address:
        """Where a packet for one neighbour goes. "On physical point-to-point networks, the IP destination is always
        set to the address AllSPFRouters" (section 8.1)."""
        return ALL_ROUTERS if self.point_to_point else neighbour.address

    @property
    def to_all(self) -> Address:
        """Where what is flooded goes: on a broadcast network to AllSPFRouters from the Designated Router and its
        Backup, from the others to these two (section 8.1)."""
        return ALL_ROUTERS if self.point_to_point or self.elected else ALL_DESIGNATED

    def at(self, address: Address) -> Neighbour | None:
        """The neighbour that has this address."""
        if not self.point_to_point:
            return self.neighbours.get(address)
        return next((each for each in self.neighbours.values() if each.address == address), None)

    def forget(self, now: float) -> None:
        """What happened of late, where nothing of it was late enough."""
        self.sent.forget(now)
        self.area.scope.arrived.forget(now)
        self.links.arrived.forget(now)
        for neighbour in self.neighbours.values():
            neighbour.sent.forget(now)
            neighbour.answered.forget(now)

    def candidate(self, router: Address) -> Candidate:
        """This router, as one who may be elected."""
        return Candidate(self.on.priority, router, self.address, self.designated, self.backup)

    def in_state(self, least: NeighbourState) -> Iterator[Neighbour]:
        """The neighbours in that state or a greater one."""
        return (neighbour for neighbour in self.neighbours.values() if neighbour.state >= least)

    @property
    def transit(self) -> bool:
        """Whether the network is one that packets pass through: this router is "fully adjacent to the Designated
        Router", or is it itself and "fully adjacent to at least one other router" (section 12.4.1.2)."""
        if self.point_to_point or self.state <= InterfaceState.WAITING:
            return False
        full = self.in_state(NeighbourState.FULL)
        return any(self.state == InterfaceState.DR or neighbour.address == self.designated for neighbour in full)

    def hello(self, hello: int, dead: int) -> Hello:
        """What its Hellos say. "The list of all routers on the network from which Hello Packets have been seen
        recently" (section 9.5)."""
        heard = tuple(neighbour.router for neighbour in self.in_state(NeighbourState.INIT))
        return Hello(self.mask, hello, self.options, self.on.priority, dead, self.designated, self.backup, heard)
