"""The open ports of one machine: each action that names one, and each packet to be sent, finds its own."""

from __future__ import annotations

import errno
import os

from catenet.nodes.machine import (
    Crossing,
    Datagram,
    Ethernet,
    Interface,
    Ip,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    OpenPort,
    Port,
    Udp,
    Unit,
)
from catenet.nodes.runtime.network import Network, OpenedPort
from catenet.nodes.runtime.port import Owner

__all__ = ["Ports"]

_Table = dict[tuple[int, str], OpenedPort]
"""By the number, protocol or type, and the interface."""


class Ports:
    """All of a network but those that take connections, each of `owner`, who is to be named before one is opened."""

    owner: Owner

    def __init__(self, network: Network) -> None:
        self._network = network
        self._udp: _Table = {}
        self._ip: _Table = {}
        self._ethernet: _Table = {}
        self._crossing: _Table = {}  # of one, as there is one queue
        self._tables = self._udp, self._ip, self._ethernet, self._crossing

    def open(self, asked: OpenPort) -> Port:
        """Open it → the port, with the number that it got.

        Raises:
            OSError: it is taken, or the network refuses.

        """
        port = asked.port
        table, (number, interface) = self._place(port)
        if (number or isinstance(port, Crossing)) and (number, interface) in table:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        opened, number = self._network.open(asked, self.owner)
        table[number, interface] = opened
        return port._replace(number=number) if isinstance(port, Udp) else port

    def close_port(self, port: Port) -> None:
        table, key = self._place(port)
        opened = table.pop(key, None)
        if opened is not None:
            opened.close()

    def change_group(self, wanted: JoinGroup | LeaveGroup) -> None:
        table, key = self._place(wanted.port)
        opened = table.get(key)
        if opened is None:
            self.owner.count("group_failures")
        elif isinstance(wanted, JoinGroup):
            opened.join(wanted.group, wanted.interface)
        else:
            opened.leave(wanted.group, wanted.interface)

    def send(self, unit: Unit) -> None:
        """By the port of its interface, else by that of every interface."""
        if isinstance(unit, Datagram):
            table, number, interface = self._udp, unit.source.port, unit.interface
        elif isinstance(unit, IpPacket):
            table, number, interface = self._ip, unit.protocol, unit.interface
        else:
            table, number, interface = self._ethernet, unit.ethertype, unit.interface
        port = table.get((number, interface)) or table.get((number, ""))
        if port is None and not number and isinstance(unit, Datagram):
            port = self._only(unit.interface)
        if port is None:
            self.owner.count("send_failures")
        else:
            port.send(unit)

    def _only(self, interface: str) -> OpenedPort | None:
        """For a datagram that names no source port: the only one on that interface, or, where it names none, at all."""
        found = [port for (_, lan), port in self._udp.items() if not interface or lan in (interface, "")]
        return found[0] if len(found) == 1 else None

    def interface_changed(self, interface: Interface) -> None:
        """Raises OSError where a port cannot be opened on its interface's new device."""
        for table in self._tables:
            for port in tuple(table.values()):
                port.interface_changed(interface)

    def close(self) -> None:
        for table in self._tables:
            for port in table.values():
                port.close()
            table.clear()

    def _place(self, port: Port) -> tuple[_Table, tuple[int, str]]:
        if isinstance(port, Udp):
            return self._udp, (port.number, port.interface)
        if isinstance(port, Ip):
            return self._ip, (port.protocol, port.interface)
        if isinstance(port, Crossing):
            return self._crossing, (0, "")
        assert isinstance(port, Ethernet)
        return self._ethernet, (port.ethertype, port.interface)
