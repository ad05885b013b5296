"""What the two hot paths of a stack have in common: by which LAN, in which frame an ordinary packet leaves.

    octets 0   6   12  14               22               30    34
          +---+---+---+----------------+----------------+-----+---
          | D | S | T | first          | second         | to  |
          +---+---+---+----------------+----------------+-----+---
          Ethernet     version and IHL,  TTL, protocol,  destination
                       TOS, length, ID,  checksum,
                       fragment          source

A way is known while neither the table nor a neighbour changes. No state of any flow is kept: of a destination, its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from struct import Struct
from typing import Protocol

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.table import ForwardingTable, towards
from catenet.nodes.machine import Interface, NextHop

__all__ = [
    "BEYOND",
    "ETHERNET",
    "FIRST",
    "LINK_LOCAL",
    "LOOPBACK",
    "MOST_WAYS",
    "SOURCE_GROUP",
    "Neighbours",
    "Relayed",
    "Way",
    "Ways",
]

MOST_WAYS = 8_192
"""Destinations whose ways are known at a time; then all are forgotten, since peers choose them."""
ETHERNET = 14  # octets of its header
SOURCE_GROUP = 0x01  # of the first octet of a hardware address: no host sends from one
FIRST, BEYOND = 0x0100_0000, 0xE000_0000  # between them are the addresses of hosts, but for network 127
LOOPBACK, LINK_LOCAL = 127, 0xA9FE
_TYPE = b"\x08\x00"

Relayed = tuple[list[int], list[tuple[str, list[int], list[int]]]]
"""Of frames, by their numbers: those that are to be received, and of each LAN those that go out there, as they stand
now, with the octets of each."""
Way = tuple[Callable[[int], None], Callable[[int], None], bytes, int]
"""Where its number and its octets are noted, the Ethernet header, and the octets of the longest packet."""


class Neighbours(Protocol):
    """Whose hardware is known."""

    @property
    def known(self) -> Mapping[tuple[str, Address], bytes]: ...
    @property
    def version(self) -> int: ...
    def resolve(self, interface: str, address: Address, packet: bytes, now: float, /) -> bytes | None: ...


class Ways:
    """Those of one node."""

    def __init__(self, table: ForwardingTable, neighbours: Neighbours) -> None:
        self._table = table
        self._neighbours = neighbours
        self._versions = (-1, -1, -1)
        self._ways: dict[int, Way] = {}
        self._interfaces: dict[str, Interface] = {}
        self._nobody: frozenset[int] = frozenset()  # addresses from which nothing comes
        self._out: dict[str, tuple[list[int], list[int]]] = {}
        self._layouts: dict[int, Struct] = {}  # by their step

    def set_interface(self, interface: Interface) -> None:
        """It is so from now on."""
        self._interfaces[interface.name] = interface
        self._out.setdefault(interface.name, ([], []))
        self._nobody = frozenset(_no_sources(self._interfaces.values()))
        self.forget()

    def forget(self) -> None:
        """Every way is to be found anew."""
        self._ways.clear()

    def _forget_what_is_old(self, other: int = 0) -> None:
        """`other`: another version of something that counts here."""
        versions = self._table.version, self._neighbours.version, other
        if versions != self._versions:
            self._versions = versions
            self.forget()

    def _layout(self, step: int, read: str) -> Struct:
        """What is read of a slot of so many octets."""
        layout = self._layouts.get(step)
        if layout is None:
            layout = self._layouts[step] = Struct(f"{read}{step - Struct(read).size}x")
        return layout

    def _is_up(self, interface: str) -> bool:
        known = self._interfaces.get(interface)
        return known is not None and known.up

    def _by(self, hop: NextHop, destination: int, now: float) -> Way | None:
        """None: its hardware address is not known."""
        neighbour = towards(hop, Address(destination))
        if (hop.interface, neighbour) not in self._neighbours.known:
            return None
        hardware = self._neighbours.resolve(hop.interface, neighbour, b"", now)  # it is in use now
        if hardware is None:
            return None
        interface = self._interfaces[hop.interface]
        numbers, lengths = self._out[hop.interface]
        return numbers.append, lengths.append, hardware + interface.hardware + _TYPE, interface.mtu

    def _take_out(self) -> list[tuple[str, list[int], list[int]]]:
        taken = []
        for name, (numbers, lengths) in self._out.items():
            if numbers:
                taken.append((name, numbers.copy(), lengths.copy()))
                numbers.clear()
                lengths.clear()
        return taken


def _no_sources(interfaces: Iterable[Interface]) -> Iterable[int]:
    """The node's own addresses, and those of networks and of all on them: nothing comes from there."""
    for each in interfaces:
        yield each.address
        if (everybodys := each.prefix.everybodys) is not None:
            yield from (each.prefix.network, everybodys)
