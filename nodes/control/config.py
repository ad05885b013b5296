"""The one door in: a node's whole configuration, as JSON in the environment variable CATENET_NODE.

Whoever starts the node writes it: the orchestrator, a Compose file, a plain `docker run`. It is complete: every
default has been filled in, every duration is in seconds, every address is written out.

    {"lab": "internet", "node": "a",
     "interfaces": [{"lan": "link1", "engine": "10.1.1.1", "address": "10.1.1.1", "length": 24}],
     "forward": true, "source_routes": "refuse", "gateway": null, "routes": [], "nameserver": null, "hosts": {},
     "names": {"10.1.1.2": "b"}, "told": {}, "services": {"rip": {"update": 5.0}}, "events": "json",
     "began": 1893456000}

A node whose packets our own stack carries has `"stack": "userspace"`; without the word it is the kernel's. Where a
service of the lab speaks TLS, `authority` is the certificate (PEM) of who certifies it.

A LAN that the engine has no network for is a segment, which the node makes itself (control/segment): in the place of
`engine` its interface has `"segment": {"id": 4711, "mtu": 1500, "peers": ["198.18.0.3"]}`, and the node has
`"underlay": {"address": "198.18.0.2", "length": 20}`, its place in the engine's one network that carries all segments.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.hardware import hardware_text, parse_hardware
from catenet.nodes.control.impairment import Impairment, parse_all
from catenet.nodes.control.segment import Segment, Underlay, check_segments
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Json

__all__ = [
    "CONFIG_LIMIT",
    "CONFIG_VARIABLE",
    "ConfigError",
    "InterfaceConfig",
    "NodeConfig",
    "SourceRoutes",
    "Stack",
    "StaticRoute",
]

CONFIG_VARIABLE = "CATENET_NODE"
CONFIG_LIMIT = 64_000
"""The longest configuration, in bytes (the kernel's own limit for one variable is 128 kB)."""
_LATEST = 0xFFFFFFFF  # seconds since 1970, in the year 2106
_LONGEST, _LONGEST_SEGMENT = 30, 31
"""Of a LAN's prefix: a network of the engine's needs a broadcast address, a segment with two ends none (RFC 3021)."""

SourceRoutes = Literal["refuse", "follow"]
"""What a node does with a packet that says by which routers it is to go (RFC 791 section 3.1). "The default setting
for this knob SHOULD be 'drop'" (RFC 7126 sections 4.3.5 and 4.4.5)."""

Stack = Literal["kernel", "userspace"]
"""Whose are the node's ARP, IPv4, ICMP and UDP on its LANs: the kernel's, or this project's own."""

Value = TypeVar("Value")
Given = TypeVar("Given")


class ConfigError(ValueError):
    """What the user wrote is wrong, and does not become right by trying again: the text names the field of CATENET_NODE
    and its value, or the file and its line."""


@dataclass(frozen=True, slots=True)
class InterfaceConfig:
    """One attachment to a LAN. The interface is found by the engine's address and then given the lab's; that of a
    `segment` the node makes, and the engine has no address there: `engine` is None. One of the two is there.

    `impairments`: what the lab file says that the LAN's packets suffer. `length`: of the network in which the node
    believes itself to be. `mac`: the hardware address that it is to have; b"": the engine's.
    """

    lan: str
    engine: Address | None
    address: Address
    length: int
    impairments: tuple[Impairment, ...] = ()
    mac: bytes = b""
    segment: Segment | None = None

    @property
    def prefix(self) -> Prefix:
        """The LAN's prefix, as the node has it."""
        return Prefix.of(self.address, self.length)


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A route written in the lab file."""

    to: Prefix
    via: Address


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A node, complete. `names` says which node has an address on a LAN of ours; `told` what each service is
    told of the lab's nodes, as its declaration has it.

    `lans` are all of the lab's, for people: a table names the networks that it leads to. `began` is when the lab was
    brought up, in seconds since 1970, for all its nodes the same; 0: nobody has said so. `proxy_arp`: the node answers
    on each LAN for hosts that it reaches by another one (RFC 1027). `authority` is the
    certificate, as PEM, of whom the node's programs are to trust where they speak TLS; empty: the lab has nobody.
    `underlay`: what carries the node's segments; None where it has none.
    """

    lab: str
    node: str
    interfaces: tuple[InterfaceConfig, ...]
    forward: bool = False
    source_routes: SourceRoutes = "refuse"
    proxy_arp: bool = False
    stack: Stack = "kernel"
    gateway: Address | None = None
    routes: tuple[StaticRoute, ...] = ()
    nameserver: Address | None = None
    hosts: Mapping[str, Address] = field(default_factory=dict)
    names: Mapping[Address, str] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    lans: Mapping[str, Prefix] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    events: Literal["text", "json"] = "text"
    began: int = 0
    authority: str = ""
    underlay: Underlay | None = None

    @property
    def segments(self) -> Mapping[str, Segment]:
        """Those of its LANs that are segments."""
        return {item.lan: item.segment for item in self.interfaces if item.segment is not None}

    def to_json(self) -> str:
        """The text for CATENET_NODE.

        Raises:
            ConfigError: longer than CONFIG_LIMIT.

        """
        whole: dict[str, Json] = {
            "lab": self.lab,
            "node": self.node,
            "interfaces": [_interface_json(item) for item in self.interfaces],
            "forward": self.forward,
            "source_routes": self.source_routes,
            **({"proxy_arp": True} if self.proxy_arp else {}),
            **({"stack": self.stack} if self.stack != "kernel" else {}),
            "gateway": None if self.gateway is None else str(self.gateway),
            "routes": [{"to": str(route.to), "via": str(route.via)} for route in self.routes],
            "nameserver": None if self.nameserver is None else str(self.nameserver),
            "hosts": {name: str(address) for name, address in self.hosts.items()},
            "names": {str(address): name for address, name in self.names.items()},
            "told": {name: dict(told) for name, told in self.told.items()},
            "lans": {name: str(prefix) for name, prefix in self.lans.items()},
            "services": {name: dict(options) for name, options in self.services.items()},
            "events": self.events,
            **({"began": self.began} if self.began else {}),
            **({"authority": self.authority} if self.authority else {}),
            **({"underlay": self.underlay.to_json()} if self.underlay is not None else {}),
        }
        text = json.dumps(whole, separators=(",", ":"))
        if len(text) > CONFIG_LIMIT:
            raise ConfigError(
                f"{CONFIG_VARIABLE} of {self.node} has {len(text)} bytes, over the {CONFIG_LIMIT} allowed"
            )
        return text

    @classmethod
    def from_json(cls, text: str) -> NodeConfig:
        """The text of CATENET_NODE → NodeConfig.

        Raises:
            ConfigError: it names the field and the value.

        """
        if len(text) > CONFIG_LIMIT:
            raise ConfigError(f"{CONFIG_VARIABLE} has {len(text)} bytes, over the {CONFIG_LIMIT} allowed")
        try:
            whole = read_json(text)
        except ValueError as error:
            raise ConfigError(f"{CONFIG_VARIABLE} is no JSON: {error}") from None
        fields = _Fields(whole, CONFIG_VARIABLE)
        events = fields.one_of("events", "text", "json")
        source_routes = fields.one_of("source_routes", "refuse", "follow")
        stack = fields.one_of("stack", "kernel", "userspace")
        began = fields.take("began", int, 0)
        if not 0 <= began <= _LATEST:
            raise ConfigError(f"{CONFIG_VARIABLE}.began {began} is no time; it may be 0 to {_LATEST}")
        config = cls(
            lab=fields.take("lab", str),
            node=fields.take("node", str),
            interfaces=tuple(_interface(item) for item in fields.take("interfaces", list)),
            forward=fields.take("forward", bool, False),
            source_routes="follow" if source_routes == "follow" else "refuse",
            proxy_arp=fields.take("proxy_arp", bool, False),
            stack="userspace" if stack == "userspace" else "kernel",
            gateway=fields.address("gateway", optional=True),
            routes=tuple(_route(item) for item in fields.take("routes", list, [])),
            nameserver=fields.address("nameserver", optional=True),
            hosts={name: _address(value, f"hosts.{name}") for name, value in fields.take("hosts", dict, {}).items()},
            names={_address(key, "names"): str(name) for key, name in fields.take("names", dict, {}).items()},
            told={name: _object(f"told.{name}", value) for name, value in fields.take("told", dict, {}).items()},
            lans={name: _prefix(value, f"lans.{name}") for name, value in fields.take("lans", dict, {}).items()},
            services={
                name: _object(f"services.{name}", value) for name, value in fields.take("services", dict, {}).items()
            },
            events="json" if events == "json" else "text",
            began=began,
            authority=fields.take("authority", str, ""),
            underlay=_read("", Underlay.parse, fields.take("underlay", dict)) if fields.has("underlay") else None,
        )
        fields.end()
        _read("", lambda segments: check_segments(config.underlay, segments), config.segments)
        return config


def _interface_json(item: InterfaceConfig) -> dict[str, Json]:
    where: dict[str, Json] = {} if item.engine is None else {"engine": str(item.engine)}
    if item.segment is not None:
        where["segment"] = item.segment.to_json()
    whole: dict[str, Json] = {"lan": item.lan, **where, "address": str(item.address), "length": item.length}
    suffers: dict[str, Json] = {"impairments": [each.to_json() for each in item.impairments]}
    mac: dict[str, Json] = {"mac": hardware_text(item.mac)}
    return {**whole, **(suffers if item.impairments else {}), **(mac if item.mac else {})}


def _interface(item: object) -> InterfaceConfig:
    fields = _Fields(item, "interfaces")
    lan, address = fields.take("lan", str), fields.address("address")
    segment = _read("interfaces", Segment.parse, fields.take("segment", dict)) if fields.has("segment") else None
    engine = fields.address("engine", optional=segment is not None)
    if segment is not None and engine is not None:
        raise ConfigError(f"interfaces.engine {engine} stands beside interfaces.segment: {lan} is one or the other")
    length, impairments = fields.take("length", int), fields.take("impairments", list, [])
    mac = fields.take("mac", str, "")
    fields.end()
    longest = _LONGEST if segment is None else _LONGEST_SEGMENT
    if not 0 < length <= longest:
        raise ConfigError(f"interfaces.length {length} is not between 1 and {longest}")
    assert address is not None
    suffers, hardware = _read("interfaces", parse_all, impairments), _read("interfaces", _hardware, mac)
    return InterfaceConfig(lan, engine, address, length, suffers, hardware, segment)


def _hardware(text: str) -> bytes:
    return parse_hardware(text) if text else b""


def _read(where: str, parse: Callable[[Given], Value], value: Given) -> Value:
    """A part of the configuration that is read elsewhere; ConfigError with its reason."""
    try:
        return parse(value)
    except ValueError as error:
        raise ConfigError(f"{CONFIG_VARIABLE}{'.' if where else ''}{where}: {error}") from None


def _route(item: object) -> StaticRoute:
    fields = _Fields(item, "routes")
    to, via = fields.take("to", str), fields.address("via")
    fields.end()
    assert via is not None
    return StaticRoute(_prefix(to, "routes.to"), via)


def _object(where: str, value: object) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} {value!r} is no object")
    return value


