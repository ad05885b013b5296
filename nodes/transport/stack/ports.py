"""The open ports of a node whose stack is ours: who may open which, who hears what.

The rules are those of the kernel's sockets as the services have them (nodes/runtime/udp, raw, port): a UDP port is one
machine's, of every interface or of one, and one of every interface stands beside none of its number; an IP protocol's
packets go to every port of it. A group's packets go to the ports that joined it on that interface, and to no others
(ip(7), IP_MULTICAST_ALL 0). An ICMP port hears the types that it asked for (raw(7), ICMP_FILTER).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.packet import PROTOCOL as ICMP
from catenet.nodes.machine import Ip, OpenPort, Randomness, Udp

__all__ = ["LAST_PORT", "MEMBERSHIPS", "Opened", "PortError", "Ports"]

LAST_PORT = 65_535
MEMBERSHIPS = 20
"""Groups that a port may be in, each interface counted, as in the kernel (IP_MAX_MEMBERSHIPS)."""
_FIRST_FREE, _LAST_FREE = 32_768, 60_999
"""Among these a port gets its number that asks for any: the kernel's, and beyond the registered ones."""
_LAST_PROTOCOL = 254  # 255 is IPPROTO_RAW: what is sent by it brings its own header
_OCTET = 255


class PortError(OSError):
    """A port cannot be opened. `number`: of errno(3); `why`: in its words, or better ones."""

    def __init__(self, number: int, why: str = "") -> None:
        super().__init__(number, why or os.strerror(number))


@dataclass(slots=True, eq=False)
class Opened:
    """An open port. `key` names it, and is never another's; `port` has the number that it got."""

    key: int
    asked: OpenPort
    port: Udp | Ip
    groups: set[tuple[Address, str]] = field(default_factory=set)

    @property
    def number(self) -> int:
        """Of the port, or of the protocol."""
        return self.port.number if isinstance(self.port, Udp) else self.port.protocol

    def is_in(self, destination: Address, interface: str) -> bool:
        """Whether it hears what goes there, as far as that is a group."""
        return not destination.is_multicast or (destination, interface) in self.groups


