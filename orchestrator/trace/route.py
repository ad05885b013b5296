"""Where a node's route comes from: from router to router, back to the one whose own network it is.

Each node is asked what it knows (the question `route`, control/questions). By the wire a triggered update is an update
like any other; the router that sent it knows better, so its own word of when it first said what is laid beside the
hearer's. What a message is then called, and which metric says that there is no way, the protocol's declaration
says (`routing`). Programs of others do not say which message brought a route: of them stands here where it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import services
from catenet.nodes.control.answers import KernelRoute
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.origin import (
    CONNECTED,
    STATIC,
    VALID,
    Explanation,
    Learned,
    Rival,
    RouteOrigin,
    SourceRoute,
    Turn,
)
from catenet.nodes.control.questions import Question
from catenet.nodes.control.service import Routing
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run, unknown

__all__ = ["Hop", "HopKind", "RouteTrace", "find_prefix", "follow", "trace_route"]

_SAME = 0.5
"""Seconds between saying and hearing that still make it the same message."""
_BY_HAND = ("static", "boot")
"""Protocols of the kernel's routes that no routing program has set."""


class HopKind(StrEnum):
    """What a node's route is to it."""

    OWN = "own"
    """Its own network."""
    STATIC = "static"
    """A route that it announces for others."""
    PROTOCOL = "protocol"
    """A neighbour's message brought it."""
    IMPLEMENTATION = "implementation"
    """Another implementation brought it, which does not say by which message."""
    KERNEL = "kernel"
    """The kernel alone says something of it."""
    LOST = "lost"
    """It has none any more."""
    NONE = "none"
    """It never had one."""
    SILENT = "silent"
    """The node cannot be asked."""


@dataclass(frozen=True, slots=True)
class Hop:
    """What one node says of its route.

    Times are in seconds since 1970. `source` told it by a `message` (RIP: answer, update, triggered update) over `lan`,
    that `carried` a metric; `cost` was added. `announced` and `by`: when this node first said it to others, and how.
    """

    node: str
    kind: HopKind
    lan: str = ""
    metric: int | None = None
    source: str = ""
    at: float | None = None
    message: str = ""
    carried: int | None = None
    cost: int | None = None
    tag: int | None = None
    next_hop: str = ""
    auth: str = ""
    refreshed: float | None = None
    announced: float | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RouteTrace:
    """A route's way to a node: `hops` begins where it began. Of the node itself, too: what its kernel has (the one
    taken first; `refused`: why not the chain's), which sources have a route (the nearest first; `selected`: the one
    that the kernel takes), who else offered a way, and what became of the route before; `unreachable`: the metric that
    says there that there was none (None: none does).
    """

    node: str
    target: str
    prefix: str
    hops: tuple[Hop, ...]
    kernel: tuple[KernelRoute, ...] = ()
    sources: tuple[SourceRoute, ...] = ()
    refused: str = ""
    rivals: tuple[Rival, ...] = ()
    history: tuple[Turn, ...] = ()
    unreachable: int | None = None

    @property
    def found(self) -> bool:
        """Whether the node has a route."""
        return self.hops[-1].kind not in (HopKind.NONE, HopKind.LOST)

    def to_json(self) -> dict[str, Json]:
        """For --json; what is not known of a hop is left out."""
        hops: list[Json] = [{k: v for k, v in asdict(hop).items() if v not in (None, "")} for hop in self.hops]
        return {
            "node": self.node,
            "target": self.target,
            "prefix": self.prefix,
            "found": self.found,
            "hops": hops,
            "kernel": [route.to_json() for route in self.kernel],
            "sources": [each.to_json() for each in self.sources],
            "refused": self.refused or None,
            "rivals": [rival.to_json() for rival in self.rivals],
            "history": [turn.to_json() for turn in self.history],
        }


