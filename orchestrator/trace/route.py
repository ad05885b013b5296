"""Where a node's route comes from: from router to router, back to the one whose own network it is.

Each node is asked what it knows (the question `route`, control/questions). By the wire a triggered update is an update
like any other; the router that sent it knows better, so its own word of when it first said what is laid beside the
hearer's. Programs of others do not say which message brought a route: of them stands here where it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.running import RunningLab, must_run, unknown

__all__ = ["Hop", "RouteTrace", "find_prefix", "follow", "trace_route"]

_SAME = 0.5
"""Seconds between saying and hearing that still make it the same message."""
_BY_HAND = ("static", "boot")
"""Protocols of the kernel's routes that no routing program has set."""


@dataclass(frozen=True, slots=True)
class Hop:
    """What one node says of its route. `kind`: own (its network), static, protocol, foreign, kernel, lost, none,
    silent.

    Times are in seconds since 1970. `source` told it by a `message` (answer, update, triggered update) over `lan`, that
    `carried` a metric; `cost` was added. `announced` and `by`: when this node first said it to others, and how.
    """

    node: str
    kind: str
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
    that the kernel takes), who else offered a way, and what became of the route before.
    """

    node: str
    target: str
    prefix: str
    hops: tuple[Hop, ...]
    kernel: Sequence[Mapping[str, Json]] = ()
    sources: Sequence[Mapping[str, Json]] = ()
    refused: str = ""
    rivals: Sequence[Mapping[str, Json]] = ()
    history: Sequence[Mapping[str, Json]] = ()

    @property
    def found(self) -> bool:
        """Whether the node has a route."""
        return self.hops[-1].kind not in ("none", "lost")

    def to_json(self) -> dict[str, Json]:
        """For --json; what is not known of a hop is left out."""
        hops: list[Json] = [{k: v for k, v in asdict(hop).items() if v not in (None, "")} for hop in self.hops]
        return {
            "node": self.node,
            "target": self.target,
            "prefix": self.prefix,
            "found": self.found,
            "hops": hops,
            "kernel": list(self.kernel),
            "sources": list(self.sources),
            "refused": self.refused or None,
            "rivals": list(self.rivals),
            "history": list(self.history),
        }


def trace_route(engine: Engine, running: RunningLab, node: str, target: str) -> RouteTrace:
    """Whence `node` has its route to `target`: a prefix, an address, a LAN's name or a node's.

    Raises:
        UserError: no such node, or it does not run; or no such target.

    """
    must_run(running.node(node))
    prefix = find_prefix(running, target)
    question = Question("route", {"prefix": str(prefix)})

    def say(name: str) -> Answer:
        return ask(engine, running.containers[name], question)

    return follow(node, target, prefix, say, running.containers)


def find_prefix(running: RunningLab, target: str) -> Prefix:
    """The prefix that is meant: a LAN's own; of a node, that of its first LAN; of an address, that of its LAN.

    Raises:
        UserError: there is no such thing.

    """
    try:
        return Prefix.parse(target) if "/" in target else _of_address(running, Address.parse(target))
    except ValueError as error:
        lans, nodes = running.lab.lans, running.lab.nodes
        if target in lans:
            return lans[target].prefix
        if target in nodes:
            return lans[nodes[target].attachments[0].lan].prefix
        hint = str(error) if "/" in target else "or a prefix, or an address"
        raise unknown("LAN or node", target, [*lans, *nodes], hint, owner=f"lab {running.name}") from None


def _of_address(running: RunningLab, address: Address) -> Prefix:
    lans = running.lab.lans.values()
    return next((lan.prefix for lan in lans if lan.prefix.holds(address)), Prefix(address, 32))


def follow(
    node: str, target: str, prefix: Prefix, say: Callable[[str], Answer], nodes: Mapping[str, object]
) -> RouteTrace:
    """Goes from node to node, by what each says of the prefix. `nodes`: those that can be asked."""
    told: list[Mapping[str, Json]] = []
    hops: list[Hop] = []
    here = node
    while True:
        answer = say(here)
        whole = answer.answer if isinstance(answer.answer, Mapping) else {}
        hop = _hop(here, whole) if answer.error is None else Hop(here, "silent", note=answer.error)
        if hops:
            hops[-1] = _by_the_sender(hops[-1], hop)
        hops.append(hop)
        told.append(whole)
        seen = {each.node for each in hops}
        if hop.source in seen:
            hops[-1] = _noted(hop, f"{hop.source} has it from here: a loop, for the moment")
        elif _is_address(hop.source) and hop.source not in nodes:
            hops[-1] = _noted(hop, "no node has that address")
        if hop.source in seen or hop.source not in nodes:
            break
        here = hop.source
    own = _service(told[0])
    return RouteTrace(
        node,
        target,
        str(prefix),
        tuple(reversed(hops)),
        _rows(told[0].get("kernel")),
        _rows(told[0].get("sources")),
        _text(own, "kernel"),
        _rows(own.get("rivals")),
        _rows(own.get("history")),
    )


def _hop(node: str, told: Mapping[str, Json]) -> Hop:
    """A node's answer → what it is in the chain."""
    said, kernel = _service(told), _rows(told.get("kernel"))
    taken, state = kernel[0] if kernel else {}, _text(said, "state")
    if state in ("connected", "static"):
        return _own(node, said)
    if taken and taken.get("via") is None:
        return Hop(node, "own", _text(taken, "lan"), note="in the kernel alone")
    if taken.get("protocol") in _BY_HAND:
        return _taken(node, taken)
    if state == "valid":
        return _heard(node, said) if "message" in said else _foreign(node, said)
    if taken:
        return _taken(node, taken)
    return Hop(node, "lost", at=_number(said, "since"), note=_text(said, "cause")) if state else Hop(node, "none")


