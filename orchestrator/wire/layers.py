"""An Ethernet frame → its headers, each inside the one below, every field with its octets. Pure, and safe on hostile
bytes: what does not fit is said, and what stands behind it is data.

    data link      Ethernet (destination, source, type); ARP, RFC 826, is all that such a frame carries
    internet       IPv4, RFC 791 section 3.1; ICMP, RFC 792: "an integral part of IP", though it rides on it
    transport      UDP, RFC 768; TCP, RFC 9293 section 3.1
    application    what is left: the data

A fragment but the first has no header of the transport layer: its data are a piece of the whole packet's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.hardware import hardware_text

__all__ = [
    "APPLICATION",
    "ARP",
    "BROADCAST",
    "DATA_LINK",
    "ETHERNET",
    "ICMP",
    "INTERNET",
    "IPV4",
    "TRANSPORT",
    "UDP",
    "UNDERLYING",
    "Field",
    "Header",
    "Layers",
    "dissect",
    "plain_text",
]

UNDERLYING, DATA_LINK, INTERNET, TRANSPORT, APPLICATION = (
    "underlying",
    "data link",
    "internet",
    "transport",
    "application",
)
ETHERNET, ARP, IPV4, ICMP, UDP, TCP = "Ethernet", "ARP", "IPv4", "ICMP", "UDP", "TCP"
BROADCAST = "ff:ff:ff:ff:ff:ff"

_TYPES = {0x0800: IPV4, 0x0806: ARP, 0x86DD: "IPv6", 0x8100: "802.1Q"}
_PROTOCOLS = {1: ICMP, 2: "IGMP", 6: TCP, 17: UDP, 89: "OSPF"}
_OPCODES = {1: "request", 2: "reply"}
_ICMP = {
    0: "echo reply",
    3: "destination unreachable",
    4: "source quench",
    5: "redirect",
    8: "echo request",
    11: "time exceeded",
    12: "parameter problem",
}
_UNREACHABLE = {
    0: "net unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    13: "communication prohibited",
}
_EXCEEDED = {0: "in transit", 1: "in reassembly"}
_ERRORS = (3, 4, 5, 11, 12)
_OPTIONS = {7: "record route", 68: "timestamp", 131: "loose source route", 137: "strict source route", 148: "alert"}
_FLAGS = ((0x20, "URG"), (0x10, "ACK"), (0x08, "PSH"), (0x04, "RST"), (0x02, "SYN"), (0x01, "FIN"))
_DEPTH = 2
"""Packets inside each other that are looked into: an ICMP error quotes one, which quotes none."""


class Field(NamedTuple):
    """One field of a header. `value`: as it is written; `note`: what it means, or whether it is right. `begin` and
    `end`: its octets in the frame.
    """

    name: str
    value: str
    note: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """One header. Its octets are begin … end - 1; what it carries ends before `inside`, by its own word where it has a
    length (but in a fragment). `quoted`: it is of the packet that an ICMP error is about.
    """

    layer: str
    protocol: str
    begin: int
    end: int
    inside: int
    fields: tuple[Field, ...]
    quoted: bool = False

    def value(self, name: str) -> str:
        """A field's; empty where it has none of that name."""
        return next((each.value for each in self.fields if each.name == name), "")


@dataclass(frozen=True, slots=True)
class Layers:
    """A frame's headers, the outermost first, and the octets that they carry. `wrong`: what does not fit.

    `padding`: octets behind what Ethernet carries. `piece`: the data are a fragment's, but the first one's.
    """

    data: bytes
    headers: tuple[Header, ...]
    begin: int
    end: int
    wrong: tuple[str, ...] = ()
    piece: bool = False

    @property
    def payload(self) -> bytes:
        """What the innermost header carries."""
        return self.data[self.begin : self.end]

    @property
    def padding(self) -> int:
        """Octets behind what the frame carries."""
        carried = next((each.inside for each in self.headers[1:]), self.end)
        return max(0, len(self.data) - carried)

    def header(self, protocol: str) -> Header | None:
        """The header of that protocol, of the packet itself."""
        return next((each for each in self.headers if each.protocol == protocol and not each.quoted), None)

    def value(self, protocol: str, name: str) -> str:
        """A field's value; empty where there is none."""
        header = self.header(protocol)
        return "" if header is None else header.value(name)

    @property
    def protocols(self) -> tuple[str, ...]:
        """Its headers' protocols, the outermost first."""
        return tuple(each.protocol for each in self.headers if not each.quoted)

    @property
    def nested(self) -> bool:
        """Whether each header begins where the one below ends, and lies, with what it carries, in what that carries."""
        own = [each for each in self.headers if not each.quoted]
        return all(inner.begin == outer.end and inner.inside <= outer.inside for outer, inner in pairwise(own))


def dissect(data: bytes) -> Layers:
    """A whole frame, from its destination on."""
    made = _Dissection(data)
    made.ethernet()
    return Layers(data, tuple(made.headers), made.begin, made.end, tuple(made.wrong), made.piece)


