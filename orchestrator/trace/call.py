"""One call between two telephones, watched: on the wire by tcpdump, and in what the telephones tell of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.control.calls import Call
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.capture.capturing import capturing
from catenet.orchestrator.lab.gates import gates
from catenet.orchestrator.lab.realms import Views, views
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.caches import alive
from catenet.orchestrator.observe.calls import Calls, Phone, phone_of
from catenet.orchestrator.observe.events import completed, last_time, past
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run
from catenet.orchestrator.trace.call_steps import PairSeen, find_call_steps
from catenet.orchestrator.trace.steps import TraceStep

__all__ = ["CallTrace", "trace_call"]

_SECONDS = 2.0
"""How long they talk."""
_END = 10.0
"""Seconds within which both ends have heard that it is over."""
_LOOK = 0.2
_EVENT_LINES = 500
_JOINED = ".joined"


@dataclass(frozen=True, slots=True)
class CallTrace:
    """A call. `path`: direct, punched or relayed, `by` these nodes; "" where it was never up, and `why` says why."""

    caller: str
    callee: str
    steps: tuple[TraceStep, ...]
    path: str
    by: tuple[str, ...]
    why: str

    def to_json(self) -> dict[str, Json]:
        return {
            "caller": self.caller,
            "callee": self.callee,
            "path": self.path,
            "by": list(self.by),
            "why": self.why,
            "steps": [step.to_json() for step in self.steps],
        }


def trace_call(engine: Engine, running: RunningLab, caller: str, callee: str) -> CallTrace:
    """`caller` calls `callee`, they talk for two seconds, and it is hung up; what was seen and told of it.

    Raises:
        UserError: one of them has no telephone, or does not run; or they talk already.
        EngineError: a capture could not be made, or a telephone gave no answer; CallError where it refuses.

    """
    lab, seen = running.lab, views(running.lab)
    ends = phone_of(lab, caller), phone_of(lab, callee)
    one, other = (end.node for end in ends)
    if one == other:
        raise UserError(f"{caller} and {callee} are one telephone")
    telephones = [running.node(node) for node in (one, other)]
    for each in telephones:
        must_run(each)
    with Calls(engine, running) as calls:
        if calls.call(ends[0]).is_there:
            raise UserError(f"{caller} has a call already; let it end first")
        before = {each.node: last_time(engine, each) for each in telephones}
        relays = {name for end in ends for name in _relays(engine, running, end, seen)}
        watched = alive(running, {one, other, *relays, *gates(lab, one), *gates(lab, other)})
        with capturing(engine, {each.node: each.name for each in watched}, "udp or tcp") as captures:
            made = _talk(calls, *ends)
            packets = captures.stop()
    steps = find_call_steps(
        packets,
        _told(engine, telephones, before),
        {end.node: _pairs(engine, running, end) for end in ends},
        ends=(one, other),
        names=lambda node, address: seen.at(node).owners.get(address, str(address)),
    )
    by = tuple(seen.at(one).owners.get(Address.parse(each), each) for each in made.by)
    return CallTrace(one, other, steps, made.path, by, made.why)


def _talk(calls: Calls, source: Phone, target: Phone) -> Call:
    """How the call was, when it is over at both ends."""
    calls.place(source, target)
    until = time.monotonic() + _SECONDS
    while (made := calls.call(source)).is_there and time.monotonic() < until:
        time.sleep(_LOOK)
    calls.end(source)
    until = time.monotonic() + _END
    while any(calls.call(end).is_there for end in (source, target)) and time.monotonic() < until:
        time.sleep(_LOOK)
    return made


def _shown(engine: Engine, running: RunningLab, phone: Phone, what: str) -> Json:
    given = ask(engine, running.node(phone.node), Question("show", {"what": what}))
    if given.error is not None:
        raise EngineError(f"{phone.node}: {given.error}")
    return given.answer


def _relays(engine: Engine, running: RunningLab, phone: Phone, seen: Views) -> Iterator[str]:
    """The nodes that could relay for it."""
    shown = _shown(engine, running, phone, phone.table)
    known = shown.get("supernodes") if isinstance(shown, dict) else None
    owners = seen.at(phone.node).owners
    for each in known if isinstance(known, list) else ():
        owner = owners.get(Address.parse(str(each).partition(":")[0]))
        if owner is not None:
            yield owner


def _pairs(engine: Engine, running: RunningLab, phone: Phone) -> list[PairSeen]:
    """The checks that it remembers of its last call."""
    rows = _shown(engine, running, phone, "pairs")
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            local, remote = (str(row.get(side)).partition(" ") for side in ("local", "remote"))
            found.append(PairSeen(remote[0], local[2] == "relay", str(row.get("result"))))
    return found


def _told(engine: Engine, nodes: Sequence[Container], before: Mapping[str, float]) -> list[Event]:
    """What the telephones told since, and how they came in before that."""
    lines = [
        line
        for line in past(engine, nodes, tail=_EVENT_LINES)
        if line.event is not None and (line.logged > before[line.node] or line.event.kind.endswith(_JOINED))
    ]
    events = [line.event for line in completed(engine, nodes, lines) if line.event is not None]
    logins = {event.node: event for event in events if event.kind.endswith(_JOINED)}
    return [*logins.values(), *(each for each in events if not each.kind.endswith(_JOINED))]