def trace_route(engine: Engine, running: RunningLab, node: str, target: str) -> RouteTrace:
    """Whence `node` has its route to `target`: a prefix, an address, a LAN's name or a node's.

    Raises:
        UserError: no such node, or it does not run; or no such target.

    """
    must_run(running.node(node))
    prefix = find_prefix(running, node, target)
    question = Question("route", {"prefix": str(prefix)})

    def say(name: str) -> RouteOrigin:
        """Its times by our clock: the node's may be another machine's."""
        there = running.containers[name]
        return read(ask(engine, there, question), RouteOrigin.parse).earlier(engine.ahead(there.name))

    found = follow(node, target, prefix, say, running.containers)
    return replace(found, hops=(*(_translated(hop, running.lab) for hop in found.hops[:-1]), found.hops[-1]))


def _translated(hop: Hop, lab: Lab) -> Hop:
    """A router on the way, which may be a translator whose route leads out of its realm."""
    planned = lab.nodes.get(hop.node)
    leads_out = planned is not None and planned.outside != "" and planned.outside == hop.lan
    return _noted(hop, f"translates what it sends to {hop.lan}") if leads_out else hop


def find_prefix(running: RunningLab, node: str, target: str) -> Prefix:
    """The prefix that is meant at the node: a LAN's own; of another node, that of the LAN on which it is reached from
    there; of an address, that of its LAN.

    Raises:
        UserError: there is no such thing, or it is something else at the node.

    """
    lab = running.lab
    seen = views(lab)
    view = seen.at(node)
    try:
        return Prefix.parse(target) if "/" in target else _of_address(view, Address.parse(target))
    except ValueError as error:
        if target not in lab.lans and target not in lab.nodes:
            hint = str(error) if "/" in target else "or a prefix, or an address"
            raise unknown("LAN or node", target, [*lab.lans, *lab.nodes], hint, owner=f"lab {running.name}") from None
    if target not in lab.lans and target in view.addresses:
        return _of_address(view, view.addresses[target])
    lan = target if target in lab.lans else lab.nodes[target].attachments[0].lan
    if strange := seen.unknown(lan, node):
        raise UserError(f"{node} has no route to {target}: {strange}")
    return lab.lans[lan].prefix


def _of_address(view: View, address: Address) -> Prefix:
    lan = view.holding(address)
    return Prefix(address, 32) if lan is None else lan.prefix


def follow(
    node: str, target: str, prefix: Prefix, say: Callable[[str], RouteOrigin], nodes: Mapping[str, object]
) -> RouteTrace:
    """Goes from node to node, by what each says of the prefix (or raises AnswerError). `nodes`: those that can be
    asked.
    """
    told: list[RouteOrigin] = []
    hops: list[Hop] = []
    before = ""  # the service whose route the last hop has
    here = node
    while True:
        try:
            origin = say(here)
            hop = _hop(here, origin)
        except AnswerError as error:
            origin = RouteOrigin(str(prefix))
            hop = Hop(here, HopKind.SILENT, note=str(error))
        if hops:
            hops[-1] = _by_the_sender(hops[-1], hop, before, _service(origin))
        hops.append(hop)
        told.append(origin)
        before = _service(origin)
        seen = {each.node for each in hops}
        if hop.source in seen:
            hops[-1] = _noted(hop, f"{hop.source} has it from here: a loop, for the moment")
        elif _is_address(hop.source) and hop.source not in nodes:
            hops[-1] = _noted(hop, "no node has that address")
        if hop.source in seen or hop.source not in nodes:
            break
        here = hop.source
    own, routing = _explanation(told[0]), _routing(told[0])
    return RouteTrace(
        node,
        target,
        str(prefix),
        tuple(reversed(hops)),
        told[0].kernel,
        told[0].sources,
        own.kernel if own is not None else "",
        own.rivals if own is not None else (),
        own.history if own is not None else (),
        None if routing is None else routing.unreachable,
    )


