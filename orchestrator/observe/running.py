"""Which labs are running, found by the labels of their containers and networks alone: no file, no state of ours."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from catenet.nodes.address import Prefix
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    LABEL_LAN,
    LABEL_MOVED,
    LABEL_MTU,
    LABEL_NODE,
    LABEL_ROUTING,
    LABEL_SEGMENTS,
    LABEL_UNDERLAY,
    LABEL_WIRING,
    Container,
    Engine,
    Listed,
    Network,
)
from catenet.orchestrator.faults import mending
from catenet.orchestrator.lab.find import LAB_VARIABLE, UnknownLabError, canonical, find_lab
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.hosts import CopyHosts, hosts_of, object_in
from catenet.orchestrator.plan.naming import UNDERLAY, network_name

__all__ = [
    "ONE_HOST",
    "FoundLab",
    "MissingParts",
    "RunningLab",
    "SeveralError",
    "UserError",
    "as_it_is",
    "choose",
    "condition",
    "must_run",
    "running_lab",
    "running_labs",
    "unknown",
]

Value = TypeVar("Value")

ONE_HOST = CopyHosts()
SAY_WHICH = f"export {LAB_VARIABLE}=NAME"


class UserError(Exception):
    """The user's mistake: exit 2. The text says what is wrong and what to do next."""


class SeveralError(UserError):
    """More than one is there that may be meant."""


def condition(container: Container) -> str:
    """How a node is, in a word or two: running, paused, exited (137), created …"""
    return f"exited ({container.exit_code})" if container.state == "exited" else container.state


def must_run(container: Container) -> None:
    """What follows needs a node that runs.

    Raises:
        UserError: it is paused or dead; the text says which verb cures that.

    """
    if container.state != "running":
        cure = mending("node", container.node, container.state)
        raise UserError(f"{container.node} is {condition(container)}: {cure}")


def unknown(kind: str, word: str, choices: Iterable[str], hint: str = "", *, owner: str = "") -> UserError:
    """The error for a word that is none of the choices: it names the nearest of them, and all.

    `owner` is what has no such thing: "lab internet".
    """
    known = sorted(choices)
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    ask = f"; did you mean {near[0]}?" if near else ""
    listed = f" (choose from: {', '.join(known)})" if known else ""
    has = f"{owner} has no" if owner else "no"
    return UserError(f"{has} {kind} {word!r}{ask}{listed}{f': {hint}' if hint else ''}")


@dataclass(frozen=True, slots=True)
class FoundLab:
    """One copy of a lab as the engine lists it: what belongs to it, but not how its nodes are."""

    name: str
    file: Path | None
    nodes: Mapping[str, Listed]
    lans: Mapping[str, Network]
    hosts: CopyHosts = ONE_HOST

    @property
    def node_names(self) -> list[str]:
        """Its nodes, those too that another host has."""
        return sorted({*self.nodes, *self.hosts.places})

    @property
    def routing(self) -> str:
        """The service that finds routes in the place of the one that the file has; empty: it is as written."""
        return _said(self.nodes, LABEL_ROUTING)

    @property
    def stack(self) -> str:
        """The stack that nodes have in the place of the one that the file says; empty: it is as written."""
        return _said(self.nodes, LABEL_MOVED)

    @property
    def wiring(self) -> str:
        """What its LANs are made of in the place of what the file says; empty: it is as written."""
        return _said(self.nodes, LABEL_WIRING)


