"""Whether a running lab's routing has converged, asked of the nodes: so it holds for a lab of any age, however started.

Every router that speaks a routing protocol has every LAN that can be reached now, at its shortest cost, in that
protocol's table, and by a shortest way in its kernel's; and no other. Where a cost is measured, any will do, and any
way that may turn out to be the shortest. A router whose service has no table of its name is judged by its kernel's.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping

from catenet.nodes.control.answers import KernelRoute, LinkState, RoutingTable, kernel_routes, link_states
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.origin import STATIC
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.control.topology import ExpectedRoute
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.lab.graph import best, expected, lacking, routing
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.running import RunningLab, UserError, running_lab

__all__ = ["not_converged", "wait_until_converged"]

POLL, SLOWEST = 0.1, 0.4
"""Seconds between two looks: at first, and when nothing has come of many."""
WHOLE = 2.0
"""Seconds after which everything is looked at again: a node may have died since, or a LAN been cut."""


def wait_until_converged(engine: Engine, running: RunningLab, within: float) -> list[str]:
    """Looks until routing has converged, at most `within` seconds. What is lacking then, in words; nothing: it has."""
    until, pause = time.monotonic() + within, POLL
    with ControlConnections(engine) as connections:
        while True:
            try:
                snapshot = _Snapshot(connections, running.lab, running_lab(engine, running.name).containers)
            except UserError as gone:
                return [str(gone)]
            if not snapshot.lacking or time.monotonic() >= until:
                return snapshot.lacking
            again = min(until, time.monotonic() + WHOLE)
            routers: Collection[str] = snapshot.incomplete
            while routers and time.monotonic() < again:
                time.sleep(pause)
                pause = min(1.5 * pause, SLOWEST)
                routers = snapshot.still_incomplete(routers)


def not_converged(engine: Engine, lab: Lab, containers: Mapping[str, Container]) -> list[str]:
    """One look: what is lacking, in words. Dead and paused nodes, and LANs that are cut, are as good as none."""
    with ControlConnections(engine) as connections:
        return _Snapshot(connections, lab, containers).lacking


class _Snapshot:
    """What every router showed at one moment, beside what it should. `lacking`: the differences, in words."""

    def __init__(self, connections: ControlConnections, lab: Lab, containers: Mapping[str, Container]) -> None:
        self._connections = connections
        alive = {name: each for name, each in containers.items() if each.state == "running"}
        self._routers = {name: alive[name] for name, node in lab.nodes.items() if routing(node) and name in alive}
        self._services = {name: routing(lab.nodes[name]) for name in self._routers}
        links, self._mute = self._links(self._routers)
        ends = {(node, link.lan): link.condition for node, each in links.items() for link in each}
        cut, carrying = ({lan for (_, lan), end in ends.items() if end.up is state} for state in (False, True))
        silent = {place for place, end in ends.items() if end.drop}
        self._cut = cut
        self._own = {router: [place.lan for place in lab.nodes[router].attachments] for router in self._routers}
        self._wanted = expected(lab, cut, lab.nodes.keys() - alive.keys(), silent)
        # A LAN that is cut at one end only is still heard of from the other.
        seen, both = views(lab), cut & carrying
        self._lans = {
            router: {prefix: lan for prefix, lan in seen.at(router).names.items() if lan not in both}
            for router in self._routers
        }
        self._lacks = {} if self._mute else self._compare(self._routers)

    @property
    def lacking(self) -> list[str]:
        mute = [f"{node} does not answer: {error}" for node, error in self._mute.items()]
        return mute or [said for lacks in self._lacks.values() for said in lacks]

    @property
    def incomplete(self) -> Collection[str]:
        """The routers that do not answer, or whose tables are not yet as they should be."""
        return self._mute.keys() or self._lacks.keys()

    def still_incomplete(self, routers: Collection[str]) -> Collection[str]:
        """Those of them of which that is true even now, as long as all else is as it was."""
        if self._mute:
            return self._links(routers)[1].keys()
        return self._compare(routers).keys()

    def _compare(self, routers: Iterable[str]) -> dict[str, list[str]]:
        """Router → what its tables lack; those that lack nothing are left out."""
        asked = list(routers)
        found: dict[str, list[str]] = {router: [] for router in asked}
        reached = {router: best(self._wanted, self._services[router], router) for router in asked}
        own = {router: self._heard_of(router) for router in asked}
        for service, wanted in self._wanted.items():
            speaking = [router for router in asked if router in wanted]
            for router, answer in self._show(speaking, service).items():
                found[router] += _table(
                    router, wanted[router], {*reached[router], *own[router]}, answer, self._lans[router]
                )
        for router, answer in self._show(asked, "routes").items():
            found[router] += _kernel(router, reached[router], answer, self._lans[router])
        return {router: lacks for router, lacks in found.items() if lacks}

    def _heard_of(self, router: str) -> list[str]:
        """The LANs of its own that one of several services may hear of, since another one of them speaks there."""
        several = len(self._services[router]) > 1
        return [lan for lan in self._own[router] if lan not in self._cut] if several else []

    def _links(self, routers: Iterable[str]) -> tuple[dict[str, tuple[LinkState, ...]], dict[str, str]]:
        """Router → its links; and of those that do not say, why not."""
        links, mute = {}, {}
        for node, answer in self._show(routers, "links").items():
            try:
                links[node] = read(answer, link_states)
            except AnswerError as error:
                mute[node] = str(error)
        return links, mute

    def _show(self, routers: Iterable[str], what: str) -> dict[str, Answer]:
        chosen = [self._routers[router] for router in routers]
        return self._connections.ask_all(chosen, Question("show", {"what": what}))


def _table(
    router: str,
    wanted: Mapping[str, ExpectedRoute],
    reached: Collection[str],
    answer: Answer,
    lans: Mapping[str, str],
) -> Iterator[str]:
    """What is wrong with a protocol's table. `wanted`: what it should find; `reached`: all LANs to which one leads."""
    if answer.error is not None:  # it has no such table
        return
    try:
        known = read(answer, RoutingTable.parse).routes
    except AnswerError as error:
        yield f"{router} does not say which routes it has found: {error}"
        return
    ways = [(lans.get(row.prefix), row.cost) for row in known if row.via and row.state != STATIC]
    costs = {lan: cost for lan, cost in ways if lan is not None and cost is not None}
    for lacks in lacking(costs, {lan: way.cost for lan, way in wanted.items()}):
        yield f"{router} has no route to {lacks}"
    yield from (f"{router} has a route to {lan}, which cannot be reached" for lan in costs if lan not in reached)


def _kernel(router: str, wanted: Mapping[str, ExpectedRoute], answer: Answer, lans: Mapping[str, str]) -> Iterator[str]:
    try:
        ways = _taken(read(answer, kernel_routes), lans)
    except AnswerError as error:
        yield f"{router} does not say which routes its kernel has: {error}"
        return
    for lan, way in wanted.items():
        if not set(ways.get(lan, [""])) <= set(way.via):
            goes = f"sends to {lan} by {' and '.join(ways[lan])}" if lan in ways else f"has no route to {lan}"
            yield f"{router}'s kernel {goes}, not by {' or '.join(sorted(way.via))}"


def _taken(rows: Iterable[KernelRoute], lans: Mapping[str, str]) -> dict[str, list[str]]:
    """LAN → the LANs by which the kernel sends there: of several routes to it the first is taken, by all its hops."""
    taken: dict[str, tuple[int, list[str]]] = {}
    for row in rows:
        if row.via:
            metric, by = taken.setdefault(lans.get(row.prefix, ""), (row.metric, []))
            by += [row.lan] if row.metric == metric else []
    return {lan: by for lan, (_, by) in taken.items()}
