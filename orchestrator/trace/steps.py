"""Packets seen on the wire and events told by daemons → the numbered steps of one fetch. Pure.

A step is one message: a DNS question or answer, an HTTP request or response. One packet of it is seen up to twice in
every node on its way (coming in, going out); the routers that it crossed are in the order of its falling TTL. A daemon
that sends or receives it tells an event with the same endpoints (and DNS id); the n-th such event of a node belongs to
the n-th such message. A translator changes the endpoints of a packet, but neither its payload nor its
identification (RFC 791 section 3.1): by these, what comes and what goes is one packet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from catenet.nodes.address import Address
from catenet.nodes.control.events import Event
from catenet.nodes.machine import Endpoint, Json
from catenet.orchestrator.wire.clocks import ahead_by_ways
from catenet.orchestrator.wire.messages import DnsSeen, HttpRequestSeen, HttpResponseSeen, read_dns, read_http
from catenet.orchestrator.wire.packets import CapturedPacket

__all__ = ["HTTP_KINDS", "KINDS", "TraceStep", "find_steps"]

HTTP_KINDS = frozenset(("http.request", "http.response"))
KINDS = HTTP_KINDS | {"dns.query", "dns.answer"}
"""Of the events that tell of a message."""
_FAILURES = {"NXDOMAIN": "no such name", "SERVFAIL": "I failed", "REFUSED": "I refuse", "FORMERR": "I cannot read that"}

Content = DnsSeen | HttpRequestSeen | HttpResponseSeen


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One message. `kind`: dns.query, dns.answer, http.request or http.response; `at`: seconds after the first one.

    `over`: the routers that it crossed, in order; `seen_by`: the nodes in whose captures its packet is; `told_by`:
    the nodes whose daemons told of it. `enciphered`: it went by TLS, so that nobody could see it on the wire.
    """

    number: int
    kind: str
    at: float
    source: str
    target: str
    message: str
    over: tuple[str, ...]
    seen_by: tuple[str, ...]
    told_by: tuple[str, ...]
    enciphered: bool = False

    @property
    def doubt(self) -> str:
        """What is missing: a packet, or a daemon's word; else empty."""
        if not self.seen_by:
            return "(enciphered)" if self.enciphered else "(not on the wire)"
        return "" if self.told_by else "(no daemon told)"

    def to_json(self) -> dict[str, Json]:
        """For --json; `ms` is `at` in milliseconds."""
        return {
            "number": self.number,
            "kind": self.kind,
            "ms": round(self.at * 1000, 3),
            "from": self.source,
            "to": self.target,
            "message": self.message,
            "over": list(self.over),
            "seen_by": list(self.seen_by),
            "told_by": list(self.told_by),
            **({"enciphered": True} if self.enciphered else {}),
        }


class _Key(NamedTuple):
    """What a packet and an event of the same message have in common."""

    kind: str
    source: Endpoint
    destination: Endpoint
    id: int


Sent = TypeVar("Sent", CapturedPacket, _Key)


@dataclass
class _SeenMessage:
    key: _Key
    content: Content
    at: float
    sightings: list[CapturedPacket] = field(default_factory=list)
    told_by: list[str] = field(default_factory=list)


