"""The open ports of a simulated node, as its kernel has them: who may open which, who hears what, what leaves by which.

A UDP or TCP port is one machine's; a protocol's packets and a type's frames go to every machine that has a port for
them. Each machine names its own ports alone.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.machine import (
    Accepting,
    Connect,
    Connecting,
    Crossing,
    Datagram,
    Ethernet,
    Frame,
    Interface,
    Ip,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    OpenPort,
    Port,
    Tcp,
    Translating,
    Udp,
    Unit,
)

if TYPE_CHECKING:
    from node import Process

__all__ = [
    "BROADCAST",
    "PORTS",
    "Opened",
    "Own",
    "Sockets",
    "accepting",
    "connecting",
    "destination_of",
    "group_hardware",
    "leaves_by",
    "port_key",
]

BROADCAST = b"\xff" * 6
PORTS = 65_535
"""The largest number of a port."""
_EPHEMERAL = 40_000  # the kernel gives numbers above it
_RAW = 255  # IPPROTO_RAW: what is sent by it brings its own header
_ICMP = 1


@dataclass(slots=True)
class Opened:
    """An open port: whose it is, what was asked, the port with its number, and the groups in which it is."""

    process: Process
    asked: OpenPort
    port: Port
    groups: set[tuple[Address | bytes, str]] = field(default_factory=set)
    key: int = 0
    """By which the node's own stack knows it."""


Own = dict[tuple[type, int, str], Opened]
"""One machine's ports, by kind, number and interface."""


class Sockets:
    """All of a node's. `by_lan`: its interfaces, as they are now."""

    def __init__(self, by_lan: Mapping[str, Interface]) -> None:
        self._by_lan = by_lan
        self._all: dict[tuple[type, int], dict[str, list[Opened]]] = {}  # by kind and number, then by interface
        self._last = _EPHEMERAL
        self.crossing: Opened | None = None  # who is shown what arrives for its addresses, and what crosses the node

    def open(self, process: Process, asked: OpenPort) -> Port:
        """Open it → the port, with the number that it got.

        Raises:
            OSError: it is taken, or the kernel refuses.
            TypeError: the machine has no connections, and it is a port for them.

        """
        port = asked.port
        _check(process, asked)
        if isinstance(port, Udp) and not port.number:
            port = port._replace(number=self._free(port))
        key = port_key(port)
        kind, number, interface = key
        if self._is_taken(process, port):
            raise _error(errno.EADDRINUSE)
        opened = process.ports[key] = Opened(process, asked, port)
        self._all.setdefault((kind, number), {}).setdefault(interface, []).append(opened)
        self.crossing = opened if isinstance(port, Crossing) else self.crossing
        return port

    def close(self, process: Process, port: Port) -> None:
        """Where it is not open, nothing happens."""
        key = port_key(port)
        opened = process.ports.pop(key, None)
        if opened is None:
            return
        self.crossing = None if opened is self.crossing else self.crossing
        kind, number, interface = key
        alike = self._all[kind, number]
        alike[interface].remove(opened)
        if not alike[interface]:
            del alike[interface]
        if not alike:
            del self._all[kind, number]

    def change_group(self, process: Process, wanted: JoinGroup | LeaveGroup) -> bool:
        """Whether the kernel did it."""
        port, group = wanted.port, wanted.group
        opened = process.ports.get(port_key(port))
        if isinstance(port, Ethernet):
            group = group_hardware(group) if isinstance(group, Address) else group
        elif not isinstance(group, Address):
            raise TypeError(f"group {group!r} of an IP port is no Address")
        if opened is None or (isinstance(group, Address) and not group.is_multicast):
            return False
        one = wanted.interface or port_key(port)[2]
        change = opened.groups.add if isinstance(wanted, JoinGroup) else opened.groups.discard
        for lan in (one,) if one else self._by_lan:
            change((group, lan))
        return True

    def listening(self, number: int) -> Opened | None:
        """The TCP port of that number."""
        found = self._all.get((Tcp, number))
        return found[""][0] if found else None

    def hearing(self, unit: Unit) -> list[Opened]:
        """The ports that hear what came in for this node."""
        if isinstance(unit, Datagram):
            alike = self._all.get((Udp, unit.destination.port))
        elif isinstance(unit, IpPacket):
            alike = self._all.get((Ip, unit.protocol))
        else:
            alike = self._all.get((Ethernet, unit.ethertype))
        if alike is None:
            return []
        found = alike.get(unit.interface, []) + alike.get("", [])
        return [opened for opened in found if _is_for(unit, opened)]

    @staticmethod
    def taken() -> OSError:
        return _error(errno.EADDRINUSE)

    def _is_taken(self, process: Process, port: Port) -> bool:
        if not isinstance(port, Udp | Tcp | Crossing):
            return port_key(port) in process.ports
        kind, number, interface = port_key(port)
        others = self._all.get((kind, number), {})
        return bool(others) if not interface else "" in others or interface in others

    def _free(self, port: Udp) -> int:
        for _ in range(_EPHEMERAL, PORTS):
            self._last = self._last + 1 if self._last < PORTS else _EPHEMERAL + 1
            if (Udp, self._last) not in self._all:
                return self._last
        raise _error(errno.EADDRINUSE)


