"""Calls between nodes that have a telephone, several at once, to their end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.catalogue import declared
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.checks.expectation import Called, NoAnswerError
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.observe.ask import ControlConnections, ask
from catenet.orchestrator.observe.running import RunningLab

__all__ = ["call_all", "user_of"]

_BEGIN = 30.0
"""Seconds within which a phone can call: it logs in, and hears of its contacts' keys."""
_END = 60.0
"""Seconds that a call may take beside those for which it is up: it rings for 30 s at most."""
_LOOK = 0.3


def user_of(lab: Lab, node: str) -> str:
    """Whose telephone the node has.

    Raises:
        NoAnswerError: it has none.

    """
    options = lab.nodes[node].services
    found = next((each.calls(options[each.name]) for each in declared(options) if each.calls is not None), None)
    if found is None:
        raise NoAnswerError(f"{node} has no telephone")
    return found


def call_all(engine: Engine, running: RunningLab, pairs: Sequence[tuple[str, str]], seconds: float) -> list[Called]:
    """The first one of each pair calls the second one, all at once; each hangs up after so many seconds.

    Raises:
        NoAnswerError: a node has no telephone.
        EngineError: one gave no answer; the text says why.

    """
    users = {node: user_of(running.lab, node) for pair in pairs for node in pair}
    with ControlConnections(engine) as connections, ThreadPoolExecutor(max_workers=max(1, len(pairs))) as pool:
        calls = _Calls(engine, running, connections, users, seconds)
        return list(pool.map(calls.make, pairs))


class _Calls(NamedTuple):
    """What all of them have in common."""

    engine: Engine
    running: RunningLab
    connections: ControlConnections
    users: Mapping[str, str]
    seconds: float

    def make(self, pair: tuple[str, str]) -> Called:
        """One, to its end at both ends."""
        caller, callee = pair
        name, why = self._begin(caller, Question("call", {"to": self.users[callee], "seconds": self.seconds}))
        if not name:
            return Called("", (), why)
        ends: dict[str, Mapping[str, Any]] = {}
        until = time.monotonic() + self.seconds + _END
        while time.monotonic() < until and len(ends) < 2:
            time.sleep(_LOOK)
            for node in (each for each in pair if each not in ends):
                shown = self.connections.ask(self.running.node(node), Question("show", {"what": "calls"}))
                row = _ended(shown, node, name)
                if row is not None:
                    ends[node] = row
        if len(ends) < 2:
            return Called("", (), f"it did not end at {' and '.join(each for each in pair if each not in ends)}")
        return _joined(self.running.lab, caller, ends[caller], ends[callee])

    def _begin(self, caller: str, question: Question) -> tuple[str, str]:
        """The call's name; or empty, and why. What is refused was not begun, and is asked for again for a while."""
        until = time.monotonic() + _BEGIN
        while True:
            given = ask(self.engine, self.running.node(caller), question)
            if given.error is None and isinstance(given.answer, dict):
                return str(given.answer.get("call")), ""
            if time.monotonic() >= until:
                return "", given.error or "no answer"
            time.sleep(_LOOK)


def _ended(given: Answer, node: str, name: str) -> Mapping[str, Any] | None:
    """The row of the call among those that have ended."""
    if given.error is not None:
        raise EngineError(f"{node}: {given.error}")
    rows: Sequence[Json] = given.answer if isinstance(given.answer, list) else ()
    return next((row for row in rows if isinstance(row, dict) and row.get("call") == name), None)


def _joined(lab: Lab, caller: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Called:
    """What both ends say."""
    path = one.get("path")
    if not path:
        return Called("", (), str(one.get("why")))
    if other.get("path") != path:
        return Called(f"{path} or {other.get('path')}", (), "the ends do not agree")
    owners = views(lab).at(caller).owners
    return Called(str(path), tuple(owners.get(Address.parse(each), each) for each in one.get("by", ())), "")