def _address(value: object, where: str) -> Address:
    try:
        return Address.parse(str(value))
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _prefix(value: object, where: str) -> Prefix:
    try:
        return Prefix.parse(str(value))
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


class _Fields:
    """Takes the fields of one JSON object, each once and of its type; what is left over is an error."""

    def __init__(self, item: object, where: str) -> None:
        if not isinstance(item, dict):
            raise ConfigError(f"{where} {item!r} is no object")
        self._left = dict(item)
        self._where = where

    def take(self, key: str, kind: type[Value], default: Value | None = None) -> Value:
        value = self._left.pop(key, default)
        if value is None and default is None:
            raise ConfigError(f"{self._where}.{key} is missing")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ConfigError(f"{self._where}.{key} {value!r} is no {kind.__name__}")
        return value

    def has(self, key: str) -> bool:
        return key in self._left

    def one_of(self, key: str, default: str, other: str) -> str:
        value = self.take(key, str, default)
        if value not in (default, other):
            raise ConfigError(f"{self._where}.{key} {value!r} is neither {default} nor {other}")
        return value

    def address(self, key: str, *, optional: bool = False) -> Address | None:
        if optional and self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return _address(self.take(key, str), f"{self._where}.{key}")

    def end(self) -> None:
        for key in self._left:
            raise ConfigError(f"{self._where}.{key} is an unknown field")
