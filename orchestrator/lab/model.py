"""A lab, frozen and complete: every default is filled in, every address is written out. It knows no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import SourceRoutes, Stack, StaticRoute
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.control.implementation import Implementation
from catenet.orchestrator.checks.expectation import Expectation
from catenet.orchestrator.faults.option import written
from catenet.orchestrator.lab.hosts import Host, Wiring

__all__ = [
    "MTU",
    "Attachment",
    "Check",
    "Lab",
    "LabFileError",
    "Lan",
    "Measure",
    "Moment",
    "Node",
]

MTU = 1500
"""Octets of the largest IP packet that a LAN carries, unless its lab says otherwise: Ethernet's (RFC 894)."""


class LabFileError(ValueError):
    """A lab file is wrong: the user's mistake. `str()` is `file:line: message`, with a hint where there is one."""

    def __init__(self, file: str, line: int, message: str, hint: str = "") -> None:
        super().__init__(f"{file}:{line}: {message}{f' ({hint})' if hint else ''}")
        self.file = file
        self.line = line
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Lan:
    """One Ethernet. `impairments`: what packets suffer there; `mtu`: octets of the largest IP packet. `wiring`: what it
    is made of; of a bridge's addresses the engine keeps one, its `gateway`.
    """

    name: str
    prefix: Prefix
    impairments: tuple[Impairment, ...] = ()
    mtu: int = MTU
    wiring: Wiring = "bridge"

    @property
    def gateway(self) -> Address:
        """The address that the engine keeps of a bridge: the last one before the broadcast address."""
        return Address(self.prefix.broadcast - 1)

    @property
    def usable(self) -> range:
        """The addresses that nodes may have: not the network's own, nor the broadcast address, which a /31 has not (RFC
        3021), nor the one that the engine keeps."""
        if self.wiring == "bridge":
            return range(self.prefix.network + 1, self.gateway)
        first, last = self.prefix.network, self.prefix.broadcast
        return range(first + 1, last) if self.prefix.length < 31 else range(first, last + 1)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A node's place on a LAN. `length`: of the network in which it believes itself to be, which is the LAN's unless
    the file says otherwise. `mac`: its hardware address there; b"": whichever the engine gives it.
    """

    lan: str
    address: Address
    length: int
    mac: bytes = b""

    @property
    def prefix(self) -> Prefix:
        """The network in which the node believes itself to be there."""
        return Prefix.of(self.address, self.length)


@dataclass(frozen=True, slots=True)
class Node:
    """A container. `services` maps a service's name to its options (the dataclass of nodes/catalogue).

    `implementations`: service → who does the work, where that is not ours. `outside`: the LAN on which the addresses of
    its other LANs mean nothing, since the node translates them (lab/realms); empty: it translates none.
    `source_routes`: what it does with packets that say by which routers they are to go. `proxy_arp`: whether it answers
    ARP requests for hosts that it reaches by another LAN. `stack`: whose it has. `place`: the host on which it must
    run, where the lab has several; empty: any.
    """

    name: str
    attachments: tuple[Attachment, ...]
    services: Mapping[str, Any] = field(default_factory=dict)
    forward: bool = False
    gateway: Address | None = None
    routes: tuple[StaticRoute, ...] = ()
    resolver: Address | None = None
    implementations: Mapping[str, Implementation] = field(default_factory=dict)
    outside: str = ""
    source_routes: SourceRoutes = "refuse"
    proxy_arp: bool = False
    stack: Stack = "kernel"
    place: str = ""

    def address_on(self, lan: str) -> Address | None:
        """The node's address on that LAN, or None."""
        return next((a.address for a in self.attachments if a.lan == lan), None)


@dataclass(frozen=True, slots=True)
class Check:
    """A claim and what must hold for it. `within`: seconds that it may take to become true (0: now)."""

    expectation: Expectation
    claim: str = ""
    within: float = 0.0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a timeline: at so many seconds, one verb with its LAN or node, or an expectation.

    `options`: what the verb is given beside its target (faults/option.py); None: nothing.
    """

    at: float
    verb: str = ""  # one of orchestrator/faults; or "", then `expect` is given
    target: str = ""
    expect: Check | None = None
    options: Any = None

    @property
    def words(self) -> str:
        """The verb and its target, as the command line has them."""
        return " ".join((self.verb, self.target, *(written(self.options) if self.options else ())))


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the table at a play's end: how routers learn that LANs are lost, while `source` pings into these."""

    name: str
    routers: tuple[str, ...]
    lans: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Lab:
    """A whole lab. `file` is None where it was made in a program.

    `data`: node → what its services read of the lab's folder when they start, a zone for example → the SHA-256 of what
    that says; `files` are the paths of all of it. `programs` are the user's own that do the work of a service,
    ./PATH → the SHA-256 of what they are. `folder`: how the lab's folder is called, where that is no
    name for a lab and one was made of it; else empty. `disagreements`: what keeps routers from speaking with each other
    though both would, each as `file:line: message`; the lab runs all the same, and may be there to show just that.
    `notes`: what is worth to know, and no mistake, a line each. `routing`: the service that finds routes in the place
    of the one that the file has; empty: it is as written. `moved`: node → the stack on which it is in the place of the
    file's. `hosts`: the machines on which its nodes run; empty: on one, whichever the command line means. `wiring`:
    what its LANs are made of; `rewired`: the same, where the file has it otherwise; else empty.
    `path_mtu`: octets of the largest IP packet that the way between the hosts carries; 0: it is not said.
    """

    name: str
    lans: Mapping[str, Lan]
    nodes: Mapping[str, Node]
    claims: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    timeline: tuple[Moment, ...] = ()
    measures: tuple[Measure, ...] = ()
    file: Path | None = None
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    disagreements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    routing: str = ""
    moved: Mapping[str, Stack] = field(default_factory=dict)
    hosts: Mapping[str, Host] = field(default_factory=dict)
    wiring: Wiring = "bridge"
    rewired: str = ""
    path_mtu: int = 0

    @property
    def stack(self) -> str:
        """The stack that nodes have in the place of the file's; empty: it is as written."""
        return next(iter(self.moved.values()), "")

    def owner(self, lan: str, address: Address) -> str:
        """The node that has the address on that LAN; empty: none has."""
        return next((name for name, node in self.nodes.items() if node.address_on(lan) == address), "")

    def on_lan(self, lan: str) -> tuple[Node, ...]:
        """The nodes on a LAN, in the file's order. Who asks for many LANs takes `by_lan`."""
        return tuple(node for node in self.nodes.values() if node.address_on(lan) is not None)

    def by_lan(self) -> dict[str, tuple[Node, ...]]:
        """LAN → the nodes on it, in the file's order."""
        found: dict[str, dict[str, Node]] = {lan: {} for lan in self.lans}
        for node in self.nodes.values():
            for place in node.attachments:
                found[place.lan][node.name] = node
        return {lan: tuple(on.values()) for lan, on in found.items()}