class MissingParts(NamedTuple):
    """Nodes and LANs, by their names."""

    nodes: tuple[str, ...] = ()
    lans: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunningLab:
    """One copy of a lab as the engine has it, its containers by inspection. `lans` maps a LAN's name to its network;
    one that is a segment has none at the engine, and is told as one would be.

    `model`: what it was started from, where a program knows that better than the file (another implementation, say).
    `hosts`: those that it is on, where they are several.
    """

    name: str
    file: Path | None
    containers: Mapping[str, Container]
    lans: Mapping[str, Network]
    model: Lab | None = None
    hosts: CopyHosts = ONE_HOST

    @cached_property
    def lab(self) -> Lab:
        """The model: that which is given, else from the lab file that the copy was started from.

        Raises:
            UserError: the containers carry no file, or it has gone.
            LabFileError: it is wrong by now.

        """
        if self.model is not None:
            return self.model
        if self.file is None or not self.file.is_file():
            raise UserError(f"the file of lab {self.name} is not there: {self.file or 'its containers name none'}")
        from catenet.orchestrator.lab.load import load

        routing, stack, wiring = (_said(self.containers, label) for label in (LABEL_ROUTING, LABEL_MOVED, LABEL_WIRING))
        lab = load(self.file, routing=routing, stack=stack, wiring=wiring)
        lowered = {name: replace(lab.lans[name], mtu=mtu) for name, mtu in self.lowered.items() if name in lab.lans}
        return replace(lab, lans={**lab.lans, **lowered})

    @cached_property
    def lowered(self) -> Mapping[str, int]:
        """The LANs that carry less than the lab file wants, since the network between their hosts does: octets of the
        largest IP packet.
        """
        said = (object_in(each.labels.get(LABEL_MTU, "")) for each in self.containers.values())
        return {lan: mtu for each in said for lan, mtu in each.items() if isinstance(mtu, int)}

    @property
    def up_again(self) -> str:
        """The command that makes what is missing of it."""
        return f"catenet up {shlex.quote(str(self.file or 'LAB'))} --name {self.name}"

    @cached_property
    def missing(self) -> MissingParts:
        """What its file names and the engine has not: somebody has removed it."""
        nodes, lans = self._named
        return MissingParts(
            tuple(name for name in nodes if name not in self.containers and name not in self.unreachable.nodes),
            tuple(name for name in lans if name not in self.lans and name not in self.unreachable.lans),
        )

    @cached_property
    def unreachable(self) -> MissingParts:
        """What is, or may be, on hosts that do not answer."""
        away = self.hosts.away
        nodes = tuple(node for node in self.hosts.nodes_on(*away) if node not in self.containers)
        return MissingParts(nodes, tuple(name for name in self._named.lans if name not in self.lans) if away else ())

    @cached_property
    def _named(self) -> MissingParts:
        if self.model is not None:
            return MissingParts((*self.model.nodes,), (*self.model.lans,))
        if self.file is None:
            return MissingParts()
        from catenet.orchestrator.lab.named import named

        nodes, lans = named(self.file)
        return MissingParts((*nodes,), (*lans,))

    def node(self, name: str) -> Container:
        """The container of that node.

        Raises:
            UserError: the lab has no such node (the text lists them), or its container is missing.
            HostLostError: it is on a host that does not answer.

        """
        if name not in self.containers:
            if name in self.unreachable.nodes:
                raise self.hosts.lost_with(name, self.hosts.places[name])
            if name in self.missing.nodes:
                raise UserError(f"{name} is missing: {self.up_again} makes it again")
            raise unknown("node", name, self.containers, owner=f"lab {self.name}")
        return self.containers[name]

    def ends(self, lan: str) -> tuple[Container, ...]:
        """The nodes on a LAN, dead ones too.

        Raises:
            UserError: the lab has no such LAN (the text lists them), or its network is missing.
            HostLostError: it is not seen, and may be on a host that does not answer.

        """
        if lan not in self.lans:
            if lan in self.unreachable.lans:
                raise self.hosts.lost_with(lan)
            if lan in self.missing.lans:
                raise UserError(f"{lan} is missing: {self.up_again} makes it again")
            raise unknown("LAN", lan, self.lans, owner=f"lab {self.name}")
        return self._ends[lan]

    @cached_property
    def _ends(self) -> Mapping[str, tuple[Container, ...]]:
        found: dict[str, list[Container]] = {lan: [] for lan in self.lans}
        for container in self.containers.values():
            for lan in self.lans_of(container):
                found[lan].append(container)
        return {lan: tuple(nodes) for lan, nodes in found.items()}

    def lans_of(self, container: Container) -> tuple[str, ...]:
        """The LANs on which that node is."""
        networks = {*container.networks}
        segments = segments_of(container.labels) if network_name(self.name, UNDERLAY) in networks else {}
        return tuple(lan for lan, network in self.lans.items() if network.name in networks or lan in segments)


def _said(nodes: Mapping[str, Listed], label: str) -> str:
    """Of what is otherwise than in the file: the nodes of which it is so say it."""
    return next((node.labels[label] for node in nodes.values() if label in node.labels), "")


