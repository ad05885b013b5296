"""Frames that were captured on several LANs → one packet's way from node to node, and its answer's. Pure.

Each step is one frame on one LAN. A packet is known again behind a router by its identification and protocol; a
translator may have changed its addresses. What a step has changed against the one before is found field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from catenet.nodes.machine import Json
from catenet.orchestrator.wire.fragments import Fragment, fragment_in
from catenet.orchestrator.wire.frames import LanFrame
from catenet.orchestrator.wire.layers import (
    APPLICATION,
    ARP,
    ICMP,
    IPV4,
    UDP,
    UNDERLYING,
    Header,
    Layers,
)

__all__ = ["Change", "Owner", "PacketStep", "Part", "Sent", "came_to", "find_steps"]

Owner = Callable[[str, str], str]
"""(LAN, address) → the node that has it; empty: none of the lab's."""

_ECHO_REQUEST, _ECHO_REPLY = "8", "0"
_ERRORS = ("3", "4", "5", "11", "12")
_MOST = 2_000
"""Frames of one packet, and of ARP, that are looked at: 65,535 octets are 45 of them on a LAN."""
_ANSWERS = 100
"""Packets that answer one: as many as may hear a broadcast."""


class Part(StrEnum):
    """Of what a step is a part."""

    THERE = "there"
    BACK = "back"
    ERROR = "error"
    """An ICMP error about the packet, on its way to the sender."""
    ARP = "arp"


class Sent(NamedTuple):
    """What was sent: from which node, by which protocol (ICMP: an echo request), to which address and port."""

    node: str
    protocol: str
    address: str
    port: int = 0


class Change(NamedTuple):
    """A field that is another one than in the frame before."""

    layer: str
    protocol: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PacketStep:
    """One frame on a LAN. `at`: in seconds, from the first step. `target` is empty for all of the LAN; `heard`: the
    nodes where it came in. `before`: the step whose packet this one carries on, None: it is sent here first.
    """

    number: int
    at: float
    part: Part
    lan: str
    source: str
    target: str
    layers: Layers
    left: bool
    heard: tuple[str, ...]
    before: int | None = None
    changes: tuple[Change, ...] = ()

    @property
    def fragment(self) -> str:
        """Which piece of the whole packet it is: its octets and whether more come; empty: it is whole."""
        if IPV4 not in self.layers.protocols:
            return ""
        piece = fragment_in(self.layers)
        if not piece.offset and not piece.more:
            return ""
        return f"fragment, octets {piece.offset} to {piece.end - 1}{'' if piece.more else ', the last'}"

    def to_json(self) -> dict[str, Json]:
        return {
            "number": self.number,
            "at": round(self.at, 6),
            "part": self.part.value,
            "lan": self.lan,
            "from": self.source or None,
            "to": self.target or None,
            "left": self.left,
            "heard": list(self.heard),
            "octets": len(self.layers.data),
            "before": self.before,
            "fragment": self.fragment or None,
            "headers": [_header_json(each) for each in self.layers.headers],
            "data": {"begin": self.layers.begin, "end": self.layers.end, "octets": self.layers.payload.hex()},
            "wrong": list(self.layers.wrong),
            "changes": [each._asdict() for each in self.changes],
        }


def _header_json(header: Header) -> dict[str, Json]:
    fields: list[Json] = [each._asdict() for each in header.fields]
    return {
        "layer": header.layer,
        "protocol": header.protocol,
        "begin": header.begin,
        "end": header.end,
        "inside": header.inside,
        **({"quoted": True} if header.quoted else {}),
        "fields": fields,
    }


class _Answers:
    """What answers a packet, as it was at each place on its way."""

    def __init__(self, carried: Sequence[Layers]) -> None:
        self._quoted = {_packet(layers.header(IPV4)) for layers in carried}
        self._echoes = {_echo(layers, "source") for layers in carried if ICMP in layers.protocols}
        self._ports = {_ports(layers, "source", "destination") for layers in carried if UDP in layers.protocols}

    def part(self, layers: Layers) -> Part | None:
        """As what this packet answers it; None: it does not."""
        kind = layers.value(ICMP, "type")
        if kind in _ERRORS:
            quoted = next((each for each in layers.headers if each.quoted and each.protocol == IPV4), None)
            return Part.ERROR if _packet(quoted) in self._quoted else None
        answers = (kind == _ECHO_REPLY and _echo(layers, "destination") in self._echoes) or (
            UDP in layers.protocols and _ports(layers, "destination", "source") in self._ports
        )
        return Part.BACK if answers else None


def _packet(header: Header | None) -> tuple[str, ...]:
    """Which one it is, of those between the same two."""
    names = ("identification", "protocol", "source", "destination")
    return () if header is None else tuple(header.value(name) for name in names)


def _echo(layers: Layers, end: str) -> tuple[str, ...]:
    return layers.value(IPV4, end), layers.value(ICMP, "identifier"), layers.value(ICMP, "sequence number")


def _ports(layers: Layers, one: str, other: str) -> tuple[str, ...]:
    return layers.value(IPV4, one), layers.value(UDP, f"{one} port"), layers.value(UDP, f"{other} port")