class Ports:
    """All of a node's. `lans`: the names of its interfaces, as they are now."""

    def __init__(self, lans: Collection[str], random: Randomness) -> None:
        self._lans = lans
        self._random = random
        self._last_key = 0
        self._by_key: dict[int, Opened] = {}
        self._udp: dict[int, dict[str, Opened]] = {}  # by number, then by interface
        self._ip: dict[int, list[Opened]] = {}  # by protocol
        self._members: dict[tuple[Address, str], int] = {}  # group and interface → how many ports are in it

    def __iter__(self) -> Iterator[Opened]:
        return iter(self._by_key.values())

    def open(self, asked: OpenPort) -> Opened:
        """Open it.

        Raises:
            PortError: it is taken, it is out of range, or no such port is to be had here.

        """
        port = asked.port
        if isinstance(port, Udp):
            _check_udp(port)
        elif isinstance(port, Ip):
            _check_ip(port, asked.kinds)
        else:
            raise PortError(errno.EOPNOTSUPP, f"{type(port).__name__} ports are not to be had of this stack")
        if not (0 <= asked.ttl <= _OCTET and 0 <= asked.tos <= _OCTET):
            raise PortError(errno.EINVAL)
        if isinstance(port, Udp):
            port = self._to_be_had(port)
        self._last_key += 1
        opened = self._by_key[self._last_key] = Opened(self._last_key, asked, port)
        if isinstance(port, Udp):
            self._udp.setdefault(port.number, {})[port.interface] = opened
        else:
            self._ip.setdefault(port.protocol, []).append(opened)
        return opened

    def close(self, key: int) -> None:
        """Where it is not open, nothing happens."""
        opened = self._by_key.pop(key, None)
        if opened is None:
            return
        for member in opened.groups:
            self._left(member)
        if isinstance(opened.port, Udp):
            alike = self._udp[opened.port.number]
            del alike[opened.port.interface]
            if not alike:
                del self._udp[opened.port.number]
        else:
            self._ip[opened.port.protocol].remove(opened)
            if not self._ip[opened.port.protocol]:
                del self._ip[opened.port.protocol]

    def get(self, key: int) -> Opened | None:
        return self._by_key.get(key)

    def join(self, key: int, group: Address, interface: str) -> bool:
        """Hear a group there ("": the port's own interface, or all there are) → whether it does. Memberships outlast
        what becomes of the interface."""
        opened = self._by_key.get(key)
        if opened is None or not group.is_multicast:
            return False
        joined = True
        for lan in self._asked_lans(opened, interface):
            if (group, lan) in opened.groups:
                continue
            if len(opened.groups) >= MEMBERSHIPS:
                joined = False
                continue
            opened.groups.add((group, lan))
            self._members[group, lan] = self._members.get((group, lan), 0) + 1
        return joined

    def leave(self, key: int, group: Address, interface: str) -> bool:
        """Whether it was in it, there or anywhere."""
        opened = self._by_key.get(key)
        if opened is None:
            return False
        left = {(group, lan) for lan in self._asked_lans(opened, interface)} & opened.groups
        opened.groups -= left
        for member in left:
            self._left(member)
        return bool(left)

    @property
    def groups(self) -> Collection[tuple[Address, str]]:
        """Group and interface, wherever some port is in one."""
        return self._members.keys()

    def hearing_udp(self, number: int, destination: Address, interface: str) -> Opened | None:
        """The port that hears such a datagram; there is never a second one."""
        alike = self._udp.get(number)
        if alike is None:
            return None
        opened = alike.get(interface) or alike.get("")
        return opened if opened is not None and opened.is_in(destination, interface) else None

    def hearing_ip(self, protocol: int, destination: Address, interface: str, payload: bytes) -> list[Opened]:
        """The ports that hear such a packet."""
        return [
            each
            for each in self._ip.get(protocol, ())
            if each.port.interface in ("", interface)
            and each.is_in(destination, interface)
            and (not each.asked.kinds or (payload and payload[0] in each.asked.kinds))
        ]

    def has_udp(self, number: int) -> bool:
        """Whether a port of that number is open on any interface."""
        return number in self._udp

    def has_ip(self, protocol: int) -> bool:
        """Whether some port has the packets of that protocol."""
        return protocol in self._ip

    def _asked_lans(self, opened: Opened, interface: str) -> Collection[str]:
        one = interface or opened.port.interface
        return (one,) if one else self._lans

    def _left(self, member: tuple[Address, str]) -> None:
        self._members[member] -= 1
        if not self._members[member]:
            del self._members[member]

    def _to_be_had(self, port: Udp) -> Udp:
        """With its number, if it is not taken."""
        if not port.number:
            return port._replace(number=self._free())
        alike = self._udp.get(port.number, {})
        if ("" in alike or port.interface in alike) if port.interface else alike:
            raise PortError(errno.EADDRINUSE)
        return port

    def _free(self) -> int:
        """A number that nobody has and nobody can foresee (RFC 6056)."""
        many = _LAST_FREE - _FIRST_FREE + 1
        begin = int(self._random.uniform(0, many))
        for step in range(many):
            number = _FIRST_FREE + (begin + step) % many
            if number not in self._udp:
                return number
        raise PortError(errno.EADDRINUSE)


def _check_udp(port: Udp) -> None:
    if not 0 <= port.number <= LAST_PORT:
        raise PortError(errno.EINVAL, f"port {port.number} is not between 0 and {LAST_PORT}")


def _check_ip(port: Ip, kinds: tuple[int, ...]) -> None:
    protocol = port.protocol
    if not 0 < protocol <= _LAST_PROTOCOL:
        raise PortError(errno.EINVAL, f"protocol {protocol} is not between 1 and {_LAST_PROTOCOL}")
    if kinds and protocol != ICMP:
        raise PortError(errno.EINVAL, f"protocol {protocol} has no types of message: it is not ICMP ({ICMP})")
    if not set(kinds) <= set(range(256)):
        raise PortError(errno.EINVAL, f"kinds {sorted(kinds)}: a type of message is between 0 and 255")
