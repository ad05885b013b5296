"""What a check sees: the running lab, its model, and what its nodes answer."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from types import TracebackType
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import declared
from catenet.nodes.catalogue import services as known_services
from catenet.nodes.control.calls import Call
from catenet.nodes.control.datagrams import KIND, Datagrams, Stream
from catenet.nodes.control.fields import AnswerError
from catenet.nodes.control.lookups import LookedUp, LookupAsked
from catenet.nodes.control.pings import PingAsked, Pinged, TraceAsked
from catenet.nodes.control.questions import Question
from catenet.nodes.control.service import Service
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.capture.capturing import capturing
from catenet.orchestrator.checks.expectation import (
    Asked,
    AskedAddress,
    Called,
    Crossed,
    CrossedFrame,
    Flooded,
    NoAnswerError,
    Talk,
)
from catenet.orchestrator.lab.addressing import FullLanError, unused_address
from catenet.orchestrator.lab.realms import UnmeantError, views
from catenet.orchestrator.lab.source_routes import StopError, stops
from catenet.orchestrator.observe import caches, reach
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.calls import CallError, Calls, Phone, phones
from catenet.orchestrator.observe.program import Finished, run_program
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.observe.tools import passed
from catenet.orchestrator.operations.calling import call_all
from catenet.orchestrator.trace.arp import trace_arp
from catenet.orchestrator.trace.fragments import trace_fragments
from catenet.orchestrator.trace.lsa import Wanted, trace_lsa
from catenet.orchestrator.trace.lsa_rule import FaultKind
from catenet.orchestrator.trace.packet import trace_packet
from catenet.orchestrator.trace.packet_steps import Part
from catenet.orchestrator.trace.sending import ECHO_PORT, Sending
from catenet.orchestrator.wire.fragments import Fragment
from catenet.orchestrator.wire.layers import ICMP, UDP
from catenet.orchestrator.wire.packets import CapturedPacket

__all__ = ["RunningScene"]

_PATIENCE = 20.0
"""Seconds that an answer may take: a busy machine is no reason to call a check wrong."""


class RunningScene:
    """The Scene of checks (checks/expectation.py), made of a running lab, for several threads.

    The end of a `with` ends the connections to the nodes that were asked.
    """

    def __init__(self, engine: Engine, running: RunningLab) -> None:
        self.engine = engine
        self.running = running
        self.lab = running.lab
        self._views = views(self.lab)
        self._since = float("-inf")
        self._connections = ControlConnections(engine)
        self._answers: dict[tuple[str, str], tuple[float, Json]] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def __enter__(self) -> RunningScene:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._connections.close()

    def since(self, moment: float) -> RunningScene:
        """The same, at a later look: of no answer that was asked before that moment (monotonic seconds)."""
        other = copy(self)
        other._since = moment
        return other

    def prefix(self, lan: str) -> Prefix:
        return self.lab.lans[lan].prefix

    def unused_address(self, lan: str, at: str) -> Address:
        try:
            return self._views.as_meant(unused_address(self.lab, lan), lan, at)
        except (UnmeantError, FullLanError) as error:
            raise NoAnswerError(str(error)) from None

    def leads_to(self, prefix: str, lan: str, at: str) -> bool:
        return prefix == str(self.prefix(lan)) and self._views.at(at).names.get(prefix, lan) == lan

    def address(self, node: str, at: str) -> Address:
        try:
            return self._views.address(node, at)
        except UnmeantError as error:
            raise NoAnswerError(str(error)) from None

    def stops(self, at: str, via: Sequence[str], target: str) -> tuple[Address, ...]:
        try:
            return tuple(stop.address for stop in stops(self.lab, at, [*via, target]))
        except StopError as error:
            raise NoAnswerError(str(error)) from None

    def name(self, address: str, at: str) -> str:
        try:
            return self._views.at(at).owners.get(Address.parse(address), address)
        except ValueError:
            return address

    def resolver(self, node: str) -> str | None:
        address = self.lab.nodes[node].resolver
        return None if address is None else self.name(str(address), node)

    def nodes_with(self, wanted: Callable[[Service, Any], bool]) -> frozenset[str]:
        return frozenset(
            name
            for name, node in self.lab.nodes.items()
            if any(wanted(each, node.services[each.name]) for each in declared(node.services))
        )

    def routing(self, node: str) -> list[str]:
        sources = [each.source for each in declared(self.lab.nodes[node].services) if each.source is not None]
        return [source.name for source in sorted(sources, key=lambda source: source.distance)]

    def show(self, node: str, what: str) -> Json:
        """The node's answer to `show WHAT`. Checks of one table that look at the same moment share one question.

        Raises:
            EngineError: the node gave no answer; the text says why.

        """
        with self._locks[node, what]:
            known = self._answers.get((node, what))
            if known is None or known[0] < self._since:
                asked = time.monotonic()
                given = self._connections.ask(self._container(node), Question("show", {"what": what}), _PATIENCE)
                if given.error is not None:
                    raise EngineError(f"{node}: {given.error}")
                known = self._answers[node, what] = asked, given.answer
            return known[1]

    def run(self, node: str, command: Sequence[str], deadline: float, codes: Collection[int] = ()) -> Finished:
        """An unmodified program inside the node. `codes`: what it returns when it did its work; none: whatever it is.

        Raises:
            EngineError: it gave no result, or did not run; the text says why.

        """
        done = run_program(self.engine, self._container(node), command, deadline)
        if codes and done.returncode not in codes:
            raise EngineError(f"{command[0]} did not run at {node}: {done.last_words}")
        return done

    def ping(self, node: str, to: Address, number: int = 3, every: float = 0.1) -> Pinged:
        """As of `Scene`. Raises EngineError: the node gave no answer."""
        return reach.ping(self.engine, self._container(node), PingAsked(to, number, every=every, wait=1.0))

    def trace(self, node: str, to: Address, most: int) -> tuple[list[str], str]:
        """As of `Scene`. Raises EngineError: the node gave no answer."""
        found = reach.trace(self.engine, self._container(node), TraceAsked(to, most))
        return passed(found.hops), found.error or "nobody answers"

    def dig(self, node: str, name: str) -> LookedUp:
        """As of `Scene`.

        Raises:
            NoAnswerError: it has no resolver.
            EngineError: the node gave no answer.

        """
        resolver = self.lab.nodes[node].resolver
        if resolver is None:
            raise NoAnswerError(f"{node} has no resolver")
        return reach.look_up(self.engine, self._container(node), LookupAsked(resolver, name))

    def talk(
        self, source: str, target: str, seconds: float, *, sound: bool = False, keep: bool = False
    ) -> tuple[Talk, Talk]:
        """As of `Scene`.

        Raises:
            NoAnswerError: one of them has no telephone, or there is no call.

        """
        ends = self._phone(source), self._phone(target)
        with Calls(self.engine, self.running) as calls:
            try:
                calls.place(*ends)
            except CallError as error:
                raise NoAnswerError(str(error)) from None
            try:
                time.sleep(seconds)
                one, other = (Talk(calls.call(end)) for end in ends)
            finally:
                if not keep:
                    calls.end(ends[0])
            if sound:
                one, other = (Talk(talk.call, *calls.sounds(end)) for talk, end in zip((one, other), ends, strict=True))
        return one, other

    def call(self, node: str) -> Call:
        """As of `Scene`.

        Raises:
            NoAnswerError: it has no telephone.
            EngineError: the node gave no answer.

        """
        phone = self._phone(node)
        try:
            return Call.parse(self.show(node, phone.table))
        except AnswerError as error:
            raise EngineError(f"{node}: {error}") from None

    def _phone(self, node: str) -> Phone:
        try:
            return phones(self.lab)[node]
        except KeyError:
            raise NoAnswerError(f"{node} has no telephone") from None

    def call_all(self, pairs: Sequence[tuple[str, str]], seconds: float) -> list[Called]:
        """The first one's user of each pair calls the second one's, all at once; what became of each.

        Raises:
            NoAnswerError: a node has no telephone.
            EngineError: one gave no answer; the text says why.

        """
        telephones = {node: self._phone(node) for pair in pairs for node in pair}
        with Calls(self.engine, self.running) as calls:
            return call_all(calls, [(telephones[one], telephones[other]) for one, other in pairs], seconds, self.name)

    def datagrams(self, source: str, target: str, *, number: int, every: float, size: int, whole: bool) -> Datagrams:
        """As of `Scene`.

        Raises:
            NoAnswerError: nobody sends them back, or so many cannot be sent.
            EngineError: the node gave no answer.

        """
        stream = Stream(self.address(target, source), self._echo(target), number, every, size, whole)
        try:
            stream.check()
        except ValueError as error:
            raise NoAnswerError(str(error)) from None
        asked = {"kind": KIND, **stream.to_json()}
        return reach.probe(self.engine, self._container(source), asked, number * every, Datagrams.parse)

    def fragments(self, source: str, target: str, lan: str, size: int) -> tuple[Sequence[Fragment], bool]:
        """As of `Scene`.

        Raises:
            NoAnswerError: nobody sends it back.
            EngineError: it could not be captured.

        """
        became: list[Datagrams] = []
        ends = {each.address for each in self.lab.nodes[source].attachments}, self.address(target, source)
        found = trace_fragments(
            self.engine,
            self.running,
            lan,
            ends,
            lambda: became.append(self.datagrams(source, target, number=1, every=0.0, size=size, whole=False)),
        )
        return found, became[0].lost == 0

    def _echo(self, node: str) -> int:
        """The port whose datagrams it sends back."""
        services = self.lab.nodes[node].services
        ports = [each.ports(services[each.name])[0][1] for each in declared(services) if each.echoes]
        if not ports:
            able = ", ".join(name for name, service in known_services().items() if service.echoes)
            raise NoAnswerError(f"{node} sends nothing back: give it the service {able}")
        return ports[0]

    def flood(self, router: str, kind: str) -> Flooded:
        """As of `Scene`.

        Raises:
            NoAnswerError: it has no such advertisement, or none was heard.
            EngineError: it could not be captured.

        """
        try:
            done = trace_lsa(self.engine, self.running, router, Wanted(kind))
        except UserError as error:
            raise NoAnswerError(str(error)) from None
        if done.flood is None:
            raise NoAnswerError(f"{router} has said no {done.about}")
        more = (FaultKind.AGAIN, FaultKind.BACK)
        return Flooded(
            f"{done.about} {done.flood.key.id}",
            {each.node: each.at for each in done.flood.reached},
            sum(use.copies for use in done.uses),
            tuple(each.text for each in done.faults if each.kind not in more),
            tuple(each.text for each in done.faults if each.kind in more),
        )

    def packet(self, source: str, target: str, by: str) -> Crossed:
        """As of `Scene`.

        Raises:
            NoAnswerError: it has no route there.
            EngineError: it could not be captured.

        """
        sending = Sending(ICMP) if by == "icmp" else Sending(UDP, port=ECHO_PORT)
        try:
            done = trace_packet(self.engine, self.running, source, target, sending)
        except UserError as error:
            raise NoAnswerError(str(error)) from None
        there = [step for step in done.steps if step.part == Part.THERE]
        frames = tuple(
            CrossedFrame(s.lan, s.source, s.target, s.layers.protocols, s.layers.nested, s.layers.payload)
            for s in there
        )
        faults = tuple(fault.text for fault in done.faults)
        return Crossed(frames, done.arrived, faults, done.data, done.says)

    def asks(self, source: str, target: str, *, fresh: bool) -> Asked:
        """As of `Scene`.

        Raises:
            NoAnswerError: it has no route there.
            EngineError: it could not be captured.

        """
        try:
            done = trace_arp(self.engine, self.running, source, target, fresh=fresh)
        except UserError as error:
            raise NoAnswerError(str(error)) from None
        questions = tuple(
            AskedAddress(each.asker, each.lan, each.address, each.owner, each.answerer, each.broadcast)
            for each in done.exchanges
        )
        known = frozenset((each.neighbour.node, each.neighbour.lan, each.owner) for each in done.entries)
        return Asked(questions, known, done.reached)

    def empty_caches(self) -> None:
        """Whoever keeps names or pages forgets them.

        Raises:
            EngineError: one did not; the text says which and why.

        """
        caches.empty_caches(self._connections, self.running)

    @contextmanager
    def capture(self, node: str, expression: str) -> Iterator[Sequence[CapturedPacket]]:
        """The UDP and TCP packets at the node during the block; after it, they are in the list, in the order of time.

        Raises:
            UserError: no such node, or tcpdump does not understand the expression.
            EngineError: the capture did not begin, or broke off.

        """
        packets: list[CapturedPacket] = []
        with capturing(self.engine, {node: self.running.node(node).name}, expression) as captures:
            yield packets
            packets += captures.stop()

    def _container(self, node: str) -> Container:
        """As it was when the checks began; one that did not run then may have been started or resumed since."""
        known = self.running.node(node)
        if known.state == "running":
            return known
        return next(iter(self.engine.inspected([known])), known)
