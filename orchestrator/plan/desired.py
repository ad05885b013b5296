"""The networks and containers that a lab needs, whole: nothing is left for the engine to choose.

Where a LAN's prefix is free on the engine, the engine uses it too. Where it is taken (another copy of the lab, another
project), the engine gets a prefix of the same length from 198.18.0.0/15, which is for such laboratories (RFC 2544
appendix C.2.2, RFC 6890), and each node sets the lab's own addresses on its interfaces: inside, nothing differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import daemon, declared
from catenet.nodes.control.certificate import Tls
from catenet.nodes.control.config import CONFIG_VARIABLE, ConfigError, InterfaceConfig, NodeConfig
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.nodes.control.needs import Others
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import (
    CAPABILITIES,
    LABEL_BEGAN,
    LABEL_FILE,
    LABEL_HASH,
    LABEL_LAB,
    LABEL_LAN,
    LABEL_MOVED,
    LABEL_NODE,
    LABEL_PROJECT,
    LABEL_ROUTING,
    LABEL_SERVICE,
    LABEL_STACK,
    ContainerSpec,
    Network,
    NetworkSpec,
)
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.lab.model import MTU, Lab, Lan, Node
from catenet.orchestrator.lab.options import options_as_json
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.plan.plan_error import PlanError
from catenet.orchestrator.plan.sysctls import sysctls

__all__ = ["COMPOSE_IMAGE", "Desired", "PlanError", "container_name", "desired", "network_name"]

SPARE = Prefix(Address.parse("198.18.0.0"), 15)
COMPOSE_IMAGE = "catenet/node:compose"
"""The node image as Compose builds it, from the same files."""
HOSTNAME_LIMIT = 64
"""The kernel's HOST_NAME_MAX."""

Events = Literal["text", "json"]
"""How a node writes its log: lines for people, or the same with their JSON."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What the engine should have for one copy of a lab; `file` is the lab file's path, or empty."""

    copy: str
    file: str
    networks: tuple[NetworkSpec, ...]
    containers: tuple[ContainerSpec, ...]


def network_name(copy: str, lan: str) -> str:
    """The engine's name of a LAN."""
    return f"{copy}_{lan}"


def container_name(copy: str, node: str) -> str:
    """The engine's name of a node."""
    return f"{copy}-{node}"


def desired(
    lab: Lab,
    copy: str,
    image: str,
    actual: Sequence[Network] = (),
    host: Sequence[Address] = (),
    *,
    refused: Sequence[Prefix] = (),
    events: Events = "json",
    own_images: Mapping[str, str] = MappingProxyType({}),
    began: int = 0,
) -> Desired:
    """What the engine should have for this copy of the lab.

    `actual` are the engine's networks, of whoever: this copy's own keep their prefixes, and the others' are not free.
    `refused` are not free either, whoever has them. `host` are the addresses of the engine's own machine.
    `events`: how the nodes write their log.
    `own_images`: node → its image, where that is not `image`. `began`: when the copy was brought up, in seconds since
    1970, for what is made now; no reason to make anew what is there.

    Raises:
        PlanError: no prefix is left for a LAN, or a node's configuration is too long, or a LAN holds an address of
            the machine, or no engine can be told the lab's path.

    """
    _must_be_told(lab)
    _keep_host_out(lab, host)
    networks = _networks(lab, copy, actual, refused, began)
    engine = {lan: networks[lan].prefix for lan in lab.lans}
    seen = views(lab)
    containers = tuple(
        _container(
            lab,
            node,
            copy,
            own_images.get(node.name, image),
            engine,
            view=seen.at(node.name),
            events=events,
            began=began,
        )
        for node in lab.nodes.values()
    )
    return Desired(copy, _file(lab), tuple(networks.values()), containers)


def _must_be_told(lab: Lab) -> None:
    """The engine is told the lab's folder, in JSON, which has no bytes that are no text."""
    try:
        _file(lab).encode()
    except UnicodeEncodeError:
        raise PlanError(f"{_file(lab)!r} has a byte that is no UTF-8: name the lab's folder otherwise") from None


def _keep_host_out(lab: Lab, host: Sequence[Address]) -> None:
    """A machine answers for its own addresses on every interface, a LAN's bridge too: the lab would reach it there."""
    for lan in lab.lans.values():
        for address in host:
            if lan.prefix.holds(address):
                raise PlanError(
                    f"LAN {lan.name} has the prefix {lan.prefix}, in which this machine's own address {address} lies:"
                    f" the lab could reach the machine (give {lan.name} another prefix, in a copy of the lab's folder)"
                )