def leaves_by(ports: Own, unit: Unit) -> Opened | None:
    """The port of a machine's by which it sends this: that of the unit's interface, else that of every interface.

    For a datagram that names no source port: the only one on its interface, or, where it names none, at all.
    """
    kind: type
    if isinstance(unit, Datagram):
        kind, number = Udp, unit.source.port
    elif isinstance(unit, IpPacket):
        kind, number = Ip, unit.protocol
    else:
        kind, number = Ethernet, unit.ethertype
    opened = ports.get((kind, number, unit.interface)) or ports.get((kind, number, ""))
    if opened is None and not number and kind is Udp:
        lans = (unit.interface, "")
        found = [each for (its, _, lan), each in ports.items() if its is Udp and (not unit.interface or lan in lans)]
        return found[0] if len(found) == 1 else None
    return opened


def accepting(process: Process, wanted: OpenPort) -> Accepting:
    """Raises TypeError: it accepts no connections."""
    machine: object = process.machine
    if not isinstance(machine, Accepting):
        raise TypeError(f"{machine!r} is not Accepting, and wants {wanted!r}")
    return machine


def connecting(process: Process, wanted: Connect) -> Connecting:
    """Raises TypeError: it makes no connections."""
    machine: object = process.machine
    if not isinstance(machine, Connecting):
        raise TypeError(f"{machine!r} is not Connecting, and wants {wanted!r}")
    return machine


def destination_of(unit: Datagram | IpPacket) -> Address:
    return unit.destination.address if isinstance(unit, Datagram) else unit.destination


def group_hardware(group: Address) -> bytes:
    """RFC 1112 section 6.4."""
    return b"\x01\x00\x5e" + (group & 0x7FFFFF).to_bytes(3, "big")


def _check(process: Process, asked: OpenPort) -> None:
    port = asked.port
    if isinstance(port, Tcp):
        accepting(process, asked)
    if isinstance(port, Crossing) and not isinstance(process.machine, Translating):
        raise TypeError(f"{process.machine!r} is not Translating, and wants {asked!r}")
    number = port_key(port)[1]
    if isinstance(port, Ip):
        if not 0 < number < _RAW:
            raise OSError(errno.EINVAL, f"protocol {number} is not between 1 and {_RAW - 1}")
        if asked.kinds and number != _ICMP:
            raise OSError(errno.EINVAL, f"protocol {number} has no types of message: it is not ICMP ({_ICMP})")
        if not set(asked.kinds) <= set(range(256)):
            raise OSError(errno.EINVAL, f"kinds {sorted(asked.kinds)}: a type of message is between 0 and 255")
    elif not 0 <= number <= PORTS:
        raise OSError(errno.EINVAL, f"port {number} is not between 0 and {PORTS}")
    if not 0 <= asked.ttl <= 255:
        raise _error(errno.EINVAL)
    if isinstance(port, Ethernet) and not port.interface:
        raise _error(errno.ENXIO)


def _is_for(unit: Unit, opened: Opened) -> bool:
    """A group's only where the port is in it; of ICMP's only the types that the port hears."""
    if isinstance(unit, Frame):
        one_of_many = unit.destination[0] & 1 and unit.destination != BROADCAST
        return not one_of_many or (unit.destination, unit.interface) in opened.groups
    kinds = opened.asked.kinds
    if kinds and (not unit.data or unit.data[0] not in kinds):
        return False
    address = destination_of(unit)
    return not address.is_multicast or (address, unit.interface) in opened.groups


def port_key(port: Port) -> tuple[type, int, str]:
    """Its kind, number and interface."""
    if isinstance(port, Tcp):
        return Tcp, port.number, ""
    if isinstance(port, Crossing):
        return Crossing, 0, ""
    number = port.protocol if isinstance(port, Ip) else port.ethertype if isinstance(port, Ethernet) else port.number
    return type(port), number, port.interface


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
