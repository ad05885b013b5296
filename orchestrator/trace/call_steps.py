"""Packets seen on the wire and what two telephones told → the numbered steps of their call. Pure.

A connectivity check has the same transaction ID wherever it is seen, behind translators and in a relay's wrapping; a
packet of media its source and sequence number. So of each it is known who sent it, over which nodes it went, and how
far it came. What is said by way of the server where both have logged in is enciphered: of that the telephones tell,
and the wire shows that something passed at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.events import Event
from catenet.orchestrator.trace.steps import TraceStep
from catenet.orchestrator.wire.clocks import ahead_by_ways, by_packet
from catenet.orchestrator.wire.packets import TCP, CapturedPacket
from catenet.orchestrator.wire.rtp import RtpSeen, is_rtcp, read_rtp
from catenet.orchestrator.wire.stun import ALLOCATE, BINDING, CHANNEL_BIND, Carried, StunSeen, carried, read_stun

__all__ = ["PairSeen", "find_call_steps"]

Names = Callable[[str, Address], str]
"""(A node, an address) → the node that has it, as that one sees it; or the address."""

_SIGNALS = ("calling", "ringing", "answered")
"""The last words of the kinds of events that are about something said by way of the server."""
_OTHERS = ("joined", "up", "spare", "moved", "ended")
_NEAR = 0.5
"""Seconds between an event and the packet that it is about."""


class PairSeen(NamedTuple):
    """A check that a telephone remembers: to which endpoint, whether from its relay, and what came of it."""

    remote: str
    relayed: bool
    result: str


@dataclass(slots=True)
class _Exchange:
    """A request, wherever it was seen, and its answers."""

    request: StunSeen
    wrapping: Carried
    sightings: list[CapturedPacket] = field(default_factory=list)
    answers: list[tuple[CapturedPacket, StunSeen]] = field(default_factory=list)

    @property
    def origin(self) -> CapturedPacket:
        return self.sightings[0]

    def answer(self) -> tuple[CapturedPacket, StunSeen] | None:
        """As whoever asked got it."""
        own = (each for each in self.answers if each[0].node == self.origin.node and not each[0].outgoing)
        return next(own, None)


@dataclass(slots=True)
class _Media:
    """What one source has sent."""

    first: RtpSeen
    origin: CapturedPacket
    relayed: bool
    numbers: set[int] = field(default_factory=set)
    nodes: dict[str, None] = field(default_factory=dict)


def find_call_steps(
    packets: Iterable[CapturedPacket],
    told: Sequence[Event],
    pairs: Mapping[str, Sequence[PairSeen]],
    *,
    ends: tuple[str, str],
    names: Names,
) -> tuple[TraceStep, ...]:
    """In the order of time, which counts from the call's begin. `told`: what the telephones of `ends` told, their
    logins before it among that; `pairs`: the checks that each remembers."""
    captured = [*packets]
    ahead = ahead_by_ways(by_packet(captured))  # of telephones and relays on several hosts
    seen = sorted(
        (each._replace(at=each.at + ahead.get(each.node, 0.0)) for each in captured), key=lambda each: each.at
    )
    told = [replace(event, at=event.at + ahead.get(event.node, 0.0)) for event in told]
    exchanges, media = _read(seen)
    up = {event.node: event.at for event in reversed(told) if _word(event) == "up"}
    steps = [
        *_told(told, seen, ends, names),
        *(_exchange(each, pairs, ends, names) for each in exchanges if _belongs(each, ends, up)),
        *(_media(each, ends) for each in media if each.origin.node in ends and each.origin.outgoing),
    ]
    began = next((event.at for event in told if _word(event) == "calling"), min((s.at for s in steps), default=0.0))
    ordered = sorted(steps, key=lambda step: step.at)
    return tuple(replace(step, number=number, at=step.at - began) for number, step in enumerate(ordered, 1))


def _read(packets: Iterable[CapturedPacket]) -> tuple[list[_Exchange], list[_Media]]:
    exchanges: dict[bytes, _Exchange] = {}
    media: dict[int, _Media] = {}
    for seen in packets:
        for each in carried(seen):
            message = read_stun(each.data)
            rtp = read_rtp(each.data) if message is None and (seen.protocol != TCP or each.wrapped) else None
            if message is not None:
                _add(exchanges, message, each, seen)
            elif rtp is not None:
                found = media.setdefault(rtp.source, _Media(rtp, seen, each.wrapped))
                found.numbers.add(rtp.sequence)
                found.nodes[seen.node] = None
    return [*exchanges.values()], [*media.values()]


def _add(exchanges: dict[bytes, _Exchange], message: StunSeen, wrapping: Carried, seen: CapturedPacket) -> None:
    if message.kind == "request":
        exchanges.setdefault(message.transaction, _Exchange(message, wrapping)).sightings.append(seen)
    elif message.transaction in exchanges and message.kind != "indication":
        exchanges[message.transaction].answers.append((seen, message))


def _belongs(each: _Exchange, ends: tuple[str, str], up: Mapping[str, float]) -> bool:
    """Whether it is a step of theirs: their checks until they hear each other, and what relays gave them."""
    origin, answer = each.origin, each.answer()
    if origin.node not in ends or not origin.outgoing:
        return False
    if each.request.method == BINDING:
        return bool(each.request.username) and origin.at <= up.get(origin.node, origin.at)
    given = answer is not None and answer[1].kind == "success"
    return given and each.request.method in (ALLOCATE, CHANNEL_BIND)


def _exchange(
    each: _Exchange, pairs: Mapping[str, Sequence[PairSeen]], ends: tuple[str, str], names: Names
) -> TraceStep:
    origin, answer = each.origin, each.answer()
    node = origin.node
    server = names(node, origin.destination.address)
    told: tuple[str, ...] = (node,)  # whoever has an address, or a channel, tells of it by using it
    if each.request.method == ALLOCATE:
        assert answer is not None
        given = f"seen as {answer[1].mapped}, and the relay {answer[1].relayed}"
        kind, target, message = "allocate", server, f"port {origin.source.port}: {given}"
    elif each.request.method == CHANNEL_BIND:
        kind, target, message = "channel", server, f"channel {each.request.channel:#x} to {each.request.peer}"
    else:
        kind = "nomination" if each.request.nominates else "check"
        to = each.wrapping.peer or origin.destination
        row = _row(pairs.get(node, ()), str(to), relayed=each.wrapping.wrapped)
        told = (node,) if row is not None else ()
        by = f" from the relay at {server}" if each.wrapping.wrapped else ""
        target = names(server if each.wrapping.wrapped else node, to.address)
        message = f"{kind} to {to}{by}: {_outcome(each, answer, row)}"
    seen_by = tuple(dict.fromkeys(seen.node for seen in each.sightings))
    over = tuple(name for name in seen_by if name not in (*ends, target))
    return TraceStep(0, kind, origin.at, node, target, message, over, seen_by, told)


def _row(rows: Sequence[PairSeen], remote: str, *, relayed: bool) -> PairSeen | None:
    return next((row for row in reversed(rows) if row.remote == remote and row.relayed is relayed), None)


def _outcome(each: _Exchange, answer: tuple[CapturedPacket, StunSeen] | None, row: PairSeen | None) -> str:
    again = sum(seen.node == each.origin.node and seen.outgoing for seen in each.sightings)
    times = f", sent {again} times" if again > 1 else ""
    if answer is None:
        return f"no answer{times}, last seen at {each.sightings[-1].node}"
    packet, message = answer
    if message.kind == "error":
        return f"error {message.error}{times}"
    if packet.source != each.origin.destination:
        return f"its answer came from {packet.source}{times}"
    doubt = "" if row is None or row.result == "succeeded" else f" ({row.result})"
    return f"passed{doubt}{times}, seen as {message.mapped}"


def _media(each: _Media, ends: tuple[str, str]) -> TraceStep:
    way = [node for node in each.nodes if node not in ends]
    node, other = each.origin.node, next(end for end in ends if end != each.origin.node)
    by = " by a relay" if each.relayed else ""
    message = f"{each.first.payload}{by}: {len(each.numbers)} packets, source {each.first.source:#010x}"
    return TraceStep(0, "media", each.origin.at, node, other, message, tuple(way), tuple(each.nodes), (node,))


def _word(event: Event) -> str:
    return event.kind.rpartition(".")[2]


def _told(
    told: Sequence[Event], packets: Sequence[CapturedPacket], ends: tuple[str, str], names: Names
) -> Iterator[TraceStep]:
    """What the telephones say, beside the packet that it is about."""
    for event in told:
        word, node = _word(event), event.node
        if word not in (*_SIGNALS, *_OTHERS):
            continue
        packet = _about(event, packets)
        other = next(end for end in ends if end != node)
        if word in _SIGNALS and packet is not None:
            other = names(node, (packet.destination if packet.outgoing else packet.source).address)
        source, target = (node, "" if word == "joined" else other)
        if packet is not None and not packet.outgoing:
            source, target = target, source
        seen_by = (node,) if packet is not None else ()
        message = f"{event.kind}: {event.text}"
        yield TraceStep(0, word, event.at, source, target, message, (), seen_by, (node,), enciphered=True)


def _about(event: Event, packets: Sequence[CapturedPacket]) -> CapturedPacket | None:
    """The nearest one at its node that can be it: what is said by way of the server is on a connection that is no
    relay's; that they hear each other is media that came; the end is a report of RTCP."""
    word = _word(event)
    near = (seen for seen in packets if seen.node == event.node and abs(seen.at - event.at) <= _NEAR and seen.payload)
    if word in _SIGNALS:
        says = word == "calling" or (word == "answered" and not event.data.get("outgoing"))
        fitting = (seen for seen in near if seen.protocol == TCP and seen.outgoing is says and not _relays(seen))
    elif word == "ended":
        fitting = (seen for seen in near if any(is_rtcp(each.data) for each in carried(seen)))
    elif word == "joined":
        return None
    else:
        fitting = (seen for seen in near if not seen.outgoing and any(read_rtp(each.data) for each in carried(seen)))
    return min(fitting, key=lambda seen: abs(seen.at - event.at), default=None)


def _relays(seen: CapturedPacket) -> bool:
    return any(each.wrapped or read_stun(each.data) is not None for each in carried(seen))
