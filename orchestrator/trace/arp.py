"""Who has an address: a packet is sent to it, and all ARP on its way is watched, on each LAN that it crosses.

What the caches have is looked at before and after. `fresh`: they are emptied first, so that everybody has to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View
from catenet.orchestrator.observe.caches import alive
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.trace.arp_steps import Entry, Exchange, cached, entries, find_exchanges
from catenet.orchestrator.trace.neighbours import Neighbour, forget, neighbours
from catenet.orchestrator.trace.packet import Ends, watched
from catenet.orchestrator.trace.packet_steps import PacketStep, came_to
from catenet.orchestrator.trace.sending import Sending

__all__ = ["ArpTrace", "trace_arp"]


@dataclass(frozen=True, slots=True)
class ArpTrace:
    """What was asked, and what each then knew. `known`: entries of before that made a question needless."""

    node: str
    target: str
    address: str
    fresh: bool
    steps: tuple[PacketStep, ...]
    exchanges: tuple[Exchange, ...]
    known: tuple[Neighbour, ...]
    entries: tuple[Entry, ...]
    ends: Ends
    says: str = ""

    @property
    def reached(self) -> bool:
        """Whether the packet came in at the node that has the address."""
        return came_to(self.target, self.steps)

    def to_json(self) -> dict[str, Json]:
        return {
            "from": self.node,
            "to": self.target,
            "address": self.address,
            "fresh": self.fresh,
            "reached": self.reached,
            "says": self.says or None,
            "exchanges": [each.to_json() for each in self.exchanges],
            "known": [each.to_json() for each in self.known],
            "caches": [each.to_json() for each in self.entries],
            "steps": [step.to_json() for step in self.steps],
        }


def trace_arp(engine: Engine, running: RunningLab, node: str, target: str, *, fresh: bool = False) -> ArpTrace:
    """The node sends one echo request to the target: a node's name, or an address.

    Raises:
        UserError: as of `watched`.
        EngineError: a capture could not be made, or a node gave no answer.

    """
    before: list[Neighbour] = []

    def prepare(lans: Sequence[str]) -> None:
        if fresh:
            forget(engine, _alive_on(running, lans))
        else:
            before.extend(neighbours(engine, _alive_on(running, lans)))

    def owner(lan: str, word: str) -> str:
        return _owner(running.lab, seen.ends.view, lan, word)

    seen = watched(engine, running, node, target, Sending(), prepare=prepare)
    after = neighbours(engine, _alive_on(running, seen.lans))
    exchanges = find_exchanges(seen.steps, owner)
    known = tuple(cached(seen.steps, exchanges, before))
    found = _by_the_way(entries(after, before, exchanges, owner), seen.steps)
    address = seen.sent.address
    return ArpTrace(node, seen.target, address, fresh, seen.steps, exchanges, known, found, seen.ends, seen.says)


def _alive_on(running: RunningLab, lans: Collection[str]) -> list[Container]:
    """The nodes that run and are on one of these LANs."""
    nodes = running.lab.nodes.values()
    return alive(running, {node.name for node in nodes if any(place.lan in lans for place in node.attachments)})


def _by_the_way(found: Iterable[Entry], steps: Iterable[PacketStep]) -> tuple[Entry, ...]:
    """First what the first node on the packet's way knows."""
    passed = dict.fromkeys(node for step in steps for node in (step.source, step.target, *step.heard))
    order = {node: number for number, node in enumerate(passed)}
    return tuple(sorted(found, key=lambda each: order.get(each.neighbour.node, len(order))))


def _owner(lab: Lab, view: View, lan: str, word: str) -> str:
    """The node that has the address: on that LAN, else anywhere."""
    try:
        address = Address.parse(word)
    except ValueError:
        return ""
    return lab.owner(lan, address) or view.owners.get(address, "")
