"""`up`: what is missing is made, and it returns when the lab is ready. A failure leaves evidence, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from catenet.nodes.address import Prefix
from catenet.nodes.control.answers import NodeStatus
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.control.segment import OVERHEAD
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import (
    LABEL_BEGAN,
    Container,
    ContainerSpec,
    Engine,
    EngineError,
    EngineGoneError,
    Network,
    NetworkSpec,
    PrefixTakenError,
    networks_of,
)
from catenet.orchestrator.deploy.down import down_again, take_away
from catenet.orchestrator.deploy.left import remember
from catenet.orchestrator.deploy.own_images import ensure_own_images, own_images
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.deploy.ready import NotReadyError, Readiness
from catenet.orchestrator.deploy.run import carry_out, perform
from catenet.orchestrator.deploy.watch import Watch
from catenet.orchestrator.evidence.failure import a_while, save_or_say
from catenet.orchestrator.evidence.folder import FOLDER
from catenet.orchestrator.evidence.node import last_words
from catenet.orchestrator.lab.hosts import Host
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.observe.events import last_time
from catenet.orchestrator.plan.desired import container_name, desired
from catenet.orchestrator.plan.placing import ONE, Placement, place
from catenet.orchestrator.plan.steps import Step, left_paused, plan
from catenet.orchestrator.plan.wiring import UNDERLAY_MTU
from catenet.orchestrator.status.state import stay_down

__all__ = ["TIMEOUT", "Missing", "UpReport", "missing", "up"]

TIMEOUT = 120.0
"""Seconds after which a lab that is not ready has failed."""
_PATH = 1500
"""Octets of the largest IP packet that a path between hosts carries, where nobody has said or measured it."""
_ROUNDS = 10
"""Times that other prefixes are chosen, where somebody else takes those that were free."""


@dataclass(frozen=True, slots=True)
class UpReport:
    """What the lab has, and how long each phase took: made (all containers run), converged (from then on)."""

    copy: str
    networks: int
    nodes: int
    addresses: int
    services: int
    routers: int
    steps: int
    paused: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        return {
            "lab": self.copy,
            "networks": self.networks,
            "nodes": self.nodes,
            "addresses": self.addresses,
            "services": self.services,
            "routers": self.routers,
            "steps": self.steps,
            "paused": list(self.paused),
            "seconds": {phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
        }


class Missing(NamedTuple):
    """The steps from what is there now, the nodes that stay paused, the copy's containers that are there, what those
    that run say of themselves (node → status), and on which host each node is to be.
    """

    steps: tuple[Step, ...]
    paused: tuple[str, ...]
    present: Sequence[Container]
    said: Mapping[str, Answer]
    placement: Placement


def missing(engine: Engine, lab: Lab, copy: str, image: str, refused: Sequence[Prefix] = ()) -> Missing:
    """What is to be done so that the engine has this copy of the lab. `refused`: prefixes that it would not give.

    Raises:
        PlanError: it cannot be put on this engine.
        HostLostError: of several hosts one does not answer.

    """
    networks, listed = engine.networks(), engine.listed({})
    present = engine.inspected(container for container in listed if container.copy == copy)
    others = [container for container in listed if container.copy != copy]
    own = own_images(lab, image)
    there: list[Network | Container] = [*networks, *present]
    began = _began(thing.labels for thing in there if thing.copy == copy)
    placed, placement = on_hosts(engine, lab, {container.node: container.host for container in present})
    wanted = desired(
        placed,
        copy,
        image,
        networks,
        engine.host_addresses(),
        placement=placement,
        underlay_mtu=(lab.path_mtu or engine.path_mtu() or _PATH) - OVERHEAD if placement.hosts else UNDERLAY_MTU,
        refused=refused,
        own_images=own,
        began=began,
    )
    said = ask_all(engine, [container for container in present if container.state == "running"], Question("status"))
    stopped = {node for node, status in said.items() if stay_down(status)}
    steps = plan(wanted, networks, present, others, stopped)
    return Missing(steps, left_paused(wanted, present), present, said, placement)


def on_hosts(engine: Engine, lab: Lab, there: Mapping[str, str]) -> tuple[Lab, Placement]:
    """The lab with the engine's hosts, where it names none itself, and on which of them each node is. `there`: node →
    the host that it is on already.

    Raises:
        PlanError: a node's `place` is none of them.
        HostLostError: one does not answer.

    """
    urls = engine.urls()
    if len(urls) < 2:
        return lab, ONE
    hosts = lab.hosts or {name: Host(name, url) for name, url in urls.items()}
    return replace(lab, hosts=hosts), place(lab, engine.memories(), there)


def _began(labels: Iterable[Mapping[str, str]]) -> int:
    """When this copy was brought up, in seconds since 1970: what is there says so; else now."""
    said = [each[LABEL_BEGAN] for each in labels if each.get(LABEL_BEGAN, "").isdecimal()]
    return min(map(int, said), default=int(time.time()))


def up(
    engine: Engine,
    lab: Lab,
    copy: str,
    image: str,
    progress: Progress,
    *,
    keep: bool = False,
    timeout: float = TIMEOUT,
    evidence: Path = FOLDER,
) -> UpReport:
    """Brings one copy of a lab up, changing only what differs, and waits until it is ready (`timeout` in seconds).

    Raises:
        PlanError: it cannot be put on this engine; nothing was made.
        NotReadyError: a node failed, or something was lacking in time.
        EngineError: the engine refused a step.

    """
    ensure_own_images(engine, lab, image, progress)
    started = time.monotonic()
    deployment = _Deployment(engine, lab, copy, image, progress)
    try:
        made, ready = deployment.run(started + timeout)
    except BaseException as error:
        if _is_gone(engine):
            progress.note(f"what was made stays: once the engine answers, {down_again(engine, copy)} removes it")
            raise
        told = _with_last_words(engine, copy, error)
        again = a_while if isinstance(told, NotReadyError) else None  # else there is nothing to listen to
        progress.note(save_or_say(engine, copy, f"{type(told).__name__}: {told}", evidence, again=again))
        if not keep:
            if isinstance(told, NotReadyError):
                progress.note("next: the same with --keep, which leaves the lab for you to look into")
            deployment.undo()
        raise told from None
    finally:
        deployment.close()
    return UpReport(
        copy=copy,
        networks=len(lab.lans),
        nodes=len(lab.nodes),
        addresses=sum(len(node.attachments) for node in lab.nodes.values()),
        services=sum(len(node.services) for node in lab.nodes.values()),
        routers=deployment.routers,
        steps=len(deployment.steps),
        paused=deployment.paused,
        seconds={"made": made - started, "converged": ready - made},
    )


class _Deployment:
    """One run of `up`: its steps, and what is to be undone if it fails."""

    def __init__(self, engine: Engine, lab: Lab, copy: str, image: str, progress: Progress) -> None:
        self._engine = engine
        self._copy = copy
        self._progress = progress
        self._missing = partial(missing, engine, lab, copy, image)
        self.steps, self.paused, self._present, said, _ = self._missing()
        self._begun: set[str] = set()
        self._refused: list[Prefix] = []
        self._node = {container_name(copy, name): name for name in lab.nodes}
        self._node |= {c.name: c.node for c in self._present if c.node in lab.nodes}
        starting = {step.name for step in self.steps if step.kind == "start"}
        leaving = {step.name for step in self.steps if step.kind == "remove_container"}
        here = [c for c in self._present if c.name in self._node and c.name not in starting | leaving]
        self._running = [container for container in here if container.state == "running"]
        absent = {self._node[container.name] for container in here if container.state != "running"}
        # an `up` that was killed may have started some of those that run a moment ago
        unready = {self._node[container.name] for container in self._running if not _is_ready(said[container.node])}
        self._readiness = Readiness(lab, {self._node[name] for name in starting} | unready, absent)
        self._watch = Watch(engine, self._readiness, progress)
        self._counts = _Counts(self.steps, progress)

    @property
    def routers(self) -> int:
        """How many routers were awaited."""
        return self._readiness.routers

    def run(self, deadline: float) -> tuple[float, float]:
        """Carry the steps out; when all was made, and when the lab was ready.

        Where nothing is to be done, an `up` that was killed may still have left routers that are learning; but a lab
        that somebody has paused a node of is left as it is.
        """
        for container in self._running:
            self._watch.follow(container.name, self._node[container.name])
        self._make()
        if self._running:  # their networks may be of others' making: Compose's, or the engine's at the machine's start
            self._engine.isolate_networks([network.name for network in networks_of(self._engine, self._copy)])
        made = time.monotonic()
        if self.steps or not self.paused:
            self._watch.wait(deadline)
        return made, time.monotonic()

    def _make(self) -> None:
        steps = self.steps
        for last in (*[False] * _ROUNDS, True):
            try:
                carry_out(steps, self._do, in_spite_of=(PrefixTakenError,))
                return
            except PrefixTakenError:  # by another `up`, say, that runs at the same time
                if last:
                    raise
                steps = self._missing(self._refused).steps

    def undo(self) -> None:
        """Remove what this run has made, or may have. What cannot be removed is said, and never raised."""
        later = f"{down_again(self._engine, self._copy)} removes it"
        self._progress.note(f"removing what was made (Ctrl-C leaves it; {later})")
        try:
            networks = [network for network in self._engine.networks() if network.name in self._begun]
            there = self._engine.listed({})
            containers = [container for container in there if container.name in self._begun]
            if len(containers) == sum(container.copy == self._copy for container in there):  # nothing is as before
                specs = [step.spec for step in self.steps if isinstance(step.spec, ContainerSpec)]
                remember(self._engine, specs, [*self._engine.lost()] if self._begun else [])
            take_away(self._engine, networks, containers, self._progress)
        except EngineError as refused:  # it must not hide what it was undone for
            self._progress.note(f"something stays, {later}: {refused}")
        for host, why in self._engine.lost().items():
            self._progress.note(f"what was made on host {host} stays, once it answers {later}: {why}")

    def close(self) -> None:
        self._watch.close()

    def _do(self, step: Step) -> None:
        self._watch.check()
        if isinstance(step.spec, NetworkSpec | ContainerSpec):
            self._begun.add(step.name)
        if step.kind == "start":
            after = 0.0 if step.name in self._begun else self._earlier_life(step.name)
            perform(self._engine, step)
            self._watch.follow(step.name, self._node[step.name], after)
        else:
            try:
                perform(self._engine, step)
            except PrefixTakenError:
                # Not to be asked for again: the engine gives a prefix some time before it lists the network.
                if isinstance(step.spec, NetworkSpec):
                    self._refused.append(step.spec.prefix)
                raise
        self._counts.done(step)

    def _earlier_life(self, name: str) -> float:
        """When a container that ran before wrote its last line: what it said then says nothing about now."""
        return max((last_time(self._engine, c) for c in self._present if c.name == name), default=0.0)


class _Counts:
    """How many networks and nodes are there, for the display."""

    def __init__(self, steps: Sequence[Step], progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._totals = {
            phase: sum(step.kind == kind for step in steps)
            for kind, phase in (("create_network", "networks"), ("start", "nodes"))
        }
        self._done = dict.fromkeys(self._totals, 0)

    def done(self, step: Step) -> None:
        """Count it, if it is a network or a node. For several threads."""
        phase = {"create_network": "networks", "start": "nodes"}.get(step.kind)
        if phase is None:
            return
        with self._lock:
            self._done[phase] += 1
            self._progress.count(phase, self._done[phase], self._totals[phase])


def _is_ready(status: Answer) -> bool:
    try:
        return read(status, NodeStatus.parse).ready
    except AnswerError:
        return False


def _is_gone(engine: Engine) -> bool:
    """Whether there is no sense in asking it for anything more."""
    try:
        engine.networks()
    except EngineGoneError:
        return True
    except EngineError:
        return False
    return False


def _with_last_words(engine: Engine, copy: str, error: BaseException) -> BaseException:
    """The same error, with the last lines of the node that it is about."""
    if not isinstance(error, NotReadyError) or not error.node:
        return error
    words = last_words(engine, copy, error.node)
    return NotReadyError(f"{error}{words}", error.node)
