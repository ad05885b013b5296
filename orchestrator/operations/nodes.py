"""Kill, pause, resume and start a node: the engine does it, and says so only once it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.faults.verb import Outcome
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.events import last_time, wait_for
from catenet.orchestrator.observe.running import RunningLab, UserError, condition
from catenet.orchestrator.operations.lans import sync_link_conditions
from catenet.orchestrator.status.state import stay_down

__all__ = ["START_DEADLINE", "kill", "pause", "resume", "start", "start_again"]

START_DEADLINE = 60.0
"""Seconds after which a node that was started and is not ready is given up."""
_PATIENCE = 3  # failures of one service


def kill(engine: Engine, running: RunningLab, node: str) -> Outcome:
    """The node dies at once, without a farewell to its neighbours (SIGKILL).

    Raises:
        UserError: no such node.
        EngineError: the engine did not do it.

    """
    container = running.node(node)
    if container.state not in ("running", "paused", "restarting"):
        return Outcome(f"is dead already: {condition(container)}", changed=False)
    engine.kill(container.name)
    return Outcome("killed")


def pause(engine: Engine, running: RunningLab, node: str) -> Outcome:
    """The node's processes stand still; its kernel goes on forwarding packets.

    Raises:
        UserError: no such node, or it does not run.
        EngineError: the engine did not do it.

    """
    container = running.node(node)
    if container.state == "paused":
        return Outcome("is paused already", changed=False)
    _must_run(container)
    engine.pause(container.name)
    return Outcome("paused")


def resume(engine: Engine, running: RunningLab, node: str) -> Outcome:
    """A paused node goes on. A LAN that was cut or healed meanwhile is so at its end too.

    Raises:
        UserError: no such node, or it is dead.
        EngineError: the engine did not do it.

    """
    container = running.node(node)
    if container.state == "running":
        return Outcome("runs already", changed=False)
    if container.state != "paused":
        _must_run(container)
    engine.resume(container.name)
    return Outcome("resumed", remarks=_back(engine, running, container))


def start(engine: Engine, running: RunningLab, node: str) -> Outcome:
    """A dead node starts again; returns when it is ready. A LAN that is cut is cut at its end too.

    So does one in which a service stays down (`stay_down`).

    Raises:
        UserError: no such node, or it is paused; or a service refuses its configuration.
        EngineError: the engine did not do it, or the node did not get ready.

    """
    container = running.node(node)
    if container.state == "paused":
        raise UserError(f"{node} is paused, not dead: catenet resume {node}")
    down = stay_down(ask(engine, container, Question("status"))) if container.state == "running" else ()
    if container.state == "running" and not down:
        return Outcome("runs already", changed=False)
    if down:
        engine.kill(container.name)
    start_again(engine, container)
    why = f", since its {', '.join(down)} stayed down" if down else ""
    return Outcome(f"started and ready{why}", remarks=_back(engine, running, container))


def start_again(engine: Engine, container: Container) -> None:
    """A container that ran before, and does not now, runs; returns when the node is ready.

    Raises:
        UserError: a service refuses its configuration, a zone file say.
        EngineError: the engine did not do it, or the node did not get ready.

    """
    before = last_time(engine, container)
    engine.start(container.name)
    event = wait_for(engine, container, _Start().has_ended, before, START_DEADLINE)
    if event is None or event.kind != "node.ready":
        why = f"{event.service}: {event.text}" if event else f"not ready after {START_DEADLINE:g} s"
        if event is not None and _is_for_good(event):
            raise UserError(f"{container.node} was started: {why}; mend that, then: catenet start {container.node}")
        raise EngineError(f"{container.node} was started: {why}", f"catenet logs {container.node}")


class _Start:
    """Hears a node's events while it starts: a service that falls over may get up again, but not for ever."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()

    def has_ended(self, event: Event) -> bool:
        """Whether this event says how the start went."""
        if event.kind == "service.failed":
            self._failures[event.service] += 1
            return _is_for_good(event) or self._failures[event.service] == _PATIENCE
        return event.kind in ("node.ready", "node.failed")


def _is_for_good(event: Event) -> bool:
    """A service will not be started again: its configuration is wrong."""
    return event.kind == "service.failed" and event.data.get("retry", 0) is None


def _back(engine: Engine, running: RunningLab, container: Container) -> tuple[str, ...]:
    return sync_link_conditions(engine, running, replace(container, state="running"))


def _must_run(container: Container) -> None:
    if container.state != "running":
        raise UserError(f"{container.node} does not run, it is {condition(container)}: catenet start {container.node}")
