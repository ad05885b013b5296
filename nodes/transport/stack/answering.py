"""The hot path of a server: ordinary datagrams whose answers are known, answered where they lie.

A datagram is ordinary where it came whole to this host's hardware and to an address of its own, without options, with
right checksums, and for a port whose owner has answers at hand (`Answering`). Everything else is received as ever, and
so is what its owner does not answer at once; an answer that has no known way back, or is longer than a packet, is sent
as ever. What is done here is what would have been done there.

    octets 34      36      38      40      42
          +-------+-------+-------+-------+---------
          | from  | to    | length| sum   | data …        behind the two headers that ways.py draws
          +-------+-------+-------+-------+---------
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.ipv4.layer import Ipv4
from catenet.nodes.internet.ipv4.table import ForwardingTable, choose
from catenet.nodes.machine import Count, Datagram, Endpoint, NextHop, OpenPort
from catenet.nodes.transport.stack import ways
from catenet.nodes.transport.stack.paths import Paths
from catenet.nodes.transport.stack.ports import Opened, Ports
from catenet.nodes.transport.stack.sending import TTL, Sending
from catenet.nodes.transport.stack.ways import (
    BEYOND,
    ETHERNET,
    FIRST,
    LOOPBACK,
    SOURCE_GROUP,
    Neighbours,
    Relayed,
    Way,
    Ways,
)
from catenet.nodes.transport.udp.packet import HEADER, PROTOCOL

__all__ = ["Answering", "Reply"]

Reply = Callable[[bytes, float], bytes | None]
"""What came, and the time → the answer, where it is known already; else None."""

_READ = ">6sB5xHQQIHHHH"
_WRITTEN = Struct(">14sQQIHHHH")
_IP = 20  # octets of its header
_DATA = ETHERNET + _IP + HEADER  # where the data begin
_FRAGMENT = 0x3FFF  # of `first`: more fragments, and the offset
_WHOLE = 0x45 << 56 | 0x4000  # `first` of an answer, but for its TOS and length: IHL 5, and DF
_PROTOCOL = PROTOCOL << 48  # in `second`
_ONES = 0xFFFF


class Answering(Ways):
    """Of one node."""

    def __init__(  # noqa: PLR0917
        self,
        table: ForwardingTable,
        neighbours: Neighbours,
        ipv4: Ipv4,
        ports: Ports,
        paths: Paths,
        sending: Sending,
        count: Count,
    ) -> None:
        super().__init__(table, neighbours)
        self._sending = sending
        self._ipv4 = ipv4
        self._ports = ports
        self._paths = paths
        self._count = count
        self._replies: dict[int, tuple[Opened, Reply]] = {}  # by the ports' numbers

    def reply_by(self, opened: Opened, reply: Reply) -> None:
        """That port's owner has answers at hand, until the port is closed."""
        if opened.asked.fragments or opened.asked.hears_ttl:
            return
        self._replies[opened.number] = opened, reply

    def close(self, opened: Opened) -> None:
        known = self._replies.get(opened.number)
        if known is not None and known[0] is opened:
            del self._replies[opened.number]

    def answer(self, octets: memoryview, step: int, lengths: list[int], interface: str, now: float) -> Relayed:
        """Frames that came in there, a step apart, each of so many octets → what became of them."""
        self._forget_what_is_old(self._ipv4.paths.version)
        came = self._interfaces[interface]
        if not (self._replies and came.up) or self._ports.has_ip(PROTOCOL):
            return list(range(len(lengths))), []
        others: list[int] = []
        replies, nobody, own, number = self._replies, self._nobody, self._ipv4.interfaces.own, -1
        for hardware, sender, kind, first, second, here, source, port, size, told in self._layout(
            step, _READ
        ).iter_unpack(octets):
            number += 1
            peer, total, known = second & 0xFFFF_FFFF, first >> 32 & 0xFFFF, replies.get(port)
            if (
                known is None
                or hardware != came.hardware
                or kind != 0x0800
                or first >> 56 != 0x45
                or (first + second + here) % _ONES  # 2 ** 16 is 1 modulo 0xFFFF (internet/ipv4/checksum)
                or first & _FRAGMENT
                or second >> 48 & 0xFF != PROTOCOL
                or total > lengths[number] - ETHERNET
                or not HEADER <= size == total - _IP
                or not source
                or sender & SOURCE_GROUP
                or not FIRST <= peer < BEYOND
                or peer >> 24 == LOOPBACK
                or peer in nobody
                or here not in own
                or known[0].port.interface not in ("", interface)
            ):
                others.append(number)
                continue
            at = number * step + _DATA
            data = bytes(octets[at : at + size - HEADER])
            if told and (here + peer + PROTOCOL + source + port + size + size + told + _sum(data)) % _ONES:
                others.append(number)
                continue
            said = known[1](data, now)
            if said is None:
                others.append(number)
                continue
            ends = Endpoint(Address(here), port), Endpoint(Address(peer), source)
            length = len(said) + _IP + HEADER
            way = self._ways.get(here << 32 | peer) or self._way(here, peer, interface, now)
            if way is None or length > way[3]:
                self._count("delivered")
                self._sending.send(known[0], Datagram(said, *ends, interface), now)
                continue
            _write(octets, at, said, way[2], ends=ends, asked=known[0].asked)
            self._paths.sent(ends[0].address, ends[1].address, PROTOCOL, length, now)
            way[0](number)
            way[1](length + ETHERNET)
        return others, self._take_answers()

    def _take_answers(self) -> list[tuple[str, list[int], list[int]]]:
        out = self._take_out()
        answered = sum(len(numbers) for _, numbers, _ in out)
        if answered:
            self._count("delivered", answered)
            self._count("sent", answered)
        return out

    def _way(self, here: int, peer: int, interface: str, now: float) -> Way | None:
        """Back by the LAN on which it came, as what goes out by a named interface does."""
        if self._ipv4.paths.has(Address(peer), now):
            return None
        found = self._table.lookup(peer)
        hops = tuple(hop for hop in found.next_hops if hop.interface == interface) if found is not None else ()
        hop = choose(hops, here, peer, PROTOCOL) if hops else NextHop(ANY, interface)
        way = self._by(hop, peer, now)
        if way is not None:
            if len(self._ways) >= ways.MOST_WAYS:
                self.forget()
            self._ways[here << 32 | peer] = way
        return way


def _write(
    octets: memoryview, at: int, said: bytes, ethernet: bytes, *, ends: tuple[Endpoint, Endpoint], asked: OpenPort
) -> None:
    """The answer's frame, whose data begin there."""
    (here, port), (peer, source) = ends
    size = len(said) + HEADER
    first = _WHOLE | asked.tos << 48 | size + _IP << 32
    second = (asked.ttl or TTL) << 56 | _PROTOCOL | here
    second |= _ONES - ((first + second + peer) % _ONES or _ONES) << 32
    # "If the computed checksum is zero, it is transmitted as all ones" (RFC 768).
    told = _ONES - (here + peer + PROTOCOL + port + source + size + size + _sum(said)) % _ONES
    _WRITTEN.pack_into(octets, at - _DATA, ethernet, first, second, peer, port, source, size, told)
    octets[at : at + len(said)] = said


def _sum(data: bytes) -> int:
    """Of its words, as far as it matters modulo 0xFFFF."""
    return int.from_bytes(data, "big") << (8 if len(data) & 1 else 0)
