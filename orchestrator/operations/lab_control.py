"""The LabControl of verbs (faults/verb.py), made of a running lab."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.faults.verb import Outcome
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.operations import lans, nodes

__all__ = ["RunningLabControl"]


class RunningLabControl:
    """`verb`: whose they are, for messages."""

    def __init__(self, engine: Engine, running: RunningLab, verb: str) -> None:
        self._engine = engine
        self._running = running
        self._verb = verb

    def ends(self, lan: str) -> Sequence[str]:
        return [end.node for end in self._running.ends(lan)]

    def condition(self, lan: str) -> LinkCondition:
        return lans.conditions(self._engine, self._running, lan).now

    def planned(self, lan: str) -> LinkCondition:
        return lans.conditions(self._engine, self._running, lan).planned

    def set_condition(
        self, lan: str, wanted: LinkCondition, at: float = 0.0, nodes: Collection[str] | None = None
    ) -> Outcome:
        return lans.set_condition(self._engine, self._running, self._verb, lan, wanted, at=at, nodes=nodes)

    def kill(self, node: str) -> Outcome:
        return nodes.kill(self._engine, self._running, node)

    def pause(self, node: str) -> Outcome:
        return nodes.pause(self._engine, self._running, node)

    def resume(self, node: str) -> Outcome:
        return nodes.resume(self._engine, self._running, node)

    def start(self, node: str) -> Outcome:
        return nodes.start(self._engine, self._running, node)
