"""A lab of routers in memory, whose nodes say what nodes of ours say when they start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import ContainerSpec
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab

IMAGE = "catenet/node:test"
Catenet = Callable[..., tuple[int, str, str]]
"""A command line → exit code, output, error output."""

# The lecture's five routers (slides 14-8 … 14-11): links 1 = A-B, 2 = B-C, 3 = A-D, 4 = B-E, 5 = C-E, 6 = D-E.
FIVE = """
name: five
lans:
  {link1: {}, link2: {}, link3: {}, link4: {}, link5: {}, link6: {},
   lan-a: {}, lan-b: {}, lan-c: {}, lan-d: {}, lan-e: {}}
nodes:
  a: {lans: [link1, link3, lan-a], services: [rip]}
  b: {lans: [link1, link2, link4, lan-b], services: [rip]}
  c: {lans: [link2, link5, lan-c], services: [rip]}
  d: {lans: [link3, link6, lan-d], services: [rip]}
  e: {lans: [link4, link5, link6, lan-e], services: [rip]}
"""
# The cost of router y's own LAN at router x, in links: the lecture's tables of A, B and C, and by symmetry the rest.
COSTS = {"ab": 1, "ac": 2, "ad": 1, "ae": 2, "bc": 1, "bd": 2, "be": 1, "cd": 2, "ce": 1, "de": 1}
LINKS = {"link1": "ab", "link2": "bc", "link3": "ad", "link4": "be", "link5": "ce", "link6": "de"}


def five() -> Lab:
    return parse(FIVE.encode(), "five.yaml")


def cost(one: str, other: str) -> int:
    """Between two routers, in links."""
    return 0 if one == other else COSTS["".join(sorted(one + other))]


def costs_at(router: str) -> dict[str, int]:
    """LAN → its cost, without the router's own: a LAN costs what the nearest router on it does."""
    ends = {**LINKS, **{f"lan-{other}": other for other in "abcde"}}
    costs = {lan: min(cost(router, end) for end in on) for lan, on in ends.items()}
    return {lan: value for lan, value in costs.items() if value}


def event(node: str, kind: str, data: Mapping[str, Json], service: str = "node") -> Event:
    return Event(time.time(), node, service, kind, kind, data)


def route(lab: Lab, node: str, lan: str, links: int, service: str = "rip") -> Event:
    data: dict[str, Json] = {"prefix": str(lab.lans[lan].prefix), "cost": links, "metric": links + 1}
    return event(node, "route.changed", data, service)


def words(lab: Lab, spec: ContainerSpec) -> Iterator[Event]:
    """All that a router says until it knows everything."""
    config = NodeConfig.from_json(spec.environment[CONFIG_VARIABLE])
    for interface in config.interfaces:
        yield event(config.node, "link.up", {"lan": interface.lan, "address": str(interface.address)})
    for service in config.services:
        yield event(config.node, "service.ready", {}, service)
    yield event(config.node, "node.ready", {"services": [*config.services]})
    for lan, links in costs_at(config.node).items():
        yield from (route(lab, config.node, lan, links, service) for service in config.services)


def lines(lab: Lab, spec: ContainerSpec) -> list[str]:
    return [said.line(with_json=True) for said in words(lab, spec)]


def engine_for(lab: Lab) -> FakeEngine:
    engine = FakeEngine(script=lambda spec: lines(lab, spec))
    engine.build(IMAGE, b"context", {})
    engine.calls.clear()
    return engine


def made(engine: FakeEngine) -> list[str]:
    """The nodes that were made since this was asked last."""
    names = sorted(name for what, name in engine.calls if what == "create")
    engine.calls.clear()
    return names