def came_to(node: str, steps: Iterable[PacketStep]) -> bool:
    """Whether the packet came in at that node."""
    return any(step.part == Part.THERE and node in step.heard for step in steps)


def find_steps(frames: Sequence[LanFrame], sent: Sent) -> tuple[PacketStep, ...]:
    """In the order of time: the packet's way, that of what answers it, and the ARP that goes before; where the packet
    was not seen to be sent, what the sender asked in vain."""
    own = {place: layers for place, layers in ((n, f.layers) for n, f in enumerate(frames)) if IPV4 in layers.protocols}
    first = next((n for n, layers in own.items() if frames[n].source == sent.node and _is_sent(layers, sent)), None)
    if first is None:
        asked = (n for n, f in enumerate(frames) if ARP in f.layers.protocols and sent.node in (f.source, f.target))
        return tuple(_steps(frames, dict.fromkeys(islice(asked, _MOST), Part.ARP)))
    found: dict[int, Part] = {}
    _take(own, first, Part.THERE, found)
    answers, left = _Answers([frames[place].layers for place in found]), _ANSWERS
    for place, layers in own.items():
        part = answers.part(layers) if left and place > first and place not in found else None
        if part is not None:
            _take(own, place, part, found)
            left -= 1
    answered = any(part != Part.THERE for part in found.values())
    last = max(found) if answered else len(frames)
    nodes = {frames[n].source for n in found} | {frames[n].target for n in found}
    asked = (n for n, f in enumerate(frames[:last]) if ARP in f.layers.protocols and f.source in nodes)
    found |= dict.fromkeys(islice(asked, _MOST), Part.ARP)
    return tuple(_steps(frames, found))


def _take(own: dict[int, Layers], first: int, part: Part, found: dict[int, Part]) -> None:
    """All frames that carry the packet or a piece of it, from that one on."""
    pattern = own[first]
    same = (n for n, layers in own.items() if n >= first and n not in found and _is_same(pattern, layers))
    found |= dict.fromkeys([*islice(same, _MOST)], part)


def _is_sent(layers: Layers, sent: Sent) -> bool:
    if layers.value(IPV4, "destination") != sent.address:
        return False
    if sent.protocol == ICMP:
        return layers.value(ICMP, "type") == _ECHO_REQUEST
    return layers.value(UDP, "destination port") == str(sent.port)


def _is_same(one: Layers, other: Layers) -> bool:
    """Whether they are the same packet: elsewhere on its way, or another piece of it."""
    if any(one.value(IPV4, name) != other.value(IPV4, name) for name in ("identification", "protocol")):
        return False
    if not any(one.value(IPV4, name) == other.value(IPV4, name) for name in ("source", "destination")):
        return False
    kinds = {layers.value(ICMP, "type") for layers in (one, other)} - {""}
    if len(kinds) > 1:
        return False
    length = min(len(one.payload), len(other.payload))
    return one.piece or other.piece or one.payload[:length] == other.payload[:length]


def _steps(frames: Sequence[LanFrame], found: dict[int, Part]) -> Iterator[PacketStep]:
    made: list[PacketStep] = []
    begin = frames[min(found)].at if found else 0.0
    for place in sorted(found):
        frame, part = frames[place], found[place]
        before = None if part == Part.ARP else _before(made, frame, part)
        step = PacketStep(
            len(made) + 1,
            frame.at - begin,
            part,
            frame.lan,
            frame.source,
            "" if frame.is_broadcast else frame.target,
            frame.layers,
            frame.left,
            tuple(frame.heard),
            None if before is None else before.number,
            () if before is None else tuple(_changes(before.layers, frame.layers)),
        )
        made.append(step)
    yield from made


def _before(made: Sequence[PacketStep], frame: LanFrame, part: Part) -> PacketStep | None:
    """The latest step that brought this packet, or the piece that this piece is of, to the node that sends it here."""
    piece = fragment_in(frame.layers)
    for step in reversed(made):
        if step.part == part and step.target == frame.source and _carries(fragment_in(step.layers), piece):
            return step
    return None


def _carries(whole: Fragment, piece: Fragment) -> bool:
    if whole.identification != piece.identification:
        return False
    return whole.offset <= piece.offset < whole.end or piece.offset <= whole.offset < piece.end


def _changes(before: Layers, after: Layers) -> Iterator[Change]:
    """Field by field, from the outermost header on; then what is carried."""
    if len(before.data) != len(after.data):
        yield Change(UNDERLYING, "", "octets", str(len(before.data)), str(len(after.data)))
    for protocol in dict.fromkeys((*before.protocols, *after.protocols)):
        one, other = before.header(protocol), after.header(protocol)
        header = other or one
        if header is None:
            continue
        for name in dict.fromkeys(each.name for part in (one, other) if part for each in part.fields):
            was, now = before.value(protocol, name), after.value(protocol, name)
            if was != now:
                yield Change(header.layer, protocol, name, was, now)
    if before.payload != after.payload:
        yield Change(APPLICATION, "", "data", _said(before.payload), _said(after.payload))


def _said(data: bytes) -> str:
    return f"{len(data)} octets"
