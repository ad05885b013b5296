"""Desired − actual = steps, each with the steps that it must wait for, and with no other barrier.

The rules, for one copy of a lab:

    network    absent                              → create
               ours, of another form               → remove (after the containers on it), create
    container  absent                              → create (after its networks), start
               running or paused, and as desired   → nothing (`left_paused` names those that are paused)
               exited, and as desired              → start
               running, as desired, and `stopped`  → kill, start
               anything else of ours               → remove, create, start
    ours, and not desired                          → remove
    another's, with a name that we need            → ClashError, before anything is made

"As desired" is an equal hash, the image that is meant (or the one that Compose has built, where Compose made the
container), and being on its networks, none of which is made anew. A container that was created and
never started may be half attached, so it is never kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from catenet.nodes.address import Prefix
from catenet.orchestrator.backend.protocols import (
    LABEL_HASH,
    LABEL_LEFT,
    LABEL_NODE,
    LABEL_SEGMENTS,
    Container,
    ContainerSpec,
    Listed,
    Network,
    NetworkSpec,
)
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE, Desired, PlanError

__all__ = ["ClashError", "Step", "StepKind", "describe", "left_paused", "plan", "removal"]

_PLAIN = f"{COMPOSE_IMAGE.partition(':')[0]}:"  # a node with an image of its own cannot be one that Compose made

StepKind = Literal["remove_container", "remove_network", "create_network", "create_container", "kill", "start"]


class ClashError(PlanError):
    """What the lab needs is in the way of something else on the engine. The text says of what, and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request to the engine. `after`: the ids of the steps of the same plan that must be done before it; `host`: of
    several, that of which something is removed.
    """

    kind: StepKind
    name: str
    spec: NetworkSpec | ContainerSpec | None = None
    after: tuple[str, ...] = ()
    host: str = ""

    @property
    def id(self) -> str:
        """Unique in its plan."""
        return _id(self.kind, self.name, self.host)


def _id(kind: StepKind, name: str, host: str = "") -> str:
    return f"{kind} {name} {host}".rstrip()


def _removal_of(container: Listed) -> Step:
    return Step("remove_container", container.name, host=container.host)


def plan(
    wanted: Desired,
    networks: Sequence[Network],
    containers: Sequence[Container],
    others: Sequence[Listed] = (),
    stopped: Collection[str] = (),
) -> tuple[Step, ...]:
    """What is missing, given all networks that the engine has, of whoever, this copy's containers, and all others.

    `stopped`: the nodes that run, and in which a service does not serve and will not.

    Raises:
        ClashError: another's network or container has a name that this copy needs, or the copy is another lab's.

    """
    _refuse_clashes(wanted, networks, [*containers, *others])
    own_networks = [network for network in networks if network.copy == wanted.copy]
    own_containers = [
        container for container in containers if container.copy == wanted.copy and not _is_tool(container)
    ]
    there = {network.name: network for network in own_networks}
    fresh = [spec for spec in wanted.networks if not _as_desired(spec, there.get(spec.name))]
    fresh_names = {spec.name for spec in fresh}
    specs = _by_node(wanted)
    kept: dict[str, Container] = {}
    for container in own_containers:  # a node may have two, where Compose and `up` have both been at it
        if container.node not in kept and _keeps(specs.get(container.node), container, fresh_names):
            kept[container.node] = container
    doomed = [container for container in own_containers if kept.get(container.node) is not container]
    wanted_networks = {spec.name for spec in wanted.networks}
    old = [network for network in own_networks if network.name in fresh_names or network.name not in wanted_networks]
    steps = [_removal_of(container) for container in doomed]
    steps += _network_removals(old, doomed)
    steps += [_creation(spec, old) for spec in fresh]
    for node, spec in specs.items():
        steps += _container_steps(spec, kept.get(node), doomed, fresh_names, stopped=node in stopped)
    return tuple(steps)


def _by_node(wanted: Desired) -> dict[str, ContainerSpec]:
    return {spec.labels[LABEL_NODE]: spec for spec in wanted.containers}


def _is_tool(container: Container) -> bool:
    """What Compose makes beside the nodes: the builder of their image, which has ended. No memory of a `down`."""
    return LABEL_NODE not in container.labels and LABEL_LEFT not in container.labels


def removal(networks: Iterable[Network], containers: Iterable[Listed]) -> tuple[Step, ...]:
    """Takes all of these away: the containers first, and each network once nothing is on it.

    The engine lets containers go off a network one after the other, so those that are next to each other share none,
    where that can be.
    """
    doomed = _apart(containers)
    return (*map(_removal_of, doomed), *_network_removals(networks, doomed))


def _apart(containers: Iterable[Listed]) -> list[Listed]:
    """Again and again all that share no network with one before them in the same round."""
    left, apart = list(containers), list[Listed]()
    while left:
        taken, later = set[str](), list[Listed]()
        for container in left:
            if taken.isdisjoint(container.networks):
                taken.update(container.networks)
                apart.append(container)
            else:
                later.append(container)
        left = later
    return apart


def left_paused(wanted: Desired, containers: Iterable[Container]) -> tuple[str, ...]:
    """The nodes that a plan leaves as they are although they are paused."""
    specs = _by_node(wanted)
    own = (container for container in containers if container.copy == wanted.copy and container.state == "paused")
    return tuple(container.node for container in own if _keeps(specs.get(container.node), container, frozenset()))


def describe(step: Step) -> str:
    """One line for a dry run."""
    what = step.kind.replace("_", " ")
    if isinstance(step.spec, NetworkSpec):
        return f"{what} {step.name} {step.spec.prefix}"
    if isinstance(step.spec, ContainerSpec):
        places = ", ".join(f"{network} {address}" for network, address in step.spec.endpoints.items())
        segments = ", ".join(json.loads(step.spec.labels.get(LABEL_SEGMENTS, "{}")))
        return f"{what} {step.name} on {places}{f' with segments of {segments}' if segments else ''}"
    return f"{what} {step.name}"


def _network_removals(networks: Iterable[Network], containers: Sequence[Listed]) -> list[Step]:
    return [
        Step(
            "remove_network",
            network.name,
            after=tuple(
                _removal_of(container).id
                for container in containers
                if network.name in container.networks and network.host in ("", container.host)
            ),
            host=network.host,
        )
        for network in networks
    ]


def _creation(spec: NetworkSpec, old: Sequence[Network]) -> Step:
    """A network waits for those whose name or addresses it takes over."""
    here = [network for network in old if network.host == spec.host]
    in_the_way = (network for network in here if network.name == spec.name or _overlap(network.prefixes, spec.prefix))
    after = tuple(_id("remove_network", network.name, network.host) for network in in_the_way)
    return Step("create_network", spec.name, spec, after)


def _overlap(prefixes: Iterable[Prefix], other: Prefix) -> bool:
    return any(prefix.overlaps(other) for prefix in prefixes)


def _container_steps(
    spec: ContainerSpec, kept: Container | None, doomed: Iterable[Container], fresh: Iterable[str], *, stopped: bool
) -> list[Step]:
    """A container waits for its new networks, and for those whose name or place on a LAN it may take over."""
    if kept is not None:
        twins = tuple(_removal_of(old).id for old in doomed if old.name == kept.name)  # on other hosts
        if kept.state == "running" and stopped:
            kill = Step("kill", kept.name, after=twins)
            return [kill, Step("start", kept.name, after=(kill.id,))]
        return [Step("start", kept.name, after=twins)] if kept.state == "exited" else []
    made = frozenset(fresh)
    after = [_id("create_network", network) for network in spec.endpoints if network in made]
    in_the_way = (old for old in doomed if old.name == spec.name or set(old.networks) & set(spec.endpoints))
    after += [_removal_of(old).id for old in in_the_way]
    creation = Step("create_container", spec.name, spec, tuple(after))
    return [creation, Step("start", spec.name, after=(creation.id,))]


def _as_desired(spec: NetworkSpec, network: Network | None) -> bool:
    return (
        network is not None
        and (network.host, network.labels.get(LABEL_HASH)) == (spec.host, spec.labels[LABEL_HASH])
        and spec.prefix in network.prefixes
    )


def _keeps(spec: ContainerSpec | None, container: Container, fresh: Iterable[str]) -> bool:
    return (
        spec is not None
        and container.state in ("running", "paused", "exited")
        and (container.host, container.labels.get(LABEL_HASH)) == (spec.host, spec.labels[LABEL_HASH])
        and (container.image == spec.image or (container.image == COMPOSE_IMAGE and spec.image.startswith(_PLAIN)))
        and set(container.networks) >= set(spec.endpoints)
        and not set(spec.endpoints) & set(fresh)
    )


def _refuse_clashes(wanted: Desired, networks: Sequence[Network], containers: Sequence[Listed]) -> None:
    names = {spec.name for spec in wanted.networks} | {spec.name for spec in wanted.containers}
    things: list[tuple[str, Network | Listed]] = [("network", network) for network in networks]
    things += [("container", container) for container in containers]
    for kind, thing in things:
        if thing.copy == wanted.copy:
            if thing.file is not None and str(thing.file) != wanted.file:
                raise ClashError(
                    f"a lab {wanted.copy} is on the engine already, made from {thing.file}"
                    f" (take it down with `catenet down {wanted.copy}`, or start this one as --name OTHER)"
                )
        elif thing.name in names:
            owner = thing.copy
            whose = f"the lab {owner}" if owner else "something that is not ours"
            raise ClashError(
                f"{kind} {thing.name} belongs to {whose} (start this lab as another copy with --name NAME)"
            )
