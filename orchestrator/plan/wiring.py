"""What a copy's LANs are made of: each a bridge network of the engine, or a segment over one underlay.

A bridge has the lab's prefix where that is free on the engine. Where it is taken (another copy of the lab, another
project), the engine gets a prefix of the same length from 198.18.0.0/15, which is for such laboratories (RFC 2544
appendix C.2.2, RFC 6890), and each node sets the lab's own addresses on its interfaces: inside, nothing differs.

A segment is VXLAN (RFC 7348) between the LAN's nodes, which make it themselves. The engine knows only the underlay, one
network for all segments of a copy, whose prefix is a free one of the same. So a segment may have any prefix: one that
another network or the machine itself uses, or one too small for an engine. Where a node is in the underlay, and the
number of a segment, follow from their names: a node or LAN that is added seldom changes those of others.

Where the lab runs on several hosts, a LAN with nodes on more than one is a segment in any case, a bridge is on the host
of its nodes, and the underlay is an overlay network, which is on all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Literal

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import InterfaceConfig
from catenet.nodes.control.segment import OVERHEAD, Segment, Underlay
from catenet.orchestrator.backend.protocols import (
    LABEL_HASH,
    LABEL_HOST,
    LABEL_LAN,
    LABEL_MTU,
    LABEL_NETWORK,
    LABEL_PLACES,
    LABEL_SEGMENTS,
    LABEL_UNDERLAY,
    Network,
    NetworkSpec,
)
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.lab.model import MTU, Attachment, Lab, Lan, Node
from catenet.orchestrator.plan.naming import UNDERLAY, copy_labels, hash_of, network_name
from catenet.orchestrator.plan.placing import Placement
from catenet.orchestrator.plan.plan_error import PlanError

__all__ = ["SPARE", "UNDERLAY_MTU", "Wired", "wire"]

SPARE = Prefix(Address.parse("198.18.0.0"), 15)
UNDERLAY_MTU = MTU + OVERHEAD
"""What an underlay must carry, so that its segments carry what Ethernet does."""
_LENGTHS = range(20, 25)
"""Of the underlay's prefix, the best first: in a large one names seldom want the same place."""
_FIRST = 64
"""The underlay's addresses below are left to the engine: a Swarm takes one for each of its machines."""
_PORTS = 1023
"""Interfaces that a bridge of Linux takes (BR_MAX_PORTS, of which 0 is none)."""
_LARGEST_ID = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class Wired:
    """The networks of one copy, and each node's places on them.

    `on`: LAN → the nodes on it; `common`: the labels that all nodes bear alike; `bridges`: LAN → its network;
    `underlay`: what carries the other LANs, `segments` → each one's number; `at`: node → its address there.
    """

    lab: Lab
    placement: Placement
    on: Mapping[str, tuple[Node, ...]]
    common: Mapping[str, str]
    bridges: Mapping[str, NetworkSpec]
    segments: Mapping[str, int]
    underlay: NetworkSpec | None
    at: Mapping[str, Address]

    @property
    def networks(self) -> tuple[NetworkSpec, ...]:
        """All that the engine is to have."""
        return (*self.bridges.values(), *([] if self.underlay is None else [self.underlay]))

    def interface(self, node: Node, place: Attachment) -> InterfaceConfig:
        """The node's interface on that LAN."""
        lan = self.lab.lans[place.lan]
        bridge = self.bridges.get(lan.name)
        return InterfaceConfig(
            lan=lan.name,
            engine=None if bridge is None else _moved(place.address, lan, bridge),
            segment=self._segment(node, lan) if bridge is None else None,
            address=place.address,
            length=place.length,
            impairments=lan.impairments,
            mac=place.mac,
        )

    def _segment(self, node: Node, lan: Lan) -> Segment:
        peers = tuple(self.at[other.name] for other in self.on[lan.name] if other.name != node.name)
        return Segment(self.segments[lan.name], min(lan.mtu, self._most), peers)

    @property
    def _most(self) -> int:
        """Octets of the largest IP packet that a segment may carry."""
        assert self.underlay is not None  # it carries them
        return self.underlay.mtu - OVERHEAD

    def place(self, node: Node) -> Underlay | None:
        """The node's in the underlay; None: it needs none."""
        if self.underlay is None or node.name not in self.at:
            return None
        return Underlay(self.at[node.name], self.underlay.prefix.length)

    def endpoints(self, node: Node) -> dict[str, Address]:
        """Network → the node's address there, as the engine is to know it."""
        ends: dict[str, Address] = {}
        if self.underlay is not None and node.name in self.at:
            ends[self.underlay.name] = self.at[node.name]
        for place in node.attachments:
            bridge = self.bridges.get(place.lan)
            if bridge is not None:
                ends[bridge.name] = _moved(place.address, self.lab.lans[place.lan], bridge)
        return ends

    def labels(self, node: Node) -> dict[str, str]:
        """By which the node's segments, and its host, are found in the running lab."""
        lans = [self.lab.lans[place.lan] for place in node.attachments if place.lan in self.segments]
        host = self.placement.hosts.get(node.name, "")
        less = {lan.name: self._most for lan in lans if lan.mtu > self._most}
        return {
            **({LABEL_MTU: json.dumps(less)} if less else {}),
            **({LABEL_SEGMENTS: _as_json(lans)} if lans else {}),
            **({LABEL_HOST: host} if host else {}),
        }


