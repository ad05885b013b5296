"""What becomes of packets: the stack takes it, and does what is link's or ICMP's part of it."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.header import Header

__all__ = ["NOTHING", "Delivered", "Outcomes", "Outgoing", "Trouble"]

NOTHING = bytes(4)
"""The rest of an ICMP error that says nothing there."""


class Delivered(NamedTuple):
    """A whole datagram for this node. `packet`: its octets, as they came where it was no fragment; `to_group`: it came
    in a frame for several."""

    header: Header
    payload: bytes
    interface: str
    packet: bytes
    to_group: bool = False


class Outgoing(NamedTuple):
    """A packet for a LAN. `next_hop`: whose hardware address it gets; where it is for several, the broadcast address or
    the group."""

    interface: str
    next_hop: Address
    packet: bytes


class Trouble(NamedTuple):
    """An ICMP error is due, of this type and code, about a packet that came by this interface; these are its own
    octets, unchanged. `rest`: the four octets behind the error's checksum: a pointer, or the next hop's MTU."""

    type: int
    code: int
    rest: bytes
    packet: bytes
    interface: str


class Outcomes:
    """All that has not been taken yet, in order."""

    def __init__(self) -> None:
        self.delivered: list[Delivered] = []
        self.outgoing: list[Outgoing] = []
        self.trouble: list[Trouble] = []

    def take_delivered(self) -> list[Delivered]:
        taken, self.delivered = self.delivered, []
        return taken

    def take_outgoing(self) -> list[Outgoing]:
        taken, self.outgoing = self.outgoing, []
        return taken

    def take_trouble(self) -> list[Trouble]:
        taken, self.trouble = self.trouble, []
        return taken
