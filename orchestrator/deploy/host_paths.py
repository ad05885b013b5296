"""What the way between hosts carries, tried: a packet as large as can be goes from each host to each other one, over an
overlay that is thrown away.

By this a wrong address is found, too, to which the swarm's managers speak and by which no packet of a lab arrives.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import permutations

from catenet.nodes.address import Address
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.segment import OVERHEAD
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_NODE, ContainerSpec, EngineError, NetworkSpec
from catenet.orchestrator.backend.swarm import OneEngine
from catenet.orchestrator.deploy.carried import is_carried
from catenet.orchestrator.deploy.down import down, remove_orphans
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.deploy.locks import OwnershipLock
from catenet.orchestrator.deploy.progress import NoProgress, Progress
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.plan.wiring import SPARE

__all__ = ["HostPath", "prove_paths"]

_NAME = "catenet-hosts-"
COPY = f"{_NAME}{os.getpid()}"  # somebody else may be at it too
_NETWORK = f"{COPY}__probe"
_LENGTH = 24
_FIRST = 100  # whatever the swarm takes of the prefix for itself, it takes from below
_SIZES = (9_000, 1_600, 1_500, 1_400)
"""Octets of an IP packet between the hosts: jumbo frames; what LANs of 1,500 octets need; Ethernet; Ethernet by a
tunnel."""
_HEADERS = 28  # IPv4 and ICMP
_KNOWN = 15
"""Seconds until a packet that every way carries has arrived: members tell each other bit by bit who is where."""
_LOST = 2
"""Seconds after which packets of a size that do not arrive never will."""
_DEADLINE = 20.0


@dataclass(frozen=True, slots=True)
class HostPath:
    """From one host to another. `mtu`: octets of the largest IP packet, of those tried, that arrives; 0: none does."""

    source: str
    target: str
    mtu: int


def prove_paths(engines: Mapping[str, OneEngine], progress: Progress) -> tuple[HostPath, ...] | None:
    """Try it, and note at each member of the swarm what its host's ways carry. None: the node image, which is needed
    for that, is on no host yet.

    Raises:
        EngineError: one does not answer, or none manages a swarm.

    """
    fleet = Fleet(engines)
    tag = node_image_tag()
    if not is_carried(fleet, tag, progress):
        return None
    remove_orphans(fleet, NoProgress(), _NAME)  # of those that were killed
    ownership = OwnershipLock(COPY)
    try:
        addresses = _begin(fleet, list(engines), tag)
        paths = _tried(fleet, addresses, progress)
    finally:
        with ownership.ending():
            down(fleet, COPY, NoProgress())
    _note(engines, paths)
    return paths


def _begin(fleet: Fleet, hosts: Sequence[str], tag: str) -> dict[str, Address]:
    taken = [prefix for network in fleet.networks() for prefix in network.prefixes]
    prefix = next(free_prefixes(SPARE, _LENGTH, taken), None)
    if prefix is None:
        raise EngineError(f"the swarm has no room in {SPARE}", "catenet down --all removes labs")
    labels = {LABEL_LAB: COPY}
    mtu = max(_SIZES) - OVERHEAD
    fleet.create_network(
        NetworkSpec(_NETWORK, prefix, Address(prefix.broadcast - 1), labels, mtu=mtu, driver="overlay")
    )
    addresses = {host: Address(prefix.network + _FIRST + number) for number, host in enumerate(hosts)}
    for host, address in addresses.items():
        config = NodeConfig(lab=COPY, node=host, interfaces=()).to_json()
        name = f"{COPY}-{host}"
        endpoints = {_NETWORK: address}
        fleet.create(
            ContainerSpec(
                name, host, tag, {CONFIG_VARIABLE: config}, endpoints, {**labels, LABEL_NODE: host}, host=host
            )
        )
        fleet.start(name)
    return addresses


def _tried(fleet: Fleet, addresses: Mapping[str, Address], progress: Progress) -> tuple[HostPath, ...]:
    containers = {each.node: each for each in fleet.inspected(fleet.listed({LABEL_LAB: COPY}))}
    pairs = list(permutations(addresses, 2))

    def passes(source: str, target: str, size: int, seconds: int) -> bool:
        data = str(size - OVERHEAD - _HEADERS)
        often = ("-c", "1", "-i", "0.2", "-w", str(seconds))  # the first answer ends it
        ping = ["ping", "-n", "-M", "do", *often, "-s", data, str(addresses[target])]
        return run_program(fleet, containers[source], ping, seconds + _DEADLINE).returncode == 0

    def largest(source: str, target: str) -> HostPath:
        *larger, least = _SIZES
        if not passes(source, target, least, _KNOWN):
            return HostPath(source, target, 0)
        fitting = (size for size in larger if passes(source, target, size, _LOST))
        return HostPath(source, target, next(fitting, least))

    found = []
    with ThreadPoolExecutor(8) as pool:
        for count, path in enumerate(pool.map(largest, *zip(*pairs, strict=True)), 1):
            found.append(path)
            progress.count("proving", count, len(pairs))
    return tuple(found)


def _note(engines: Mapping[str, OneEngine], paths: Sequence[HostPath]) -> None:
    """At each member the least that its ways carry, where they carry anything at all."""
    manager = next(engine for engine in engines.values() if engine.manages())
    for host, engine in engines.items():
        least = min(path.mtu for path in paths if host in (path.source, path.target))
        if least:
            manager.mark_member(engine.membership().member, mtu=least)