def wire(
    lab: Lab,
    copy: str,
    actual: Sequence[Network],
    host: Sequence[Address],
    *,
    placement: Placement,
    underlay_mtu: int,
    refused: Sequence[Prefix],
    began: int,
) -> Wired:
    """How the copy's LANs are to be carried. The arguments are those of `desired`.

    Raises:
        PlanError: no prefix is left for a network, or it would hold an address of the machine, or too many nodes are
            to be on one.

    """
    segments = _numbers(lan for lan in lab.lans if lab.wiring == "vxlan" or lan in placement.spanning)
    bridged = [lan for lan in lab.lans.values() if lan.name not in segments]
    _keep_host_out(bridged, host)
    on, labels = lab.by_lan(), copy_labels(lab, copy, began, placement.hosts)
    common = labels | ({LABEL_PLACES: json.dumps(dict(placement.hosts))} if placement.hosts else {})
    networks = _Networks(lab, copy, placement, on, actual, refused, labels)
    bridges = networks.bridges(bridged)
    if not segments:
        return Wired(lab, placement, on, common, bridges, {}, None, {})
    nodes = [node.name for node in lab.nodes.values() if any(place.lan in segments for place in node.attachments)]
    used = [*(spec.prefix for spec in bridges.values()), *(Prefix(address, 32) for address in host)]
    lans = [lab.lans[name] for name in segments]
    underlay = networks.underlay(lans, underlay_mtu, len(nodes), used)
    return Wired(lab, placement, on, common, bridges, segments, underlay, _places(nodes, underlay.prefix))


def _keep_host_out(lans: Iterable[Lan], host: Sequence[Address]) -> None:
    """A machine answers for its own addresses on every interface, a LAN's bridge too: the lab would reach it there."""
    for lan in lans:
        for address in host:
            if lan.prefix.holds(address):
                raise PlanError(
                    f"LAN {lan.name} has the prefix {lan.prefix}, in which this machine's own address {address} lies:"
                    f" the lab could reach the machine (give {lan.name} another prefix, in a copy of the lab's folder;"
                    " or --wiring vxlan, which keeps them apart)"
                )


def _moved(address: Address, lan: Lan, bridge: NetworkSpec) -> Address:
    """The engine's for it: as far from the beginning of the network."""
    return Address(bridge.prefix.network + address - lan.prefix.network)


