"""One fetch by a node's browser, watched: on the wire by tcpdump, and in what the daemons tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from catenet.nodes.catalogue import declared, services
from catenet.nodes.control.events import Event
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Endpoint, Json
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.capture.capturing import capturing
from catenet.orchestrator.faults import mending
from catenet.orchestrator.lab.model import Lab, Node
from catenet.orchestrator.lab.realms import Views, views
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.caches import alive, empty_caches
from catenet.orchestrator.observe.events import completed, last_time, past
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import RunningLab, UserError, condition
from catenet.orchestrator.trace.steps import HTTP_KINDS, KINDS, TraceStep, find_steps
from catenet.orchestrator.wire.messages import DNS_FILTER

__all__ = ["Trace", "means_the_same", "trace_http"]

FETCH_LIMIT = 30.0
"""Seconds that the browser may take; it has its own, shorter, time limit."""
_EVENT_LINES = 500


@dataclass(frozen=True, slots=True)
class Trace:
    """A fetch. `page` is what the browser says of the answer, empty where there was none; `error` says why then."""

    node: str
    url: str
    steps: tuple[TraceStep, ...]
    page: Mapping[str, Json]
    error: str = ""

    def to_json(self) -> dict[str, Json]:
        return {
            "node": self.node,
            "url": self.url,
            "steps": [step.to_json() for step in self.steps],
            "page": dict(self.page),
            "error": self.error,
        }


def trace_http(engine: Engine, running: RunningLab, node: str, url: str, *, cold: bool = False) -> Trace:
    """The browser of `node` fetches `url`; what was seen and told of it. `cold`: every cache is emptied first.

    Raises:
        UserError: no such node, or it has no browser, or it does not run; or the URL is not of http.
        EngineError: a capture could not be made, or the browser did not end, or the engine refused.

    """
    if not url.startswith(("http://", "https://")):
        raise UserError(f"{url!r} is no URL of http; write it like {_any_url(running.lab)}")
    lab, container = running.lab, _asker(running, node)
    asked = lab.nodes[node].resolver
    seen = views(lab)
    resolver = "" if asked is None else seen.at(node).owners.get(asked, "")
    routers = frozenset(name for name, each in lab.nodes.items() if each.forward)
    if cold:
        with ControlConnections(engine) as connections:
            empty_caches(connections, running)
    telling = alive(running, (name for name, each in lab.nodes.items() if _tells(each)))
    watched = alive(running, routers | {node, resolver})
    with ThreadPoolExecutor(max_workers=8) as pool:
        before = dict(zip((c.node for c in telling), pool.map(lambda c: last_time(engine, c), telling), strict=True))
    with capturing(engine, {each.node: each.name for each in watched}, f"{DNS_FILTER} or tcp") as captures:
        done = run_program(engine, container, [_browser(lab.nodes[node]), "--json", url], FETCH_LIMIT)
        packets = captures.stop()
    page = _page(done.stdout)
    steps = find_steps(
        packets,
        _new_events(engine, telling, before),
        names=seen.at(node).owners,
        asker=node,
        resolver=resolver,
        routers=routers,
        translators=frozenset(name for name, each in lab.nodes.items() if each.outside),
        means=partial(means_the_same, seen, node),
    )
    if url.startswith("https://"):
        steps = tuple(replace(step, enciphered=step.kind in HTTP_KINDS) for step in steps)
    return Trace(node, url, steps, page, "" if page else done.last_words)


def means_the_same(seen: Views, node: str, there: str, *ends: Endpoint) -> bool:
    """Whether addresses that were seen elsewhere are who they are for the node: two homes may have the same ones."""
    ours, theirs = seen.at(node), seen.at(there)
    return ours is theirs or all(ours.owners.get(end.address) == theirs.owners.get(end.address) for end in ends)


def _any_url(lab: Lab) -> str:
    """Of a page of the lab's."""
    urls = (f"{scheme}://{name}/" for name, node in lab.nodes.items() for scheme in _schemes(node))
    return next(urls, "http://host/")


def _schemes(node: Node) -> list[str]:
    return [scheme for each in declared(node.services) for scheme in each.schemes(node.services[each.name])]


def _browser(node: Node) -> str:
    """The program by which the node fetches a URL; empty where it has none."""
    return next((each.fetches for each in declared(node.services) if each.fetches), "")


def _tells(node: Node) -> bool:
    """Whether one of its services tells of messages that can be steps."""
    return any(KINDS & each.events.keys() for each in declared(node.services))


def _asker(running: RunningLab, node: str) -> Container:
    """The container of a node that has a browser and runs."""
    container, nodes = running.node(node), running.lab.nodes
    if node not in nodes or not _browser(nodes[node]):
        able = ", ".join(name for name, each in nodes.items() if _browser(each))
        browsing = next(each.name for each in services().values() if each.fetches)
        raise UserError(
            f"node {node} has no browser; {f'these have: {able}' if able else f'give one services: [{browsing}]'}"
        )
    state = condition(container)
    if state != "running":
        raise UserError(f"node {node} is {state}; first: {mending('node', node, container.state)}")
    return container


def _new_events(engine: Engine, nodes: Iterable[Container], before: Mapping[str, float]) -> list[Event]:
    asked = list(nodes)
    lines = [line for line in past(engine, asked, tail=_EVENT_LINES) if line.logged > before[line.node]]
    return [line.event for line in completed(engine, asked, lines) if line.event is not None]


def _page(text: str) -> Mapping[str, Json]:
    """What the browser says: one JSON object with the status of the answer."""
    try:
        page = read_json(text)
    except ValueError:
        return {}
    return page if isinstance(page, dict) and "status" in page else {}