def find_steps(
    packets: Iterable[CapturedPacket],
    events: Iterable[Event],
    *,
    names: Mapping[Address, str],
    asker: str,
    resolver: str,
    routers: frozenset[str],
    translators: Collection[str] = (),
    means: Callable[[str, Endpoint, Endpoint], bool] = lambda *_: True,
) -> tuple[TraceStep, ...]:
    """The messages of one fetch, in the order of time.

    Of interest are the messages that `asker` sends or gets, and the questions of its `resolver` with their answers;
    all else (other hosts that ask the same resolver) is left out, and so are questions for the name of an address: a
    browser asks none. `names` gives the node of each address; `translators` are those that put theirs in the place of
    others' sources. `means`: whether at that node the two ends of a message are these; where it is another realm, what
    it sees and tells may be of others with the same addresses.
    """
    known = sorted(each for each in packets if means(each.node, each.source, each.destination))
    originals = _originals(known, names, translators)
    messages = _from_packets(_as_sent(each, originals) for each in known)
    _by_one_clock([message for group in messages.values() for message in group])
    said = [(event, read) for event in sorted(events, key=lambda event: event.at) if (read := _read_event(event))]
    _add_events(
        messages,
        (
            (event.node, event.at, _as_sent(key, originals), content)
            for event, (key, content) in said
            if means(event.node, key.source, key.destination)
        ),
    )
    every = sorted((message for group in messages.values() for message in group), key=lambda message: message.at)
    chosen = [message for message in every if _concerns(message, names, asker, resolver)]
    return tuple(
        _step(number, message, message.at - chosen[0].at, names, routers) for number, message in enumerate(chosen, 1)
    )


def _originals(
    packets: Iterable[CapturedPacket], names: Mapping[Address, str], translators: Collection[str]
) -> dict[tuple[Endpoint, Endpoint], Endpoint]:
    """(A translator's endpoint, whom it sends to) → whose packets these are. The first sender's has the highest TTL."""
    found: dict[tuple[Endpoint, Endpoint], Endpoint] = {}
    first: dict[tuple[int, bytes, int, Endpoint], Endpoint] = {}
    for seen in sorted(packets, key=lambda each: -each.ttl) if translators else ():
        if not seen.payload:
            continue
        same = (seen.protocol, seen.payload, seen.identification, seen.destination)
        sender = first.setdefault(same, seen.source)
        if sender != seen.source and names.get(seen.source.address) in translators:
            found[seen.source, seen.destination] = sender
    return found


def _as_sent(seen: Sent, originals: Mapping[tuple[Endpoint, Endpoint], Endpoint]) -> Sent:
    """The same between the ends that it would have, were nothing translated."""
    there, back = (seen.source, seen.destination), (seen.destination, seen.source)
    return seen._replace(source=originals.get(there, there[0]), destination=originals.get(back, back[0]))


def _from_packets(packets: Iterable[CapturedPacket]) -> dict[_Key, list[_SeenMessage]]:
    """The messages on the wire; the sightings of one packet in several nodes are brought together."""
    messages: dict[_Key, list[_SeenMessage]] = defaultdict(list)
    by_packet: dict[tuple[_Key, bytes, int], list[_SeenMessage]] = defaultdict(list)
    for seen in packets:
        content = read_dns(seen) or read_http(seen)
        if content is None:
            continue
        key = _key(content, seen.source, seen.destination)
        alike = by_packet[key, seen.payload, seen.identification]
        message = next((each for each in alike if not _has(each, seen)), None)
        if message is None:
            message = _SeenMessage(key, content, seen.at)
            alike.append(message)
            messages[key].append(message)
        message.sightings.append(seen)
    return messages


def _by_one_clock(messages: Sequence[_SeenMessage]) -> None:
    """When each was sent, by clocks with which no packet comes to a node before it has left the one before."""
    ahead = ahead_by_ways(message.sightings for message in messages)
    for message in messages:
        message.at = min(seen.at + ahead.get(seen.node, 0.0) for seen in message.sightings)


def _has(message: _SeenMessage, seen: CapturedPacket) -> bool:
    return any(other.node == seen.node and other.outgoing == seen.outgoing for other in message.sightings)


def _key(content: Content, source: Endpoint, destination: Endpoint) -> _Key:
    if isinstance(content, DnsSeen):
        return _Key("dns.answer" if content.is_answer else "dns.query", source, destination, content.id)
    kind = "http.request" if isinstance(content, HttpRequestSeen) else "http.response"
    return _Key(kind, source, destination, 0)


