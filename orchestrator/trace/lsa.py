"""One advertisement of a router's, followed through the network: on the wire by tcpdump, and in what the routers tell.

A router of ours is asked to say it anew (the question `originate`); meanwhile every router is captured, until all that
were seen have it and have acknowledged it. Other makes are only looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import declared
from catenet.nodes.control.answers import link_states
from catenet.nodes.control.events import Event
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.flooding import Flooding, Instance, Key, Originated, Says
from catenet.nodes.control.implementation import OURS
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.capture.capturing import Captures, capturing_ip
from catenet.orchestrator.lab.model import Lab, Node
from catenet.orchestrator.observe.ask import ask, ask_all
from catenet.orchestrator.observe.caches import alive
from catenet.orchestrator.observe.events import completed, past
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run, unknown
from catenet.orchestrator.trace.flood import Flood, Followed, Told
from catenet.orchestrator.trace.lsa_rule import Fault, LinkUse, faults, link_uses
from catenet.orchestrator.trace.lsa_steps import find_flood
from catenet.orchestrator.wire.clocks import by_one_clock
from catenet.orchestrator.wire.flooding import FloodPacket, Places, floodings, read_flooding
from catenet.orchestrator.wire.packets import CapturedDatagram

__all__ = ["LsaTrace", "Wanted", "trace_lsa"]

LIMIT = 12.0
"""Seconds within which flooding is over, where nothing is lost: no more than a Hello and a few retransmissions take."""
_LOOK, _QUIET = 0.2, 0.4
"""Seconds: between two looks at what was captured; for which nothing more has come of it."""
_JUST_SAID = 3
"""Seconds of age up to which an instance has just been originated."""
_EVENT_LINES = 500


class Wanted(NamedTuple):
    """Which advertisement: its type ("": the router's own, the first there is); its id, as an address, a prefix that it
    lies in, or a LAN's name ("": any); its area ("": any). `wait`: so many seconds it is waited for, not asked for.
    """

    type: str = ""
    id: str = ""
    area: str = ""
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class LsaTrace:
    """What became of it. `about`: what it is, in the protocol's words; `flood`: None where none was said in time."""

    node: str
    about: str
    flood: Flood | None
    faults: tuple[Fault, ...] = ()
    uses: tuple[LinkUse, ...] = ()

    def to_json(self) -> dict[str, Json]:
        flood = self.flood
        if flood is None:
            return {"node": self.node, "about": self.about, "originated": None}
        return {
            "node": self.node,
            "about": self.about,
            **flood.key._asdict(),
            "area": flood.area,
            "sequence": flood.sequence,
            "originated": round(flood.at, 6),
            "steps": [step.to_json() for step in flood.steps],
            "reached": [{**each._asdict(), "at": round(each.at, 6)} for each in flood.reached],
            "missing": list(flood.missing),
            "links": [each._asdict() for each in self.uses],
            "faults": [each._asdict() for each in self.faults],
        }


def trace_lsa(engine: Engine, running: RunningLab, node: str, wanted: Wanted, limit: float = LIMIT) -> LsaTrace:
    """The router says it anew, or is waited for; what was seen and told of it. `limit`: seconds that may take.

    Raises:
        UserError: it is no router that floods, does not run, or has no such advertisement; or it cannot be asked.
        EngineError: a capture could not be made, or the router gave no answer.

    """
    watch = _Watch(engine, running, node, wanted)
    flood = watch.follow(limit)
    if flood is None:
        return LsaTrace(node, watch.about, None)
    return LsaTrace(node, watch.about, flood, faults(flood), link_uses(flood))


class _Watch:
    """One look at the network."""

    def __init__(self, engine: Engine, running: RunningLab, node: str, wanted: Wanted) -> None:
        self._engine = engine
        self._node = node
        self._container = running.node(node)
        lab = running.lab
        service, self._flooding = _speaks(lab, node)
        must_run(self._container)
        types = self._flooding.types
        self._type = wanted.type or next(iter(types))
        if self._type not in types:
            raise unknown("type of advertisement", self._type, types, owner=service)
        self.about = types[self._type]
        self._network = _network(running, wanted.id)
        self._area, self._wait = wanted.area, wanted.wait
        self._one_clock = not running.hosts.urls
        self._ahead: dict[str, float] = {}
        self._since = 0.0  # when all captures listened, in seconds since 1970
        program = lab.nodes[node].implementations.get(service, OURS)
        if program != OURS and not wanted.wait:
            raise UserError(
                f"{node}'s {service} is {program}'s, which nobody can ask to say something anew; --wait 60 follows "
                f"what it says next, say when a network of its is cut"
            )
        self._routers = alive(running, (name for name, each in lab.nodes.items() if service in each.services))
        ours = {name for name, each in lab.nodes.items() if each.implementations.get(service, OURS) == OURS}
        self._telling = [each for each in self._routers if each.node in ours]
        self._owners = {(a.lan, a.address): name for name, each in lab.nodes.items() for a in each.attachments}
        self._places = _places(lab, self._owners)
        answers = ask_all(engine, self._routers, Question("show", {"what": "links"}))
        self._deaf = frozenset((node, lan) for node, answer in answers.items() for lan in _silent(answer))

    def follow(self, limit: float) -> Flood | None:
        containers = {each.node: each.name for each in self._routers}
        with capturing_ip(self._engine, containers, self._flooding.filter) as captures:
            self._since = time.time()
            asked = None if self._wait else self._ask()
            self._until_quiet(captures, asked, limit + (asked.after if asked is not None else self._wait))
            packets = self._read(captures.stop())
        instance = self._find(packets, asked)
        return None if instance is None else self._flood(packets, *instance, self._events())

    def _ask(self) -> Originated:
        """What the router says anew.

        Raises:
            UserError: it has no such advertisement, or several; the text lists them.

        """
        arguments: dict[str, Json] = {"type": self._type, "id": self._network, "area": self._area}
        try:
            return read(ask(self._engine, self._container, Question("originate", arguments)), Originated.parse)
        except AnswerError as error:
            raise UserError(f"{self._node}: {error}") from None

    def _until_quiet(self, captures: Captures[CapturedDatagram], asked: Originated | None, limit: float) -> None:
        """Until flooding is over: everybody was seen, has it and has said so, and nothing more comes of it."""
        until, last, since = time.monotonic() + limit, -1, 0.0
        while (now := time.monotonic()) < until:
            time.sleep(_LOOK)
            packets = self._read(captures.so_far())
            instance = self._find(packets, asked)
            if instance is None:
                continue
            if asked is None and last < 0:  # it had to be waited for; now it is only to be over
                until = now + LIMIT
            flood = self._flood(packets, *instance, ())
            if len(flood.steps) != last:
                last, since = len(flood.steps), now
            everybody = {each.source for each in packets} >= {each.node for each in self._routers}
            if everybody and flood.is_over and now - since > _QUIET:
                return

    def _read(self, seen: Sequence[CapturedDatagram]) -> list[FloodPacket]:
        packets = read_flooding(seen, self._flooding.read, self._places, self._deaf, one_clock=self._one_clock)
        if not self._one_clock:
            self._ahead = by_one_clock(packets)
        return packets

    def _find(self, packets: Iterable[FloodPacket], asked: Originated | None) -> tuple[Instance, str] | None:
        """The instance that is followed, and its area. One that was under way before all captures listened was not
        seen everywhere."""
        missed: set[tuple[Key, str]] = set()
        for packet in packets:
            if packet.source != self._node or packet.said.says != Says.UPDATE:
                continue
            for each in packet.said.instances:
                if packet.at < self._since:
                    missed.add((each.key, each.number))
                elif (each.key, each.number) not in missed and self._is_meant(each, packet, asked):
                    return each, "" if each.key.type in self._flooding.everywhere else packet.said.area
        return None

    def _is_meant(self, each: Instance, packet: FloodPacket, asked: Originated | None) -> bool:
        if asked is not None:
            in_area = packet.said.area == asked.area or not asked.area
            return in_area and each.key == asked.key and each.number == asked.sequence
        new = each.flushed or each.age <= _JUST_SAID
        in_area = self._area in ("", packet.said.area)
        own = each.key.type == self._type and each.key.router == packet.said.router
        return new and in_area and own and Prefix.parse(self._network).holds(Address.parse(each.key.id))

    def _flood(self, packets: Sequence[FloodPacket], instance: Instance, area: str, events: Sequence[Event]) -> Flood:
        by_one = (replace(event, at=event.at + self._ahead.get(event.node, 0.0)) for event in events)
        told, at = _told(by_one, self._flooding, instance, area)
        watched = frozenset(each.node for each in self._routers)
        followed = Followed(instance, area, self._node, at, told, watched)
        return find_flood(packets, followed, self._flooding, self._owners)

    def _events(self) -> list[Event]:
        """What the routers have told lately."""
        lines = past(self._engine, self._telling, tail=_EVENT_LINES)
        kinds = (self._flooding.originated, self._flooding.installed)
        wanted = [line for line in lines if line.event is not None and line.event.kind in kinds]
        return [line.event for line in completed(self._engine, self._telling, wanted) if line.event is not None]


def _told(
    events: Iterable[Event], flooding: Flooding, instance: Instance, area: str
) -> tuple[dict[str, Told], float | None]:
    """Router → from whom it took the instance; and when it was originated. The last word of each counts."""
    told: dict[str, Told] = {}
    at: float | None = None
    for event in events:
        data = event.data
        key = Key(*(str(data.get(word)) for word in Key._fields))
        if key != instance.key or data.get("sequence") != instance.number or data.get("area") != area:
            continue
        if event.kind == flooding.originated:
            at = event.at
        else:
            told[event.node] = Told(str(data.get("from")), str(data.get("lan")), event.at)
    return told, at


def _speaks(lab: Lab, node: str) -> tuple[str, Flooding]:
    """The node's service that floods.

    Raises:
        UserError: it has none; the text says which nodes have.

    """
    floods = floodings()
    for each in declared(lab.nodes[node].services) if node in lab.nodes else ():
        if each.name in floods:
            return each.name, floods[each.name]
    able = ", ".join(name for name, each in lab.nodes.items() if floods.keys() & each.services.keys())
    what = f"runs no protocol that floods ({' or '.join(floods)})"
    raise UserError(f"{node} {what}; {f'these do: {able}' if able else 'no node of this lab does'}")


def _silent(answer: Answer) -> list[str]:
    """The LANs on which the node drops what comes in; of one that does not say so, none."""
    try:
        return [link.lan for link in read(answer, link_states) if link.condition.drop]
    except AnswerError:
        return []


def _network(running: RunningLab, word: str) -> str:
    """Where the id lies that is meant.

    Raises:
        UserError: it is no address, no prefix, and no LAN of the lab.

    """
    if not word:
        return "0.0.0.0/0"
    lab = running.lab
    if word in lab.lans:
        return str(lab.lans[word].prefix)
    try:
        return str(Prefix.parse(word) if "/" in word else Prefix(Address.parse(word), 32))
    except ValueError:
        raise unknown("LAN", word, lab.lans, "or an id, like 10.0.1.0", owner=f"lab {running.name}") from None


def _places(lab: Lab, owners: Mapping[tuple[str, Address], str]) -> Places:
    """Node → whom it can hear, by LAN and address."""

    def of(node: Node) -> dict[tuple[str, Address], str]:
        lans = {each.lan for each in node.attachments}
        return {place: name for place, name in owners.items() if place[0] in lans}

    return {name: of(node) for name, node in lab.nodes.items()}