def plain_text(data: bytes) -> str:
    """Octets as ASCII, a dot for each that is no letter, digit or mark of it."""
    return "".join(chr(octet) if 32 <= octet < 127 else "." for octet in data)


def _internet_checksum(data: bytes) -> int:
    """RFC 1071: 0 where the right checksum is in them."""
    whole = int.from_bytes(data + b"\0" if len(data) & 1 else data, "big")
    return (whole % 0xFFFF or (0xFFFF if whole else 0)) ^ 0xFFFF


class _Dissection:
    """Goes inwards: `begin` … `end` is what no header has been found in yet."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.headers: list[Header] = []
        self.wrong: list[str] = []
        self.begin, self.end = 0, len(data)
        self.piece = False
        self._depth = 0

    def ethernet(self) -> None:
        if not self._room(14, "an Ethernet header"):
            return
        kind = self._number(12, 14)
        self._add(
            DATA_LINK,
            ETHERNET,
            14,
            [
                self._hardware("destination", 0, "broadcast" if self.data[:6] == b"\xff" * 6 else ""),
                self._hardware("source", 6),
                Field("type", f"0x{kind:04x}", _TYPES.get(kind, ""), 12, 14),
            ],
        )
        if kind == 0x0806:
            self._arp()
        elif kind == 0x0800:
            self._ipv4()

    def _arp(self) -> None:
        at = self.begin
        if not self._room(28, "an ARP packet for IPv4 on Ethernet"):
            return
        if self.data[at : at + 6] != b"\x00\x01\x08\x00\x06\x04":
            self.wrong.append("ARP, but not for IPv4 on Ethernet")
            return
        code = self._number(at + 6, at + 8)
        self.end = at + 28
        self._add(
            DATA_LINK,
            ARP,
            28,
            [
                Field("hardware space", "1", ETHERNET, at, at + 2),
                Field("protocol space", "0x0800", IPV4, at + 2, at + 4),
                Field("opcode", str(code), _OPCODES.get(code, ""), at + 6, at + 8),
                self._hardware("sender hardware", at + 8),
                self._address("sender", at + 14),
                self._hardware("target hardware", at + 18),
                self._address("target", at + 24),
            ],
        )

    def _ipv4(self) -> None:
        at = self.begin
        if not self._room(20, "an IPv4 header"):
            return
        length, total = (self.data[at] & 15) * 4, self._number(at + 2, at + 4)
        if self.data[at] >> 4 != 4 or not 20 <= length <= min(total, self.end - at):
            self.wrong.append(
                f"no IPv4 header: version {self.data[at] >> 4}, {length} octets of header, {total} in all"
            )
            return
        if total > self.end - at and not self._depth:
            self.wrong.append(f"total length {total}, and {self.end - at} octets are there")
        self.end = min(self.end, at + total)
        offset, more = self._number(at + 6, at + 8) & 0x1FFF, self.data[at + 6] & 0x20
        protocol = self.data[at + 9]
        self._add(INTERNET, IPV4, length, list(self._ipv4_fields(at, length)), at + total)
        if offset:
            self.piece = True
        elif protocol in (1, 6, 17):
            whole = not more and total <= len(self.data) - at
            pseudo = self.data[at + 12 : at + 20] + bytes((0, protocol)) + (total - length).to_bytes(2, "big")
            {1: self._icmp, 6: self._tcp, 17: self._udp}[protocol](whole, pseudo)

    def _ipv4_fields(self, at: int, length: int) -> Iterator[Field]:
        data, flags = self.data, self._number(at + 6, at + 8)
        names = " ".join(name for bit, name in ((0x4000, "DF"), (0x2000, "MF"), (0x8000, "reserved")) if flags & bit)
        yield Field("version", str(data[at] >> 4), "", at, at + 1)
        yield Field("IHL", str(data[at] & 15), f"{length} octets", at, at + 1)
        yield Field("DSCP", str(data[at + 1] >> 2), "", at + 1, at + 2)
        yield Field("ECN", str(data[at + 1] & 3), "", at + 1, at + 2)
        yield Field("total length", str(self._number(at + 2, at + 4)), "", at + 2, at + 4)
        yield Field("identification", f"0x{self._number(at + 4, at + 6):04x}", "", at + 4, at + 6)
        yield Field("flags", names or "none", "", at + 6, at + 7)
        yield Field("fragment offset", str((flags & 0x1FFF) * 8), "", at + 6, at + 8)
        yield Field("TTL", str(data[at + 8]), "", at + 8, at + 9)
        yield Field("protocol", str(data[at + 9]), _PROTOCOLS.get(data[at + 9], ""), at + 9, at + 10)
        yield self._checksum("header checksum", at + 10, data[at : at + length])
        yield self._address("source", at + 12)
        yield self._address("destination", at + 16)
        if length > 20:
            words = ", ".join(_option_names(data[at + 20 : at + length]))
            yield Field("options", f"{length - 20} octets", words, at + 20, at + length)

    def _icmp(self, whole: bool, _pseudo: bytes) -> None:
        at = self.begin
        if not self._room(8, "an ICMP header"):
            return
        kind, code = self.data[at], self.data[at + 1]
        meaning = {3: _UNREACHABLE, 11: _EXCEEDED}.get(kind, {}).get(code, "")
        fields = [
            Field("type", str(kind), _ICMP.get(kind, ""), at, at + 1),
            Field("code", str(code), meaning, at + 1, at + 2),
            self._checksum("checksum", at + 2, self.data[at : self.end], known=whole),
        ]
        if kind in (0, 8):
            fields += [
                Field("identifier", str(self._number(at + 4, at + 6)), "", at + 4, at + 6),
                Field("sequence number", str(self._number(at + 6, at + 8)), "", at + 6, at + 8),
            ]
        elif (kind, code) == (3, 4):
            fields.append(Field("next-hop MTU", str(self._number(at + 6, at + 8)), "", at + 6, at + 8))
        elif kind == 12:
            fields.append(Field("pointer", str(self.data[at + 4]), "", at + 4, at + 5))
        self._add(INTERNET, ICMP, 8, fields)
        self._depth += 1
        if kind in _ERRORS and self._depth < _DEPTH:
            self._ipv4()

    def _udp(self, whole: bool, pseudo: bytes) -> None:
        at = self.begin
        if not self._room(8, "a UDP header"):
            return
        length = self._number(at + 4, at + 6)
        sum_ = self._number(at + 6, at + 8)
        if whole and not self._depth and not 8 <= length <= self.end - at:
            self.wrong.append(f"UDP length {length}, and {self.end - at} octets are there")
        elif whole:
            self.end = min(self.end, at + length)
        covered = pseudo + self.data[at : self.end]
        fields = [
            *self._ports(at),
            Field("length", str(length), "", at + 4, at + 6),
            self._checksum("checksum", at + 6, covered, known=whole and bool(sum_)),
        ]
        self._add(TRANSPORT, UDP, 8, fields, at + length if whole else self.end)

    def _tcp(self, whole: bool, pseudo: bytes) -> None:
        at = self.begin
        if self._depth:  # of a segment that an error quotes, its ports and number are there
            if self._room(8, "the ports of a TCP header"):
                number = Field("sequence number", str(self._number(at + 4, at + 8)), "", at + 4, at + 8)
                self._add(TRANSPORT, TCP, 8, [*self._ports(at), number])
            return
        if not self._room(20, "a TCP header"):
            return
        length, flags = (self.data[at + 12] >> 4) * 4, self.data[at + 13]
        if not 20 <= length <= self.end - at:
            self.wrong.append(f"TCP data offset {length // 4}, and {self.end - at} octets are there")
            return
        fields = [
            *self._ports(at),
            Field("sequence number", str(self._number(at + 4, at + 8)), "", at + 4, at + 8),
            Field("acknowledgment number", str(self._number(at + 8, at + 12)), "", at + 8, at + 12),
            Field("data offset", str(length // 4), f"{length} octets", at + 12, at + 13),
            Field("flags", " ".join(name for bit, name in _FLAGS if flags & bit) or "none", "", at + 13, at + 14),
            Field("window", str(self._number(at + 14, at + 16)), "", at + 14, at + 16),
            self._checksum("checksum", at + 16, pseudo + self.data[at : self.end], known=whole),
        ]
        self._add(TRANSPORT, TCP, length, fields)

    def _add(self, layer: str, protocol: str, length: int, fields: list[Field], inside: int | None = None) -> None:
        """`inside`: where what it carries ends, by its own word; None: it has none."""
        quoted, end = bool(self._depth), self.begin + length
        inside = self.end if inside is None else inside
        self.headers.append(Header(layer, protocol, self.begin, end, inside, tuple(fields), quoted))
        self.begin = end

    def _room(self, octets: int, what: str) -> bool:
        if self.end - self.begin >= octets:
            return True
        self.wrong.append(f"{self.end - self.begin} octets, too few for {what}")
        return False

    def _number(self, begin: int, end: int) -> int:
        return int.from_bytes(self.data[begin:end], "big")

    def _hardware(self, name: str, at: int, note: str = "") -> Field:
        return Field(name, hardware_text(self.data[at : at + 6]), note, at, at + 6)

    def _address(self, name: str, at: int) -> Field:
        return Field(name, str(Address.unpack(self.data[at : at + 4])), "", at, at + 4)

    def _ports(self, at: int) -> list[Field]:
        return [
            Field("source port", str(self._number(at, at + 2)), "", at, at + 2),
            Field("destination port", str(self._number(at + 2, at + 4)), "", at + 2, at + 4),
        ]

    def _checksum(self, name: str, at: int, covered: bytes, *, known: bool = True) -> Field:
        """`covered`: the octets that it is of, with it in them; not `known`: some are not here, or there is none."""
        verdict = ("wrong" if _internet_checksum(covered) else "right") if known and not self._depth else ""
        return Field(name, f"0x{self._number(at, at + 2):04x}", verdict, at, at + 2)


def _option_names(data: bytes) -> Iterator[str]:
    at = 0
    while at < len(data) and data[at]:
        if data[at] == 1:
            at += 1
            continue
        yield _OPTIONS.get(data[at], f"option {data[at]}")
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 2:
            return
        at += length
