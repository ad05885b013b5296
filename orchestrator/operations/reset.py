"""The lab as after `up`: what is broken is mended, what was left behind is taken away, every cache is empty.

Undone: cuts, pauses, deaths; inside a node addresses, routes, rules, neighbours, interfaces, packet filters,
impairments, programs that run, /etc/hosts and /etc/resolv.conf (drift.py says how they are seen); what services
with a cache remember. A node in which one of these differs is restarted, and no other: to restart twenty takes longer
than to look into them. Where routing does not settle soon, all routers are restarted, and begin with empty tables.
Not undone: other files that were changed inside a node; containers and networks that were removed (`up` makes them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError, EngineGoneError
from catenet.orchestrator.faults.verb import Outcome
from catenet.orchestrator.lab.graph import routing
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ControlConnections, ask
from catenet.orchestrator.observe.caches import empty_caches
from catenet.orchestrator.observe.running import RunningLab, UserError, condition, running_lab
from catenet.orchestrator.operations.drift import Drift, find_drift
from catenet.orchestrator.operations.nodes import start_again
from catenet.orchestrator.operations.verb_result import Stopwatch, VerbResult
from catenet.orchestrator.status.converged import wait_until_converged

__all__ = ["reset"]

Value = TypeVar("Value")
Tell = Callable[[str, int, int], None]
_AT_ONCE = 8
_ASK = 20.0
"""Seconds that a node may take to bring a LAN up; one that does not is restarted."""
_PATIENCE = 5.0
"""Seconds that routing may take to settle by itself: triggered updates pass through a lab in 1.5."""
_ROUTING = 60.0
"""Seconds that restarted routers may take: longer than RIP's slowest first update (RFC 2453 section 3.8)."""


def _nobody(_phase: str, _done: int, _total: int) -> None:
    """Hears of the progress where nobody wants to."""


def reset(engine: Engine, running: RunningLab, tell: Tell = _nobody) -> VerbResult:
    """Returns when the lab is as after `up`; `tell` hears of each phase how many of how many are done.

    Raises:
        UserError: a container or a LAN of the lab is not there; the text says what makes it again.
        HostLostError: a node is on a host that does not answer.
        EngineError: a node does not come back, or routing does not converge.

    """
    watch = Stopwatch("reset", running.name)
    _must_be_whole(running)
    drifts = dict(_each(partial(_wake, engine, running.lab), _nodes(running), "looked into", tell))
    now = running_lab(engine, running.name)
    said = [what for what, _ in drifts.values() if what]
    said += _healed(engine, now, drifts)
    reasons = {node: _short(drift) for node, (_, drift) in drifts.items() if drift.found or drift.broken}
    said += _restart(engine, now, reasons, tell)
    said += _routed(engine, now, tell)
    with ControlConnections(engine) as connections:
        empty_caches(connections, running_lab(engine, running.name))
    words = "is as after up: every cache is empty" + (
        f", {len(said)} thing{'s' * (len(said) > 1)} mended" if said else ""
    )
    return watch.done(Outcome(words, changed=bool(said), remarks=tuple(said)))


def _must_be_whole(running: RunningLab) -> None:
    for name in running.unreachable.nodes:
        running.node(name)
    for name, node in running.lab.nodes.items():
        container = running.containers.get(name)
        lans = () if container is None else running.lans_of(container)
        lost = [place.lan for place in node.attachments if place.lan not in lans]
        if container is None or lost:
            what = f"{name} is missing" if container is None else f"{name} is disconnected from {', '.join(lost)}"
            raise UserError(f"lab {running.name}: {what}: {running.up_again} mends that")


def _wake(engine: Engine, lab: Lab, container: Container) -> tuple[str, tuple[str, Drift]]:
    """The node runs, and was looked into: its name, and what was done and seen. Who was started is as new."""
    if container.state not in ("running", "paused"):
        start_again(engine, container)
        return container.node, (f"{container.node} started, was {condition(container)}", Drift())
    done = ""
    if container.state == "paused":
        engine.resume(container.name)
        done = f"{container.node} resumed"
    return container.node, (done, _find_drift(engine, lab, replace(container, state="running")))


def _find_drift(engine: Engine, lab: Lab, container: Container) -> Drift:
    """One that cannot be looked into is to be restarted."""
    try:
        return find_drift(engine, container, lab)
    except EngineGoneError:
        raise
    except EngineError as error:
        return Drift(differences=(str(error),))


def _healed(engine: Engine, running: RunningLab, drifts: dict[str, tuple[str, Drift]]) -> list[str]:
    """Every LAN carries at every end; those nodes are looked into anew, since routes come back with their LANs."""
    broken = {node: drift.broken for node, (_, drift) in drifts.items() if drift.broken}

    def heal(container: Container) -> None:
        for lan, planned in sorted(broken[container.node].items()):
            ask(engine, container, Question("link", {"lan": lan, "condition": planned.to_json()}), _ASK)
        drifts[container.node] = drifts[container.node][0], _find_drift(engine, running.lab, container)

    _each(heal, [running.node(node) for node in broken], "healed", _nobody)
    return [f"{lan} healed" for lan in sorted(frozenset[str]().union(*broken.values()))]


def _short(drift: Drift) -> str:
    first, *more = drift.found or [f"{lan} stays broken" for lan in sorted(drift.broken)]
    return f"{first}{f', and {len(more)} more' if more else ''}"


def _routed(engine: Engine, running: RunningLab, tell: Tell) -> list[str]:
    """Every router knows every LAN at its shortest cost."""
    if not wait_until_converged(engine, running, _PATIENCE):
        return []
    routers = [name for name, node in running.lab.nodes.items() if routing(node)]
    said = _restart(engine, running, dict.fromkeys(routers, "its routes were not right"), tell)
    lacking = wait_until_converged(engine, running, _ROUTING)
    if lacking:
        raise EngineError(f"reset {running.name}: {'; '.join(lacking[:3])}", "catenet status")
    return said


def _restart(engine: Engine, running: RunningLab, reasons: Mapping[str, str], tell: Tell) -> list[str]:
    """The nodes that have a reason."""

    def restart(container: Container) -> str:
        if container.state == "running":  # it may have died while it was looked into
            engine.kill(container.name)
        start_again(engine, container)
        return f"{container.node} restarted: {reasons[container.node]}"

    return _each(restart, [running.node(node) for node in reasons], "restarted", tell)


def _nodes(running: RunningLab) -> list[Container]:
    """Those of the lab file: the others are none of ours."""
    return [running.node(name) for name in running.lab.nodes]


def _each(do: Callable[[Container], Value], containers: Iterable[Container], phase: str, tell: Tell) -> list[Value]:
    """For all of them, eight at once. After a failure no further one is begun, and the first error is raised."""
    chosen = list(containers)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            done = []
            for result in pool.map(do, chosen):
                done.append(result)
                tell(phase, len(done), len(chosen))
            return done
        finally:
            pool.shutdown(cancel_futures=True)