def _networks(
    lab: Lab, copy: str, actual: Sequence[Network], refused: Sequence[Prefix], began: int
) -> dict[str, NetworkSpec]:
    own = {network.name: network for network in actual if network.copy == copy}
    used = [prefix for network in actual if network.name not in own for prefix in network.prefixes]
    used += refused
    chosen: dict[str, NetworkSpec] = {}
    for lan in lab.lans.values():  # what is there already stays as it is
        existing = own.get(network_name(copy, lan.name))
        for prefix in existing.prefixes if existing is not None else ():
            spec = _network(lab, lan, copy, prefix, began)
            if existing is not None and existing.labels.get(LABEL_HASH) == spec.labels[LABEL_HASH]:
                chosen[lan.name] = spec
    used += [spec.prefix for spec in chosen.values()]
    for lan in lab.lans.values():
        if lan.name not in chosen and not any(lan.prefix.overlaps(prefix) for prefix in used):
            chosen[lan.name] = _network(lab, lan, copy, lan.prefix, began)
            used.append(lan.prefix)
    for lan in lab.lans.values():
        if lan.name not in chosen:
            prefix = _spare(lan, copy, used)
            chosen[lan.name] = _network(lab, lan, copy, prefix, began)
            used.append(prefix)
    return {lan: chosen[lan] for lan in lab.lans}


def _spare(lan: Lan, copy: str, used: Sequence[Prefix]) -> Prefix:
    """A free one. Each copy begins to look at a place of its own: many that start at once seldom want the same."""
    length = lan.prefix.length
    first = int.from_bytes(sha256(copy.encode()).digest()) % max(1, 1 << length >> SPARE.length)
    free = chain(free_prefixes(SPARE, length, used, first), free_prefixes(SPARE, length, used))
    spare = next(free, None)
    if spare is None:
        raise PlanError(
            f"LAN {lan.name}: {lan.prefix} is taken on this engine, and no /{lan.prefix.length} of {SPARE} is free"
            " (take another lab down, or write a smaller prefix)"
        )
    return spare


def _network(lab: Lab, lan: Lan, copy: str, prefix: Prefix, began: int) -> NetworkSpec:
    name = network_name(copy, lan.name)
    labels = {
        LABEL_LAB: copy,
        LABEL_LAN: lan.name,
        LABEL_FILE: _file(lab),
        LABEL_PROJECT: copy,
        "com.docker.compose.network": lan.name,
        **_began(began),
    }
    gateway = Lan(lan.name, prefix).gateway
    other = () if lan.mtu == MTU else (lan.mtu,)  # one that says nothing of it is as it was
    made_of = _hash(lan.name, lan.prefix, prefix, gateway, *other)
    return NetworkSpec(name, prefix, gateway, {**labels, LABEL_HASH: made_of}, lan.mtu)


def _began(began: int) -> dict[str, str]:
    return {LABEL_BEGAN: str(began)} if began else {}


def _container(
    lab: Lab, node: Node, copy: str, image: str, engine: Mapping[str, Prefix], *, view: View, events: Events, began: int
) -> ContainerSpec:
    interfaces = tuple(
        InterfaceConfig(
            place.lan,
            Address(engine[place.lan].network + place.address - lab.lans[place.lan].prefix.network),
            place.address,
            place.length,
            lab.lans[place.lan].impairments,
            place.mac,
        )
        for place in node.attachments
    )
    labels = {
        LABEL_LAB: copy,
        LABEL_NODE: node.name,
        LABEL_FILE: _file(lab),
        LABEL_PROJECT: copy,
        LABEL_SERVICE: node.name,
        "com.docker.compose.container-number": "1",
        "com.docker.compose.oneoff": "False",
        **({LABEL_STACK: node.stack} if node.stack != "kernel" else {}),
        **_variant(lab, node),
        **_began(began),
    }
    config = _config(lab, node, view, interfaces)
    spec = ContainerSpec(
        name=container_name(copy, node.name),
        hostname=node.name if len(node.name) <= HOSTNAME_LIMIT else node.name.partition(".")[0],
        image=image,
        environment={CONFIG_VARIABLE: _as_json(replace(config, events=events, began=began))},
        endpoints={network_name(copy, each.lan): each.engine for each in interfaces if each.engine is not None},
        labels=labels,
        sysctls=sysctls(node),
        capabilities=_capabilities(node),
        data=None if lab.file is None else lab.file.parent,
    )
    data: list[object] = [*lab.data.get(node.name, {}).items()]  # it is read once, at the start
    data += _variant(lab, node).values()  # one that is as its file has it again bears that label no more
    data += [lab.programs.get(each.path) for each in node.implementations.values()]
    # Not the copy's name, nor any path or image or form of log: a container that Compose made of the lab is as good.
    # And not the other LANs' names, which are for people: a LAN that is added is no reason to start every node anew.
    value = _hash(spec.hostname, _as_json(replace(config, lans={})), spec.sysctls, spec.capabilities, data)
    return replace(spec, labels={**labels, LABEL_HASH: value, "com.docker.compose.config-hash": value})


