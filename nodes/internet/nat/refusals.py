"""Packets that are dropped: each is counted, what is told is told once, and who sent from inside hears of it."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.nat.header import ICMP, Header, with_checksum
from catenet.nodes.internet.nat.reports import FULL, REFUSED, full, refused
from catenet.nodes.machine import Action, Count, IpPacket, Send, Wants
from catenet.nodes.once import OncePerReason

__all__ = ["PORT_UNREACHABLE", "PROHIBITED", "Refusals", "Refused"]

PORT_UNREACHABLE, PROHIBITED = 3, 13
"""Codes of destination unreachable: port unreachable (RFC 792), communication administratively prohibited (RFC 1812
section 5.2.7.1)."""
_UNREACHABLE = 3
_TOLD_EVERY = 60.0
_PACE = 1.0
"""Seconds between two ICMP errors to one host: their rate has to be limited (RFC 1812 section 4.3.2.8)."""


class Refused(Exception):  # noqa: N818 -- a packet is refused; nobody has erred
    """A packet is dropped. `counter`: under which it is counted; `why`: for people, one of a few texts; `tells`: its
    sender, who is inside, gets an ICMP error."""

    def __init__(self, counter: str, why: str, *, tells: bool = False) -> None:
        super().__init__(why)
        self.counter = counter
        self.why = why
        self.tells = tells


class Refusals:
    """What becomes of packets that do not pass."""

    def __init__(self, actions: list[Action], count: Count, name_of: Callable[[Address], str], wants: Wants) -> None:
        self._actions = actions
        self._count = count
        self._name_of = name_of
        self._wants = wants
        self._told = OncePerReason(_TOLD_EVERY)
        self._sent = OncePerReason(_PACE)

    def drop(self, error: Refused, packet: bytes, header: Header | None, lan: str, now: float) -> None:
        """`header`: None where the packet has none that could be read."""
        self._count(error.counter)
        source = ANY if header is None else header.source.address
        if header is not None and error.counter == "full":
            if self._told.first((error.counter, source), now) and self._wants(FULL, now):
                self._actions.append(full(header.source, header.protocol, self._name_of))
        elif self._told.first((error.why, lan), now) and self._wants(REFUSED, now):
            self._actions.append(refused(error.why, source, lan, self._name_of))
        if error.tells and source.is_unicast and self._sent.first(source, now):
            # "Due to resource constraints or administrative restrictions, the NAT device SHOULD send an ICMP
            # destination unreachable message, with a code of 13" (RFC 5508 REQ-8).
            self.send(PROHIBITED, packet, source, lan)

    def send(self, code: int, packet: bytes, to: Address, lan: str) -> None:
        """Tell who sent a packet that its destination is unreachable, with its IP header and eight octets more."""
        start = (packet[0] & 15) * 4
        message = with_checksum(bytes((_UNREACHABLE, code, 0, 0, 0, 0, 0, 0)) + packet[: start + 8])
        self._actions.append(Send(IpPacket(message, ANY, to, ICMP, lan)))
