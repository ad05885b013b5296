"""The networks and containers that a lab needs, whole: nothing is left for the engine to choose.

Which networks, and where each node is on them, `wiring` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import daemon, declared
from catenet.nodes.control.certificate import Tls
from catenet.nodes.control.config import CONFIG_VARIABLE, ConfigError, NodeConfig
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.nodes.control.needs import Others
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import (
    CAPABILITIES,
    LABEL_HASH,
    LABEL_MOVED,
    LABEL_NODE,
    LABEL_ROUTING,
    LABEL_SERVICE,
    LABEL_STACK,
    LABEL_WIRING,
    ContainerSpec,
    Network,
    NetworkSpec,
)
from catenet.orchestrator.lab.model import Lab, Node
from catenet.orchestrator.lab.options import options_as_json
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.plan.naming import container_name, hash_of, lab_file
from catenet.orchestrator.plan.placing import ONE, Placement
from catenet.orchestrator.plan.plan_error import PlanError
from catenet.orchestrator.plan.sysctls import sysctls
from catenet.orchestrator.plan.wiring import UNDERLAY_MTU, Wired, wire

__all__ = ["COMPOSE_IMAGE", "Desired", "PlanError", "container_name", "desired"]

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


def desired(
    lab: Lab,
    copy: str,
    image: str,
    actual: Sequence[Network] = (),
    host: Sequence[Address] = (),
    *,
    placement: Placement = ONE,
    underlay_mtu: int = UNDERLAY_MTU,
    refused: Sequence[Prefix] = (),
    events: Events = "json",
    own_images: Mapping[str, str] = MappingProxyType({}),
    began: int = 0,
) -> Desired:
    """What the engine should have for this copy of the lab.

    `actual` are the engine's networks, of whoever: this copy's own keep their prefixes, and the others' are not free.
    `refused` are not free either, whoever has them. `host` are the addresses of the engine's own machine.
    `placement`: on which host each node is; `underlay_mtu`: octets of the largest IP packet that an overlay network
    between these carries: where that is too little for a LAN with nodes on several, its MTU is lowered, on all alike.
    `events`: how the nodes write their log.
    `own_images`: node → its image, where that is not `image`. `began`: when the copy was brought up, in seconds since
    1970, for what is made now; no reason to make anew what is there.

    Raises:
        PlanError: its LANs cannot be made (see `wire`), or a node's configuration is too long, or no engine can be
            told the lab's path.

    """
    _must_be_told(lab)
    wired = wire(lab, copy, actual, host, placement=placement, underlay_mtu=underlay_mtu, refused=refused, began=began)
    seen, authority = views(lab), _authority(lab)
    containers = tuple(
        _container(
            wired,
            node,
            copy,
            own_images.get(node.name, image),
            view=seen.at(node.name),
            authority=authority,
            events=events,
            began=began,
        )
        for node in lab.nodes.values()
    )
    return Desired(copy, lab_file(lab), wired.networks, containers)


def _must_be_told(lab: Lab) -> None:
    """The engine is told the lab's folder, in JSON, which has no bytes that are no text."""
    try:
        lab_file(lab).encode()
    except UnicodeEncodeError:
        raise PlanError(f"{lab_file(lab)!r} has a byte that is no UTF-8: name the lab's folder otherwise") from None


def _container(
    wired: Wired, node: Node, copy: str, image: str, *, view: View, authority: str, events: Events, began: int
) -> ContainerSpec:
    lab = wired.lab
    labels = {
        **wired.common,
        LABEL_NODE: node.name,
        LABEL_SERVICE: node.name,
        "com.docker.compose.container-number": "1",
        "com.docker.compose.oneoff": "False",
        **wired.labels(node),
        **({LABEL_STACK: node.stack} if node.stack != "kernel" else {}),
        **_variant(lab, node),
    }
    config = _config(wired, node, view, authority)
    spec = ContainerSpec(
        name=container_name(copy, node.name),
        hostname=node.name if len(node.name) <= HOSTNAME_LIMIT else node.name.partition(".")[0],
        image=image,
        environment={CONFIG_VARIABLE: _as_json(replace(config, events=events, began=began))},
        endpoints=wired.endpoints(node),
        labels=labels,
        sysctls=sysctls(node, on_underlay=config.underlay is not None),
        capabilities=_capabilities(node),
        data=None if lab.file is None else lab.file.parent,
        host=wired.placement.hosts.get(node.name, ""),
    )
    data: list[object] = [*lab.data.get(node.name, {}).items()]  # it is read once, at the start
    data += _variant(lab, node).values()  # one that is as its file has it again bears that label no more
    data += [lab.programs.get(each.path) for each in node.implementations.values()]
    # Not the copy's name, nor any path or image or form of log: a container that Compose made of the lab is as good.
    # And not the other LANs' names, which are for people: a LAN that is added is no reason to start every node anew.
    value = hash_of(spec.hostname, _as_json(replace(config, lans={})), spec.sysctls, spec.capabilities, data)
    return replace(spec, labels={**labels, LABEL_HASH: value, "com.docker.compose.config-hash": value})


def _variant(lab: Lab, node: Node) -> dict[str, str]:
    """On those alone that the file has otherwise: nothing else is another node with another way of routing."""
    return {
        **({LABEL_ROUTING: lab.routing} if lab.routing in node.services else {}),
        **({LABEL_MOVED: lab.moved[node.name]} if node.name in lab.moved else {}),
        **({LABEL_WIRING: lab.rewired} if lab.rewired else {}),
    }


def _config(wired: Wired, node: Node, view: View, authority: str) -> NodeConfig:
    lab = wired.lab
    return NodeConfig(
        lab=lab.name,
        node=node.name,
        interfaces=tuple(wired.interface(node, place) for place in node.attachments),
        underlay=wired.place(node),
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
            for other in wired.on[place.lan]
            if (address := other.address_on(place.lan)) is not None
        },
        told=_told(lab, node, view),
        lans={lan.name: lan.prefix for lan in view.lans.values()},
        services={name: _service(node, name, options) for name, options in node.services.items()},
        authority=authority,
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