def running_labs(engine: Engine) -> dict[str, FoundLab]:
    """Every copy of a lab that has a container or a network, by its name."""
    nodes: dict[str, dict[str, Listed]] = {}
    lans: dict[str, dict[str, Network]] = {}
    labels: dict[str, list[Mapping[str, str]]] = {}
    underlaid: set[str] = set()
    files: dict[str, Path] = {}
    for container in engine.listed({LABEL_LAB: None}):
        if not container.copy:
            continue
        known = nodes.setdefault(container.copy, {})
        if LABEL_NODE in container.labels:  # Compose's builder of the image is none
            known[container.node] = container
        labels.setdefault(container.copy, []).append(container.labels)
        if container.file is not None:
            files.setdefault(container.copy, container.file)
    for network in engine.networks():
        if network.copy and (LABEL_LAN in network.labels or LABEL_UNDERLAY in network.labels):
            if LABEL_LAN in network.labels:
                lans.setdefault(network.copy, {})[network.labels[LABEL_LAN]] = network
            else:
                underlaid.add(network.copy)
            labels.setdefault(network.copy, []).append(network.labels)
            if network.file is not None:  # the nodes may have gone
                files.setdefault(network.copy, network.file)
    lost = engine.lost()
    hosts = {copy: hosts_of(said).asked_by(engine) for copy, said in sorted(labels.items())}
    for copy, on in hosts.items():
        if lost or on.unasked or copy in underlaid:  # the overlays' manager may be away
            lans[copy] = {**_segments(copy, labels[copy]), **lans.get(copy, {})}
    return {
        copy: FoundLab(copy, files.get(copy), _sorted(nodes.get(copy, {})), _sorted(lans.get(copy, {})), on)
        for copy, on in hosts.items()
    }


def segments_of(labels: Mapping[str, str]) -> dict[str, Prefix]:
    """The LANs that are there as a segment, each with its prefix, as the labels of a node or an underlay say."""
    try:
        return {lan: Prefix.parse(str(prefix)) for lan, prefix in object_in(labels.get(LABEL_SEGMENTS, "")).items()}
    except ValueError:  # as of object_in
        return {}


def _segments(copy: str, labels: Iterable[Mapping[str, str]]) -> dict[str, Network]:
    """The copy's LANs that are segments, each as the network that it would be. Those on which no node is, the underlay
    tells of."""
    return {
        lan: Network(network_name(copy, lan), (prefix,), {**each, LABEL_LAN: lan})
        for each in labels
        if LABEL_SEGMENTS in each
        for lan, prefix in segments_of(each).items()
    }


def as_it_is(engine: Engine, found: FoundLab) -> RunningLab:
    """The same copy, each of its containers inspected; those that have gone since it was found are not in it."""
    there = {container.node: container for container in engine.inspected(found.nodes.values())}
    containers = {node: there[node] for node in found.nodes if node in there}  # several hosts answer as they are asked
    return RunningLab(found.name, found.file, containers, found.lans, hosts=found.hosts.asked_by(engine))


def running_lab(engine: Engine, name: str) -> RunningLab:
    """The copy of that name, which was there a moment ago, as it is now.

    Raises:
        UserError: it is gone.

    """
    found = running_labs(engine).get(name)
    if found is None:
        raise UserError(f"lab {name} is gone: somebody has removed it")
    return as_it_is(engine, found)


def _sorted(of: Mapping[str, Value]) -> dict[str, Value]:
    return {key: of[key] for key in sorted(of)}


def choose(labs: Mapping[str, FoundLab], explicit: str, environment: str, here: Path) -> FoundLab:
    """The lab that is meant: the one named, else $CATENET_LAB's, else the lab.yaml's here or above, else the only one.

    Raises:
        UserError: it is not running, or there is no telling which; the text lists the choices.

    """
    if explicit:
        return _named(labs, explicit, "--lab", here)
    if environment:
        return _named(labs, environment, "$CATENET_LAB", here)
    file = find_lab(None, here, {})
    if file is not None:
        return _of_file(labs, file)
    if not labs:
        raise UserError("no lab is running; start one: catenet up internet")
    if len(labs) > 1:
        raise SeveralError(f"several labs are running: say which with --lab ({', '.join(labs)}), or: {SAY_WHICH}")
    return next(iter(labs.values()))


def _named(labs: Mapping[str, FoundLab], word: str, source: str, here: Path) -> FoundLab:
    """By the copy's name or, where the word is a lab in labs/ or a path, by the file that it was started from."""
    if word in labs:
        return labs[word]
    try:
        file = find_lab(word, here, {})
    except UnknownLabError:
        file = None
    if file is not None:
        return _of_file(labs, file)
    if not labs:
        raise UserError(f"no lab is running, so neither is {word!r} of {source}; start one: catenet up internet")
    raise unknown("running lab", word, labs, hint=f"{source} names it")


def _of_file(labs: Mapping[str, FoundLab], file: Path) -> FoundLab:
    found: Sequence[FoundLab] = [lab for lab in labs.values() if lab.file == canonical(file)]
    if len(found) > 1:
        copies = ", ".join(lab.name for lab in found)
        raise SeveralError(f"several copies of {file} are running: say which with --lab ({copies}), or: {SAY_WHICH}")
    if not found:
        others = f", or pick another with --lab ({', '.join(labs)})" if labs else ""
        raise UserError(
            f"the lab of {file} is not running; start it: catenet up {shlex.quote(str(file.parent))}{others}"
        )
    return found[0]
