"""Packets that name the routers on their way (RFC 791 section 3.1), hop by hop, beside those that name none.

The way is the user's, or the shortest one in the database of the source, or of its gateway where it is a host. What a
hop answers is the program's word (`source-route`, control/probes); who in the lab may have dropped what nobody answered
is found by the lab file, along the routes that the kernels have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from catenet.nodes.address import Address
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.origin import RouteOrigin
from catenet.nodes.control.probes import MOST_VIAS, TIME_EXCEEDED, ProbedHop, Probes, probes
from catenet.nodes.control.questions import Question
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.faults import mending
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.lab.source_routes import Stop, StopError, stops
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.known_network import known_network, knows_network
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.reach import has_programs
from catenet.orchestrator.observe.running import RunningLab, UserError, condition, must_run, unknown
from catenet.orchestrator.trace.known_path import known_path

__all__ = ["NamedHop", "SourceRouteTrace", "trace_source_route"]

PROGRAM = "source-route"
_DEADLINE = 70.0
_FINE = (0, 1)


@dataclass(frozen=True, slots=True)
class NamedHop:
    """A hop in the lab's words; `address` empty: nobody answered. `left`: whom the packet was to visit from there."""

    ttl: int
    node: str = ""
    lan: str = ""
    address: str = ""
    ms: float | None = None
    left: tuple[str, ...] = ()
    says: str = ""

    def to_json(self) -> dict[str, Json]:
        return {
            "ttl": self.ttl,
            "node": self.node or None,
            "lan": self.lan or None,
            "address": self.address or None,
            "ms": self.ms,
            "left": [*self.left],
            "says": self.says or None,
        }


@dataclass(frozen=True, slots=True)
class SourceRouteTrace:
    """What became of the packets. `by`: whose database the way is from, in words; empty: the user's. `plain`: the way
    of those without a source route, and whether they arrive. `why`: what kept the others from arriving.
    """

    node: str
    target: Stop
    vias: tuple[Stop, ...]
    strict: bool
    by: str
    arrived: bool = False
    hops: tuple[NamedHop, ...] = ()
    plain: tuple[NamedHop, ...] = ()
    plain_arrived: bool = False
    why: str = ""

    @property
    def passed(self) -> tuple[str, ...]:
        """The nodes that answered, in order, the last one too."""
        return tuple(hop.node or hop.address for hop in self.hops if hop.address)

    def to_json(self) -> dict[str, Json]:
        return {
            "node": self.node,
            "to": self.target.node,
            "address": str(self.target.address),
            "strict": self.strict,
            "by": self.by or None,
            "via": [{"node": via.node, "address": str(via.address)} for via in self.vias],
            "arrived": self.arrived,
            "hops": [hop.to_json() for hop in self.hops],
            "without": {"arrived": self.plain_arrived, "hops": [hop.to_json() for hop in self.plain]},
            "why": self.why or None,
        }


def trace_source_route(
    engine: Engine, running: RunningLab, node: str, target: str, via: Sequence[str] | None, *, strict: bool = False
) -> SourceRouteTrace:
    """Probes from the node to the target. `via`: nodes and addresses; None: the shortest path that a router knows.

    Raises:
        UserError: no such node, or it does not run; the way has more than nine routers, or cannot be named or found.
        EngineError: a node gave no answer; the text says why.

    """
    must_run(running.node(node))
    if not has_programs(running.node(node)):
        raise UserError(
            f"{node} is on the userspace stack, where the program {PROGRAM} has no network: try another node"
        )
    if node not in running.lab.nodes:
        raise UserError(f"{node} is not in the lab's file: what it follows is not known")
    made = _given(running, node, target, via, strict) if via else _known(engine, running, node, target, strict)
    if len(made.vias) > MOST_VIAS:
        named = " ".join(stop.node for stop in made.vias)
        raise UserError(
            f"the way has {len(made.vias)} routers ({named}), and an IPv4 header has"
            f" room for {MOST_VIAS} (RFC 791 section 3.1): name fewer, and loosely, after `via`"
        )
    probe = _Probe(engine, running, made)
    return probe.traced()


def _given(running: RunningLab, node: str, target: str, via: Sequence[str], strict: bool) -> SourceRouteTrace:
    try:
        *vias, end = stops(running.lab, node, [*via, target])
    except StopError as error:
        if error.word in running.lab.nodes:
            raise UserError(str(error)) from None
        owner = f"lab {running.name}"
        raise unknown("node", error.word, running.lab.nodes, "an IPv4 address will do, too", owner=owner) from None
    return SourceRouteTrace(node, end, tuple(vias), strict, "")


def _known(engine: Engine, running: RunningLab, node: str, target: str, strict: bool) -> SourceRouteTrace:
    """By the database of the node itself, where it is a router with one, else by that of its gateway."""
    lab = running.lab
    plain = _given(running, node, target, (), strict)
    view, end = views(lab).at(node), plain.target
    router, first = _router(lab, node)
    try:
        service, links = known_network(engine, running, router)
    except UserError as error:
        raise UserError(f"{error}; or name the way yourself: catenet source-route {node} {target} via A B …") from None
    path = known_path(links, end.address)
    if path is None:
        raise UserError(f"{router}'s {service} knows no way to {target} ({end.address}): name one after `via`")
    if target in lab.nodes and path and view.owners.get(path[-1]) == target:
        end = Stop(target, path[-1])  # a router is asked by the address that it is entered by
    vias = [Stop(view.owners.get(each, str(each)), each) for each in (*first, *path)]
    if vias and vias[-1].node == end.node:
        vias.pop()
    return replace(plain, target=end, vias=tuple(vias), by=f"{router}'s {service}")