def _taken(node: str, row: Mapping[str, Json]) -> Hop:
    """A route of which the kernel alone says something: whose it is."""
    whose = _text(row, "source") or _text(row, "protocol")
    return Hop(node, "kernel", _text(row, "lan"), source=_text(row, "node"), note=whose)


def _own(node: str, said: Mapping[str, Json]) -> Hop:
    """A network of its own, or a route that it announces for others."""
    first = _map(said.get("announced"))
    return Hop(
        node,
        "static" if said.get("state") == "static" else "own",
        _text(said, "lan"),
        _whole(said, "metric"),
        at=_number(said, "since"),
        announced=_number(first, "at"),
        by=_text(first, "by"),
        tag=_whole(said, "tag"),
        note=_text(said, "cause") or _text(said, "implementation"),
    )


def _foreign(node: str, said: Mapping[str, Json]) -> Hop:
    who = _text(said, "implementation") or "its program"
    note = f"{who} does not say by which message"
    return Hop(node, "foreign", _text(said, "lan"), _whole(said, "metric"), _text(said, "node"), note=note)


def _heard(node: str, said: Mapping[str, Json]) -> Hop:
    first = _map(said.get("announced"))
    return Hop(
        node,
        "protocol",
        _text(said, "lan"),
        _whole(said, "metric"),
        _text(said, "node"),
        _number(said, "since"),
        _text(said, "message"),
        _whole(said, "carried"),
        _whole(said, "cost"),
        _whole(said, "tag"),
        _text(said, "next_hop"),
        _text(said, "auth"),
        _number(said, "refreshed"),
        _number(first, "at"),
        _text(first, "by"),
    )


def _by_the_sender(hop: Hop, sender: Hop) -> Hop:
    """What the router that told it adds: whether its update was a triggered one, or that it knows better by now."""
    if hop.kind != "protocol":
        return hop
    if (hop.message, sender.by) == ("update", "triggered") and _together(hop.at, sender.announced):
        hop = replace(hop, message="triggered update")
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


# What an answer holds; a node may be anybody's.


def _service(told: Mapping[str, Json]) -> Mapping[str, Json]:
    """What the service says whose route the kernel takes; where it takes no service's, the first that knows something.

    Where a service's is taken that says nothing, no other one's word stands for it.
    """
    said = {name: _map(each) for name, each in _map(told.get("services")).items() if each}
    selected = next((_text(row, "source") for row in _rows(told.get("sources")) if row.get("selected")), "")
    first = next(iter(said.values()), {})
    return said.get(selected, {} if selected and first.get("state") == "valid" else first)


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: Json) -> list[Mapping[str, Json]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _text(row: Mapping[str, Json], key: str) -> str:
    """Without what a terminal would obey."""
    value = row.get(key)
    return printable(value) if isinstance(value, str) else ""


def _number(row: Mapping[str, Json], key: str) -> float | None:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(row: Mapping[str, Json], key: str) -> int | None:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