def _add_events(messages: dict[_Key, list[_SeenMessage]], events: Iterable[tuple[str, float, _Key, Content]]) -> None:
    """Events: who told, when, and the message."""
    told: dict[tuple[_Key, str], int] = defaultdict(int)
    for node, at, key, content in events:
        number = told[key, node]
        told[key, node] += 1
        if number == len(messages[key]):
            messages[key].append(_SeenMessage(key, content, at))
        messages[key][number].told_by.append(node)


def _read_event(event: Event) -> tuple[_Key, Content] | None:
    """The message that a daemon tells of; None where it tells of something else, or in other words than agreed on."""
    data = event.data
    try:
        source, destination = (_endpoint(str(data[end])) for end in ("source", "destination"))
        content = _content(event.kind, data)
    except (KeyError, ValueError, TypeError):
        return None
    return (_key(content, source, destination), content) if content is not None else None


def _content(kind: str, data: Mapping[str, Json]) -> Content | None:
    if kind == "http.request":
        return HttpRequestSeen(str(data["method"]), str(data["path"]), str(data.get("host", "")))
    if kind == "http.response":
        return HttpResponseSeen(_int(data["status"]), "", str(data.get("type") or ""), _int(data["bytes"]))
    if kind not in KINDS:
        return None
    is_answer = kind == "dns.answer"
    return DnsSeen(
        id=_int(data["id"]),
        is_answer=is_answer,
        name=str(data["name"]).rstrip(".") or ".",
        type=str(data["type"]),
        recursion=bool(data.get("recursion")),
        rcode=str(data["rcode"]) if is_answer else "NOERROR",
        answers=_texts(data.get("answers")),
        refers=_texts(data.get("refers")),
        ttl=None if data.get("ttl") is None else _int(data["ttl"]),
    )


def _int(value: Json) -> int:
    return int(str(value))


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(each).rstrip(".") for each in value) if isinstance(value, list | tuple) else ()


def _endpoint(text: str) -> Endpoint:
    address, _, port = text.partition(":")
    return Endpoint(Address.parse(address), int(port))


def _concerns(message: _SeenMessage, names: Mapping[Address, str], asker: str, resolver: str) -> bool:
    source, target = (names.get(end.address) for end in (message.key.source, message.key.destination))
    if isinstance(message.content, DnsSeen) and message.content.type == "PTR":
        return False
    if asker in (source, target):
        return True
    if not isinstance(message.content, DnsSeen):
        return False
    return (target if message.content.is_answer else source) == resolver


def _step(
    number: int, message: _SeenMessage, at: float, names: Mapping[Address, str], routers: frozenset[str]
) -> TraceStep:
    source, target = (names.get(end.address, str(end.address)) for end in (message.key.source, message.key.destination))
    way = sorted(message.sightings, key=lambda seen: (-seen.ttl, seen.at))
    over = tuple(dict.fromkeys(seen.node for seen in way if seen.node in routers - {source, target}))
    return TraceStep(
        number=number,
        kind=message.key.kind,
        at=at,
        source=source,
        target=target,
        message=_words(message.content),
        over=over,
        seen_by=tuple(sorted({seen.node for seen in message.sightings})),
        told_by=tuple(sorted(set(message.told_by))),
    )


def _words(content: Content) -> str:
    if isinstance(content, HttpRequestSeen):
        return f"{content.method} {content.target}"
    if isinstance(content, HttpResponseSeen):
        length = "" if content.length is None else f"{content.length} bytes"
        return ", ".join(part for part in (f"{content.status} {content.reason}".strip(), content.type, length) if part)
    if not content.is_answer:
        return f"{content.type} {content.name}?{'  (resolve it for me)' if content.recursion else ''}"
    if content.rcode != "NOERROR":
        return f"{_FAILURES.get(content.rcode, 'an error')} ({content.rcode})"
    if content.answers:
        keep = "" if content.ttl is None else f", keep it {content.ttl} s"
        return f"{', '.join(content.answers)}{keep}"
    if content.refers:
        return f"I don't know; ask {' or '.join(content.refers)}"
    return f"the name has no {content.type} record"