def _variant(lab: Lab, node: Node) -> dict[str, str]:
    """On those alone that the file has otherwise: nothing else is another node with another way of routing."""
    routing = {LABEL_ROUTING: lab.routing} if lab.routing in node.services else {}
    return {**routing, **({LABEL_MOVED: lab.moved[node.name]} if node.name in lab.moved else {})}


def _config(lab: Lab, node: Node, view: View, interfaces: tuple[InterfaceConfig, ...]) -> NodeConfig:
    return NodeConfig(
        lab=lab.name,
        node=node.name,
        interfaces=interfaces,
        forward=node.forward,
        source_routes=node.source_routes,
        proxy_arp=node.proxy_arp,
        stack=node.stack,
        gateway=node.gateway,
        routes=node.routes,
        nameserver=node.resolver,
        hosts=_hosts(lab, node, view),
        names={
            address: other.name
            for place in node.attachments
            for other in lab.on_lan(place.lan)
            if (address := other.address_on(place.lan)) is not None
        },
        told=_told(lab, node, view),
        lans={lan.name: lan.prefix for lan in view.lans.values()},
        services={name: _service(node, name, options) for name, options in node.services.items()},
        authority=_authority(lab),
    )


def _as_json(config: NodeConfig) -> str:
    """The text of CATENET_NODE."""
    try:
        return config.to_json()
    except ConfigError as error:
        raise PlanError(f"node {config.node}: {error} (fewer nodes on its LANs, or fewer names)") from None


def _service(node: Node, name: str, options: Any) -> Mapping[str, Json]:
    other = node.implementations.get(name)
    return {**options_as_json(name, options), **({} if other is None else {IMPLEMENTATION: str(other)})}


def _capabilities(node: Node) -> tuple[str, ...]:
    """Beside what every node may, what other implementations of its services need."""
    others = [daemon(implementation, service) for service, implementation in node.implementations.items()]
    return tuple(dict.fromkeys((*CAPABILITIES, *(each for other in others for each in other.capabilities))))


def _hosts(lab: Lab, node: Node, view: View) -> Mapping[str, Address]:
    """The names that the node must know by itself: all whose addresses it can use, where it can use no resolver; else
    what its services must.
    """
    if not any(each.resolves for name in view.serving for each in declared(lab.nodes[name].services)):
        return view.addresses
    files = lab.data.get(node.name, {})
    known = {
        name
        for each in declared(node.services)
        if each.naming is not None and each.naming.knows is not None
        for name in each.naming.knows()(node.services[each.name], view.addresses, files)
    }
    return {name: address for name, address in view.addresses.items() if name in known}


def _told(lab: Lab, node: Node, view: View) -> dict[str, Mapping[str, Json]]:
    """Service → what it is told of the nodes whose addresses it can use and of their LANs, and its certificate."""
    lans = {name: lab.lans[name].prefix for name in view.lans}
    others = Others({name: lab.nodes[name].services for name in view.addresses}, view.addresses, lans)
    told = {each.name: each.told()(node.services[each.name], others) for each in declared(node.services) if each.told}
    told |= {name: {**told.get(name, {}), **each} for name, each in _certificates(lab, node).items()}
    return {name: what for name, what in told.items() if what}


def _speaking_tls(node: Node) -> dict[str, Tls]:
    """Service → which certificate it shows."""
    kinds = {each.name: each.certificate(node.services[each.name]) for each in declared(node.services)}
    return {name: kind for name, kind in kinds.items() if kind != "off"}


def _certificates(lab: Lab, node: Node) -> dict[str, Mapping[str, Json]]:
    """Service → its certificate, as it is told."""
    addresses = [place.address for place in node.attachments]
    found: dict[str, Mapping[str, Json]] = {}
    for service, kind in _speaking_tls(node).items():
        from catenet.orchestrator.plan.authority import certify

        found[service] = certify(lab.name, node.name, addresses, service, kind).to_json()
    return found


def _authority(lab: Lab) -> str:
    """The certificate of the lab's authority; empty where nobody speaks TLS."""
    if not any(map(_speaking_tls, lab.nodes.values())):
        return ""
    from catenet.orchestrator.plan.authority import trusted  # only such a lab loads OpenSSL for it

    return trusted(lab.name)


def _file(lab: Lab) -> str:
    return "" if lab.file is None else str(lab.file)


def _hash(*whole: object) -> str:
    """Of all that is said of the thing, whatever fields it has."""
    return sha256(repr(whole).encode()).hexdigest()