@dataclass(frozen=True, slots=True)
class _Networks:
    """The networks of one copy. What is there already, and as it should be, keeps its prefix."""

    lab: Lab
    copy: str
    placement: Placement
    on: Mapping[str, tuple[Node, ...]]
    actual: Sequence[Network]
    refused: Sequence[Prefix]
    labels: Mapping[str, str]

    def bridges(self, lans: Sequence[Lan]) -> dict[str, NetworkSpec]:
        """LAN → its network."""
        found: dict[str, NetworkSpec] = {}
        for host in dict.fromkeys(map(self._host, lans)):
            there = [network for network in self.actual if not host or network.host in ("", host)]
            found |= self._on_host(host, [lan for lan in lans if self._host(lan) == host], there)
        return {lan.name: found[lan.name] for lan in lans}

    def _host(self, lan: Lan) -> str:
        """Where its nodes are; one that has none is on the first."""
        hosts = self.placement.hosts
        places = (hosts[node.name] for node in self.on[lan.name]) if hosts else ()
        return next(iter(places), next(iter(hosts.values()), ""))

    def _on_host(self, host: str, lans: Sequence[Lan], there: Sequence[Network]) -> dict[str, NetworkSpec]:
        own = {network.name: network for network in there if network.copy == self.copy}
        used = [prefix for network in there if network.name not in own for prefix in network.prefixes]
        used += self.refused
        chosen: dict[str, NetworkSpec] = {}
        for lan in lans:  # what is there already stays as it is
            existing = own.get(network_name(self.copy, lan.name))
            for prefix in existing.prefixes if existing is not None else ():
                spec = self._bridge(lan, prefix, host)
                if existing is not None and existing.labels.get(LABEL_HASH) == spec.labels[LABEL_HASH]:
                    chosen[lan.name] = spec
        used += [spec.prefix for spec in chosen.values()]
        for lan in lans:
            if lan.name not in chosen and not any(lan.prefix.overlaps(prefix) for prefix in used):
                chosen[lan.name] = self._bridge(lan, lan.prefix, host)
                used.append(lan.prefix)
        for lan in lans:
            if lan.name not in chosen:
                prefix = _spare(lan, self.copy, used)
                chosen[lan.name] = self._bridge(lan, prefix, host)
                used.append(prefix)
        return chosen

    def _bridge(self, lan: Lan, prefix: Prefix, host: str) -> NetworkSpec:
        gateway = Lan(lan.name, prefix).gateway
        other = () if lan.mtu == MTU else (lan.mtu,)  # one that says nothing of it is as it was
        labels = {LABEL_LAN: lan.name, LABEL_NETWORK: lan.name}
        labels[LABEL_HASH] = hash_of(lan.name, lan.prefix, prefix, gateway, *other)
        labels |= {**self.labels, **({LABEL_HOST: host} if host else {})}
        return NetworkSpec(network_name(self.copy, lan.name), prefix, gateway, labels, lan.mtu, host)

    def underlay(self, lans: Sequence[Lan], most: int, nodes: int, used: Iterable[Prefix]) -> NetworkSpec:
        """What carries these LANs, which has so many nodes; none of its addresses are `used`. `most`: octets that an
        overlay carries.
        """
        mtu = max(lan.mtu for lan in lans) + OVERHEAD
        mtu = min(mtu, most) if self.placement.hosts else mtu
        if nodes > _PORTS and not self.placement.hosts:
            raise PlanError(
                f"{nodes} nodes are on LANs wired by vxlan, and the one network of all these takes {_PORTS}"
            )
        name = network_name(self.copy, UNDERLAY)
        for network in self.actual:
            for prefix in network.prefixes if (network.copy, network.name) == (self.copy, name) else ():
                spec = self._underlay_at(lans, mtu, prefix)
                if network.labels.get(LABEL_HASH) == spec.labels[LABEL_HASH]:
                    return spec
        taken = [prefix for network in self.actual if network.copy != self.copy for prefix in network.prefixes]
        taken += [*used, *self.refused, *(lan.prefix for lan in self.lab.lans.values())]
        large = (length for length in _LENGTHS if len(_offsets(length)) >= nodes)
        for prefix in filter(None, (_free(length, self.copy, taken) for length in large)):
            return self._underlay_at(lans, mtu, prefix)
        raise PlanError(
            f"no prefix of {SPARE} is free for the network that carries the lab's segments (take another lab down)"
        )

    def _underlay_at(self, lans: Sequence[Lan], mtu: int, prefix: Prefix) -> NetworkSpec:
        unused = [lan for lan in lans if not self.on[lan.name]]  # those that no node's labels tell of
        gateway = Address(prefix.broadcast - 1)
        labels = {
            LABEL_UNDERLAY: "1",
            LABEL_NETWORK: UNDERLAY,
            **({LABEL_SEGMENTS: _as_json(unused)} if unused else {}),
        }
        driver: Literal["bridge", "overlay"] = "overlay" if self.placement.hosts else "bridge"
        labels[LABEL_HASH] = hash_of(driver, prefix, gateway, mtu, labels)
        labels |= self.labels
        return NetworkSpec(network_name(self.copy, UNDERLAY), prefix, gateway, labels, mtu, driver=driver)


def _spare(lan: Lan, copy: str, used: Sequence[Prefix]) -> Prefix:
    spare = _free(lan.prefix.length, copy, used)
    if spare is None:
        raise PlanError(
            f"LAN {lan.name}: {lan.prefix} is taken on this engine, and no /{lan.prefix.length} of {SPARE} is free"
            " (take another lab down, or write a smaller prefix)"
        )
    return spare


def _free(length: int, copy: str, used: Sequence[Prefix]) -> Prefix | None:
    """A free one. Each copy begins to look at a place of its own: many that start at once seldom want the same."""
    first = int.from_bytes(sha256(copy.encode()).digest()) % max(1, 1 << length >> SPARE.length)
    return next(chain(free_prefixes(SPARE, length, used, first), free_prefixes(SPARE, length, used)), None)


def _offsets(length: int) -> range:
    """Which places of a network of that length nodes may have: its last two addresses are not theirs."""
    return range(_FIRST, (1 << 32 - length) - 2)


def _places(nodes: Iterable[str], prefix: Prefix) -> dict[str, Address]:
    """Node → its address in the underlay."""
    places = _hashed(nodes, _offsets(prefix.length))
    return {node: Address(prefix.network + place) for node, place in places.items()}


def _numbers(lans: Iterable[str]) -> dict[str, int]:
    """LAN → the number of its segment (RFC 7348 section 5: the VXLAN Network Identifier, 24 bits)."""
    return _hashed(lans, range(1, _LARGEST_ID + 1))


def _hashed(names: Iterable[str], values: range) -> dict[str, int]:
    """A value for each name, by its hash; of two that want the same, the later in the alphabet has the next free."""
    given: dict[str, int] = {}
    used: set[int] = set()
    wanted = list(names)
    for name in sorted(wanted):
        index = int.from_bytes(sha256(name.encode()).digest()) % len(values)
        while values[index] in used:
            index = (index + 1) % len(values)
        given[name] = values[index]
        used.add(given[name])
    return {name: given[name] for name in wanted}


def _as_json(lans: Iterable[Lan]) -> str:
    return json.dumps({lan.name: str(lan.prefix) for lan in lans}, separators=(",", ":"))