def _router(lab: Lab, node: str) -> tuple[str, tuple[Address, ...]]:
    """Whose database is asked, and by which address the source reaches that: none where it is the source itself."""
    gateway = None if knows_network(lab, node) else lab.nodes[node].gateway
    owner = None if gateway is None else views(lab).at(node).owners.get(gateway)
    return (node, ()) if gateway is None or owner is None else (owner, (gateway,))


class _Probe:
    """Runs the program, and reads what it found."""

    def __init__(self, engine: Engine, running: RunningLab, asked: SourceRouteTrace) -> None:
        self._engine, self._running, self._asked = engine, running, asked
        self._lab = running.lab
        self._view = views(self._lab).at(asked.node)

    def traced(self) -> SourceRouteTrace:
        vias = [word for via in self._asked.vias for word in ("--via", str(via.address))]
        found = self._run([*vias, *["--strict"] * self._asked.strict])
        plain = self._run([])
        done = replace(
            self._asked,
            arrived=found.arrived,
            hops=tuple(self._named(found)),
            plain=tuple(self._named(plain)),
            plain_arrived=plain.arrived,
        )
        return done if found.arrived else replace(done, why=self._why(done, found))

    def _run(self, options: Sequence[str]) -> Probes:
        node = self._asked.node
        command = [PROGRAM, str(self._asked.target.address), *options, "--json"]
        done = run_program(self._engine, self._running.node(node), command, _DEADLINE)
        if done.returncode not in _FINE:
            raise EngineError(f"{PROGRAM} did not run at {node}: {done.last_words}", self._running.up_again)
        try:
            return probes(read_json(done.stdout))
        except (AnswerError, ValueError) as error:
            raise EngineError(f"{PROGRAM} at {node} said what cannot be read: {error}") from None

    def _named(self, found: Probes) -> Iterator[NamedHop]:
        for hop in found.hops:
            if hop.address is None:
                yield NamedHop(hop.ttl)
                continue
            says = "" if hop.says == TIME_EXCEEDED or (found.arrived and hop is found.hops[-1]) else hop.says
            lan = _lan(self._view, hop.address)
            yield NamedHop(hop.ttl, self._name(hop.address), lan, hop.address, hop.ms, tuple(self._left(hop)), says)

    def _left(self, hop: ProbedHop) -> Iterator[str]:
        """Whom it was to visit after this node: its destination then, unless that is here, and what is left."""
        here = self._name(hop.address or "")
        for number, word in enumerate((hop.next, *hop.left)):
            if word and (number or self._name(word) != here):
                yield self._name(word)

    def _name(self, address: str) -> str:
        try:
            return self._view.owners.get(Address.parse(address), address)
        except ValueError:
            return address

    # What kept it from arriving.

    def _why(self, done: SourceRouteTrace, found: Probes) -> str:
        last = next((hop for hop in reversed(done.hops) if hop.address), None)
        if found.error:
            first = (*done.vias, done.target)[0].node
            strictly = f"; strictly, {first} must be on one of its LANs" if done.strict else ""
            return f"{done.node} cannot send to {first}: {found.error}{strictly}"
        if last is not None and last.says:
            meaning = ": what is next is on none of its LANs, or it has no route there" if "failed" in last.says else ""
            return f"{last.node or last.address} says: {last.says}{meaning}"
        at = done.node if last is None else last.node or last.address
        if done.vias and self._refuses(done.node):
            return f"{_refusing(done.node)}, so it hears no answer that comes by one"
        if cause := self._cause(done, at):
            return cause
        target = done.target.node
        if target in {done.node, *done.passed, *(via.node for via in done.vias)}:
            return f"{target} is twice on the way: its kernel drops what comes to it with its own address as the sender"
        return f"after {at} nobody answers: catenet status shows what is dead, paused or silent"

    def _cause(self, done: SourceRouteTrace, at: str) -> str:
        """Who, on the way from that node on, has dropped it, as far as that can be found; else empty."""
        ahead = [*done.vias, done.target]
        while ahead and ahead[0].node in {done.node, *done.passed}:
            ahead.pop(0)
        for stop in ahead:
            if stop.node not in self._lab.nodes:
                return f"no node of the lab has the address {stop.address}"
            seen: set[str] = set()
            while at != stop.node and at not in seen and at in self._running.containers:
                seen.add(at)
                try:
                    there = self._next(at, stop)
                except AnswerError as error:
                    return f"{at} cannot be asked for its route to {stop.node}: {error}"
                if not there:
                    return f"{at} has no route to {stop.node} ({stop.address})"
                if (found := self._running.containers.get(there)) is not None and found.state == "exited":
                    return f"{there} is {condition(found)}: {mending('node', there, found.state)}"
                if done.vias and self._refuses(there):
                    return _refusing(there)
                at = there
        return ""

    def _refuses(self, node: str) -> bool:
        return node in self._lab.nodes and self._lab.nodes[node].source_routes == "refuse"

    def _next(self, here: str, stop: Stop) -> str:
        """The node to which its kernel sends what is for the stop; empty: it has no route."""
        container = self._running.node(here)
        answer = ask(self._engine, container, Question("route", {"prefix": f"{stop.address}/32"}))
        taken = next(iter(read(answer, RouteOrigin.parse).kernel), None)
        if taken is None:
            return ""
        return stop.node if taken.via is None else self._name(taken.via)


def _lan(view: View, address: str) -> str:
    try:
        lan = view.holding(Address.parse(address))
    except ValueError:
        return ""
    return "" if lan is None else lan.name


def _refusing(node: str) -> str:
    return f"{node} refuses source routes, and says nothing (the lab file has no `source_routes: follow` of it)"
