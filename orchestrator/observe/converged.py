"""Whether a running lab's routing has converged, asked of the nodes: so it holds for a lab of any age, however started.

Every router that speaks RIP has every LAN that can be reached now, at its shortest cost, in its own table and by a
shortest way in its kernel's; and no other. A router whose service has no table of that name is judged by its kernel's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.lab.graph import ROUTING, Way, lacking, learned
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.observe.running import RunningLab, UserError, running_lab

__all__ = ["not_converged", "wait_until_converged"]

POLL = 0.1
"""Seconds between two looks."""


def wait_until_converged(engine: Engine, running: RunningLab, within: float) -> list[str]:
    """Looks until routing has converged, at most `within` seconds. What is lacking then, in words; nothing: it has."""
    until = time.monotonic() + within
    while True:
        try:
            now = running_lab(engine, running.name)
        except UserError as gone:
            return [str(gone)]
        lacking = not_converged(engine, running.lab, now.containers)
        if not lacking or time.monotonic() >= until:
            return lacking
        time.sleep(POLL)


def not_converged(engine: Engine, lab: Lab, containers: Mapping[str, Container]) -> list[str]:
    """One look: what is lacking, in words. Dead and paused nodes, and LANs that are cut, are as good as none."""
    alive = {name: each for name, each in containers.items() if each.state == "running"}
    routers = [alive[name] for name, node in lab.nodes.items() if ROUTING in node.services and name in alive]
    if not routers:
        return []
    links, tables, kernels = (_show(engine, routers, what) for what in ("links", ROUTING, "routes"))
    mute = [f"{node} does not answer: {answer.error}" for node, answer in links.items() if answer.error is not None]
    if mute:
        return mute
    ends = [(str(row.get("lan")), bool(row.get("up"))) for each in links.values() for row in _rows(each.answer)]
    cut, carrying = ({lan for lan, up in ends if up is state} for state in (False, True))
    silent = {
        (node, str(row.get("lan"))) for node, each in links.items() for row in _rows(each.answer) if row.get("silent")
    }
    wanted = learned(lab, cut, lab.nodes.keys() - alive.keys(), silent)
    # A LAN that is cut at one end only is still heard of from the other.
    lans = {str(lan.prefix): name for name, lan in lab.lans.items() if name not in cut & carrying}
    return [
        lacks
        for router, row in wanted.items()
        for lacks in (*_table(router, row, tables[router], lans), *_kernel(router, row, kernels[router], lans))
    ]


def _show(engine: Engine, routers: Iterable[Container], what: str) -> dict[str, Answer]:
    return ask_all(engine, routers, Question("show", {"what": what}))


def _table(router: str, wanted: Mapping[str, Way], answer: Answer, lans: Mapping[str, str]) -> Iterator[str]:
    if not isinstance(answer.answer, Mapping):
        return
    rows = _rows(answer.answer.get("table"))
    known = [(lans.get(str(row.get("prefix"))), row.get("cost")) for row in rows if row.get("via")]
    costs = {lan: cost for lan, cost in known if lan is not None and isinstance(cost, int)}
    for lacks in lacking(costs, {lan: way.cost for lan, way in wanted.items()}):
        yield f"{router} has no route to {lacks}"
    yield from (f"{router} has a route to {lan}, which cannot be reached" for lan in costs if lan not in wanted)


def _kernel(router: str, wanted: Mapping[str, Way], answer: Answer, lans: Mapping[str, str]) -> Iterator[str]:
    rows = _rows(answer.answer)
    ways = {lans.get(str(row.get("prefix")), ""): str(row.get("lan")) for row in rows if row.get("via")}
    for lan, way in wanted.items():
        if ways.get(lan) not in way.via:
            goes = f"sends to {lan} by {ways[lan]}" if lan in ways else f"has no route to {lan}"
            yield f"{router}'s kernel {goes}, not by {' or '.join(sorted(way.via))}"


def _rows(value: Json) -> list[Mapping[str, Json]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