def _hop(node: str, told: RouteOrigin) -> Hop:
    """A node's answer → what it is in the chain."""
    said, taken = _explanation(told), next(iter(told.kernel), None)
    state = "" if said is None else said.state
    if said is not None and state in (CONNECTED, STATIC):
        return _own(node, said)
    if taken is not None and taken.via is None:
        return Hop(node, HopKind.OWN, taken.lan, note="in the kernel alone")
    if taken is not None and taken.protocol in _BY_HAND:
        return _taken(node, taken)
    if said is not None and state == VALID:
        return _by_implementation(node, said) if said.learned is None else _heard(node, said, said.learned)
    if taken is not None:
        return _taken(node, taken)
    if said is None or not state:
        return Hop(node, HopKind.NONE)
    return Hop(node, HopKind.LOST, at=said.since, note=said.cause)


def _taken(node: str, route: KernelRoute) -> Hop:
    """A route of which the kernel alone says something: whose it is."""
    return Hop(node, HopKind.KERNEL, route.lan, source=route.node or "", note=route.source or route.protocol)


def _own(node: str, said: Explanation) -> Hop:
    """A network of its own, or a route that it announces for others."""
    return Hop(
        node,
        HopKind.STATIC if said.state == STATIC else HopKind.OWN,
        said.lan,
        said.metric,
        at=said.since,
        announced=None if said.announced is None else said.announced.at,
        by="" if said.announced is None else said.announced.by,
        tag=said.tag,
        note=said.cause or said.implementation,
    )


def _by_implementation(node: str, said: Explanation) -> Hop:
    note = f"{said.implementation or 'its program'} does not say by which message"
    return Hop(node, HopKind.IMPLEMENTATION, said.lan, said.metric, said.node or "", note=note)


def _heard(node: str, said: Explanation, learned: Learned) -> Hop:
    return Hop(
        node,
        HopKind.PROTOCOL,
        said.lan,
        said.metric,
        said.node or "",
        said.since,
        learned.message or "",
        learned.carried,
        learned.cost,
        said.tag,
        learned.next_hop or "",
        learned.auth or "",
        learned.refreshed,
        None if said.announced is None else said.announced.at,
        "" if said.announced is None else said.announced.by,
    )


def _by_the_sender(hop: Hop, sender: Hop, service: str, its: str) -> Hop:
    """What the router that told it adds: which message it was, where it knows better, that it is elsewhere by now, or
    that it has the route of another protocol.

    `service`: the one whose route the hop has; `its`: the one whose route the sender has.
    """
    learned = HopKind.PROTOCOL, HopKind.IMPLEMENTATION
    if service and its and service != its and hop.kind in learned and sender.kind in learned:
        return _noted(hop, f"{sender.node} redistributes it from {its}")
    if hop.kind != HopKind.PROTOCOL:
        return hop
    routing = services()[service].routing if service in services() else None
    names = {} if routing is None else routing.message_names
    if (hop.message, sender.by) in names and _together(hop.at, sender.announced):
        hop = replace(hop, message=names[hop.message, sender.by])
    if sender.metric is not None and hop.carried is not None and sender.metric != hop.carried:
        return _noted(hop, f"{sender.node} is at {sender.metric} by now")
    return hop


def _is_address(word: str) -> bool:
    try:
        Address.parse(word)
    except ValueError:
        return False
    return True


def _together(heard: float | None, said: float | None) -> bool:
    return heard is not None and said is not None and abs(heard - said) <= _SAME


def _noted(hop: Hop, note: str) -> Hop:
    return replace(hop, note="; ".join(part for part in (hop.note, note) if part))


def _service(told: RouteOrigin) -> str:
    """The service whose route the kernel takes; where it takes no service's, the first that knows something.

    Where a service's is taken that says nothing, no other one's word stands for it.
    """
    selected = next((each.source for each in told.sources if each.selected), "")
    name, first = next(iter(told.services.items()), ("", None))
    if selected in told.services:
        return selected
    return "" if selected and first is not None and first.state == VALID else name


def _explanation(told: RouteOrigin) -> Explanation | None:
    return told.services.get(_service(told))


def _routing(told: RouteOrigin) -> Routing | None:
    declared = services().get(_service(told))
    return None if declared is None else declared.routing
