"""Who has an address: a packet is sent to it, and all ARP on its way is watched, on each LAN that it crosses.

What the caches have is looked at before and after. `fresh`: they are emptied first, so that everybody has to ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.observe.caches import alive
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run
from catenet.orchestrator.trace.arp_steps import Entry, Exchange, cached, entries, find_exchanges
from catenet.orchestrator.trace.neighbours import Neighbour, forget, neighbours
from catenet.orchestrator.trace.packet import Ends, find_target, watched
from catenet.orchestrator.trace.packet_steps import PacketStep, Part, Sent, find_steps
from catenet.orchestrator.trace.sending import Sending
from catenet.orchestrator.trace.ways import lans_between

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
        return any(step.part == Part.THERE and self.target in step.heard for step in self.steps)

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
        UserError: no such node, or it does not run; no such target, or no way there.
        EngineError: a capture could not be made, or a node gave no answer.

    """
    must_run(running.node(node))
    lab = running.lab
    view = views(lab).at(node)
    address = find_target(running, view, node, target)
    lans = lans_between(engine, running, view, node, address)
    if not lans:
        raise UserError(f"{node} has no route to {target} ({address}): catenet trace route {node} {target}")
    nodes = alive(
        running, {each for each, planned in lab.nodes.items() for own in planned.attachments if own.lan in lans}
    )
    before: list[Neighbour] = []

    def prepare() -> None:
        if fresh:
            forget(engine, nodes)
        else:
            before.extend(neighbours(engine, nodes))

    sent = Sent(node, Sending().protocol, str(address))
    seen = watched(engine, running, Sending(), sent, lans, prepare=prepare)
    after = neighbours(engine, nodes)
    steps = find_steps(seen.frames, sent)

    def owner(lan: str, word: str) -> str:
        return _owner(lab, view, lan, word)

    exchanges = find_exchanges(steps, owner)
    known = tuple(cached(steps, exchanges, before))
    name = view.owners.get(address, str(address))
    found = _by_the_way(entries(after, before, exchanges, owner), steps)
    return ArpTrace(
        node, name, str(address), fresh, steps, exchanges, known, found, Ends(seen.hardware, view), seen.says
    )


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
