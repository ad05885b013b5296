"""Ethernet frames of one type on one interface (packet(7)).

A socket of exactly that type, never of all: those hear a LAN that is silent, too, and their own frames. A tagged frame
(IEEE 802.1Q) is of another type, and so is not heard.
"""

from __future__ import annotations

import errno
import socket
import struct

from catenet.nodes.address import Address
from catenet.nodes.link.ethernet.hardware import group_hardware
from catenet.nodes.machine import Ethernet, Frame, Interface, OpenPort
from catenet.nodes.runtime.port import LARGEST, Owner, SocketPort

__all__ = ["FramePort", "set_member"]

_HEADER = struct.Struct(">6s6sH")  # destination, source, type
_LAST_TYPE = 0xFFFF
_HARDWARE = 6  # octets of an address
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP, _PACKET_DROP_MEMBERSHIP, _PACKET_AUXDATA = 1, 2, 8
_MREQ = struct.Struct("=iHH8s")  # struct packet_mreq: interface, type, address length, address
_MR_MULTICAST = 0
_AUXDATA = struct.Struct("=IIIHHHH")  # struct tpacket_auxdata; its status is the first
_VLAN_VALID = 1 << 4
_TO_US, _TO_ALL, _TO_GROUP = 0, 1, 2  # PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST: others are for other hosts


class FramePort(SocketPort):
    """An open port of an Ethernet type."""

    def __init__(self, asked: OpenPort, port: Ethernet, owner: Owner) -> None:
        self._type = port.ethertype
        self._hardware = b""  # of the device that it is bound to
        self._joined: set[bytes] = set()  # groups
        super().__init__(asked, port.interface, owner)

    def send(self, unit: Frame) -> None:
        """A frame that is longer than the interface carries is counted as one that cannot be sent."""
        if self._socket is None:
            self._owner.count("send_failures")
            return
        source = unit.source or self._hardware
        if len(unit.destination) != _HARDWARE or len(source) != _HARDWARE:
            raise ValueError(f"{unit!r}: a hardware address has {_HARDWARE} octets")
        try:
            self._socket.send(_HEADER.pack(unit.destination, source, self._type) + unit.data)
        except OSError:
            self._owner.count("send_failures")

    def interface_changed(self, interface: Interface) -> None:
        """Frames leave with the hardware address that the interface has now."""
        super().interface_changed(interface)
        if interface.name == self._interface and interface.hardware and self._socket is not None:
            self._hardware = interface.hardware

    def _bound(self) -> socket.socket:
        if not 0 < self._type <= _LAST_TYPE:
            raise OSError(errno.EINVAL, f"type {self._type:#x} is not between 1 and {_LAST_TYPE:#x}")
        # Protocol 0 hears nothing until it is bound: no frame of another interface can have come by then.
        made = self._make(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            made.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
            made.bind((socket.if_indextoname(self._ifindex), self._type))
            self._hardware = made.getsockname()[4]
        except OSError:
            made.close()
            raise
        return made

    def _set_member(self, opened: socket.socket, group: Address | bytes, ifindex: int, *, joins: bool) -> None:
        hardware = group if isinstance(group, bytes) else group_hardware(group)
        (self._joined.add if joins else self._joined.discard)(hardware)
        set_member(opened, ifindex, hardware, joins=joins)

    def _read(self, opened: socket.socket) -> Frame | None:
        data, control, _, sender = opened.recvmsg(LARGEST, socket.CMSG_SPACE(_AUXDATA.size))
        tagged = any(_AUXDATA.unpack(value[: _AUXDATA.size])[0] & _VLAN_VALID for _, _, value in control)
        if len(data) < _HEADER.size or tagged or not self._is_for_us(sender[2], data[:_HARDWARE]):
            return None
        destination, source, ethertype = _HEADER.unpack_from(data)
        return Frame(data[_HEADER.size :], source, destination, ethertype, self._interface)

    def _is_for_us(self, kind: int, destination: bytes) -> bool:
        """The kernel hands on what the interface lets through, for others' sake too."""
        return kind in (_TO_US, _TO_ALL) or (kind == _TO_GROUP and destination in self._joined)


def set_member(opened: socket.socket, ifindex: int, hardware: bytes, *, joins: bool) -> None:
    """The device lets a group's frames through, or does so no more for this socket's sake. Raises OSError."""
    option = _PACKET_ADD_MEMBERSHIP if joins else _PACKET_DROP_MEMBERSHIP
    opened.setsockopt(_SOL_PACKET, option, _MREQ.pack(ifindex, _MR_MULTICAST, len(hardware), hardware))
